/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/build/build.h"
#include "builder/report.h"
#include "builder/resolve/request.h"
#include "builder/verbs/verbs.h"
#include "store/template.h"

static char *packages, *name;
static gboolean recommends, allow_unresolved;
const GOptionEntry sbx_verb_build_options[] = {
	{"packages", 'p', 0, G_OPTION_ARG_STRING, &packages,
	 "Build from these packages instead of a file (may hold versions: name=version)", "A,B"},
	{"name", 0, 0, G_OPTION_ARG_STRING, &name, "Give the template this name", "NAME"},
	{"recommends", 0, 0, G_OPTION_ARG_NONE, &recommends, "Follow Recommends as well", NULL},
	{"allow-unresolved", 0, 0, G_OPTION_ARG_NONE, &allow_unresolved,
	 "Go on when the task needs something that nobody ships", NULL},
	G_OPTION_ENTRY_NULL,
};

static void print_result(struct sbx_context *ctx, const struct sbx_build_result *result)
{
	if (!ctx->json) {
		puts(result->id);
		return;
	}
	g_autoptr(JsonBuilder) json = json_builder_new();
	json_builder_begin_object(json);
	json_builder_set_member_name(json, "id");
	json_builder_add_string_value(json, result->id);
	json_builder_set_member_name(json, "name");
	if (name)
		json_builder_add_string_value(json, name);
	else
		json_builder_add_null_value(json);
	json_builder_set_member_name(json, "built");
	json_builder_add_boolean_value(json, !result->was_there);
	json_builder_set_member_name(json, "n_packages");
	json_builder_add_int_value(json, result->n_packages);
	json_builder_set_member_name(json, "n_fetched");
	json_builder_add_int_value(json, result->n_fetched);
	json_builder_set_member_name(json, "usec");
	json_builder_add_int_value(json, result->usec);
	json_builder_end_object(json);
	sbx_report_json(json);
}

int sbx_verb_build(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "build", sbx_verb_build_options, &argc, &argv, error))
		return -1;
	if ((argc == 2) == (packages != NULL) || argc > 2) {
		sbx_set_error(error, SBX_E_USAGE,
			      "build: give one lock, profile or task, or --packages");
		return -1;
	}
	if (name && !sbx_catalog_check_name(name, error))
		return -1;
	struct sbx_request request = {
		.argument = argc == 2 ? argv[1] : NULL,
		.packages = packages,
		.recommends = recommends,
		.allow_unresolved = allow_unresolved,
	};
	__attribute__((cleanup(sbx_request_release))) struct sbx_resolved resolved = {0};
	if (!sbx_request_resolve(ctx, &request, &resolved, error))
		return -1;
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	__attribute__((cleanup(sbx_build_result_clear))) struct sbx_build_result result = {0};
	if (!store ||
	    !sbx_build_template(ctx, store, resolved.archive, resolved.lock, &result, error) ||
	    (name && !sbx_template_name(store, name, result.id, error)))
		return -1;
	if (ctx->verbose) {
		g_autofree char *took = sbx_report_duration(result.usec);
		fprintf(stderr, "template   %.16s %s  %u packages  %s\n", result.id,
			result.was_there ? "was there" : "built", result.n_packages, took);
	}
	print_result(ctx, &result);
	return 0;
}
