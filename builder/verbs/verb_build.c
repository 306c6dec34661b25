/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/build/build.h"
#include "builder/output.h"
#include "builder/report.h"
#include "builder/resolve/request.h"
#include "builder/verbs/solve_options.h"
#include "builder/verbs/verbs.h"
#include "store/template.h"

static char *packages, *name, *report_path;
static gboolean allow_unresolved, keep_failed, run_all;
static struct sbx_solve_options solve_options;
static int script_seconds = SBX_SCRIPT_SECONDS;
static char **skip_scripts;
const GOptionEntry sbx_verb_build_options[] = {
	{"packages", 'p', 0, G_OPTION_ARG_STRING, &packages,
	 "Build from these packages instead of a file (may hold versions: name=version)", "A,B"},
	{"name", 0, 0, G_OPTION_ARG_STRING, &name, "Give the template this name", "NAME"},
	SBX_SOLVE_ENTRIES(solve_options),
	{"allow-unresolved", 0, 0, G_OPTION_ARG_NONE, &allow_unresolved,
	 "Go on when the task needs something that nobody ships", NULL},
	{"report", 0, 0, G_OPTION_ARG_FILENAME, &report_path,
	 "Tell where time and bytes went: text, JSON (.json) or a page (.html); -: text to stderr",
	 "FILE"},
	{"script-timeout", 0, 0, G_OPTION_ARG_INT, &script_seconds,
	 "A maintainer script that runs longer has failed (default: 300)", "SECONDS"},
	{"skip-script", 0, 0, G_OPTION_ARG_STRING_ARRAY, &skip_scripts,
	 "Run none of this package's (*: any) maintainer scripts: part of the lock (may be "
	 "repeated)",
	 "PKG"},
	{"keep-failed", 0, 0, G_OPTION_ARG_NONE, &keep_failed,
	 "Leave the tree in which a script failed, to look inside; `gc` removes it", NULL},
	{"run-all-scripts", 0, 0, G_OPTION_ARG_NONE, &run_all,
	 "Do no maintainer script natively; gives the same template, later", NULL},
	G_OPTION_ENTRY_NULL,
};

static void print_result(struct sbx_context *ctx, const struct sbx_build_result *result)
{
	if (!ctx->json) {
		puts(result->id);
		return;
	}
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "id", result->id);
	sbx_json_string(json, "name", name);
	sbx_json_bool(json, "built", !result->was_there);
	sbx_json_int(json, "n_packages", result->n_packages);
	sbx_json_int(json, "n_fetched", result->n_fetched);
	sbx_json_int(json, "usec", result->usec);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

/* Which scripts run decides the tree: it becomes part of the lock. */
static gboolean skip_in_lock(struct sbx_lock *lock, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	char **before = lock->content.skip_scripts;
	for (char **skip = skip_scripts; skip && *skip; skip++) {
		gboolean is_there = g_str_equal(*skip, SBX_SKIP_ALL);
		for (guint i = 0; !is_there && i < lock->packages->len; i++)
			is_there = g_str_equal(
				((struct sbx_lock_package *)lock->packages->pdata[i])->name, *skip);
		if (!is_there)
			return sbx_set_error(error, SBX_E_USAGE,
					     "--skip-script '%s': the template has no such package",
					     *skip);
		g_ptr_array_add(all, *skip);
	}
	for (; before && *before; before++)
		g_ptr_array_add(all, *before);
	g_ptr_array_add(all, NULL);
	g_auto(GStrv) copy = g_strdupv((char **)all->pdata);
	sbx_content_set_skip_scripts(&lock->content, (const char *const *)copy);
	return TRUE;
}

static gboolean save_report(const struct sbx_build_report *report, const struct sbx_lock *lock,
			    const struct sbx_store *store, const struct sbx_build_result *result,
			    GError **error)
{
	const struct sbx_build_report_head head = {result->id,	       lock->suite,
						   lock->architecture, result->usec,
						   result->was_there,  store->rootless};
	return !report || sbx_build_report_save(report, &head, report_path, error);
}

/* What can be told before an index is made, packages are fetched and scripts are run. */
static gboolean check_first(const struct sbx_context *ctx, GError **error)
{
	gboolean skips_all =
		skip_scripts && g_strv_contains((const char *const *)skip_scripts, SBX_SKIP_ALL);
	if (ctx->architecture && !skips_all &&
	    !sbx_build_check_architecture(ctx->architecture, error))
		return FALSE;
	return !report_path || g_str_equal(report_path, "-") ||
	       sbx_output_check(report_path, "the report", error);
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
	if (script_seconds < 1) {
		sbx_set_error(error, SBX_E_USAGE, "build: --script-timeout %d: at least 1 second",
			      script_seconds);
		return -1;
	}
	if (name && !sbx_catalog_check_name(name, error))
		return -1;
	struct sbx_request request = {
		.argument = argc == 2 ? argv[1] : NULL,
		.packages = packages,
		.allow_unresolved = allow_unresolved,
	};
	__attribute__((cleanup(sbx_request_release))) struct sbx_resolved resolved = {0};
	if (!check_first(ctx, error) ||
	    !sbx_solve_options_read(&solve_options, &request.options, error) ||
	    !sbx_request_resolve(ctx, &request, &resolved, error) ||
	    !skip_in_lock(resolved.lock, error))
		return -1;
	SBX_AUTO(sbx_build_report) report = report_path ? sbx_build_report_new() : NULL;
	const struct sbx_build_options options = {
		.scripts = {(guint)script_seconds, keep_failed, run_all}, .report = report};
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	__attribute__((cleanup(sbx_build_result_clear))) struct sbx_build_result result = {0};
	if (!store ||
	    !sbx_build_template(ctx, store, resolved.archive, resolved.lock, &options, &result,
				error) ||
	    (name && !sbx_template_name(store, name, result.id, error)) ||
	    !save_report(report, resolved.lock, store, &result, error))
		return -1;
	if (ctx->verbose) {
		g_autofree char *took = sbx_report_duration(result.usec);
		fprintf(stderr, "template   %.16s %s  %u packages  %s\n", result.id,
			result.was_there ? "was there" : "built", result.n_packages, took);
	}
	print_result(ctx, &result);
	return 0;
}
