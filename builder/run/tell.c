/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/tell.h"

#include <stdio.h>
#include <string.h>

#include "base/classes.h"
#include "base/json_tree.h"
#include "builder/index/profile_text.h"
#include "builder/output.h"

#define MAX_NAMED 3 /* calls or peers in one line */

static gint64 number(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return value && value->is_integer ? value->integer : 0;
}

static const char *text(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return value && value->kind == SBX_JSON_KIND_STRING ? value->string : "";
}

static const struct sbx_json_value *first_of(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *list = sbx_json_member(object, name);
	return list && list->kind == SBX_JSON_KIND_ARRAY ? list->first : NULL;
}

/* Its own loopback it has; but where it looks for a name server it wants one. */
static gboolean is_outside(const struct sbx_json_value *peer)
{
	const char *address = text(peer, "address");
	return number(peer, "port") == 53 ||
	       (!g_str_has_prefix(address, "127.") && !g_str_equal(address, "::1"));
}

static void tell_network(struct sbx_context *ctx, const char *task,
			 const struct sbx_json_value *record)
{
	const struct sbx_json_value *network = sbx_json_member(record, "network");
	g_autoptr(GString) peers = g_string_new(NULL);
	guint n = 0;
	for (const struct sbx_json_value *peer = first_of(network, "peers"); peer;
	     peer = peer->next) {
		gint64 port = number(peer, "port");
		if (!is_outside(peer) || ++n > MAX_NAMED)
			continue;
		g_string_append_printf(peers, "%s%s port %" G_GINT64_FORMAT "%s",
				       peers->len ? ", " : "", text(peer, "address"), port,
				       port == 53 ? " (a name server)" : "");
	}
	if (n)
		sbx_progress_warn(
			ctx->progress,
			"%s: needs the network: it tried to reach %s%s; --net host gives it", task,
			peers->str, n > MAX_NAMED ? " and others" : "");
}

/* A capability class that has the call; NULL: none. */
static const char *class_of(const char *call)
{
	for (int i = 0; i < SBX_N_CLASSES; i++) {
		const char *list = sbx_classes[i].calls, *word;
		size_t n;
		while (sbx_classes[i].title && sbx_class_next_word(&list, &word, &n))
			if (strncmp(word, call, n) == 0 && (call[n] == '\0' || call[n] == '('))
				return sbx_classes[i].name;
	}
	return NULL;
}

/* EPERM alone: what is told that the kernel does not know a call takes another way. */
static void tell_calls(struct sbx_context *ctx, const char *task,
		       const struct sbx_json_value *record)
{
	g_autoptr(GString) calls = g_string_new(NULL);
	const char *class = NULL;
	guint n = 0;
	for (const struct sbx_json_value *call = first_of(record, "refused"); call;
	     call = call->next) {
		if (!g_str_equal(text(call, "errno"), "EPERM") || ++n > MAX_NAMED)
			continue;
		g_autofree char *name = sbx_plain_text(text(call, "call"));
		g_string_append_printf(calls, "%s%s (%" G_GINT64_FORMAT "x)",
				       calls->len ? ", " : "", name, number(call, "count"));
		class = class ? class : class_of(name);
	}
	if (!n)
		return;
	gboolean never = !class || g_str_equal(class, "privileged");
	sbx_progress_warn(ctx->progress, "%s: system calls were refused: %s%s; %s%s", task,
			  calls->str, n > MAX_NAMED ? " and others" : "",
			  never ? "no sandbox has them" : "they are in the class ",
			  never ? "" : class);
}

/* Without a record (sbx-provision was killed) there is nothing to tell. */
static const struct sbx_json_value *parse(const struct sbx_run_record *record,
					  struct sbx_json_tree *tree)
{
	return record->json && sbx_json_tree_parse(tree, record->json, strlen(record->json),
						   SBX_RUN_RECORD_DEPTH, NULL) == 0
		       ? tree->root
		       : NULL;
}

void sbx_run_tell(struct sbx_context *ctx, const char *task, const struct sbx_run_record *record,
		  gboolean has_network)
{
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	const struct sbx_json_value *object = record->status ? parse(record, &tree) : NULL;
	if (!object)
		return;
	if (!has_network)
		tell_network(ctx, task, object);
	tell_calls(ctx, task, object);
}

static void add_stages(GString *out, const struct sbx_json_value *record)
{
	const struct sbx_json_value *stages = sbx_json_member(record, "stages");
	g_string_append(out, "stages    ");
	for (const struct sbx_json_value *s = stages ? stages->first : NULL; s; s = s->next)
		if (s->is_integer)
			g_string_append_printf(out, " %s %.2f ms", s->key,
					       (double)s->integer / 1000);
	g_string_append_c(out, '\n');
}

static void add_observed(GString *out, const struct sbx_json_value *record)
{
	const struct sbx_json_value *written = sbx_json_member(record, "written");
	for (const struct sbx_json_value *call = first_of(record, "refused"); call;
	     call = call->next)
		g_string_append_printf(out, "refused    %s %s %" G_GINT64_FORMAT "x\n",
				       text(call, "call"), text(call, "errno"),
				       number(call, "count"));
	for (const struct sbx_json_value *peer =
		     first_of(sbx_json_member(record, "network"), "peers");
	     peer; peer = peer->next)
		g_string_append_printf(
			out, "network    %s port %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "x\n",
			text(peer, "address"), number(peer, "port"), number(peer, "count"));
	if (written)
		g_string_append_printf(out,
				       "written    %" G_GINT64_FORMAT " files, %" G_GINT64_FORMAT
				       " bytes, %" G_GINT64_FORMAT " deleted\n",
				       number(written, "files"), number(written, "bytes"),
				       number(written, "deleted"));
	for (const struct sbx_json_value *path = first_of(written, "paths"); path;
	     path = path->next) {
		g_autofree char *name = sbx_plain_text(text(path, "path"));
		g_string_append_printf(out, "           %s %s\n", text(path, "what"), name);
	}
}

char *sbx_run_record_text(const struct sbx_run_record *record)
{
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	const struct sbx_json_value *object = parse(record, &tree);
	GString *out = g_string_new(NULL);
	g_string_append_printf(out, "ended      %s, exit status %d\n", record->reason,
			       record->status);
	if (!object)
		return g_string_free(out, FALSE);
	g_string_append_printf(
		out, "used       %.3f s, CPU %.3f s (user %.3f, system %.3f), memory %.1f MiB\n",
		(double)record->wall_usec / 1e6, (double)record->cpu_usec / 1e6,
		(double)number(object, "user_usec") / 1e6,
		(double)number(object, "system_usec") / 1e6,
		(double)record->peak_bytes / (1 << 20));
	add_stages(out, object);
	add_observed(out, object);
	return g_string_free(out, FALSE);
}

gboolean sbx_run_write_result(const struct sbx_run_record *record, const char *path, GError **error)
{
	if (!g_str_equal(path, "-"))
		return sbx_output_write(path, record->json ? record->json : "", "the result",
					error);
	g_autofree char *shown = sbx_run_record_text(record);
	fputs(shown, stderr);
	return TRUE;
}
