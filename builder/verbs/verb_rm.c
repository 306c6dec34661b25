/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/report.h"
#include "builder/verbs/verbs.h"
#include "store/template.h"

const GOptionEntry sbx_verb_rm_options[] = {G_OPTION_ENTRY_NULL};

/* A name is taken off; an id or prefix takes the template away. What was removed goes to `json`. */
static gboolean remove_one(struct sbx_context *ctx, struct sbx_store *store, const char *what,
			   struct sbx_json *json, GError **error)
{
	gboolean existed = FALSE;
	SBX_AUTO(sbx_template) row = sbx_catalog_find(store, what, error);
	if (!row)
		return FALSE;
	gboolean by_name = g_strv_contains((const char *const *)row->names, what);
	if (by_name ? !sbx_template_unname(store, what, &existed, error)
		    : !sbx_template_remove(store, row->id, ctx->cancellable, error))
		return FALSE;
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, by_name ? "name" : "template", by_name ? what : row->id);
	sbx_json_end_object(json);
	if (!ctx->json)
		printf(by_name ? "name %s taken off %.16s\n" : "removed %s%.16s\n",
		       by_name ? what : "", row->id);
	return TRUE;
}

int sbx_verb_rm(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "rm", sbx_verb_rm_options, &argc, &argv, error))
		return -1;
	if (argc < 2) {
		sbx_set_error(error, SBX_E_USAGE, "rm: name a template; `sbx-build ls` lists them");
		return -1;
	}
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	if (!store)
		return -1;
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_begin_array(json, "removed");
	for (int i = 1; i < argc; i++)
		if (!remove_one(ctx, store, argv[i], json, error))
			return -1;
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	if (ctx->json)
		sbx_report_json(json);
	return 0;
}
