/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_NATIVE_COMMANDS_H
#define SBX_BUILDER_BUILD_NATIVE_COMMANDS_H

#include "builder/build/native/view.h"

/* A script that is carried out. */
struct sbx_native {
	struct sbx_view *view;
	const struct sbx_step *step;
	const char *const *arguments; /* $1, $2 ... */
	GPtrArray *triggers;	      /* char *: lines of triggers/Unincorp */
	gboolean has_exited;
};

/*
 * One command with its arguments, argv[0] its name, NULL-ended: its exit status. What can't be
 * carried out fails the view.
 */
typedef int (*sbx_native_command)(struct sbx_native *native, char **argv);

/* NULL: there is none of that name. */
sbx_native_command sbx_native_find(const char *name);

int sbx_native_test(struct sbx_native *native, char **argv);
int sbx_native_alternatives(struct sbx_native *native, char **argv);
int sbx_native_systemd_helper(struct sbx_native *native, char **argv);
int sbx_native_maintscript_helper(struct sbx_native *native, char **argv);
int sbx_native_add_shell(struct sbx_native *native, char **argv);

/* Is there a program of that name on a script's PATH? Its path, newly allocated, or NULL. */
char *sbx_native_program(struct sbx_native *native, const char *name);

#endif
