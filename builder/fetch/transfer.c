/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/transfer.h"

#include <errno.h>
#include <string.h>

#include "builder/fetch/settings.h"
#include "builder/fetch/uri.h"

#define MAX_REDIRECTS	  10L
#define DEFAULT_MAX_BYTES (1ULL << 30)
#define WAY_OUT		  "check the network and apt's proxy, or give another archive with --mirror"

const char *sbx_transfer_uri(const struct sbx_transfer *t)
{
	if (t->i_uri == 0)
		return t->fetch->uri;
	return t->fetch->fallback_uris ? t->fetch->fallback_uris[t->i_uri - 1] : NULL;
}

static void report_bytes(struct sbx_transfer *t)
{
	/* A restart takes back what was told; unsigned arithmetic makes that an addition, too. */
	if (t->phase && t->part.n_bytes != t->n_reported)
		sbx_progress_add(t->progress, t->phase, t->part.n_bytes - t->n_reported, NULL);
	t->n_reported = t->part.n_bytes;
}

static long status_of(const struct sbx_transfer *t)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static guint64 limit_of(const struct sbx_fetch *fetch)
{
	if (fetch->size)
		return fetch->size;
	return fetch->max_bytes ? fetch->max_bytes : DEFAULT_MAX_BYTES;
}

/* A header line of the answer; every answer of a chain of redirects begins with "HTTP/". */
static size_t on_header(char *data, size_t one, size_t n_bytes, void *user)
{
	struct sbx_transfer *t = user;
	g_autofree char *line = g_strstrip(g_strndup(data, n_bytes));
	if (g_str_has_prefix(line, "HTTP/")) {
		g_clear_pointer(&t->etag, g_free);
		g_clear_pointer(&t->last_modified, g_free);
		t->content_length = t->range_start = -1;
		return n_bytes;
	}
	char *colon = strchr(line, ':');
	if (!colon)
		return n_bytes;
	*colon = '\0';
	const char *value = g_strchug(colon + 1);
	if (g_ascii_strcasecmp(line, "ETag") == 0) {
		g_free(t->etag);
		t->etag = g_strdup(value);
	} else if (g_ascii_strcasecmp(line, "Last-Modified") == 0) {
		g_free(t->last_modified);
		t->last_modified = g_strdup(value);
	} else if (g_ascii_strcasecmp(line, "Content-Length") == 0) {
		g_ascii_string_to_signed(value, 10, 0, G_MAXINT64, &t->content_length, NULL);
	} else if (g_ascii_strcasecmp(line, "Content-Range") == 0 &&
		   g_ascii_strncasecmp(value, "bytes ", 6) == 0) {
		t->range_start = g_ascii_strtoll(value + 6, NULL, 10);
	}
	return n_bytes;
}

static gboolean check_length(struct sbx_transfer *t, guint64 n_bytes, GError **error)
{
	if (n_bytes <= limit_of(t->fetch))
		return TRUE;
	if (t->fetch->size)
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "wrong content: more than the %" G_GUINT64_FORMAT
				     " bytes it should have",
				     t->fetch->size);
	return sbx_set_error(error, SBX_E_NETWORK,
			     "is larger than the %" G_GUINT64_FORMAT " bytes that are accepted",
			     limit_of(t->fetch));
}

/* Before the first byte of the body: is it the part we asked for, and how long will it be? */
static gboolean look_at_answer(struct sbx_transfer *t, GError **error)
{
	t->answered = TRUE;
	if (t->resumed_at && (status_of(t) != 206 || t->range_start != (gint64)t->resumed_at)) {
		/* The server ignores Range, or the file is another one by now (If-Range). */
		if (status_of(t) == 206)
			return sbx_set_error(error, SBX_E_NETWORK,
					     "the server sent another part than asked for");
		if (!sbx_part_restart(&t->part, error))
			return FALSE;
	}
	const char *validator =
		t->etag && !g_str_has_prefix(t->etag, "W/") ? t->etag : t->last_modified;
	sbx_part_set_validator(&t->part, validator);
	guint64 announced = t->content_length < 0 ? 0 : (guint64)t->content_length;
	return check_length(t, t->part.n_bytes + announced, error);
}

static size_t on_body(char *data, size_t one, size_t n_bytes, void *user)
{
	struct sbx_transfer *t = user;
	if ((!t->answered && !look_at_answer(t, &t->error)) ||
	    !check_length(t, t->part.n_bytes + n_bytes, &t->error) ||
	    !sbx_part_add(&t->part, data, n_bytes, &t->error))
		return CURL_WRITEFUNC_ERROR;
	report_bytes(t);
	return n_bytes;
}

