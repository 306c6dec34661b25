/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/supply.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/build/import.h"
#include "builder/build/kept_debs.h"
#include "builder/fetch/fetch.h"

/* What is unpacked again in less than a second. */
#define LITTLE_BYTES (8 * 1024 * 1024)

struct item {
	const struct sbx_lock_package *package;
	enum sbx_supply_part part;
	char *uri, *path;
	gboolean cached; /* kept, or an interrupted build left it in cache/ */
};

struct sbx_supply {
	struct sbx_context *ctx;
	struct sbx_store *store;
	struct sbx_build_report *report;
	struct sbx_import_limits limits;
	GPtrArray *items; /* struct item *, in the order they are fetched */
	struct sbx_fetch *fetches;
	GAsyncQueue *arrived[2]; /* struct item *; &end_mark when no more will come */
	guint n_missing[2], n_arrived[2];
	guint n_fetches;
	int lock_fd;	       /* two builds must not write the same file in cache/ */
	gboolean is_unsettled; /* imported in a transaction that is not committed */
	GThread *thread;
	GCancellable *cancellable; /* the context's, or our own when something failed */
	gulong chained;
	GMutex mutex;
	GError *failure; /* the first */
};

static struct item end_mark;

static void item_free(gpointer data)
{
	struct item *item = data;
	g_free(item->uri);
	g_free(item->path);
	g_free(item);
}

/* Keep the first failure, and stop everybody. */
static void fail(struct sbx_supply *supply, GError *error)
{
	g_mutex_lock(&supply->mutex);
	if (!supply->failure)
		supply->failure = error;
	else
		g_error_free(error);
	g_mutex_unlock(&supply->mutex);
	g_cancellable_cancel(supply->cancellable);
}

static void arrive(struct sbx_supply *supply, struct item *item)
{
	g_async_queue_push(supply->arrived[item->part], item);
	if (++supply->n_arrived[item->part] == supply->n_missing[item->part])
		g_async_queue_push(supply->arrived[item->part], &end_mark);
}

static gboolean on_fetched(struct sbx_fetch *fetch, gpointer data, GError **error)
{
	arrive(data, fetch->data);
	return TRUE;
}

/* Other bytes than the index promises: mostly the archive changed after the index was made. */
static GError *with_way_out(GError *error)
{
	if (!g_error_matches(error, SBX_ERROR, SBX_E_UNTRUSTED))
		return error;
	GError *longer = g_error_new(error->domain, error->code,
				     "%s; if the archive has moved on, `sbx-build update` follows",
				     error->message);
	g_error_free(error);
	return longer;
}

static gpointer fetch_thread(gpointer data)
{
	struct sbx_supply *supply = data;
	GError *error = NULL;
	guint n = supply->n_fetches;
	for (guint i = 0; i < supply->items->len; i++) {
		struct item *item = supply->items->pdata[i];
		if (item->cached)
			arrive(supply, item);
	}
	if (n > 0) {
		gint64 began = g_get_monotonic_time();
		if (!sbx_fetch_all(supply->fetches, n, supply->ctx->progress, "fetch", on_fetched,
				   supply, supply->cancellable, &error))
			fail(supply, with_way_out(error));
		sbx_build_report_stage(supply->report, SBX_STAGE_DOWNLOAD,
				       g_get_monotonic_time() - began);
	}
	/* After a failure nobody must wait for what will not come. */
	for (int part = 0; part < 2; part++)
		g_async_queue_push(supply->arrived[part], &end_mark);
	return NULL;
}

static gint compare_items(gconstpointer a, gconstpointer b)
{
	const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->package->size != y->package->size)
		return x->package->size > y->package->size ? -1 : 1;
	return strcmp(x->package->name, y->package->name);
}

static gboolean is_whole(const struct item *item)
{
	GStatBuf st;
	return g_stat(item->path, &st) == 0 && (guint64)st.st_size == item->package->size;
}

/* Where the .deb is, or is to be fetched to. */
static void find_cached(const struct sbx_supply *supply, struct item *item)
{
	item->path = sbx_kept_deb_path(supply->store, item->package);
	item->cached = is_whole(item);
	if (item->cached)
		return;
	g_free(item->path);
	item->path = g_strdup_printf("%s/cache/%s.deb", supply->store->root, item->package->sha256);
	item->cached = is_whole(item);
}

