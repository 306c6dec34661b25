/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "builder/index/profile_text.h"
#include "builder/index/memory.h"
#include "builder/run/learn.h"
#include "builder/verbs/verbs.h"

struct options {
	gboolean requirements, explain, sarif;
};

/* clang-format off */
#define FLAG(name, where, help) {name, 0, 0, G_OPTION_ARG_NONE, where, help, NULL}
#define OPTIONS(requirements, explain, sarif)                                                      \
	FLAG("requirements", requirements, "Only the names of the packages, one a line"),          \
	FLAG("explain", explain, "For each need every candidate, and why the first one won"),      \
	FLAG("sarif", sarif, "As SARIF 2.1.0, for tools that review code"),                        \
	G_OPTION_ENTRY_NULL
/* clang-format on */

const GOptionEntry sbx_verb_profile_options[] = {OPTIONS(NULL, NULL, NULL)};

static gboolean parse(struct sbx_context *ctx, struct options *options, int *argc, char ***argv,
		      GError **error)
{
	const GOptionEntry entries[] = {
		OPTIONS(&options->requirements, &options->explain, &options->sarif)};
	if (!sbx_command_parse(ctx, "profile", entries, argc, argv, error))
		return FALSE;
	if (*argc != 2)
		return sbx_set_error(error, SBX_E_USAGE,
				     "profile: %s; say `sbx-build profile FILE` or a folder",
				     *argc < 2 ? "no task was given" : "one task at a time");
	if (ctx->json + options->requirements + options->explain + options->sarif > 1)
		return sbx_set_error(error, SBX_E_USAGE,
				     "profile: --json, --sarif, --requirements and --explain each "
				     "print another form; give one of them");
	return TRUE;
}

/* https://no-color.org: on a terminal that can, unless its owner does not want it. */
static gboolean wants_colour(void)
{
	const char *no_color = g_getenv("NO_COLOR");
	return isatty(STDOUT_FILENO) && (!no_color || !*no_color) &&
	       g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

static void print(const struct sbx_profile *profile, gboolean json, const struct options *options)
{
	enum sbx_profile_detail how = (options->explain ? SBX_PROFILE_EXPLAIN : SBX_PROFILE_BRIEF) |
				      (wants_colour() ? SBX_PROFILE_COLOUR : 0);
	g_autofree char *text = json			? sbx_profile_to_json(profile)
				: options->sarif	? sbx_profile_to_sarif(profile)
				: options->requirements ? sbx_profile_to_requirements(profile)
							: sbx_profile_to_text(profile, how);
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
