/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/refresh/refresh.h"
#include "builder/report.h"
#include "builder/verbs/verbs.h"

static gboolean check;
const GOptionEntry sbx_verb_refresh_options[] = {
	{"check", 'n', 0, G_OPTION_ARG_NONE, &check,
	 "Only tell; exit status 16 when a template holds something stale", NULL},
	G_OPTION_ENTRY_NULL,
};

static void write_newer(struct sbx_json *json, const struct sbx_newer *newer)
{
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "name", newer->package->name);
	sbx_json_string(json, "version", newer->package->version);
	sbx_json_string(json, "newer", newer->version);
	sbx_json_string(json, "origin", newer->origin);
	sbx_json_bool(json, "security", newer->is_security);
	sbx_json_bool(json, "held", newer->is_held);
	sbx_json_end_object(json);
}

static void write_item(struct sbx_json *json, const struct sbx_refresh *item)
{
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "name", item->name);
	sbx_json_string(json, "id", item->old_id);
	sbx_json_string(json, "new_id", item->new_id);
	sbx_json_string(json, "suite", item->suite);
	sbx_json_string(json, "status", sbx_refresh_status_name(item->status));
	sbx_json_bool(json, "changed", item->has_changed);
	sbx_json_int(json, "n_security", item->n_security);
	sbx_json_begin_array(json, "newer");
	for (guint i = 0; item->newer && i < item->newer->len; i++)
		write_newer(json, item->newer->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_begin_array(json, "stuck");
	for (guint i = 0; i < item->stuck->len; i++)
		sbx_json_string(json, NULL, item->stuck->pdata[i]);
	sbx_json_end_array(json);
	if (item->failure) {
		sbx_json_begin_object(json, "error");
		sbx_json_string(json, "code", sbx_code_name(sbx_gerror_code(item->failure)));
		sbx_json_string(json, "message", item->failure->message);
		sbx_json_end_object(json);
	}
	sbx_json_end_object(json);
}

static void print_json(const GPtrArray *items)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "format", "sbx-refresh-1");
	sbx_json_begin_array(json, "templates");
	for (guint i = 0; i < items->len; i++)
		write_item(json, items->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

static void print_item(const struct sbx_refresh *item)
{
	printf("%-10s %-22s %.16s", sbx_refresh_status_name(item->status),
	       item->name ? item->name : "-", item->old_id);
	if (item->new_id)
		printf(" -> %.16s", item->new_id);
	if (item->next && !g_str_equal(item->suite, item->lock->suite))
		printf("  %s -> %s", item->lock->suite, item->suite);
	if (item->failure)
		printf("  %s", item->failure->message);
	else if (item->has_changed)
		printf("  its recipe or suite leads to other packages or options now");
	else if (item->newer->len)
		printf("  %u newer, %u from a security suite", item->newer->len, item->n_security);
	putchar('\n');
	for (guint i = 0; item->newer && i < item->newer->len; i++) {
		const struct sbx_newer *newer = item->newer->pdata[i];
		printf("  %s %-32s %s -> %s  %s%s\n", newer->is_security ? "!" : " ",
		       newer->package->name, newer->package->version, newer->version, newer->origin,
		       newer->is_held ? "  held" : "");
	}
	for (guint i = 0; i < item->stuck->len; i++)
		printf("    %s\n", (const char *)item->stuck->pdata[i]);
	fflush(stdout);
}

static gboolean is_to_be_renewed(const struct sbx_refresh *item)
{
	return !check && item->name && item->status == SBX_REFRESH_STALE;
}

/* A failure wins over mere staleness; among failures the first. */
static int exit_status(const GPtrArray *items)
{
	int status = 0;
	for (guint i = 0; i < items->len; i++) {
		const struct sbx_refresh *item = items->pdata[i];
		if (item->failure)
			return sbx_code_exit_status(sbx_gerror_code(item->failure));
		if (check && item->status == SBX_REFRESH_STALE)
			status = sbx_code_exit_status(SBX_E_STALE);
	}
	return status;
}

int sbx_verb_refresh(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "refresh", sbx_verb_refresh_options, &argc, &argv, error))
		return -1;
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	g_autoptr(GPtrArray) items =
		store ? sbx_refresh_look(ctx, store, (const char *const *)argv + 1, error) : NULL;
	if (!items)
		return -1;
	for (guint i = 0; i < items->len; i++) {
		struct sbx_refresh *item = items->pdata[i];
		if (is_to_be_renewed(item))
			sbx_refresh_renew(ctx, store, item);
		if (!ctx->json)
			print_item(item);
		if (item->failure && g_cancellable_is_cancelled(ctx->cancellable))
			break;
	}
	if (ctx->json)
		print_json(items);
	return exit_status(items);
}
