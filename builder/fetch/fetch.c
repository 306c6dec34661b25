/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/fetch.h"

#include <string.h>

#include "builder/fetch/settings.h"
#include "builder/fetch/transfer.h"
#include "builder/fetch/uri.h"

#define MAX_PARALLEL	 6
#define FIRST_PAUSE_USEC (300 * 1000)
#define LOCK_PAUSE_USEC	 (200 * 1000)
#define MAX_WAIT_MSEC	 1000
#define PROGRESS_BYTES                                                                             \
	(64 * 1024) /* further by less than this is no progress that resets retries */

struct batch {
	CURLM *multi;
	struct sbx_transfer *transfers;
	gsize n, n_done, n_running;
	guint64 n_bytes; /* that all of them have */
	struct sbx_progress *progress;
	const char *phase;
	sbx_fetch_done done;
	gpointer data;
};

static void batch_release(struct batch *batch)
{
	for (gsize i = 0; batch->transfers && i < batch->n; i++) {
		struct sbx_transfer *t = &batch->transfers[i];
		if (t->easy && t->state == SBX_TRANSFER_RUNNING)
			curl_multi_remove_handle(batch->multi, t->easy);
		sbx_transfer_reset(t);
		g_clear_error(&t->worst);
	}
	g_clear_pointer(&batch->transfers, g_free);
	if (batch->multi)
		curl_multi_cleanup(batch->multi);
}

static const char *name_of(const struct sbx_fetch *fetch)
{
	const char *slash = strrchr(fetch->path, '/');
	return slash ? slash + 1 : fetch->path;
}

static gboolean finish(struct batch *batch, struct sbx_transfer *t, GError **error)
{
	t->state = SBX_TRANSFER_DONE;
	batch->n_done++;
	batch->n_bytes += t->n_reported;
	sbx_transfer_reset(t);
	if (batch->phase)
		sbx_progress_add(batch->progress, batch->phase, 0, name_of(t->fetch));
	return !batch->done || batch->done(t->fetch, batch->data, error);
}

/* Of several URIs' failures, a broken trust must not be hidden by a later "not there". */
static void remember(struct sbx_transfer *t, GError *problem)
{
	g_autofree char *shown = sbx_uri_without_credentials(sbx_transfer_uri(t));
	g_prefix_error(&problem, "%s: ", shown);
	if (t->worst && g_error_matches(t->worst, SBX_ERROR, SBX_E_UNTRUSTED)) {
		g_error_free(problem);
		return;
	}
	g_clear_error(&t->worst);
	t->worst = problem;
}

/*
 * The first URI names the file by its hash where the server does that. When it is not there, other
 * bytes under its plain name are another version: a mirror that is between two states.
 */
static gboolean is_gone(const struct sbx_transfer *t)
{
	return t->first_is_missing &&
	       (t->fetch->missing || g_error_matches(t->worst, SBX_ERROR, SBX_E_UNTRUSTED));
}

/* FALSE: this file cannot be had. */
static gboolean next_uri(struct batch *batch, struct sbx_transfer *t, GError **error)
{
	if (t->i_uri == 0)
		t->first_is_missing = t->fetch->missing;
	t->i_uri++;
	t->n_retries = 0;
	if (sbx_transfer_uri(t))
		return TRUE;
	if (t->fetch->optional && is_gone(t)) {
		t->fetch->missing = TRUE;
		return finish(batch, t, error);
	}
	g_propagate_error(error, g_steal_pointer(&t->worst));
	return FALSE;
}

/* 0.3 s, 0.9 s, 2.7 s, ..., each up to a quarter longer so that many clients spread out. */
static gint64 pause_usec(guint n_retries)
{
	gint64 pause = FIRST_PAUSE_USEC;
	for (guint i = 1; i < n_retries && pause < 30 * G_USEC_PER_SEC; i++)
		pause *= 3;
	return pause + g_random_int_range(0, (gint32)(pause / 4));
}

static gboolean again_or_next(struct batch *batch, struct sbx_transfer *t, guint64 n_there,
			      GError **error)
{
	if (n_there >= t->most_bytes + PROGRESS_BYTES)
		t->n_retries = 0;
	t->most_bytes = MAX(t->most_bytes, n_there);
	if (t->n_retries >= sbx_transfer_retries())
		return next_uri(batch, t, error);
	t->n_retries++;
	t->not_before_usec = g_get_monotonic_time() + pause_usec(t->n_retries);
	return TRUE;
}

static gboolean ended(struct batch *batch, struct sbx_transfer *t, CURLcode code, GError **error)
{
	g_autoptr(GError) problem = NULL;
	enum sbx_outcome outcome = sbx_transfer_finish(t, code, &problem);
	guint64 n_there = t->part.n_bytes;
	curl_multi_remove_handle(batch->multi, t->easy);
	batch->n_running--;
	t->state = SBX_TRANSFER_WAITING;
	if (outcome == SBX_OUTCOME_DONE)
		return finish(batch, t, error);
	sbx_transfer_reset(t);
	if (outcome == SBX_OUTCOME_FATAL)
		g_clear_error(&t->worst);
	remember(t, g_steal_pointer(&problem));
	switch (outcome) {
	case SBX_OUTCOME_AGAIN:
		return again_or_next(batch, t, n_there, error);
	case SBX_OUTCOME_RESTART:
		if (t->fresh)
			return next_uri(batch, t, error);
		t->fresh = TRUE;
		return TRUE;
	case SBX_OUTCOME_NEXT:
		return next_uri(batch, t, error);
	default:
		g_propagate_error(error, g_steal_pointer(&t->worst));
		return FALSE;
	}
}