static gboolean plan(struct sbx_supply *supply, const struct sbx_archive *archive,
		     const struct sbx_lock *lock, GError **error)
{
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *package = lock->packages->pdata[i];
		if (sbx_import_is_stored(supply->store, package))
			continue;
		g_autofree char *uri =
			archive ? sbx_archive_package_uri(archive, package->origin, package->path)
				: NULL;
		if (!uri)
			return sbx_set_error(
				error, SBX_E_NOT_FOUND,
				"%s %s: comes from %s, which no configured archive has; "
				"run `sbx-build update` with --suite or --mirror",
				package->name, package->version, package->origin);
		struct item *item = g_new0(struct item, 1);
		item->package = package;
		item->part = package->base ? SBX_SUPPLY_BASE : SBX_SUPPLY_REST;
		item->uri = g_steal_pointer(&uri);
		find_cached(supply, item);
		supply->n_missing[item->part]++;
		g_ptr_array_add(supply->items, item);
	}
	g_ptr_array_sort(supply->items, compare_items);
	supply->fetches = g_new0(struct sbx_fetch, supply->items->len + 1);
	for (guint i = 0; i < supply->items->len; i++) {
		struct item *item = supply->items->pdata[i];
		if (!item->cached)
			supply->fetches[supply->n_fetches++] = (struct sbx_fetch){
				.uri = item->uri,
				.path = item->path,
				.sha256 = item->package->sha256,
				.size = item->package->size,
				.data = item,
			};
	}
	return TRUE;
}

static int open_lock(const struct sbx_supply *supply, GError **error)
{
	g_autofree char *path = g_build_filename(supply->store->root, "cache", "lock", NULL);
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return fd;
}

static gboolean lock_cache(struct sbx_supply *supply, const struct sbx_lock *lock, GError **error)
{
	gboolean complete = TRUE;
	for (guint i = 0; complete && i < lock->packages->len; i++)
		complete = sbx_import_is_stored(supply->store, lock->packages->pdata[i]);
	if (complete)
		return TRUE;
	supply->lock_fd = open_lock(supply, error);
	return supply->lock_fd >= 0 && sbx_store_flock(supply->lock_fd, LOCK_EX, "cache/lock",
						       supply->ctx->cancellable, error);
}

static void chain_cancel(GCancellable *from, gpointer to)
{
	g_cancellable_cancel(to);
}

struct sbx_supply *sbx_supply_start(struct sbx_context *ctx, struct sbx_store *store,
				    const struct sbx_archive *archive, const struct sbx_lock *lock,
				    struct sbx_build_report *report, GError **error)
{
	SBX_AUTO(sbx_supply) supply = g_new0(struct sbx_supply, 1);
	supply->report = report;
	supply->ctx = ctx;
	supply->store = store;
	g_mutex_init(&supply->mutex);
	supply->items = g_ptr_array_new_with_free_func(item_free);
	supply->cancellable = g_cancellable_new();
	for (int part = 0; part < 2; part++)
		supply->arrived[part] = g_async_queue_new();
	supply->lock_fd = -1;
	if (!sbx_import_read_limits(&supply->limits, error) || !lock_cache(supply, lock, error) ||
	    !plan(supply, archive, lock, error))
		return NULL;
	supply->chained = g_cancellable_connect(ctx->cancellable, G_CALLBACK(chain_cancel),
						supply->cancellable, NULL);
	supply->thread = g_thread_new("fetch", fetch_thread, supply);
	return g_steal_pointer(&supply);
}

void sbx_supply_free(struct sbx_supply *supply)
{
	if (!supply)
		return;
	if (supply->thread) {
		g_cancellable_cancel(supply->cancellable);
		g_thread_join(supply->thread);
		g_cancellable_disconnect(supply->ctx->cancellable, supply->chained);
	}
	sbx_close(&supply->lock_fd);
	for (guint i = 0; i < supply->n_fetches; i++)
		sbx_fetch_clear(&supply->fetches[i]);
	g_free(supply->fetches);
	g_ptr_array_unref(supply->items);
	for (int part = 0; part < 2; part++)
		g_async_queue_unref(supply->arrived[part]);
	g_clear_object(&supply->cancellable);
	g_clear_error(&supply->failure);
	g_mutex_clear(&supply->mutex);
	g_free(supply);
}

guint sbx_supply_n_missing(const struct sbx_supply *supply)
{
	return supply->n_missing[0] + supply->n_missing[1];
}

gboolean sbx_supply_lacks(const struct sbx_supply *supply, const char *prefix)
{
	for (guint i = 0; i < supply->items->len; i++) {
		const struct item *item = supply->items->pdata[i];
		if (item->part == SBX_SUPPLY_REST && g_str_has_prefix(item->package->name, prefix))
			return TRUE;
	}
	return FALSE;
}

