/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "builder/archive/update.h"
#include "builder/archive/verify.h"
#include "builder/fetch/apt_config.h"
#include "builder/fetch/digest.h"
#include "builder/fetch/fetch.h"
#include "builder/fetch/uri.h"

#define MAX_RELEASE_BYTES (64 << 20)

void sbx_update_source_free(struct sbx_update_source *source)
{
	if (!source)
		return;
	g_free(source->root);
	g_free(source->where);
	g_free(source->sha256);
	g_ptr_array_unref(source->fetched);
	sbx_release_file_free(source->release);
	g_free(source);
}

/* One small file of a source: InRelease, Release or its signature. */
struct wanted {
	struct sbx_update_source *source;
	char *uri;    /* with credentials */
	char *shown;  /* without */
	char *path;   /* where it arrives */
	char *sha256; /* the result: in the cache under this name; NULL: the server has none */
};

static void wanted_free(gpointer data)
{
	struct wanted *wanted = data;
	g_free(wanted->uri);
	g_free(wanted->shown);
	g_free(wanted->path);
	g_free(wanted->sha256);
	g_free(wanted);
}

static void want(struct sbx_update *update, GPtrArray *list, struct sbx_update_source *source,
		 const char *name)
{
	struct wanted *wanted = g_new0(struct wanted, 1);
	wanted->source = source;
	wanted->uri =
		g_strdup_printf("%s/dists/%s/%s", source->source->uri, source->source->suite, name);
	wanted->shown = sbx_uri_without_credentials(wanted->uri);
	g_autofree char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, wanted->shown, -1);
	g_autofree char *file = g_strconcat("arriving-", key, NULL);
	wanted->path = g_build_filename(update->cache, file, NULL);
	g_ptr_array_add(list, wanted);
}

static gboolean is_cached(const struct sbx_update *update, const char *sha256)
{
	g_autofree char *path = g_build_filename(update->cache, sha256, NULL);
	g_autofree char *digest = sbx_digest_file(AT_FDCWD, path, NULL);
	return digest && g_str_equal(digest, sha256);
}

static void prepare(const struct sbx_update *update, const struct wanted *wanted,
		    struct sbx_fetch *fetch)
{
	const struct sbx_meta_fetched *had =
		update->old ? sbx_meta_find_fetched(update->old, wanted->shown) : NULL;
	fetch->uri = wanted->uri;
	fetch->path = wanted->path;
	fetch->max_bytes = MAX_RELEASE_BYTES;
	fetch->optional = TRUE;
	if (had && is_cached(update, had->sha256)) {
		fetch->etag = had->etag;
		fetch->last_modified = had->last_modified;
	}
}

