/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/refresh/refresh.h"

#include <string.h>

#include "builder/archive/archive.h"
#include "builder/refresh/next.h"
#include "builder/resolve/lock_update.h"
#include "store/template.h"

/* An index and its solver, opened once for each suite and architecture. */
struct index {
	struct sbx_archive *archive;
	struct sbx_resolver *resolver;
	GError *failure;
};

const char *sbx_refresh_status_name(enum sbx_refresh_status status)
{
	static const char *const names[] = {
#define X(id, name) name,
		SBX_REFRESH_TABLE(X)
#undef X
	};
	return names[status];
}

void sbx_refresh_free(struct sbx_refresh *item)
{
	if (!item)
		return;
	g_free(item->name);
	g_free(item->old_id);
	g_free(item->new_id);
	g_free(item->suite);
	g_clear_pointer(&item->newer, g_ptr_array_unref);
	g_clear_pointer(&item->stuck, g_ptr_array_unref);
	sbx_recipe_free(item->recipe);
	sbx_lock_free(item->next);
	sbx_lock_free(item->lock);
	g_clear_error(&item->failure);
	g_free(item);
}

static void index_free(gpointer data)
{
	struct index *index = data;
	g_clear_pointer(&index->resolver, sbx_resolver_free);
	g_clear_pointer(&index->archive, sbx_archive_free);
	g_clear_error(&index->failure);
	g_free(index);
}

/* A recipe may have moved to another. */
static char *suite_of(const struct sbx_refresh *item, const char *asked)
{
	const char *recipes = item->is_of_recipe ? item->recipe->suite : NULL;
	return g_strdup(asked ? asked : recipes ? recipes : item->lock->suite);
}

static void index_open(struct sbx_context *ctx, const struct sbx_refresh *item, struct index *index)
{
	struct sbx_context view = *ctx;
	view.suite = item->suite;
	view.architecture = item->lock->architecture;
	if (!index->archive)
		index->archive = sbx_archive_open(&view, &index->failure);
	if (index->archive)
		index->resolver = sbx_resolver_open(index->archive, &index->failure);
}

static struct index *index_of(struct sbx_context *ctx, GHashTable *indexes,
			      const struct sbx_refresh *item)
{
	g_autofree char *key = g_strconcat(item->suite, " ", item->lock->architecture, NULL);
	struct index *index = g_hash_table_lookup(indexes, key);
	if (!index) {
		index = g_new0(struct index, 1);
		g_hash_table_insert(indexes, g_steal_pointer(&key), index);
		index_open(ctx, item, index);
	} else if (index->resolver && sbx_resolver_is_extended(index->resolver)) {
		g_clear_pointer(&index->resolver, sbx_resolver_free);
		index_open(ctx, item, index);
	}
	return index;
}

static gboolean fail(struct sbx_refresh *item)
{
	item->status = SBX_REFRESH_FAILED;
	return FALSE;
}

static gboolean compare(struct sbx_store *store, struct sbx_refresh *item, struct index *index)
{
	if (!index->resolver) {
		item->failure = g_error_copy(index->failure);
		return fail(item);
	}
	if (!sbx_refresh_choose(store, index->resolver, item, &item->failure))
		return fail(item);
	item->newer = sbx_fresh_newer(index->resolver, item->lock, item->next);
	item->status = item->newer->len ? SBX_REFRESH_HELD : SBX_REFRESH_FRESH;
	for (guint i = 0; i < item->newer->len; i++) {
		const struct sbx_newer *newer = item->newer->pdata[i];
		item->n_security += newer->is_security ? 1 : 0;
		if (!newer->is_held)
			item->status = SBX_REFRESH_STALE;
	}
	g_autofree char *next_id = sbx_lock_id(item->next);
	item->has_changed = (item->is_of_recipe || sbx_refresh_moves(item)) &&
			    item->status != SBX_REFRESH_STALE &&
			    !g_str_equal(next_id, item->old_id);
	if (item->has_changed)
		item->status = SBX_REFRESH_STALE;
	return TRUE;
}

static gboolean load_lock(struct sbx_store *store, struct sbx_refresh *item)
{
	g_autofree char *path = sbx_template_path(store, item->old_id, "lock.json");
	g_autofree char *text = NULL;
	gsize n = 0;
	if (g_file_get_contents(path, &text, &n, &item->failure))
		item->lock = sbx_lock_from_json(text, (gssize)n, path, &item->failure);
	return item->lock || fail(item);
}

/* What is looked at, and what was found of it. */
struct look {
	struct sbx_context *ctx;
	struct sbx_store *store;
	GHashTable *indexes;
	GPtrArray *items;
	gboolean is_named; /* on the command line: these go on in the suite given there */
};

static void add_item(struct look *l, const struct sbx_template *row, const char *name)
{
	struct sbx_refresh *item = g_new0(struct sbx_refresh, 1);
	item->name = g_strdup(name);
	item->old_id = g_strdup(row->id);
	item->stuck = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(l->items, item);
	if (!load_lock(l->store, item))
		return;
	if (!sbx_refresh_find_recipe(l->ctx, l->store, item, &item->failure)) {
		fail(item);
		return;
	}
	item->suite = suite_of(item, l->is_named ? l->ctx->suite : NULL);
	if (l->ctx->suite && !g_str_equal(item->suite, l->ctx->suite))
		g_ptr_array_remove(l->items, item);
	else
		compare(l->store, item, index_of(l->ctx, l->indexes, item));
}

static int by_name(gconstpointer a, gconstpointer b)
{
	const struct sbx_refresh *x = *(struct sbx_refresh *const *)a;
	const struct sbx_refresh *y = *(struct sbx_refresh *const *)b;
	if (!x->name != !y->name)
		return x->name ? -1 : 1;
	return x->name ? strcmp(x->name, y->name) : strcmp(x->old_id, y->old_id);
}

/* All rows, or those named. */
static GPtrArray *choose(struct sbx_store *store, const char *const *names, GError **error)
{
	if (!*names)
		return sbx_catalog_templates(store, error);
	g_autoptr(GPtrArray) rows =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_catalog_template_free);
	for (; *names; names++) {
		struct sbx_template *row = sbx_catalog_find(store, *names, error);
		if (!row)
			return NULL;
		g_ptr_array_add(rows, row);
	}
	return g_steal_pointer(&rows);
}

GPtrArray *sbx_refresh_look(struct sbx_context *ctx, struct sbx_store *store,
			    const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) rows = choose(store, names, error);
	if (!rows)
		return NULL;
	g_autoptr(GHashTable) indexes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, index_free);
	GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_refresh_free);
	struct look l = {ctx, store, indexes, items, *names != NULL};
	for (guint i = 0; i < rows->len; i++) {
		const struct sbx_template *row = rows->pdata[i];
		if (*names && g_strv_contains((const char *const *)row->names, names[i])) {
			add_item(&l, row, names[i]);
			continue;
		}
		for (char **name = row->names; *name; name++)
			add_item(&l, row, *name);
		if (!row->names[0])
			add_item(&l, row, NULL);
	}
	g_ptr_array_sort(items, by_name);
	return items;
}
