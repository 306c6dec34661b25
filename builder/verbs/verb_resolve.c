/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/report.h"
#include "builder/resolve/request.h"
#include "builder/resolve/why.h"
#include "builder/verbs/solve_options.h"
#include "builder/verbs/verbs.h"

static char *packages, *output, *explain, *why_not;
static gboolean allow_unresolved;
static struct sbx_solve_options solve_options;
const GOptionEntry sbx_verb_resolve_options[] = {
	{"packages", 'p', 0, G_OPTION_ARG_STRING, &packages,
	 "Resolve these packages instead of a file (may hold versions: name=version)", "A,B"},
	SBX_SOLVE_ENTRIES(solve_options),
	{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write the lock to this file", "FILE"},
	{"explain", 0, 0, G_OPTION_ARG_STRING, &explain,
	 "Instead of the packages, tell the chain that brings this one in", "NAME"},
	{"why-not", 0, 0, G_OPTION_ARG_STRING, &why_not,
	 "Instead of the packages, tell why this one is not among them", "NAME[=VERSION]"},
	{"allow-unresolved", 0, 0, G_OPTION_ARG_NONE, &allow_unresolved,
	 "Go on when the task needs something that nobody ships", NULL},
	G_OPTION_ENTRY_NULL,
};

static void print_packages(const struct sbx_lock *lock)
{
	printf("  %-32s %-28s %-6s %10s\n", "PACKAGE", "VERSION", "ARCH", "DOWNLOAD");
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		g_autofree char *size = sbx_report_bytes(p->size);
		printf("%c %-32s %-28s %-6s %10s\n",
		       p->manual ? '*'
		       : p->base ? ' '
				 : '+',
		       p->name, p->version, p->architecture, size);
	}
	puts("* asked for, + a dependency, neither: in every template (Essential and what it "
	     "needs)");
}

static void print_total(const struct sbx_lock *lock)
{
	guint64 download = 0, installed = 0;
	guint n_base = 0;
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		download += p->size;
		installed += p->installed_bytes;
		n_base += p->base ? 1 : 0;
	}
	g_autofree char *down = sbx_report_bytes(download);
	g_autofree char *disk = sbx_report_bytes(installed);
	printf("%u packages of %s for %s (%u beyond base): %s to download, %s installed\n",
	       lock->packages->len, lock->suite, lock->architecture, lock->packages->len - n_base,
	       down, disk);
}

static gboolean report(struct sbx_context *ctx, const struct sbx_lock *lock, GError **error)
{
	if (output && !sbx_lock_save(lock, output, error))
		return FALSE;
	if (ctx->json) {
		g_autofree char *json = sbx_lock_to_json(lock);
		fputs(json, stdout);
		return TRUE;
	}
	if (!output)
		print_packages(lock);
	print_total(lock);
	return TRUE;
}

static void print_why(const struct sbx_why *why)
{
	const struct sbx_why_step *first = why->steps->len ? why->steps->pdata[0] : NULL;
	printf("%s %s is %s\n", first ? first->package : why->package,
	       first ? first->version : why->version,
	       why->root == SBX_WHY_ASKED_FOR ? "asked for" : "Essential: in every template");
	for (guint i = 0; i < why->steps->len; i++) {
		const struct sbx_why_step *step = why->steps->pdata[i];
		printf("%*s%s %s: %s %s\n", 2 * (int)(i + 1), "", step->field, step->dependency,
		       step->other, step->other_version);
	}
}

static void print_why_json(const struct sbx_why *why)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "package", why->package);
	sbx_json_string(json, "version", why->version);
	sbx_json_string(json, "root", why->root == SBX_WHY_ASKED_FOR ? "asked-for" : "essential");
	sbx_json_begin_array(json, "chain");
	for (guint i = 0; i < why->steps->len; i++) {
		const struct sbx_why_step *step = why->steps->pdata[i];
		sbx_json_begin_object(json, NULL);
		sbx_json_string(json, "package", step->package);
		sbx_json_string(json, "version", step->version);
		sbx_json_string(json, "field", step->field);
		sbx_json_string(json, "dependency", step->dependency);
		sbx_json_string(json, "served_by", step->other);
		sbx_json_string(json, "served_by_version", step->other_version);
		sbx_json_end_object(json);
	}
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

static gboolean report_why(struct sbx_context *ctx, const struct sbx_resolved *resolved,
			   GError **error)
{
	SBX_AUTO(sbx_why)
	why = sbx_resolver_why(resolved->resolver, resolved->lock, explain, error);
	if (!why)
		return FALSE;
	if (ctx->json)
		print_why_json(why);
	else
		print_why(why);
	return TRUE;
}

static gboolean report_why_not(struct sbx_context *ctx, const struct sbx_resolved *resolved,
			       GError **error)
{
	const struct sbx_resolve_options options = sbx_lock_options(resolved->lock);
	SBX_AUTO(sbx_why_not)
	answer = sbx_resolver_why_not(resolved->resolver, resolved->lock,
				      (const char *const *)resolved->names, &options, why_not,
				      error);
	if (!answer)
		return FALSE;
	for (guint i = 0; !ctx->json && i < answer->reasons->len; i++)
		puts(answer->reasons->pdata[i]);
	if (!ctx->json)
		return TRUE;
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "package", why_not);
	sbx_json_string(json, "answer", sbx_why_not_name(answer->answer));
	sbx_json_begin_array(json, "reasons");
	for (guint i = 0; i < answer->reasons->len; i++)
		sbx_json_string(json, NULL, answer->reasons->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
	return TRUE;
}

int sbx_verb_resolve(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "resolve", sbx_verb_resolve_options, &argc, &argv, error))
		return -1;
	if ((argc == 2) == (packages != NULL) || argc > 2) {
		sbx_set_error(error, SBX_E_USAGE,
			      "resolve: give one profile or task, or --packages A,B");
		return -1;
	}
	if (explain && why_not) {
		sbx_set_error(error, SBX_E_USAGE, "resolve: ask --explain or --why-not, not both");
		return -1;
	}
	struct sbx_request request = {
		.argument = argc == 2 ? argv[1] : NULL,
		.packages = packages,
		.keep_resolver = explain || why_not,
		.allow_unresolved = allow_unresolved,
	};
	SBX_CLEANUP_RESOLVED struct sbx_resolved resolved = {0};
	if (!sbx_solve_options_read(&solve_options, &request.options, error) ||
	    !sbx_request_resolve(ctx, &request, &resolved, error))
		return -1;
	gboolean ok = explain	? report_why(ctx, &resolved, error)
		      : why_not ? report_why_not(ctx, &resolved, error)
				: report(ctx, resolved.lock, error);
	return ok ? 0 : -1;
}
