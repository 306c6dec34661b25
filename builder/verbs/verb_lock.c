/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "builder/build/import.h"
#include "builder/report.h"
#include "builder/resolve/lock_diff.h"
#include "builder/resolve/lock_update.h"
#include "builder/resolve/request.h"
#include "builder/verbs/verbs.h"
#include "store/store.h"

static char *output;
static gboolean dry_run;
const GOptionEntry sbx_verb_lock_options[] = {
	{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
	 "update: write the new lock to this file and leave the old one alone", "FILE"},
	{"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "update: only tell what would change", NULL},
	G_OPTION_ENTRY_NULL,
};

static struct sbx_lock *read_lock(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) problem = NULL;
	gsize n_bytes;
	if (g_file_get_contents(g_str_equal(path, "-") ? "/dev/stdin" : path, &text, &n_bytes,
				&problem))
		return sbx_lock_from_json(text, (gssize)n_bytes, path, error);
	sbx_set_error(error, SBX_E_INPUT, "%s: %s; give a lock that can be read", path,
		      problem->message);
	return NULL;
}

static gint64 delta(guint64 old, guint64 new)
{
	return (gint64) new - (gint64)old;
}

static char *format_delta(gint64 n_bytes)
{
	g_autofree char *size = sbx_report_bytes((guint64)ABS(n_bytes));
	return g_strdup_printf("%c%s", n_bytes < 0 ? '-' : '+', size);
}

static void print_change(const struct sbx_lock_change *change)
{
	const struct sbx_lock_package *old = change->old, *new = change->new;
	g_autofree char *size =
		format_delta(delta(old ? old->installed_bytes : 0, new ? new->installed_bytes : 0));
	const char *name = new ? new->name : old->name;
	if (change->kind == SBX_LOCK_MARKED)
		printf("%-10s  %s: %s\n", sbx_lock_change_name(change->kind), name,
		       new->manual ? "now asked for" : "no longer asked for");
	else if (old && new)
		printf("%-10s  %s %s -> %s  %s\n", sbx_lock_change_name(change->kind), name,
		       old->version, new->version, size);
	else
		printf("%-10s  %s %s  %s\n", sbx_lock_change_name(change->kind), name,
		       new ? new->version : old->version, size);
}

static void print_text(GPtrArray *changes, gint64 download, gint64 installed)
{
	guint counts[SBX_N_LOCK_CHANGES] = {0};
	for (guint kind = 0; kind < SBX_N_LOCK_CHANGES; kind++)
		for (guint i = 0; i < changes->len; i++) {
			const struct sbx_lock_change *change = changes->pdata[i];
			if (change->kind != kind)
				continue;
			counts[kind]++;
			print_change(change);
		}
	for (guint kind = 0; kind < SBX_N_LOCK_CHANGES; kind++)
		printf("%s%u %s", kind ? ", " : "", counts[kind],
		       sbx_lock_change_name((enum sbx_lock_change_kind)kind));
	g_autofree char *down = format_delta(download), *size = format_delta(installed);
	printf(": %s to download, %s installed\n", down, size);
}

static void print_json(GPtrArray *changes, gint64 download, gint64 installed, GPtrArray *stuck)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "format", "sbx-lock-diff-1");
	sbx_json_begin_array(json, "changes");
	for (guint i = 0; i < changes->len; i++) {
		const struct sbx_lock_change *change = changes->pdata[i];
		const struct sbx_lock_package *old = change->old, *new = change->new;
		sbx_json_begin_object(json, NULL);
		sbx_json_string(json, "change", sbx_lock_change_name(change->kind));
		sbx_json_string(json, "name", new ? new->name : old->name);
		sbx_json_string(json, "old_version", old ? old->version : NULL);
		sbx_json_string(json, "new_version", new ? new->version : NULL);
		sbx_json_int(json, "download_delta",
			     delta(old ? old->size : 0, new ? new->size : 0));
		sbx_json_int(json, "installed_delta",
			     delta(old ? old->installed_bytes : 0, new ? new->installed_bytes : 0));
		sbx_json_end_object(json);
	}
	sbx_json_end_array(json);
	sbx_json_begin_array(json, "stuck");
	for (guint i = 0; stuck && i < stuck->len; i++)
		sbx_json_string(json, NULL, stuck->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_int(json, "download_delta", download);
	sbx_json_int(json, "installed_delta", installed);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

static void print_diff(struct sbx_context *ctx, const struct sbx_lock *old,
		       const struct sbx_lock *new, GPtrArray *stuck)
{
	g_autoptr(GPtrArray) changes = sbx_lock_diff(old, new);
	struct sbx_lock_size a = sbx_lock_size(old), b = sbx_lock_size(new);
	gint64 download = delta(a.download, b.download),
	       installed = delta(a.installed, b.installed);
	if (ctx->json)
		print_json(changes, download, installed, stuck);
	else
		print_text(changes, download, installed);
}

static int diff(struct sbx_context *ctx, char **paths, GError **error)
{
	SBX_AUTO(sbx_lock) old = read_lock(paths[0], error);
	SBX_AUTO(sbx_lock) new = old ? read_lock(paths[1], error) : NULL;
	if (!new)
		return -1;
	print_diff(ctx, old, new, NULL);
	return 0;
}

static struct sbx_lock *make_update(struct sbx_context *ctx, const struct sbx_resolved *resolved,
				    char **names, GPtrArray *stuck, GError **error)
{
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	if (!store)
		return NULL;
	const struct sbx_lock_updating updating = {
		.moving = *names ? (const char *const *)names : NULL,
		.stanza_of = sbx_import_stanza,
		.data = store,
	};
	return sbx_resolver_update(resolved->resolver, resolved->lock, &updating, stuck, error);
}

static int update(struct sbx_context *ctx, const char *path, char **names, GError **error)
{
	const struct sbx_request request = {.argument = path, .keep_resolver = TRUE};
	SBX_CLEANUP_RESOLVED struct sbx_resolved resolved = {0};
	SBX_AUTO(sbx_lock) checked = g_str_equal(path, "-") ? NULL : read_lock(path, error);
	if (!checked && !g_str_equal(path, "-"))
		return -1;
	if (!sbx_request_resolve(ctx, &request, &resolved, error))
		return -1;
	g_autoptr(GPtrArray) stuck = g_ptr_array_new_with_free_func(g_free);
	SBX_AUTO(sbx_lock) new = make_update(ctx, &resolved, names, stuck, error);
	if (!new || (!dry_run && !sbx_lock_save(new, output ? output : path, error)))
		return -1;
	for (guint i = 0; i < stuck->len; i++)
		sbx_progress_warn(ctx->progress, "%s", (char *)stuck->pdata[i]);
	print_diff(ctx, resolved.lock, new, stuck);
	return 0;
}

int sbx_verb_lock(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "lock", sbx_verb_lock_options, &argc, &argv, error))
		return -1;
	if (argc == 4 && g_str_equal(argv[1], "diff") && !output && !dry_run)
		return diff(ctx, argv + 2, error);
	gboolean is_update = argc >= 3 && g_str_equal(argv[1], "update");
	if (is_update && (!g_str_equal(argv[2], "-") || output || dry_run))
		return update(ctx, argv[2], argv + 3, error);
	sbx_set_error(error, SBX_E_USAGE,
		      is_update ? "lock: a lock from standard input needs --output or --dry-run"
				: "lock: give diff A B, or update LOCK [PACKAGE...]");
	return -1;
}
