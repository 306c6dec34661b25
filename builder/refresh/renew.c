/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe/make.h"
#include "builder/refresh/refresh.h"

/* What a template without a recipe must pass. */
static const char usual_test[] =
	"if command -v dpkg >/dev/null; then problems=$(dpkg --audit) && test -z \"$problems\"; fi";

/* For a template that no recipe made: how it is tested. */
static struct sbx_recipe *usual_recipe(const struct sbx_refresh *item)
{
	struct sbx_recipe *recipe = g_new0(struct sbx_recipe, 1);
	recipe->name = g_strdup(item->name);
	recipe->command = g_strdup(usual_test);
	recipe->posture = g_strdup("high");
	recipe->timeout_sec = 120;
	return recipe;
}

void sbx_refresh_renew(struct sbx_context *ctx, struct sbx_store *store, struct sbx_refresh *item)
{
	__attribute__((cleanup(sbx_recipe_result_release))) struct sbx_recipe_result result = {0};
	SBX_AUTO(sbx_recipe) usual = item->recipe ? NULL : usual_recipe(item);
	struct sbx_context view = *ctx;
	view.suite = item->next->suite;
	view.architecture = item->lock->architecture;
	SBX_AUTO(sbx_archive) archive = sbx_archive_open(&view, &item->failure);
	if (!archive || !sbx_recipe_make_lock(&view, store, item->recipe ? item->recipe : usual,
					      archive, item->next, &result, &item->failure)) {
		item->status = SBX_REFRESH_FAILED;
		return;
	}
	item->new_id = g_strdup(result.id);
	item->status = SBX_REFRESH_REFRESHED;
}
