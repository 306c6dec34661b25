/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/refresh/next.h"

#include <string.h>

#include "builder/build/import.h"
#include "builder/resolve/lock_update.h"
#include "store/catalog.h"

static gboolean same_list(char *const *a, char *const *b)
{
	static const char *const none[] = {NULL};
	return g_strv_equal(a ? (const char *const *)a : none, b ? (const char *const *)b : none);
}

/* Made with the same options? Then the recipe is how the template came about. */
static gboolean same_options(const struct sbx_lock *a, const struct sbx_lock *b)
{
	return a->recommends == b->recommends && a->content.without == b->content.without &&
	       same_list(a->content.locales, b->content.locales) &&
	       same_list(a->content.skip_scripts, b->content.skip_scripts) &&
	       same_list(a->forbid, b->forbid) && same_list(a->pins, b->pins) &&
	       same_list(a->hold, b->hold);
}

/* NULL without an error when there is none of that name. */
static struct sbx_recipe *find_recipe(struct sbx_context *ctx, const char *name, GError **error)
{
	g_autoptr(GError) failed = NULL;
	struct sbx_recipe *recipe = name ? sbx_recipe_load(ctx, name, &failed) : NULL;
	if (failed && !g_error_matches(failed, SBX_ERROR, SBX_E_NOT_FOUND))
		g_propagate_error(error, g_steal_pointer(&failed));
	return recipe;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct sbx_lock *lock_of_recipe(struct sbx_resolver *resolver,
				       const struct sbx_recipe *recipe, GError **error)
{
	const struct sbx_resolve_options options = {.recommends = recipe->recommends,
						    .content = &recipe->content};
	g_auto(GStrv) names = g_strdupv(recipe->packages);
	/* In order, as every request is: the same set gives the same lock. */
	qsort(names, g_strv_length(names), sizeof(*names), compare_names);
	return sbx_resolver_solve(resolver, (const char *const *)names, &options, error);
}

/* What was asked for, with the options of then. A version that was asked for is held, and may fail.
 */
static struct sbx_lock *lock_anew(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				  GError **error)
{
	const struct sbx_resolve_options options = sbx_lock_options(lock);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *package = lock->packages->pdata[i];
		if (package->manual)
			g_ptr_array_add(names, package->name);
	}
	g_ptr_array_add(names, NULL);
	return sbx_resolver_solve(resolver, (const char *const *)names->pdata, &options, error);
}

gboolean sbx_refresh_moves(const struct sbx_refresh *item)
{
	return !g_str_equal(item->suite, item->lock->suite);
}

gboolean sbx_refresh_find_recipe(struct sbx_context *ctx, struct sbx_store *store,
				 struct sbx_refresh *item, GError **error)
{
	g_autoptr(GError) failed = NULL;
	item->recipe = find_recipe(ctx, item->name, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	return !item->recipe ||
	       sbx_catalog_is_name_of_recipe(store, item->name, &item->is_of_recipe, error);
}

gboolean sbx_refresh_choose(struct sbx_store *store, struct sbx_resolver *resolver,
			    struct sbx_refresh *item, GError **error)
{
	if (item->recipe) {
		SBX_AUTO(sbx_lock) next = lock_of_recipe(resolver, item->recipe, error);
		if (!next)
			return FALSE;
		if (item->is_of_recipe || same_options(next, item->lock)) {
			item->next = g_steal_pointer(&next);
			return TRUE;
		}
		g_clear_pointer(&item->recipe, sbx_recipe_free);
	}
	const struct sbx_lock_updating updating = {.stanza_of = sbx_import_stanza, .data = store};
	item->next = sbx_refresh_moves(item) ? lock_anew(resolver, item->lock, error)
					     : sbx_resolver_update(resolver, item->lock, &updating,
								   item->stuck, error);
	return item->next != NULL;
}
