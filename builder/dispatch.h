/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_DISPATCH_H
#define SBX_BUILDER_DISPATCH_H

#include "builder/command.h"

/*
 * Call a verb with a fresh context: signals cancel it, an error becomes one line on stderr.
 * Returns the process's exit status. `engine` becomes ctx->engine.
 */
int sbx_dispatch_verb(const struct sbx_command *command, const struct sbx_engine *engine, int argc,
		      char **argv);

/* Say that there is no such verb; the exit status of that. */
int sbx_dispatch_unknown(const char *word);

/* Print the overview, or with --man the manual page in roff, or with --completion bash's script. */
int sbx_dispatch_help(int argc, char **argv);

#endif
