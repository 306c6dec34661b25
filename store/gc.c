/* SPDX-License-Identifier: Apache-2.0 */
#include "store/gc.h"

#include <string.h>
#include <sys/stat.h>

#include "store/catalog.h"
#include "store/catalog_holdings.h"
#include "store/template.h"

/* An interrupted download is worth keeping for a day: the next try resumes it. */
#define KEEP_CACHE_SECONDS (24 * 3600)

static guint64 folder_bytes(const char *path)
{
	guint64 sum = 0;
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		struct stat st;
		if (lstat(below, &st) < 0)
			continue;
		/* A file with other links is an object's and frees nothing. */
		if (S_ISDIR(st.st_mode))
			sum += folder_bytes(below);
		else if (st.st_nlink == 1)
			sum += (guint64)st.st_blocks * 512;
	}
	return sum;
}

/* Scratch of builds that were killed: nobody builds now, the store is ours alone. */
static gboolean clear_scratch(struct sbx_store *store, gboolean dry_run,
			      struct sbx_gc_result *result, GError **error)
{
	g_autofree char *tmp = g_build_filename(store->root, "tmp", NULL);
	g_autoptr(GDir) dir = g_dir_open(tmp, 0, error);
	if (!dir)
		return FALSE;
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(tmp, name, NULL);
		/* `run` has its scratch here without holding the store's lock. */
		if (g_str_has_prefix(name, "output-"))
			continue;
		result->n_bytes += folder_bytes(path);
		if (!dry_run && !sbx_store_remove_tree(path, error))
			return FALSE;
	}
	return TRUE;
}

static void clear_cache(struct sbx_store *store, gboolean dry_run, struct sbx_gc_result *result)
{
	g_autofree char *cache = g_build_filename(store->root, "cache", NULL);
	g_autoptr(GDir) dir = g_dir_open(cache, 0, NULL);
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(cache, name, NULL);
		struct stat st;
		if (!strstr(name, ".deb") || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
		    now - st.st_mtime < KEEP_CACHE_SECONDS)
			continue;
		result->n_bytes += (guint64)st.st_size;
		if (!dry_run)
			sbx_store_remove_tree(path, NULL);
	}
}

/* Of a template that was being given a root of its own. Returns whether it has it now. */
static gboolean finish_root(struct sbx_store *store, const char *id, GCancellable *cancellable)
{
	g_autofree char *root = sbx_template_path(store, id, SBX_TEMPLATE_ROOT);
	return g_file_test(root, G_FILE_TEST_IS_DIR) &&
	       sbx_template_make_whole(store, id, cancellable, NULL);
}

