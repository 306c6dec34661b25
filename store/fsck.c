/* SPDX-License-Identifier: Apache-2.0 */
#include "store/fsck.h"

#include <string.h>

#include "store/checkout.h"
#include "store/gc.h"
#include "store/layer.h"
#include "store/template.h"

#define TICK_OBJECTS 256

struct check {
	struct sbx_store *store;
	GHashTable *objects;
	GPtrArray *names; /* GVariant *: the keys of `objects` */
	gint next, n_done;
	GMutex mutex;
	GPtrArray *damaged; /* char *, "<checksum>.<type>: reason" */
	GHashTable *bad;    /* their checksums */
	GCancellable *cancellable;
	void (*tick)(guint, guint, gpointer);
	gpointer data;
};

void sbx_fsck_result_clear(struct sbx_fsck_result *result)
{
	g_clear_pointer(&result->damaged, g_ptr_array_unref);
	g_clear_pointer(&result->problems, g_ptr_array_unref);
}

static gpointer check_thread(gpointer data)
{
	struct check *check = data;
	gint i;
	while ((i = g_atomic_int_add(&check->next, 1)) < (gint)check->names->len &&
	       !g_cancellable_is_cancelled(check->cancellable)) {
		const char *checksum;
		OstreeObjectType type;
		g_autoptr(GError) error = NULL;
		ostree_object_name_deserialize(check->names->pdata[i], &checksum, &type);
		gboolean fine =
			ostree_repo_fsck_object(check->store->repo, type, checksum, NULL, &error);
		g_mutex_lock(&check->mutex);
		if (!fine) {
			g_ptr_array_add(check->damaged,
					g_strdup_printf("%s.%s: %s", checksum,
							ostree_object_type_to_string(type),
							error->message));
			g_hash_table_add(check->bad, g_strdup(checksum));
		}
		check->n_done++;
		if (check->tick && check->n_done % TICK_OBJECTS == 0)
			check->tick((guint)check->n_done, check->names->len, check->data);
		g_mutex_unlock(&check->mutex);
	}
	return NULL;
}

static gboolean check_objects(struct check *check, GError **error)
{
	if (!ostree_repo_list_objects(check->store->repo,
				      OSTREE_REPO_LIST_OBJECTS_LOOSE |
					      OSTREE_REPO_LIST_OBJECTS_NO_PARENTS,
				      &check->objects, check->cancellable, error))
		return FALSE;
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, check->objects);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_ptr_array_add(check->names, key);
	guint n_threads = g_get_num_processors();
	g_autofree GThread **threads = g_new0(GThread *, n_threads);
	for (guint i = 0; i < n_threads; i++)
		threads[i] = g_thread_new("fsck", check_thread, check);
	for (guint i = 0; i < n_threads; i++)
		g_thread_join(threads[i]);
	return !g_cancellable_set_error_if_cancelled(check->cancellable, error);
}

/* Is everything that the commit needs there and whole? Says what is not. */
static char *commit_problem(struct check *check, const char *commit)
{
	g_autoptr(GHashTable) objects = ostree_repo_traverse_new_reachable();
	g_autoptr(GError) error = NULL;
	if (!sbx_gc_reachable(check->store, commit, objects, NULL, &error))
		return g_strdup(error->message);
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, objects);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const char *checksum;
		OstreeObjectType type;
		gboolean present = FALSE;
		ostree_object_name_deserialize(key, &checksum, &type);
		if (g_hash_table_contains(check->bad, checksum))
			return g_strdup_printf("object %.16s is damaged", checksum);
		if (!ostree_repo_has_object(check->store->repo, type, checksum, &present, NULL,
					    NULL) ||
		    !present)
			return g_strdup_printf("object %.16s is missing", checksum);
	}
	return NULL;
}

static gboolean check_refs(struct check *check, gboolean repair, GPtrArray *problems,
			   GError **error)
{
	g_autoptr(GHashTable) refs = NULL;
	if (!ostree_repo_list_refs(check->store->repo, NULL, &refs, check->cancellable, error))
		return FALSE;
	GHashTableIter iter;
	gpointer ref, commit;
	g_hash_table_iter_init(&iter, refs);
	while (g_hash_table_iter_next(&iter, &ref, &commit)) {
		g_autofree char *problem = commit_problem(check, commit);
		if (g_cancellable_set_error_if_cancelled(check->cancellable, error))
			return FALSE;
		if (!problem)
			continue;
		g_ptr_array_add(problems, g_strdup_printf("%s: %s", (char *)ref, problem));
		if (repair && !ostree_repo_set_ref_immediate(check->store->repo, NULL, ref, NULL,
							     check->cancellable, error))
			return FALSE;
	}
	return TRUE;
}