static gboolean keep(const struct sbx_update *update, struct wanted *wanted,
		     const struct sbx_fetch *fetch, GError **error)
{
	const struct sbx_meta_fetched *had = NULL;
	if (fetch->missing)
		return TRUE;
	if (fetch->not_modified)
		had = sbx_meta_find_fetched(update->old, wanted->shown);
	struct sbx_meta_fetched *fetched = g_new0(struct sbx_meta_fetched, 1);
	fetched->uri = g_strdup(wanted->shown);
	fetched->sha256 = g_strdup(had ? had->sha256 : fetch->out_sha256);
	fetched->etag = g_strdup(had ? had->etag : fetch->out_etag);
	fetched->last_modified = g_strdup(had ? had->last_modified : fetch->out_last_modified);
	g_ptr_array_add(wanted->source->fetched, fetched);
	wanted->sha256 = g_strdup(fetched->sha256);
	g_autofree char *path = g_build_filename(update->cache, fetched->sha256, NULL);
	if (!had && rename(wanted->path, path) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

static gboolean bring(struct sbx_update *update, GPtrArray *list, GError **error)
{
	g_autofree struct sbx_fetch *fetches = g_new0(struct sbx_fetch, list->len);
	for (guint i = 0; i < list->len; i++)
		prepare(update, list->pdata[i], &fetches[i]);
	gboolean ok = sbx_fetch_all(fetches, list->len, update->ctx->progress, NULL, NULL, NULL,
				    update->ctx->cancellable, error);
	for (guint i = 0; i < list->len; i++) {
		ok = ok && keep(update, list->pdata[i], &fetches[i], error);
		sbx_fetch_clear(&fetches[i]);
	}
	return ok;
}

/* The text to believe, from the files in the cache. signature NULL: it is in the file itself. */
static char *verify(const struct sbx_update *update, const struct wanted *file,
		    const struct wanted *signature, gsize *out_n_bytes, GError **error)
{
	const struct sbx_apt_source *source = file->source->source;
	g_autofree char *path = g_build_filename(update->cache, file->sha256, NULL);
	if (source->trusted)
		return sbx_verify_strip_signature(path, file->shown, out_n_bytes, error);
	g_autofree char *signature_path =
		signature ? g_build_filename(update->cache, signature->sha256, NULL) : NULL;
	g_autofree char *folder = sbx_apt_config_folder();
	SBX_CLEANUP_KEYRING struct sbx_keyring keyring = {.fd = -1};
	if (!sbx_keyring_open(&keyring, source, folder, error)) {
		g_prefix_error(error, "%s: ", file->shown);
		return NULL;
	}
	return sbx_verify_release(path, signature_path, &keyring, file->shown, out_n_bytes, error);
}

static gboolean accept(const struct sbx_update *update, const struct wanted *file,
		       const struct wanted *signature, GError **error)
{
	struct sbx_update_source *source = file->source;
	gsize n_bytes = 0;
	g_autofree char *text = verify(update, file, signature, &n_bytes, error);
	if (!text)
		return FALSE;
	source->release = sbx_release_file_parse(text, n_bytes, file->shown, error);
	if (!source->release)
		return FALSE;
	/* apt's settings are for what apt's configuration names, not for --mirror. */
	gboolean is_host = source->source->is_host;
	const struct sbx_release_policy policy = {
		.now = g_get_real_time() / G_USEC_PER_SEC,
		.keeps_expired =
			source->source->keeps_expired ||
			(is_host && !sbx_apt_config_flag("Acquire::Check-Valid-Until", TRUE)),
		.keeps_future = is_host && !sbx_apt_config_flag("Acquire::Check-Date", TRUE),
	};
	source->where = g_strdup(file->shown);
	source->sha256 = g_strdup(file->sha256);
	return sbx_release_file_check(source->release, source->source->suite, &policy, file->shown,
				      error);
}

/* Release and Release.gpg, where there is no InRelease. `list` holds them in this order. */
static gboolean accept_detached(const struct sbx_update *update, GPtrArray *list, guint i,
				GError **error)
{
	const struct wanted *file = list->pdata[i], *signature = list->pdata[i + 1];
	if (!file->sha256)
		return sbx_set_error(error, SBX_E_NETWORK,
				     "%s: the server answered 404 to this and to InRelease; give "
				     "another --suite or another archive with --mirror",
				     file->shown);
	if (!signature->sha256 && !file->source->source->trusted)
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "%s: has no signature (neither InRelease nor Release.gpg is "
				     "there); use another mirror, or --trusted if you must",
				     file->shown);
	return accept(update, file, signature, error);
}

/* Of a suite that the machine's sources do not name themselves there may be no updates. */
static gboolean is_absent(const struct wanted *release)
{
	return !release->sha256 && release->source->source->optional;
}

static void leave_out(struct sbx_update *update, struct sbx_update_source *source)
{
	sbx_progress_warn(update->ctx->progress,
			  "%s has no %s: left out; when there should be one, name its archive in "
			  "apt's sources or with --mirror",
			  source->root, source->source->suite);
	g_ptr_array_remove(update->sources, source);
}

gboolean sbx_update_fetch_releases(struct sbx_update *update, GError **error)
{
	g_autoptr(GPtrArray) inline_signed = g_ptr_array_new_with_free_func(wanted_free);
	g_autoptr(GPtrArray) detached = g_ptr_array_new_with_free_func(wanted_free);
	for (guint i = 0; i < update->choice.sources->len; i++) {
		struct sbx_update_source *source = g_new0(struct sbx_update_source, 1);
		source->source = update->choice.sources->pdata[i];
		source->root = sbx_uri_without_credentials(source->source->uri);
		source->fetched = sbx_meta_new_fetched_list();
		g_ptr_array_add(update->sources, source);
		want(update, inline_signed, source, "InRelease");
	}
	if (!bring(update, inline_signed, error))
		return FALSE;
	for (guint i = 0; i < inline_signed->len; i++) {
		const struct wanted *wanted = inline_signed->pdata[i];
		if (wanted->sha256)
			continue;
		want(update, detached, wanted->source, "Release");
		want(update, detached, wanted->source, "Release.gpg");
	}
	if (detached->len && !bring(update, detached, error))
		return FALSE;
	for (guint i = 0; i < inline_signed->len; i++) {
		const struct wanted *wanted = inline_signed->pdata[i];
		if (wanted->sha256 && !accept(update, wanted, NULL, error))
			return FALSE;
	}
	for (guint i = 0; i < detached->len; i += 2) {
		const struct wanted *wanted = detached->pdata[i];
		if (is_absent(wanted))
			leave_out(update, wanted->source);
		else if (!accept_detached(update, detached, i, error))
			return FALSE;
	}
	return sbx_update_check_age(update, error);
}
