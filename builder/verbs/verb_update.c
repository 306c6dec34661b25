/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "builder/archive/archive.h"
#include "builder/verbs/verbs.h"

static gboolean allow_older;
const GOptionEntry sbx_verb_update_options[] = {
	{"allow-older", 0, 0, G_OPTION_ARG_NONE, &allow_older,
	 "Take an archive that is older than the one of the last update", NULL},
	G_OPTION_ENTRY_NULL,
};

static gboolean print_json(const struct sbx_archive *archive, GPtrArray *report,
			   enum sbx_update_result result, double seconds, GError **error)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &text, .pretty = true};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "suite", archive->suite);
	sbx_json_string(&w, "architecture", archive->architecture);
	sbx_json_string(&w, "generation", archive->generation);
	sbx_json_string(&w, "updated", archive->updated);
	sbx_json_bool(&w, "changed", result == SBX_UPDATE_CHANGED);
	sbx_json_int(&w, "n_packages", (int64_t)archive->n_packages);
	sbx_json_int(&w, "n_paths", (int64_t)archive->n_paths);
	sbx_json_double(&w, "seconds", seconds);
	sbx_json_begin_array(&w, "releases");
	for (guint i = 0; i < report->len; i++) {
		const struct sbx_update_report *row = report->pdata[i];
		sbx_json_begin_object(&w, NULL);
		sbx_json_string(&w, "uri", row->uri);
		sbx_json_string(&w, "suite", row->suite);
		sbx_json_string(&w, "date", row->date);
		sbx_json_bool(&w, "changed", row->changed);
		sbx_json_end_object(&w);
	}
	sbx_json_end_array(&w);
	sbx_json_end_object(&w);
	if (text.failed)
		return sbx_set_error(error, SBX_E_NO_SPACE, "out of memory");
	fwrite(text.data, 1, text.n_bytes, stdout);
	return TRUE;
}

static void print_text(const struct sbx_archive *archive, GPtrArray *report,
		       enum sbx_update_result result, double seconds)
{
	for (guint i = 0; i < report->len; i++) {
		const struct sbx_update_report *row = report->pdata[i];
		printf("%-9s  %-20s  %s  %s\n", row->changed ? "changed" : "unchanged", row->suite,
		       row->date, row->uri);
	}
	if (result == SBX_UPDATE_UNCHANGED)
		printf("%s %s: nothing to do after %u request%s, %.1f s\n", archive->suite,
		       archive->architecture, report->len, report->len == 1 ? "" : "s", seconds);
	else
		printf("%s %s: %" G_GUINT64_FORMAT " packages, %" G_GUINT64_FORMAT
		       " paths indexed in %.1f s\n",
		       archive->suite, archive->architecture, archive->n_packages, archive->n_paths,
		       seconds);
}

int sbx_verb_update(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "update", sbx_verb_update_options, &argc, &argv, error))
		return -1;
	if (argc > 1) {
		sbx_set_error(error, SBX_E_USAGE,
			      "update: takes no argument (\"%s\"); name a suite with --suite",
			      argv[1]);
		return -1;
	}
	ctx->allow_older = allow_older;
	gint64 began = g_get_monotonic_time();
	g_autoptr(GPtrArray) report =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_update_report_free);
	enum sbx_update_result result = sbx_archive_update_report(ctx, report, error);
	if (result == SBX_UPDATE_FAILED)
		return -1;
	SBX_AUTO(sbx_archive) archive = sbx_archive_open(ctx, error);
	if (!archive)
		return -1;
	double seconds = (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC;
	if (!ctx->json)
		print_text(archive, report, result, seconds);
	else if (!print_json(archive, report, result, seconds, error))
		return -1;
	return 0;
}