/* Unnamed and unused templates. */
static gboolean drop_templates(struct sbx_store *store, gint64 unused_seconds, gboolean dry_run,
			       struct sbx_gc_result *result, GCancellable *cancellable,
			       GError **error)
{
	/* One goes after those that lie on it, and stays as long as one of these does. */
	g_autoptr(GPtrArray) rows = sbx_catalog_templates_upper_first(store, error);
	g_autoptr(GHashTable) bases = g_hash_table_new(g_str_hash, g_str_equal);
	gint64 limit = g_get_real_time() - unused_seconds * G_USEC_PER_SEC;
	for (guint i = 0; rows && i < rows->len; i++) {
		const struct sbx_template *row = rows->pdata[i];
		gboolean gone = !sbx_template_is_present(store, row->id);
		gboolean stays = row->names[0] ||
				 MAX(row->created_usec, row->last_used_usec) > limit ||
				 g_hash_table_contains(bases, row->id);
		if (!gone && stays) {
			if (row->base && (dry_run || !finish_root(store, row->id, cancellable)))
				g_hash_table_add(bases, row->base);
			continue;
		}
		g_autoptr(GError) failed = NULL;
		if (!dry_run && !sbx_template_remove(store, row->id, cancellable, &failed)) {
			if (g_error_matches(failed, SBX_ERROR, SBX_E_BUSY)) {
				if (row->base)
					g_hash_table_add(bases, row->base);
				continue;
			}
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		result->n_templates++;
	}
	return rows != NULL;
}

/* Checkouts that a crash left without a row in the catalog; names that point nowhere. */
static gboolean drop_orphans(struct sbx_store *store, gboolean dry_run, GError **error)
{
	g_autofree char *templates = g_build_filename(store->root, "templates", NULL);
	g_autoptr(GDir) dir = g_dir_open(templates, 0, error);
	if (!dir)
		return FALSE;
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(templates, name, NULL);
		g_autoptr(GError) failed = NULL;
		struct stat st;
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISLNK(st.st_mode)) {
			if (stat(path, &st) == 0)
				continue;
		} else {
			SBX_AUTO(sbx_template) row = sbx_catalog_template(store, name, &failed);
			if (row || failed)
				continue;
		}
		if (!dry_run && !sbx_store_remove_tree(path, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean drop_refs(struct sbx_store *store, gboolean dry_run, struct sbx_gc_result *result,
			  GCancellable *cancellable, GError **error)
{
	g_autoptr(GHashTable) needed = sbx_catalog_needed_refs(store, error);
	g_autoptr(GHashTable) refs = NULL;
	if (!needed || !ostree_repo_list_refs(store->repo, NULL, &refs, cancellable, error))
		return FALSE;
	GHashTableIter iter;
	gpointer ref;
	g_hash_table_iter_init(&iter, refs);
	while (g_hash_table_iter_next(&iter, &ref, NULL)) {
		if (g_hash_table_contains(needed, ref))
			continue;
		result->n_refs++;
		if (!dry_run && !ostree_repo_set_ref_immediate(store->repo, NULL, ref, NULL,
							       cancellable, error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_gc_run(struct sbx_store *store, gint64 unused_seconds, gboolean dry_run,
		    struct sbx_gc_result *out_result, GCancellable *cancellable, GError **error)
{
	struct sbx_gc_result result = {0};
	if (!clear_scratch(store, dry_run, &result, error) ||
	    !drop_templates(store, unused_seconds, dry_run, &result, cancellable, error) ||
	    !drop_orphans(store, dry_run, error) ||
	    !drop_refs(store, dry_run, &result, cancellable, error))
		return FALSE;
	gint64 limit = g_get_real_time() - unused_seconds * G_USEC_PER_SEC;
	if (!sbx_catalog_forget_tasks(store, limit, dry_run, &result.n_profiles, error))
		return FALSE;
	clear_cache(store, dry_run, &result);
	int n_total = 0, n_pruned = 0;
	guint64 n_bytes = 0;
	OstreeRepoPruneFlags flags = OSTREE_REPO_PRUNE_FLAGS_REFS_ONLY;
	if (dry_run)
		flags |= OSTREE_REPO_PRUNE_FLAGS_NO_PRUNE;
	/* Libostree before 2023.1 may prune a commit that is being written; nobody writes now. */
	if (!ostree_repo_prune(store->repo, flags, 0, &n_total, &n_pruned, &n_bytes, cancellable,
			       error))
		return FALSE;
	result.n_objects = (guint)n_pruned;
	result.n_bytes += n_bytes;
	if (!dry_run && !sbx_catalog_prune_holdings(store, error))
		return FALSE;
	*out_result = result;
	return TRUE;
}

gboolean sbx_gc_reachable(struct sbx_store *store, const char *commit, GHashTable *objects,
			  GCancellable *cancellable, GError **error)
{
	return ostree_repo_traverse_commit_union(store->repo, commit, 0, objects, cancellable,
						 error);
}

gboolean sbx_gc_measure(struct sbx_store *store, const char *id, guint64 *out_shared,
			guint64 *out_own, GCancellable *cancellable, GError **error)
{
	g_autoptr(GPtrArray) rows = sbx_catalog_templates(store, error);
	g_autoptr(GHashTable) mine = ostree_repo_traverse_new_reachable();
	g_autoptr(GHashTable) others = ostree_repo_traverse_new_reachable();
	for (guint i = 0; rows && i < rows->len; i++) {
		const struct sbx_template *row = rows->pdata[i];
		if (!sbx_gc_reachable(store, row->commit, g_str_equal(row->id, id) ? mine : others,
				      cancellable, error))
			return FALSE;
	}
	guint64 shared = 0, own = 0;
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, mine);
	while (rows && g_hash_table_iter_next(&iter, &key, NULL)) {
		const char *checksum;
		OstreeObjectType type;
		guint64 size = 0;
		ostree_object_name_deserialize(key, &checksum, &type);
		if (!ostree_repo_query_object_storage_size(store->repo, type, checksum, &size,
							   cancellable, error))
			return FALSE;
		*(g_hash_table_contains(others, key) ? &shared : &own) += size;
	}
	*out_shared = shared;
	*out_own = own;
	return rows != NULL;
}
