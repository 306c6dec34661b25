/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/recipe/recipe.h"
#include "builder/report.h"
#include "builder/verbs/verbs.h"

const GOptionEntry sbx_verb_recipes_options[] = {G_OPTION_ENTRY_NULL};

static void write_list(struct sbx_json *json, const char *name, char **list)
{
	sbx_json_begin_array(json, name);
	for (char **item = list; item && *item; item++)
		sbx_json_string(json, NULL, *item);
	sbx_json_end_array(json);
}

static void write_recipe(struct sbx_json *json, const struct sbx_recipe *recipe)
{
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "name", recipe->name);
	sbx_json_string(json, "category", recipe->category);
	sbx_json_string(json, "description", recipe->description);
	sbx_json_string(json, "path", recipe->path);
	sbx_json_string(json, "suite", recipe->suite);
	write_list(json, "packages", recipe->packages);
	sbx_json_bool(json, "recommends", recipe->recommends);
	sbx_json_begin_array(json, "without");
	for (guint i = 0; i < SBX_N_CONTENT_CLASSES; i++)
		if (recipe->content.without & 1u << i)
			sbx_json_string(json, NULL, sbx_content_name(i));
	sbx_json_end_array(json);
	write_list(json, "locales", recipe->content.locales);
	sbx_json_string(json, "posture", recipe->posture);
	sbx_json_end_object(json);
}

int sbx_verb_recipes(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "recipes", sbx_verb_recipes_options, &argc, &argv, error))
		return -1;
	if (argc > 1) {
		sbx_set_error(error, SBX_E_USAGE,
			      "recipes: takes no arguments, see `sbx-build prebuild %s`", argv[1]);
		return -1;
	}
	g_autoptr(GPtrArray) recipes = sbx_recipe_load_all(ctx, error);
	if (!recipes)
		return -1;
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_begin_array(json, "recipes");
	for (guint i = 0; i < recipes->len; i++) {
		const struct sbx_recipe *recipe = recipes->pdata[i];
		write_recipe(json, recipe);
		if (!ctx->json)
			printf("%-22s %-12s %s\n", recipe->name, recipe->category,
			       recipe->description);
	}
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	if (ctx->json)
		sbx_report_json(json);
	return 0;
}
