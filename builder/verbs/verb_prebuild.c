/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/recipe/prebuild.h"
#include "builder/report.h"
#include "builder/verbs/verbs.h"

#define MAX_JOBS 64

static int n_jobs;
static char *category;
const GOptionEntry sbx_verb_prebuild_options[] = {
	{"jobs", 'j', 0, G_OPTION_ARG_INT, &n_jobs,
	 "How many at once (2: one's scripts run while another is unpacked)", "N"},
	{"category", 0, 0, G_OPTION_ARG_STRING, &category, "Only the recipes of this category",
	 "NAME"},
	G_OPTION_ENTRY_NULL,
};

/* The recipes that were named, or all. */
static GPtrArray *choose(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (argc < 2)
		return sbx_recipe_load_all(ctx, error);
	g_autoptr(GPtrArray) recipes =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_recipe_free);
	for (int i = 1; i < argc; i++) {
		struct sbx_recipe *recipe = sbx_recipe_load(ctx, argv[i], error);
		if (!recipe)
			return NULL;
		g_ptr_array_add(recipes, recipe);
	}
	return g_steal_pointer(&recipes);
}

static GPtrArray *plan(const GPtrArray *recipes)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_prebuilt_free);
	for (guint i = 0; i < recipes->len; i++) {
		const struct sbx_recipe *recipe = recipes->pdata[i];
		if (category && !g_str_equal(recipe->category, category))
			continue;
		struct sbx_prebuilt *one = g_new0(struct sbx_prebuilt, 1);
		one->recipe = recipe;
		g_ptr_array_add(list, one);
	}
	return list;
}

static const char *status_of(const struct sbx_prebuilt *one)
{
	return one->failure ? "failed" : one->result.was_there ? "present" : "built";
}

static void print_line(const struct sbx_prebuilt *one, gpointer data)
{
	struct sbx_context *ctx = data;
	if (ctx->json)
		return;
	if (one->failure) {
		printf("%-8s %-22s %s\n", status_of(one), one->recipe->name, one->failure->message);
	} else {
		g_autofree char *took =
			sbx_report_duration(one->result.resolve_usec + one->result.build_usec);
		g_autofree char *test = sbx_report_duration(one->result.test_usec);
		printf("%-8s %-22s %.16s  %4u packages  %s, test %s\n", status_of(one),
		       one->recipe->name, one->result.id, one->result.n_packages, took, test);
	}
	fflush(stdout);
}

static void write_one(struct sbx_json *json, const struct sbx_prebuilt *one)
{
	const struct sbx_recipe_result *result = &one->result;
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "name", one->recipe->name);
	sbx_json_string(json, "category", one->recipe->category);
	sbx_json_string(json, "status", status_of(one));
	sbx_json_string(json, "id", result->id);
	sbx_json_string(json, "former_id", result->former_id);
	sbx_json_int(json, "n_packages", result->n_packages);
	sbx_json_int(json, "n_fetched", result->n_fetched);
	sbx_json_int(json, "resolve_usec", result->resolve_usec);
	sbx_json_int(json, "build_usec", result->build_usec);
	sbx_json_int(json, "test_usec", result->test_usec);
	if (one->failure) {
		sbx_json_begin_object(json, "error");
		sbx_json_string(json, "code", sbx_code_name(sbx_gerror_code(one->failure)));
		sbx_json_string(json, "message", one->failure->message);
		sbx_json_end_object(json);
	}
	sbx_json_end_object(json);
}

static void print_json(const GPtrArray *list, guint n_failed, gint64 usec)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "format", "sbx-prebuild-1");
	sbx_json_int(json, "n_failed", n_failed);
	sbx_json_int(json, "usec", usec);
	sbx_json_begin_array(json, "recipes");
	for (guint i = 0; i < list->len; i++)
		write_one(json, list->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

/* That of the first that failed. Each was told on a line of its own already. */
static int exit_status(const GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++) {
		const struct sbx_prebuilt *one = list->pdata[i];
		if (one->failure)
			return sbx_code_exit_status(sbx_gerror_code(one->failure));
	}
	return 0;
}

int sbx_verb_prebuild(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	n_jobs = (int)MIN(2, g_get_num_processors());
	if (!sbx_command_parse(ctx, "prebuild", sbx_verb_prebuild_options, &argc, &argv, error))
		return -1;
	if (n_jobs < 1 || n_jobs > MAX_JOBS) {
		sbx_set_error(error, SBX_E_USAGE, "prebuild: --jobs must be 1 to %d", MAX_JOBS);
		return -1;
	}
	g_autoptr(GPtrArray) recipes = choose(ctx, argc, argv, error);
	if (!recipes)
		return -1;
	g_autoptr(GPtrArray) list = plan(recipes);
	if (list->len == 0) {
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "prebuild: no recipe to make; `sbx-build recipes` lists them");
		return -1;
	}
	gint64 began = g_get_monotonic_time();
	guint n_failed = sbx_prebuild(ctx, list, (guint)n_jobs, print_line, ctx);
	if (ctx->json)
		print_json(list, n_failed, g_get_monotonic_time() - began);
	return exit_status(list);
}