/* The tree that stands at *out_path: the template's, or what of it differs from its base's. */
static struct sbx_tree *expected_tree(struct sbx_store *store, const struct sbx_template *row,
				      char **out_path, GError **error)
{
	g_autofree char *ref = g_strconcat("template/", row->id, NULL);
	g_autofree char *root = sbx_template_path(store, row->id, SBX_TEMPLATE_ROOT);
	SBX_AUTO(sbx_tree) tree = NULL;
	SBX_AUTO(sbx_tree) base = NULL;
	struct sbx_tree *layer = NULL;
	guint n_entries;
	if (!sbx_tree_load_ref(store, ref, 0, &tree, NULL, NULL, error))
		return NULL;
	if (!row->base || g_file_test(root, G_FILE_TEST_IS_DIR)) {
		*out_path = g_steal_pointer(&root);
		return g_steal_pointer(&tree);
	}
	g_autofree char *base_ref = g_strconcat("template/", row->base, NULL);
	if (!sbx_tree_load_ref(store, base_ref, 0, &base, NULL, NULL, error))
		return NULL;
	*out_path = sbx_template_path(store, row->id, SBX_TEMPLATE_LAYER);
	if (!base)
		sbx_set_error(error, SBX_E_DAMAGED, "its base %.16s is not in the store",
			      row->base);
	else if (!sbx_layer_make(store, base, tree, G_MAXUINT, &layer, &n_entries, error))
		return NULL;
	return layer;
}

/* Says what is wrong with the folders; the bytes of files were looked at as objects. */
static char *checkout_problem(struct check *check, const struct sbx_template *row)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	char *problem = NULL;
	SBX_AUTO(sbx_tree) tree = expected_tree(check->store, row, &path, &error);
	if (!tree ||
	    !sbx_tree_check(tree, check->store, path, &problem, check->cancellable, &error))
		return g_strdup(error->message);
	g_autofree char *where = problem ? g_path_get_basename(path) : NULL;
	g_autofree char *what = problem;
	return problem ? g_strdup_printf("%s/%s", where, what) : NULL;
}

static gboolean check_templates(struct check *check, gboolean repair, GPtrArray *problems,
				GError **error)
{
	/* One is removed after those that lie on it: these need it. */
	g_autoptr(GPtrArray) rows = sbx_catalog_templates_upper_first(check->store, error);
	for (guint i = 0; rows && i < rows->len; i++) {
		const struct sbx_template *row = rows->pdata[i];
		g_autofree char *ref = g_strconcat("template/", row->id, NULL);
		g_autofree char *commit = NULL;
		g_autofree char *lock = sbx_template_path(check->store, row->id, "lock.json");
		g_autofree char *problem = NULL;
		if (!ostree_repo_resolve_rev(check->store->repo, ref, TRUE, &commit, error))
			return FALSE;
		if (g_strcmp0(commit, row->commit) != 0)
			problem = g_strdup("its commit is not in the store");
		else if (!sbx_template_is_present(check->store, row->id))
			problem = g_strdup(row->base ? "its checkout, or its base's, is not there"
						     : "its checkout is not there");
		else if (!g_file_test(lock, G_FILE_TEST_IS_REGULAR))
			problem = g_strdup("its lock.json is not there");
		else
			problem = checkout_problem(check, row);
		if (g_cancellable_set_error_if_cancelled(check->cancellable, error))
			return FALSE;
		if (!problem)
			continue;
		g_ptr_array_add(problems, g_strdup_printf("template %.16s: %s", row->id, problem));
		if (repair &&
		    !sbx_template_remove(check->store, row->id, check->cancellable, error))
			return FALSE;
	}
	return rows != NULL;
}

static gboolean delete_damaged(struct check *check, GError **error)
{
	for (guint i = 0; i < check->names->len; i++) {
		const char *checksum;
		OstreeObjectType type;
		ostree_object_name_deserialize(check->names->pdata[i], &checksum, &type);
		if (g_hash_table_contains(check->bad, checksum) &&
		    !ostree_repo_delete_object(check->store->repo, type, checksum, NULL, error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_fsck_run(struct sbx_store *store, gboolean repair,
		      void (*tick)(guint n_done, guint n_total, gpointer data), gpointer data,
		      struct sbx_fsck_result *out_result, GCancellable *cancellable, GError **error)
{
	g_autoptr(GHashTable) bad = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) damaged = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	struct check check = {.store = store,
			      .names = names,
			      .damaged = damaged,
			      .bad = bad,
			      .cancellable = cancellable,
			      .tick = tick,
			      .data = data};
	g_mutex_init(&check.mutex);
	gboolean fine = check_objects(&check, error) &&
			check_refs(&check, repair, problems, error) &&
			check_templates(&check, repair, problems, error) &&
			(!repair || delete_damaged(&check, error));
	g_mutex_clear(&check.mutex);
	g_clear_pointer(&check.objects, g_hash_table_unref);
	if (!fine)
		return FALSE;
	out_result->n_objects = (guint)check.n_done;
	out_result->damaged = g_steal_pointer(&damaged);
	out_result->problems = g_steal_pointer(&problems);
	out_result->repaired = repair;
	return TRUE;
}
