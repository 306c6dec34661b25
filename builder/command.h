/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_COMMAND_H
#define SBX_BUILDER_COMMAND_H

#include "builder/context.h"

enum sbx_command_flags {
	SBX_COMMAND_PLAIN = 0,
	/* Options end at the first argument: what follows belongs to the task. */
	SBX_COMMAND_OPTIONS_FIRST = 1 << 0,
	/* Failures of our own exit with 125, since every other status may be the task's. */
	SBX_COMMAND_PASSES_STATUS = 1 << 1,
};

/*
 * A row of the table of verbs (builder/main.c). `run` gets argv with the verb's name as argv[0]
 * and returns the process's exit status, or -1 with *error set (main prints it and turns its code
 * into the exit status). `options` is the verb's GOptionEntry list: the one source of --help, the
 * man page and shell completion. A verb parses with sbx_command_parse().
 */
struct sbx_command {
	const char *name;
	enum sbx_command_flags flags;
	int (*run)(struct sbx_context *ctx, int argc, char **argv, GError **error);
	const char *group;    /* heading in `sbx-build help`: what a person wants to do */
	const char *synopsis; /* "FILE|DIR": what follows the options */
	const char *help;     /* one line */
	const char *details;  /* paragraphs for --help and the man page, NULL: none */
	const GOptionEntry *options;
};

/* All verbs, ended by a row without a name. */
extern const struct sbx_command sbx_commands[];

const struct sbx_command *sbx_command_find(const char *name);

/*
 * Parse the verb's options and the common ones (--json, --root, --verbose, --progress-fd, ...),
 * which land in ctx. `entries` are those of the row with arg_data filled in by the verb: copy the
 * row's table to a local array first. What remains is in argc and argv, argv[0] kept; "--" is kept
 * when it is followed by a command. FALSE with SBX_E_USAGE in *error.
 */
gboolean sbx_command_parse(struct sbx_context *ctx, const char *verb, const GOptionEntry *entries,
			   int *argc, char ***argv, GError **error);

/* `sbx-build help`, the manual page in roff, and bash's completion, made from the table. Newly
 * allocated. */
char *sbx_command_overview(void);
char *sbx_command_man_page(void);
char *sbx_command_completion(void);

#endif
