/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/package.h"
#include "builder/archive/stream.h"
#include "builder/archive/update.h"
#include "builder/fetch/fetch.h"
#include "builder/index/providers.h"
#include "builder/resolve/resolve.h"

#define MAX_TEXT_BYTES (8ULL << 30) /* of an index whose size the Release does not tell */
#define PHASE	       "index"

/*
 * Two threads: the caller's brings the indexes, the other reads them as they arrive, in an order
 * that does not depend on the network: all Packages as the sources have them, then all Contents,
 * the smallest first, since the largest arrive last. The map of the packages is written by a third
 * meanwhile.
 */
struct builder {
	struct sbx_update *update;
	const char *folder;
	GPtrArray *order;    /* struct sbx_update_index *: not owned */
	GHashTable *ready;   /* set of those that have arrived */
	GHashTable *missing; /* set of those that nobody has (Contents only) */
	GMutex mutex;
	GCond changed;
	gboolean abandoned;	   /* no more will arrive */
	GCancellable *cancellable; /* stops both threads */
	GError *error;		   /* of the reading thread */

	struct sbx_package_writer *packages;
	struct sbx_provider_writer *providers;
	GThread *packages_thread;
	GError *packages_error;
	const struct sbx_update_index *current;
};

static gint compare_order(gconstpointer a, gconstpointer b)
{
	const struct sbx_update_index *x = *(struct sbx_update_index *const *)a;
	const struct sbx_update_index *y = *(struct sbx_update_index *const *)b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == SBX_INDEX_PACKAGES || x->size == y->size)
		return 0;
	return x->size < y->size ? -1 : 1;
}

static GPtrArray *reading_order(GPtrArray *indexes)
{
	GPtrArray *order = g_ptr_array_new();
	for (guint i = 0; i < indexes->len; i++)
		g_ptr_array_add(order, indexes->pdata[i]);
	g_ptr_array_sort(order, compare_order); /* GLib's sort is stable */
	return order;
}

/* ---- the reading thread ---- */

/* FALSE: it will not come. *out_missing: the archive lists it but has it not. */
static gboolean wait_for(struct builder *b, struct sbx_update_index *index, gboolean *out_missing)
{
	g_mutex_lock(&b->mutex);
	while (!b->abandoned && !g_hash_table_contains(b->ready, index))
		g_cond_wait(&b->changed, &b->mutex);
	gboolean is_ready = g_hash_table_contains(b->ready, index);
	*out_missing = g_hash_table_contains(b->missing, index);
	g_mutex_unlock(&b->mutex);
	return is_ready;
}

static gboolean on_package(const struct sbx_package *package, gpointer data, GError **error)
{
	struct builder *b = data;
	if ((++b->update->new->n_packages & 1023) == 0 &&
	    g_cancellable_set_error_if_cancelled(b->cancellable, error))
		return FALSE;
	if (!sbx_package_writer_add(b->packages, package, b->current->origin, error) ||
	    !sbx_provider_writer_add_package(b->providers, package, error)) {
		g_prefix_error(error, "%s: ", b->current->where);
		return FALSE;
	}
	return TRUE;
}

static gboolean read_packages(struct builder *b, const struct sbx_update_index *index,
			      GError **error)
{
	g_autofree char *text = NULL;
	gsize n_bytes;
	b->current = index;
	sbx_package_writer_set_pin(b->packages, index->origin, index->pin);
	if (!sbx_index_read(index->path, index->text_bytes, MAX_TEXT_BYTES, index->where, &text,
			    &n_bytes, error) ||
	    !sbx_packages_parse(text, n_bytes, index->where, on_package, b, error))
		return FALSE;
	sbx_progress_add(b->update->ctx->progress, PHASE, index->size, NULL);
	return TRUE;
}

static gboolean read_contents(struct builder *b, const struct sbx_update_index *index,
			      GError **error)
{
	guint64 limit = index->text_bytes ? index->text_bytes : MAX_TEXT_BYTES;
	g_autoptr(GInputStream) stream = sbx_index_stream_new(index->path, limit, index->where);
	if (!sbx_provider_writer_add_contents(b->providers, stream, index->where, b->cancellable,
					      error))
		return FALSE;
	b->update->new->n_paths += sbx_index_stream_n_lines(stream);
	sbx_progress_add(b->update->ctx->progress, PHASE, index->size, NULL);
	return TRUE;
}

static gpointer write_packages(gpointer data)
{
	struct builder *b = data;
	sbx_package_writer_write(b->packages, b->folder, &b->packages_error);
	return NULL;
}

static gboolean read_all(struct builder *b, GError **error)
{
	for (guint i = 0; i < b->order->len; i++) {
		struct sbx_update_index *index = b->order->pdata[i];
		gboolean missing, is_contents = index->kind == SBX_INDEX_CONTENTS;
		if (is_contents && !b->packages_thread)
			b->packages_thread = g_thread_new("packages", write_packages, b);
		if (!wait_for(b, index, &missing))
			return FALSE; /* what stopped the other thread is the error */
		if (missing)
			continue;
		if (!(is_contents ? read_contents(b, index, error)
				  : read_packages(b, index, error)))
			return FALSE;
	}
	if (!b->packages_thread)
		b->packages_thread = g_thread_new("packages", write_packages, b);
	return sbx_provider_writer_finish(b->providers, error);
}