static void add_header(struct sbx_transfer *t, const char *name, const char *value)
{
	/* Values come from an earlier answer: a line break in one would be a header of its own. */
	if (!value || strpbrk(value, "\r\n"))
		return;
	g_autofree char *line = g_strdup_printf("%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line);
}

static void ask_for(struct sbx_transfer *t)
{
	t->resumed_at = t->part.n_bytes;
	if (t->resumed_at) {
		g_autofree char *range = g_strdup_printf("%" G_GUINT64_FORMAT "-", t->resumed_at);
		curl_easy_setopt(t->easy, CURLOPT_RANGE, range);
		add_header(t, "If-Range", t->part.validator);
	} else {
		add_header(t, "If-None-Match", t->fetch->etag);
		add_header(t, "If-Modified-Since", t->fetch->last_modified);
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static gboolean prepare(struct sbx_transfer *t, GError **error)
{
	SBX_CLEANUP_URI struct sbx_uri uri = {0};
	if (!sbx_uri_parse(&uri, sbx_transfer_uri(t), error))
		return FALSE;
	gboolean is_file = g_str_equal(uri.scheme, "file");
	t->easy = curl_easy_init();
	if (!t->easy)
		return sbx_set_error(error, SBX_E_FAILED, "libcurl: out of memory");
	CURL *easy = t->easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_URL, uri.target);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 0L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_file ? "file" : "http,https");
	/* Never to file:, and never from a checked connection to an open one. */
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
			 g_str_equal(uri.scheme, "https") ? "https" : "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, MAX_REDIRECTS);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "sbx-build/" SBX_VERSION);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	sbx_transfer_settings(easy, &uri);
	if (is_file && !sbx_part_restart(&t->part, error))
		return FALSE;
	ask_for(t);
	return TRUE;
}

/* It was complete but for the rename; if it is not what it should be, begin from zero. */
static enum sbx_transfer_start finish_complete_part(struct sbx_transfer *t, GError **error)
{
	g_autoptr(GError) problem = NULL;
	gboolean mismatch = FALSE;
	if (sbx_part_commit(&t->part, t->fetch, &mismatch, &problem))
		return SBX_START_WHOLE;
	if (!mismatch) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return SBX_START_FAILED;
	}
	t->part.n_bytes = 0;
	report_bytes(t);
	t->fresh = TRUE;
	return sbx_transfer_start(t, error);
}

enum sbx_transfer_start sbx_transfer_start(struct sbx_transfer *t, GError **error)
{
	t->answered = FALSE;
	t->fetch->missing = FALSE;
	t->content_length = t->range_start = -1;
	t->detail[0] = '\0';
	switch (sbx_part_open(&t->part, t->fetch, !t->fresh, error)) {
	case SBX_PART_FAILED:
		return SBX_START_FAILED;
	case SBX_PART_LOCKED:
		return SBX_START_LOCKED;
	case SBX_PART_WHOLE:
		return SBX_START_WHOLE;
	case SBX_PART_OPEN:
		break;
	}
	report_bytes(t);
	if (t->fetch->sha256 && t->fetch->size && t->part.n_bytes == t->fetch->size)
		return finish_complete_part(t, error);
	return prepare(t, error) ? SBX_START_RUNNING : SBX_START_FAILED;
}

void sbx_transfer_reset(struct sbx_transfer *t)
{
	if (t->easy)
		curl_easy_cleanup(t->easy);
	t->easy = NULL;
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	g_clear_pointer(&t->etag, g_free);
	g_clear_pointer(&t->last_modified, g_free);
	g_clear_error(&t->error);
	sbx_part_close(&t->part);
}

static gboolean is_transient(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return TRUE;
	default:
		return FALSE;
	}
}

static enum sbx_outcome http_error(struct sbx_transfer *t, GError **error)
{
	long status = status_of(t);
	if (status == 416 && t->resumed_at) {
		sbx_set_error(error, SBX_E_NETWORK, "the server has no more of it");
		return SBX_OUTCOME_RESTART;
	}
	if (status == 401 || status == 403 || status == 407) {
		sbx_set_error(error, SBX_E_NETWORK,
			      "the server answered %ld; it wants a login, see apt_auth.conf(5)",
			      status);
		return SBX_OUTCOME_NEXT;
	}
	t->fetch->missing = status == 404 || status == 410;
	if (t->fetch->missing)
		sbx_set_error(error, SBX_E_NETWORK,
			      "the server answered %ld (not there); if the archive has moved on, "
			      "`sbx-build update` follows, else give another with --mirror",
			      status);
	else
		sbx_set_error(error, SBX_E_NETWORK, "the server answered %ld; %s", status, WAY_OUT);
	return status >= 500 || status == 408 || status == 429 ? SBX_OUTCOME_AGAIN
							       : SBX_OUTCOME_NEXT;
}

