/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/report.h"
#include "builder/verbs/verbs.h"
#include "store/fsck.h"

static gboolean repair;
const GOptionEntry sbx_verb_fsck_options[] = {
	{"repair", 0, 0, G_OPTION_ARG_NONE, &repair,
	 "Remove what is damaged and what needs it, so that building again restores it", NULL},
	G_OPTION_ENTRY_NULL,
};

static void tick(guint n_done, guint n_total, gpointer data)
{
	struct sbx_context *ctx = data;
	static guint before;
	sbx_progress_set_total(ctx->progress, "fsck", n_total);
	sbx_progress_add(ctx->progress, "fsck", n_done - before, NULL);
	before = n_done;
}

static void add_list(struct sbx_json *json, const char *name, const GPtrArray *lines)
{
	sbx_json_begin_array(json, name);
	for (guint i = 0; i < lines->len; i++)
		sbx_json_string(json, NULL, lines->pdata[i]);
	sbx_json_end_array(json);
}

static void print_result(struct sbx_context *ctx, const struct sbx_fsck_result *result)
{
	if (!ctx->json) {
		for (guint i = 0; i < result->damaged->len; i++)
			printf("damaged: %s\n", (char *)result->damaged->pdata[i]);
		for (guint i = 0; i < result->problems->len; i++)
			printf("%s\n", (char *)result->problems->pdata[i]);
		printf("%u objects checked, %u damaged, %u refs and templates incomplete\n",
		       result->n_objects, result->damaged->len, result->problems->len);
		return;
	}
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_int(json, "objects", result->n_objects);
	add_list(json, "damaged", result->damaged);
	add_list(json, "problems", result->problems);
	sbx_json_bool(json, "repaired", result->repaired);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

int sbx_verb_fsck(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "fsck", sbx_verb_fsck_options, &argc, &argv, error))
		return -1;
	if (argc > 1) {
		sbx_set_error(error, SBX_E_USAGE, "fsck: takes no arguments");
		return -1;
	}
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, repair ? SBX_STORE_EXCLUSIVE : SBX_STORE_SHARED,
			       ctx->cancellable, error);
	__attribute__((cleanup(sbx_fsck_result_clear))) struct sbx_fsck_result result = {0};
	if (!store)
		return -1;
	sbx_progress_begin(ctx->progress, "fsck", SBX_UNIT_ITEMS, 0);
	if (!sbx_fsck_run(store, repair, tick, ctx, &result, ctx->cancellable, error))
		return -1;
	sbx_progress_end(ctx->progress, "fsck", "%u objects", result.n_objects);
	print_result(ctx, &result);
	if (result.damaged->len + result.problems->len == 0 || repair)
		return 0;
	sbx_set_error(error, SBX_E_DAMAGED,
		      "%u objects are damaged, %u refs and templates are incomplete; "
		      "`sbx-build fsck --repair` removes them, building again restores them",
		      result.damaged->len, result.problems->len);
	return -1;
}