static gpointer reading_thread(gpointer data)
{
	struct builder *b = data;
	gboolean ok = read_all(b, &b->error);
	if (b->packages_thread)
		g_thread_join(b->packages_thread);
	if (ok && b->packages_error)
		b->error = g_steal_pointer(&b->packages_error);
	if (b->error)
		g_cancellable_cancel(b->cancellable);
	return NULL;
}

/* ---- the fetching thread ---- */

static gboolean on_fetched(struct sbx_fetch *fetch, gpointer data, GError **error)
{
	struct builder *b = data;
	struct sbx_update_index *index = fetch->data;
	if (fetch->missing)
		sbx_progress_warn(
			b->update->ctx->progress,
			"%s: the server has not what the Release file lists, so nobody knows what "
			"the files of its packages are; they can be asked for by name only",
			index->where);
	g_mutex_lock(&b->mutex);
	g_hash_table_add(b->ready, index);
	if (fetch->missing)
		g_hash_table_add(b->missing, index);
	g_cond_signal(&b->changed);
	g_mutex_unlock(&b->mutex);
	return TRUE;
}

static void fill_fetch(struct sbx_fetch *fetch, struct sbx_update_index *index)
{
	fetch->uri = index->uri;
	fetch->path = index->path;
	fetch->sha256 = index->sha256;
	fetch->size = index->size;
	fetch->fallback_uris = (const char *const *)index->fallbacks;
	fetch->optional = index->kind == SBX_INDEX_CONTENTS;
	fetch->data = index;
}

/* Packages first: they are read first. Then what takes longest. */
static gboolean bring(struct builder *b, GError **error)
{
	GPtrArray *order = b->order;
	g_autofree struct sbx_fetch *fetches = g_new0(struct sbx_fetch, order->len);
	guint n = 0;
	for (guint i = 0; i < order->len; i++) {
		struct sbx_update_index *index = order->pdata[i];
		if (index->kind == SBX_INDEX_PACKAGES)
			fill_fetch(&fetches[n++], index);
	}
	for (guint i = order->len; i-- > n;)
		fill_fetch(&fetches[n + order->len - 1 - i], order->pdata[i]);
	gboolean ok = sbx_fetch_all(fetches, order->len, b->update->ctx->progress, "fetch",
				    on_fetched, b, b->cancellable, error);
	for (guint i = 0; i < order->len; i++)
		sbx_fetch_clear(&fetches[i]);
	return ok;
}

static void on_cancelled(GCancellable *outer, gpointer inner)
{
	g_cancellable_cancel(inner);
}

static void builder_release(struct builder *b)
{
	g_ptr_array_unref(b->order);
	g_hash_table_unref(b->ready);
	g_hash_table_unref(b->missing);
	g_mutex_clear(&b->mutex);
	g_cond_clear(&b->changed);
	g_object_unref(b->cancellable);
	g_clear_error(&b->error);
	g_clear_error(&b->packages_error);
	sbx_package_writer_free(b->packages);
	sbx_provider_writer_free(b->providers);
}

static gboolean run(struct builder *b, GError **error)
{
	struct sbx_context *ctx = b->update->ctx;
	g_autoptr(GError) problem = NULL;
	gulong handler = 0;
	guint64 n_bytes = 0;
	for (guint i = 0; i < b->order->len; i++)
		n_bytes += ((struct sbx_update_index *)b->order->pdata[i])->size;
	sbx_progress_begin(ctx->progress, PHASE, SBX_UNIT_BYTES, n_bytes);
	if (ctx->cancellable)
		handler = g_cancellable_connect(ctx->cancellable, G_CALLBACK(on_cancelled),
						b->cancellable, NULL);
	GThread *reader = g_thread_new("index", reading_thread, b);
	gboolean ok = bring(b, &problem);
	g_mutex_lock(&b->mutex);
	b->abandoned = TRUE;
	g_cond_signal(&b->changed);
	g_mutex_unlock(&b->mutex);
	if (!ok)
		g_cancellable_cancel(b->cancellable);
	g_thread_join(reader);
	if (ctx->cancellable)
		g_cancellable_disconnect(ctx->cancellable, handler);
	/* Either thread stops the other: the one that did not just give up tells why. */
	if (b->error && (ok || sbx_gerror_code(b->error) != SBX_E_INTERRUPTED)) {
		g_propagate_error(error, g_steal_pointer(&b->error));
		return FALSE;
	}
	if (!ok) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	const struct sbx_meta *new = b->update->new;
	sbx_progress_end(ctx->progress, PHASE,
			 "%" G_GUINT64_FORMAT " packages, %" G_GUINT64_FORMAT " paths",
			 new->n_packages, new->n_paths);
	return TRUE;
}

gboolean sbx_update_make_index(struct sbx_update *update, const char *folder, GError **error)
{
	__attribute__((cleanup(builder_release))) struct builder b = {
		.update = update,
		.folder = folder,
		.order = reading_order(update->indexes),
		.ready = g_hash_table_new(NULL, NULL),
		.missing = g_hash_table_new(NULL, NULL),
		.cancellable = g_cancellable_new(),
		.packages = sbx_package_writer_new(update->choice.architecture),
	};
	g_autofree char *providers = g_build_filename(folder, "providers.db", NULL);
	g_mutex_init(&b.mutex);
	g_cond_init(&b.changed);
	b.providers = sbx_provider_writer_new(providers, error);
	return b.providers && run(&b, error);
}