static enum sbx_outcome transfer_error(struct sbx_transfer *t, CURLcode code, GError **error)
{
	if (code == CURLE_HTTP_RETURNED_ERROR)
		return http_error(t, error);
	if (code == CURLE_FILE_COULDNT_READ_FILE) {
		t->fetch->missing = TRUE;
		sbx_set_error(error, SBX_E_NETWORK, "no such file, or it cannot be read");
		return SBX_OUTCOME_NEXT;
	}
	if (code == CURLE_OUT_OF_MEMORY) {
		sbx_set_error(error, SBX_E_NO_SPACE, "out of memory");
		return SBX_OUTCOME_FATAL;
	}
	const char *reason = *t->detail ? t->detail : curl_easy_strerror(code);
	if (code == CURLE_OPERATION_TIMEDOUT)
		sbx_set_error(error, SBX_E_NETWORK, "no answer, or too slow (%s); " WAY_OUT,
			      reason);
	else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_TOO_MANY_REDIRECTS)
		sbx_set_error(error, SBX_E_NETWORK, "redirected to where we do not follow (%s)",
			      reason);
	else
		sbx_set_error(error, SBX_E_NETWORK, "%s; " WAY_OUT, reason);
	return is_transient(code) ? SBX_OUTCOME_AGAIN : SBX_OUTCOME_NEXT;
}

/* The whole answer is here: is it all, and is it the right one? */
static enum sbx_outcome complete(struct sbx_transfer *t, GError **error)
{
	struct sbx_fetch *fetch = t->fetch;
	gboolean mismatch = FALSE;
	if (status_of(t) == 304) {
		fetch->not_modified = TRUE;
		return SBX_OUTCOME_DONE;
	}
	if (!t->answered && !look_at_answer(t, error)) /* an empty body */
		return SBX_OUTCOME_NEXT;
	if (fetch->size && t->part.n_bytes < fetch->size) {
		/* Without an announced length, a lost connection looks like the end. */
		gboolean announced =
			t->content_length >= 0 || g_str_has_prefix(sbx_transfer_uri(t), "file:");
		sbx_set_error(error, announced ? SBX_E_UNTRUSTED : SBX_E_NETWORK,
			      "wrong content: %" G_GUINT64_FORMAT
			      " bytes instead of %" G_GUINT64_FORMAT,
			      t->part.n_bytes, fetch->size);
		if (announced)
			sbx_part_restart(&t->part, NULL);
		return announced ? SBX_OUTCOME_NEXT : SBX_OUTCOME_AGAIN;
	}
	if (sbx_part_commit(&t->part, fetch, &mismatch, error)) {
		g_free(fetch->out_etag);
		g_free(fetch->out_last_modified);
		fetch->out_etag = g_steal_pointer(&t->etag);
		fetch->out_last_modified = g_steal_pointer(&t->last_modified);
		return SBX_OUTCOME_DONE;
	}
	if (!mismatch)
		return SBX_OUTCOME_FATAL;
	/* Old bytes of another version, perhaps: only a fresh copy tells. */
	return t->resumed_at && !t->fresh ? SBX_OUTCOME_RESTART : SBX_OUTCOME_NEXT;
}

enum sbx_outcome sbx_transfer_finish(struct sbx_transfer *t, CURLcode code, GError **error)
{
	if (code == CURLE_OK)
		return complete(t, error);
	if (t->error) { /* one of our callbacks stopped it */
		enum sbx_code ours = sbx_gerror_code(t->error);
		gboolean other_part = t->resumed_at && t->range_start >= 0 &&
				      t->range_start != (gint64)t->resumed_at;
		g_propagate_error(error, g_steal_pointer(&t->error));
		if (ours == SBX_E_UNTRUSTED || other_part)
			sbx_part_restart(&t->part, NULL);
		if (other_part)
			return SBX_OUTCOME_RESTART;
		return ours == SBX_E_UNTRUSTED || ours == SBX_E_NETWORK ? SBX_OUTCOME_NEXT
									: SBX_OUTCOME_FATAL;
	}
	return transfer_error(t, code, error);
}
