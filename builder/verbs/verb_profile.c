/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/archive/archive.h"
#include "builder/index/profile.h"
#include "builder/index/profile_text.h"
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

/* The facts first: a task that cannot be read needs no index, which may have to be fetched. */
static struct sbx_profile *profile_task(struct sbx_context *ctx, const char *task, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	__attribute__((cleanup(sbx_facts_release))) struct sbx_facts facts = {0};
	if (sbx_facts_read(&facts, task, &err) < 0) {
		sbx_set_error_from(error, &err);
		return NULL;
	}
	SBX_AUTO(sbx_archive) archive = sbx_archive_open_or_update(ctx, error);
	if (!archive)
		return NULL;
	g_autofree char *path = g_build_filename(archive->path, "providers.db", NULL);
	SBX_AUTO(sbx_providers) providers = sbx_providers_open(path, error);
	return providers ? sbx_profile_from_facts(archive, providers, &facts, error) : NULL;
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
	SBX_AUTO(sbx_profile) profile = profile_task(ctx, argv[1], error);
	if (!profile)
		return -1;
	sbx_learn_resources_if_any(ctx, profile);
	print(profile, ctx->json, &options);
	/* The error's line comes after the profile also where both go to one file. */
	fflush(stdout);
	return sbx_profile_check_resolved(profile, error) ? 0 : -1;
}
