/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_DISPATCH_H
#define SBX_BUILDER_DISPATCH_H

#include "builder/command.h"

/*
 * Call a verb with a fresh context: signals cancel it, an error becomes one line on stderr.
 * Returns the process's exit status. `prepare` becomes ctx->prepare.
 */
int sbx_dispatch_verb(const struct sbx_command *command, sbx_prepare_func prepare, int argc,
		      char **argv);

/* Print the overview, or with --man the manual page in roff. */
int sbx_dispatch_help(int argc, char **argv);

#endif
