/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/report.h"
#include "builder/resolve/request.h"
#include "builder/verbs/solve_options.h"
#include "builder/verbs/verbs.h"

static char *packages, *output;
static gboolean allow_unresolved;
static struct sbx_solve_options solve_options;
const GOptionEntry sbx_verb_resolve_options[] = {
	{"packages", 'p', 0, G_OPTION_ARG_STRING, &packages,
	 "Resolve these packages instead of a file (may hold versions: name=version)", "A,B"},
	SBX_SOLVE_ENTRIES(solve_options),
	{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write the lock to this file", "FILE"},
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

int sbx_verb_resolve(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "resolve", sbx_verb_resolve_options, &argc, &argv, error))
		return -1;
	if ((argc == 2) == (packages != NULL) || argc > 2) {
		sbx_set_error(error, SBX_E_USAGE,
			      "resolve: give one profile or task, or --packages A,B");
		return -1;
	}
	const struct sbx_request request = {
		.argument = argc == 2 ? argv[1] : NULL,
		.packages = packages,
		.options = SBX_SOLVE_OPTIONS(solve_options),
		.allow_unresolved = allow_unresolved,
	};
	SBX_CLEANUP_RESOLVED struct sbx_resolved resolved = {0};
	if (!sbx_request_resolve(ctx, &request, &resolved, error) ||
	    !report(ctx, resolved.lock, error))
		return -1;
	return 0;
}
