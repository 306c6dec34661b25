/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/match/match.h"
#include "builder/report.h"
#include "builder/resolve/request.h"
#include "builder/verbs/solve_options.h"
#include "builder/verbs/verbs.h"

static char *packages, *may_lack, *max_bytes;
static gboolean allow_unresolved, explain;
static struct sbx_solve_options solve_options;
static int max_packages;
const GOptionEntry sbx_verb_match_options[] = {
	{"packages", 'p', 0, G_OPTION_ARG_STRING, &packages,
	 "Match these packages instead of a file", "A,B"},
	SBX_SOLVE_ENTRIES(solve_options),
	{"allow-unresolved", 0, 0, G_OPTION_ARG_NONE, &allow_unresolved,
	 "Go on when the task needs something that nobody ships", NULL},
	{"max-extra-packages", 0, 0, G_OPTION_ARG_INT, &max_packages,
	 "What a superset may carry along, instead of match.conf's limit", "N"},
	{"max-extra-bytes", 0, 0, G_OPTION_ARG_STRING, &max_bytes, "The same, as installed: 64M",
	 "BYTES"},
	{"may-lack", 0, 0, G_OPTION_ARG_STRING, &may_lack,
	 "What a superset may be made without: docs,man,locales,extras", "LIST"},
	{"explain", 0, 0, G_OPTION_ARG_NONE, &explain,
	 "Print all candidates with what they cost, and why", NULL},
	G_OPTION_ENTRY_NULL,
};

static void write_candidate(struct sbx_json *json, const struct sbx_candidate *c)
{
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "kind", sbx_match_kind_name(c->kind));
	sbx_json_string(json, "id", c->id);
	sbx_json_begin_array(json, "names");
	for (char **name = c->names; name && *name; name++)
		sbx_json_string(json, NULL, *name);
	sbx_json_end_array(json);
	sbx_json_bool(json, "refused", c->is_refused);
	sbx_json_string(json, "why", c->why);
	sbx_json_int(json, "cost_usec", (gint64)(c->cost * 1000));
	sbx_json_int(json, "n_same", c->n_same);
	sbx_json_int(json, "n_add", c->n_add);
	sbx_json_int(json, "n_extra", c->n_extra);
	sbx_json_int(json, "add_bytes", (gint64)c->add_bytes);
	sbx_json_int(json, "fetch_bytes", (gint64)c->fetch_bytes);
	sbx_json_int(json, "extra_bytes", (gint64)c->extra_bytes);
	sbx_json_end_object(json);
}

static void print_json(const struct sbx_match *match)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "format", "sbx-match-1");
	sbx_json_string(json, "kind", sbx_match_kind_name(match->chosen->kind));
	sbx_json_string(json, "id", match->chosen->id);
	sbx_json_begin_array(json, "candidates");
	for (guint i = 0; i < match->candidates->len; i++)
		write_candidate(json, match->candidates->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

static void print_text(const struct sbx_match *match)
{
	if (!explain) {
		printf("%-8s %s\n", sbx_match_kind_name(match->chosen->kind),
		       match->chosen->id ? match->chosen->id : "-");
		return;
	}
	printf("  %-8s  %-16s  %-20s %10s %5s %4s %5s  %s\n", "KIND", "TEMPLATE", "NAME", "COST",
	       "SAME", "ADD", "EXTRA", "WHY");
	for (guint i = 0; i < match->candidates->len; i++) {
		const struct sbx_candidate *c = match->candidates->pdata[i];
		g_autofree char *names = c->names ? g_strjoinv(",", c->names) : g_strdup("");
		g_autofree char *cost = c->is_refused
						? g_strdup("-")
						: sbx_report_duration((gint64)(c->cost * 1000));
		printf("%s %-8s  %-16.16s  %-20s %10s %5u %4u %5u  %s%s\n",
		       c == match->chosen ? "*" : " ", sbx_match_kind_name(c->kind),
		       c->id ? c->id : "-", *names ? names : "-", cost, c->n_same, c->n_add,
		       c->n_extra, c->is_refused ? "not taken: " : "", c->why);
	}
}

static gboolean limits_of(struct sbx_context *ctx, struct sbx_match_limits *out, GError **error)
{
	guint64 n_bytes = 0;
	if (max_packages < -1)
		return sbx_set_error(error, SBX_E_USAGE,
				     "match: --max-extra-packages %d: must not be negative",
				     max_packages);
	if (max_bytes && !sbx_match_parse_bytes(max_bytes, &n_bytes))
		return sbx_set_error(error, SBX_E_USAGE,
				     "match: --max-extra-bytes %s: give a number, such as 64M",
				     max_bytes);
	if (!sbx_match_read_limits(ctx, out, error))
		return FALSE;
	if (may_lack)
		out->may_lack = 0;
	if (max_packages >= 0)
		out->packages = (guint)max_packages;
	if (max_bytes)
		out->n_bytes = n_bytes;
	g_auto(GStrv) classes = g_strsplit(may_lack ? may_lack : "", ",", -1);
	for (char **name = classes; may_lack && *name; name++) {
		enum sbx_content_class which = sbx_content_by_name(*name);
		if (which == SBX_N_CONTENT_CLASSES)
			return sbx_set_error(error, SBX_E_USAGE,
					     "match: --may-lack %s: give some of "
					     "docs,man,locales,extras",
					     may_lack);
		out->may_lack |= 1u << which;
	}
	return TRUE;
}

int sbx_verb_match(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	max_packages = -1;
	if (!sbx_command_parse(ctx, "match", sbx_verb_match_options, &argc, &argv, error))
		return -1;
	if ((argc == 2) == (packages != NULL) || argc > 2) {
		sbx_set_error(error, SBX_E_USAGE,
			      "match: give one lock, profile or task, or --packages");
		return -1;
	}
	struct sbx_request request = {
		.argument = argc == 2 ? argv[1] : NULL,
		.packages = packages,
		.keep_resolver = TRUE,
		.allow_unresolved = allow_unresolved,
	};
	struct sbx_match_limits limits = {0};
	SBX_CLEANUP_RESOLVED struct sbx_resolved resolved = {0};
	if (!limits_of(ctx, &limits, error) ||
	    !sbx_solve_options_read(&solve_options, &request.options, error) ||
	    !sbx_request_resolve(ctx, &request, &resolved, error))
		return -1;
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	__attribute__((cleanup(sbx_match_release))) struct sbx_match match = {0};
	if (!store ||
	    !sbx_match_find(ctx, store, resolved.lock, resolved.resolver, &limits, &match, error))
		return -1;
	if (ctx->json)
		print_json(&match);
	else
		print_text(&match);
	return 0;
}