struct worker {
	struct sbx_supply *supply;
	enum sbx_supply_part part;
};

static gpointer import_thread(gpointer data)
{
	struct worker *worker = data;
	struct sbx_supply *supply = worker->supply;
	GAsyncQueue *queue = supply->arrived[worker->part];
	struct item *item;
	while ((item = g_async_queue_pop(queue)) != &end_mark) {
		GError *error = NULL;
		/* After a failure elsewhere what has arrived stays in the cache. */
		if (g_cancellable_is_cancelled(supply->cancellable))
			continue;
		gint64 began = g_get_monotonic_time(), store_usec = 0;
		if (sbx_import_package(supply->store, item->package, item->path, &supply->limits,
				       &store_usec, supply->cancellable, &error)) {
			sbx_progress_add(supply->ctx->progress, "import", 1, item->package->name);
			gint64 usec = g_get_monotonic_time() - began;
			sbx_build_report_import(supply->report, item->package->name,
						usec - store_usec, store_usec);
		} else {
			/* A damaged file must not be found again by the next try. */
			if (g_error_matches(error, SBX_ERROR, SBX_E_UNTRUSTED) ||
			    g_error_matches(error, SBX_ERROR, SBX_E_ARCHIVE))
				unlink(item->path);
			fail(supply, error);
		}
	}
	g_async_queue_push(queue, &end_mark); /* for the next worker */
	return NULL;
}

static gboolean run_workers(struct sbx_supply *supply, enum sbx_supply_part part, GError **error)
{
	struct worker worker = {supply, part};
	guint n = MIN(g_get_num_processors(), MAX(1, supply->n_missing[part]));
	g_autofree GThread **threads = g_new0(GThread *, n);
	for (guint i = 0; i < n; i++)
		threads[i] = g_thread_new("import", import_thread, &worker);
	for (guint i = 0; i < n; i++)
		g_thread_join(threads[i]);
	g_mutex_lock(&supply->mutex);
	GError *failure = supply->failure ? g_error_copy(supply->failure) : NULL;
	g_mutex_unlock(&supply->mutex);
	if (!failure)
		return !g_cancellable_set_error_if_cancelled(supply->cancellable, error);
	g_propagate_error(error, failure);
	return FALSE;
}

/* The packages are store objects now: nothing is inflated twice. */
static void drop_debs(struct sbx_supply *supply, enum sbx_supply_part part)
{
	for (guint i = 0; i < supply->items->len; i++) {
		const struct item *item = supply->items->pdata[i];
		if (item->part != part)
			continue;
		if (supply->limits.keep_bytes)
			sbx_kept_deb_take(supply->store, item->package, item->path);
		else
			unlink(item->path);
	}
	sbx_kept_debs_trim(supply->store, supply->limits.keep_bytes);
}

static gboolean is_little(const struct sbx_supply *supply, enum sbx_supply_part part)
{
	guint64 n_bytes = 0;
	for (guint i = 0; i < supply->items->len; i++) {
		const struct item *item = supply->items->pdata[i];
		n_bytes += item->part == part ? item->package->size : 0;
	}
	return part != SBX_SUPPLY_BASE && n_bytes <= LITTLE_BYTES;
}

gboolean sbx_supply_import(struct sbx_supply *supply, enum sbx_supply_part part,
			   struct sbx_transaction *transaction, GError **error)
{
	GCancellable *cancellable = supply->ctx->cancellable;
	if (supply->n_missing[part] == 0)
		return TRUE;
	if (!run_workers(supply, part, error))
		return FALSE;
	if (is_little(supply, part)) {
		supply->is_unsettled = TRUE;
		/* The build goes on for longer than another one should wait to fetch. */
		sbx_close(&supply->lock_fd);
		return sbx_transaction_flush(transaction, cancellable, error);
	}
	if (!sbx_transaction_renew(transaction, cancellable, error))
		return FALSE;
	drop_debs(supply, part);
	return TRUE;
}

void sbx_supply_settle(struct sbx_supply *supply)
{
	if (!supply->is_unsettled)
		return;
	supply->is_unsettled = FALSE;
	/* Who fetches may just be going to read what lies there; then it, or gc, removes it. */
	supply->lock_fd = open_lock(supply, NULL);
	if (supply->lock_fd >= 0 && flock(supply->lock_fd, LOCK_EX | LOCK_NB) == 0)
		drop_debs(supply, SBX_SUPPLY_REST);
	sbx_close(&supply->lock_fd);
}
