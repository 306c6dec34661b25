/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_COMMAND_H
#define SBX_BUILDER_INDEX_COMMAND_H

#include "builder/index/profile.h"

/*
 * The command that runs a task, with the needs at hand. Newly allocated, NULL-ended; what a user
 * adds to it becomes the program's arguments. In this order:
 *
 *	the run line of the entry's first comment;
 *	a folder's build file (struct sbx_build), when it tells what the program is;
 *	the language's `compile`, then its `run`;
 *	its `run` alone: sbx_facts_run().
 *
 * Placeholders of `compile` and of the `run` behind it:
 *
 *	{entry}		the entry file
 *	{sources}	it, and in a folder all other files of its language that are not merely
 *			included, as words of their own
 *	{stem}		the entry's name without folders and extension
 *	{out}		a file for the compiled program, in
 *	{outdir}	a folder that can be written to
 *	{libraries}	-lNAME for every library of the packages that serve the task's headers;
 *			what pkg-config tells for headers in folders that compilers do not look in
 *
 * What the compilers print on their standard output goes to standard error.
 * *out_packages: what it takes besides the needs, newly allocated, NULL-ended.
 */
char **sbx_profile_command(const struct sbx_profile *profile, struct sbx_providers *providers,
			   const struct sbx_facts *facts, char ***out_packages, GError **error);

/* Is the language's interpreter left out, since the task starts another in its place? */
gboolean sbx_facts_replace_interpreter(const struct sbx_facts *facts,
				       const struct sbx_language *language);

#endif
