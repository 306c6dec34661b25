/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/update.h"

#include <unistd.h>

#include "base/fd.h"
#include "builder/archive/folder.h"
#include "builder/resolve/resolve.h"

static void update_release(struct sbx_update *update)
{
	sbx_choice_release(&update->choice);
	g_free(update->base);
	g_free(update->cache);
	sbx_meta_free(update->old);
	sbx_meta_free(update->new);
	g_ptr_array_unref(update->sources);
	g_ptr_array_unref(update->indexes);
}

static gboolean has_file(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	return access(path, R_OK) == 0;
}

/* Is the present index what would be made now? */
static gboolean is_current(const struct sbx_update *update, const char *present)
{
	return update->old && g_str_equal(update->old->generation, update->new->generation) &&
	       has_file(present, SBX_PACKAGES_FILE) && has_file(present, "providers.db");
}

static void add_digests(GHashTable *wanted, const struct sbx_meta *meta)
{
	for (guint i = 0; i < meta->fetched->len; i++) {
		const struct sbx_meta_fetched *fetched = meta->fetched->pdata[i];
		g_hash_table_add(wanted, g_strdup(fetched->sha256));
	}
	for (guint i = 0; i < meta->indexes->len; i++) {
		const struct sbx_meta_index *index = meta->indexes->pdata[i];
		g_hash_table_add(wanted, g_strdup(index->sha256));
	}
}

/* Drop from the cache what no index was made from, parts of it that never arrived included. */
static void prune_cache(const struct sbx_update *update)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GDir) indexes = g_dir_open(update->base, 0, NULL);
	for (const char *name; indexes && (name = g_dir_read_name(indexes));) {
		g_autofree char *folder = g_build_filename(update->base, name, NULL);
		SBX_AUTO(sbx_meta) meta = sbx_meta_load(folder, NULL);
		if (meta)
			add_digests(wanted, meta);
	}
	g_autoptr(GDir) cache = g_dir_open(update->cache, 0, NULL);
	for (const char *name; cache && (name = g_dir_read_name(cache));) {
		g_autofree char *path = g_build_filename(update->cache, name, NULL);
		if (!g_hash_table_contains(wanted, name))
			unlink(path);
	}
}

static gboolean replace(struct sbx_update *update, GError **error)
{
	const struct sbx_choice *choice = &update->choice;
	g_autofree char *folder =
		sbx_index_folder_begin(update->base, choice->suite, choice->architecture, error);
	if (!folder)
		return FALSE;
	if (!sbx_update_make_index(update, folder, error) ||
	    !sbx_meta_save(update->new, folder, error) ||
	    !sbx_index_folder_commit(update->base, choice->suite, choice->architecture, folder,
				     error)) {
		sbx_index_folder_delete(folder);
		return FALSE;
	}
	prune_cache(update);
	return TRUE;
}

/* A server may have given new validators for the same content: the next request wants them. */
static gboolean refresh_meta(struct sbx_update *update, const char *present, GError **error)
{
	struct sbx_meta *old = update->old;
	gboolean same = old->fetched->len == update->new->fetched->len;
	for (guint i = 0; same && i < old->fetched->len; i++) {
		const struct sbx_meta_fetched *a = old->fetched->pdata[i];
		const struct sbx_meta_fetched *b = update->new->fetched->pdata[i];
		same = g_str_equal(a->uri, b->uri) && g_strcmp0(a->etag, b->etag) == 0 &&
		       g_strcmp0(a->last_modified, b->last_modified) == 0;
	}
	if (same)
		return TRUE;
	GPtrArray *fetched = old->fetched;
	old->fetched = update->new->fetched;
	update->new->fetched = fetched;
	return sbx_meta_save(old, present, error);
}

static enum sbx_update_result run(struct sbx_update *update, GError **error)
{
	if (!sbx_choose_sources(update->ctx, &update->choice, error))
		return SBX_UPDATE_FAILED;
	SBX_CLEANUP_FD int lock = sbx_index_lock(update->base, update->ctx->cancellable, error);
	if (lock < 0)
		return SBX_UPDATE_FAILED;
	g_autofree char *present = sbx_index_folder_find(update->base, update->choice.suite,
							 update->choice.architecture);
	update->old = sbx_meta_load(present, NULL);
	if (!sbx_update_fetch_releases(update, error) || !sbx_update_plan(update, error))
		return SBX_UPDATE_FAILED;
	if (is_current(update, present))
		return refresh_meta(update, present, error) ? SBX_UPDATE_UNCHANGED
							    : SBX_UPDATE_FAILED;
	return replace(update, error) ? SBX_UPDATE_CHANGED : SBX_UPDATE_FAILED;
}

static void fill_report(const struct sbx_update *update, GPtrArray *report)
{
	for (guint i = 0; i < update->sources->len; i++) {
		const struct sbx_update_source *from = update->sources->pdata[i];
		struct sbx_update_report *to = g_new0(struct sbx_update_report, 1);
		to->uri = g_strdup(from->root);
		to->suite = g_strdup(from->source->suite);
		to->date = sbx_format_time(from->release->date);
		to->changed = from->changed;
		g_ptr_array_add(report, to);
	}
}

void sbx_update_report_free(struct sbx_update_report *report)
{
	g_free(report->uri);
	g_free(report->suite);
	g_free(report->date);
	g_free(report);
}

enum sbx_update_result sbx_archive_update_report(struct sbx_context *ctx, GPtrArray *report,
						 GError **error)
{
	__attribute__((cleanup(update_release))) struct sbx_update update = {
		.ctx = ctx,
		.base = sbx_context_path(ctx, "index", error),
		.cache = sbx_context_path(ctx, "cache/index", NULL),
		.new = sbx_meta_new(),
		.sources = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_update_source_free),
		.indexes = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_update_index_free),
	};
	if (!update.base)
		return SBX_UPDATE_FAILED;
	enum sbx_update_result result = run(&update, error);
	if (result != SBX_UPDATE_FAILED && report)
		fill_report(&update, report);
	return result;
}

enum sbx_update_result sbx_archive_update(struct sbx_context *ctx, GError **error)
{
	return sbx_archive_update_report(ctx, NULL, error);
}
