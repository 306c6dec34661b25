/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/report.h"
#include "builder/verbs/verbs.h"
#include "store/gc.h"

static int unused_days = 7;
static gboolean dry_run;
const GOptionEntry sbx_verb_gc_options[] = {
	{"unused-days", 0, 0, G_OPTION_ARG_INT, &unused_days,
	 "Remove unnamed templates not used for so many days (7)", "N"},
	{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "Only say what would go", NULL},
	G_OPTION_ENTRY_NULL,
};

int sbx_verb_gc(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "gc", sbx_verb_gc_options, &argc, &argv, error))
		return -1;
	if (argc > 1 || unused_days < 0) {
		sbx_set_error(error, SBX_E_USAGE,
			      argc > 1 ? "gc: takes no arguments"
				       : "gc: --unused-days must be 0 or more");
		return -1;
	}
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_EXCLUSIVE, ctx->cancellable, error);
	struct sbx_gc_result result;
	if (!store || !sbx_gc_run(store, (gint64)unused_days * 86400, dry_run, &result,
				  ctx->cancellable, error))
		return -1;
	if (!ctx->json) {
		g_autofree char *bytes = sbx_report_bytes(result.n_bytes);
		printf("%s %s: %u templates, %u packages and layers, %u objects, %u profiles\n",
		       dry_run ? "would free" : "freed", bytes, result.n_templates, result.n_refs,
		       result.n_objects, result.n_profiles);
		return 0;
	}
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_bool(json, "dry_run", dry_run);
	sbx_json_int(json, "templates", result.n_templates);
	sbx_json_int(json, "refs", result.n_refs);
	sbx_json_int(json, "profiles", result.n_profiles);
	sbx_json_int(json, "objects", result.n_objects);
	sbx_json_int(json, "bytes", (gint64)result.n_bytes);
	sbx_json_end_object(json);
	sbx_report_json(json);
	return 0;
}
