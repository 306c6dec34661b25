/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/index/profile_text.h"
#include "builder/index/memory.h"
#include "builder/run/learn.h"
#include "builder/verbs/verbs.h"

struct options {
	gboolean requirements, explain;
};

#define OPTIONS(requirements, explain)                                                             \
	{"requirements",                                                                           \
	 0,                                                                                        \
	 0,                                                                                        \
	 G_OPTION_ARG_NONE,                                                                        \
	 requirements,                                                                             \
	 "Only the names of the packages to install, one a line",                                  \
	 NULL},                                                                                    \
		{"explain", 0,                                                                     \
		 0,	    G_OPTION_ARG_NONE,                                                     \
		 explain,   "For each need every candidate, and why the first one won",            \
		 NULL},                                                                            \
		G_OPTION_ENTRY_NULL

const GOptionEntry sbx_verb_profile_options[] = {OPTIONS(NULL, NULL)};

static gboolean parse(struct sbx_context *ctx, struct options *options, int *argc, char ***argv,
		      GError **error)
{
	const GOptionEntry entries[] = {OPTIONS(&options->requirements, &options->explain)};
	if (!sbx_command_parse(ctx, "profile", entries, argc, argv, error))
		return FALSE;
	if (*argc != 2)
		return sbx_set_error(error, SBX_E_USAGE,
				     "profile: %s; say `sbx-build profile FILE` or a folder",
				     *argc < 2 ? "no task was given" : "one task at a time");
	if (ctx->json && (options->requirements || options->explain))
		return sbx_set_error(error, SBX_E_USAGE,
				     "profile: --json holds what --requirements and --explain "
				     "tell; leave them out");
	if (options->requirements && options->explain)
		return sbx_set_error(
			error, SBX_E_USAGE,
			"profile: --requirements prints bare names, leave out --explain");
	return TRUE;
}

static void print(const struct sbx_profile *profile, gboolean json, const struct options *options)
{
	g_autofree char *text = NULL;
	if (json)
		text = sbx_profile_to_json(profile);
	else if (options->requirements)
		text = sbx_profile_to_requirements(profile);
	else
		text = sbx_profile_to_text(profile, options->explain ? SBX_PROFILE_EXPLAIN
								     : SBX_PROFILE_BRIEF);
	fputs(text, stdout);
}

int sbx_verb_profile(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	struct options options = {0};
	if (!parse(ctx, &options, &argc, &argv, error))
		return -1;
	/* One that cannot be used costs only time. */
	SBX_AUTO(sbx_store) catalog = sbx_store_open_catalog(ctx->root, ctx->cancellable, NULL);
	SBX_AUTO(sbx_profile) profile = sbx_memory_profile(ctx, catalog, argv[1], error);
	if (!profile)
		return -1;
	if (catalog)
		sbx_learn_resources(profile, catalog, NULL);
	print(profile, ctx->json, &options);
	/* The error's line comes after the profile also where both go to one file. */
	fflush(stdout);
	return sbx_profile_check_resolved(profile, error) ? 0 : -1;
}
