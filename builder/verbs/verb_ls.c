/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/report.h"
#include "builder/verbs/verbs.h"

const GOptionEntry sbx_verb_ls_options[] = {G_OPTION_ENTRY_NULL};

static void print_table(const GPtrArray *rows)
{
	if (rows->len == 0) {
		puts("no templates yet; `sbx-build run TASK` or `sbx-build build TASK` makes one");
		return;
	}
	printf("%-16s  %-20s %-10s %8s %10s  %5s  %s\n", "TEMPLATE", "NAME", "SUITE", "PACKAGES",
	       "SIZE", "USES", "LAST USED");
	for (guint i = 0; i < rows->len; i++) {
		const struct sbx_template *row = rows->pdata[i];
		g_autofree char *names = g_strjoinv(",", row->names);
		g_autofree char *size = sbx_report_bytes(row->n_bytes);
		g_autofree char *used = sbx_report_when(row->last_used_usec);
		printf("%.16s  %-20s %-10s %8" G_GUINT64_FORMAT " %10s  %5" G_GUINT64_FORMAT
		       "  %s\n",
		       row->id, *names ? names : "-", row->suite, row->n_packages, size,
		       row->n_uses, used);
	}
}

int sbx_verb_ls(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "ls", sbx_verb_ls_options, &argc, &argv, error))
		return -1;
	if (argc > 1) {
		sbx_set_error(error, SBX_E_USAGE, "ls: takes no arguments, see `sbx-build show %s`",
			      argv[1]);
		return -1;
	}
	SBX_AUTO(sbx_store) store = sbx_store_open_catalog(ctx->root, ctx->cancellable, error);
	g_autoptr(GPtrArray) rows = store ? sbx_catalog_templates(store, error) : NULL;
	if (!rows)
		return -1;
	if (!ctx->json) {
		print_table(rows);
		return 0;
	}
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_begin_array(json, "templates");
	for (guint i = 0; i < rows->len; i++) {
		sbx_json_begin_object(json, NULL);
		sbx_report_template(json, rows->pdata[i]);
		sbx_json_end_object(json);
	}
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
	return 0;
}