static gboolean start(struct batch *batch, struct sbx_transfer *t, GError **error)
{
	switch (sbx_transfer_start(t, error)) {
	case SBX_START_RUNNING:
		break;
	case SBX_START_LOCKED:
		t->not_before_usec = g_get_monotonic_time() + LOCK_PAUSE_USEC;
		sbx_transfer_reset(t);
		return TRUE;
	case SBX_START_WHOLE:
		if (batch->phase && t->fetch->size > t->n_reported)
			sbx_progress_add(batch->progress, batch->phase,
					 t->fetch->size - t->n_reported, NULL);
		return finish(batch, t, error);
	default:
		return FALSE;
	}
	t->state = SBX_TRANSFER_RUNNING;
	batch->n_running++;
	curl_multi_add_handle(batch->multi, t->easy);
	return TRUE;
}

/* Start what may start; *out_wait_msec: until the next pause ends. */
static gboolean start_ready(struct batch *batch, int *out_wait_msec, GError **error)
{
	gint64 now = g_get_monotonic_time();
	*out_wait_msec = MAX_WAIT_MSEC;
	for (gsize i = 0; i < batch->n && batch->n_running < MAX_PARALLEL; i++) {
		struct sbx_transfer *t = &batch->transfers[i];
		if (t->state != SBX_TRANSFER_WAITING)
			continue;
		if (t->not_before_usec > now) {
			int left = (int)((t->not_before_usec - now) / 1000) + 1;
			*out_wait_msec = MIN(*out_wait_msec, left);
			continue;
		}
		if (!start(batch, t, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean collect(struct batch *batch, GError **error)
{
	CURLMsg *message;
	int n_left;
	while ((message = curl_multi_info_read(batch->multi, &n_left))) {
		struct sbx_transfer *t = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		if (!ended(batch, t, code, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean run(struct batch *batch, GCancellable *cancellable, GError **error)
{
	while (batch->n_done < batch->n) {
		int wait_msec = 0, n_running = 0;
		if (g_cancellable_is_cancelled(cancellable))
			return sbx_set_error(error, SBX_E_INTERRUPTED,
					     "interrupted; what has arrived is kept");
		if (!start_ready(batch, &wait_msec, error))
			return FALSE;
		CURLMcode status = curl_multi_perform(batch->multi, &n_running);
		if (status != CURLM_OK)
			return sbx_set_error(error, SBX_E_FAILED, "libcurl: %s",
					     curl_multi_strerror(status));
		gsize n_before = batch->n_done, n_was_running = batch->n_running;
		if (!collect(batch, error))
			return FALSE;
		if (batch->n_done == n_before && batch->n_running == n_was_running)
			curl_multi_poll(batch->multi, NULL, 0, wait_msec, NULL);
	}
	return TRUE;
}

static void on_cancelled(GCancellable *cancellable, gpointer multi)
{
	curl_multi_wakeup(multi);
}

static void prepare(struct batch *batch, struct sbx_fetch *fetches)
{
	static gsize once;
	if (g_once_init_enter(&once)) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		g_once_init_leave(&once, 1);
	}
	guint64 total = 0;
	batch->multi = curl_multi_init();
	curl_multi_setopt(batch->multi, CURLMOPT_MAXCONNECTS, (long)MAX_PARALLEL);
	batch->transfers = g_new0(struct sbx_transfer, batch->n);
	for (gsize i = 0; i < batch->n; i++) {
		struct sbx_transfer *t = &batch->transfers[i];
		t->fetch = &fetches[i];
		t->progress = batch->progress;
		t->phase = batch->phase;
		t->part.fd = -1;
		total += fetches[i].size;
	}
	if (batch->phase)
		sbx_progress_begin(batch->progress, batch->phase, SBX_UNIT_BYTES, total);
}

gboolean sbx_fetch_all(struct sbx_fetch *fetches, gsize n, struct sbx_progress *progress,
		       const char *phase, sbx_fetch_done done, gpointer data,
		       GCancellable *cancellable, GError **error)
{
	__attribute__((cleanup(batch_release))) struct batch batch = {
		.n = n, .progress = progress, .phase = phase, .done = done, .data = data};
	for (gsize i = 0; i < n; i++)
		if (!sbx_fetch_check_uri(fetches[i].uri, error))
			return FALSE;
	prepare(&batch, fetches);
	gulong handler = 0;
	if (cancellable)
		handler = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), batch.multi,
						NULL);
	gboolean ok = run(&batch, cancellable, error);
	if (cancellable)
		g_cancellable_disconnect(cancellable, handler);
	if (ok && phase)
		sbx_progress_end(progress, phase, "%" G_GSIZE_FORMAT " file%s, %.1f MB", n,
				 n == 1 ? "" : "s", (double)batch.n_bytes / 1e6);
	return ok;
}

void sbx_fetch_clear(struct sbx_fetch *fetch)
{
	g_clear_pointer(&fetch->out_etag, g_free);
	g_clear_pointer(&fetch->out_last_modified, g_free);
	g_clear_pointer(&fetch->out_sha256, g_free);
}
