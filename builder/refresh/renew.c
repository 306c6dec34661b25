/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe/make.h"
#include "builder/refresh/refresh.h"

/* What a template without a recipe must pass. */
static const char usual_test[] =
	"if command -v dpkg >/dev/null; then problems=$(dpkg --audit) && test -z \"$problems\"; fi";

/* As a recipe: the names that the lock was made for, and its options. */
static struct sbx_recipe *recipe_of(const struct sbx_refresh *item)
{
	struct sbx_recipe *recipe = g_new0(struct sbx_recipe, 1);
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	for (guint i = 0; i < item->lock->packages->len; i++) {
		const struct sbx_lock_package *p = item->lock->packages->pdata[i];
		if (p->manual)
			g_strv_builder_add(names, p->name);
	}
	recipe->name = g_strdup(item->name);
	recipe->packages = g_strv_builder_end(names);
	recipe->recommends = item->lock->recommends;
	sbx_content_copy(&recipe->content, &item->lock->content);
	recipe->command = g_strdup(usual_test);
	recipe->posture = g_strdup("high");
	recipe->timeout_sec = 120;
	return recipe;
}

/* NULL without an error when there is none of that name. */
static struct sbx_recipe *find_recipe(struct sbx_context *ctx, const char *name, GError **error)
{
	g_autoptr(GError) failed = NULL;
	struct sbx_recipe *recipe = sbx_recipe_load(ctx, name, &failed);
	if (!recipe && !g_error_matches(failed, SBX_ERROR, SBX_E_NOT_FOUND))
		g_propagate_error(error, g_steal_pointer(&failed));
	return recipe;
}

void sbx_refresh_renew(struct sbx_context *ctx, struct sbx_store *store, struct sbx_refresh *item)
{
	__attribute__((cleanup(sbx_recipe_result_release))) struct sbx_recipe_result result = {0};
	struct sbx_context view = *ctx;
	view.suite = item->lock->suite;
	view.architecture = item->lock->architecture;
	SBX_AUTO(sbx_recipe) recipe = find_recipe(ctx, item->name, &item->failure);
	if (!recipe && !item->failure)
		recipe = recipe_of(item);
	if (!recipe || !sbx_recipe_make(&view, store, recipe, &result, &item->failure)) {
		item->status = SBX_REFRESH_FAILED;
		return;
	}
	item->new_id = g_strdup(result.id);
	item->status =
		g_str_equal(result.id, item->old_id) ? SBX_REFRESH_HELD : SBX_REFRESH_REFRESHED;
}
