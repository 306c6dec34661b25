/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ZYGOTE_PYTHON_H
#define SBX_PROVISIONER_ZYGOTE_PYTHON_H

#include "base/error.h"

/*
 * The interpreter that this library is loaded into. Only what every Python since 3.7 has, by name:
 * one library serves them all.
 */

/* Make it what `program` would be, with nothing run yet. SBX_E_UNSUPPORTED: it is no Python. */
int sbx_python_start(const char *program, struct sbx_error *err);

int sbx_python_import(const char *module, struct sbx_error *err);

/* It has all that it is to have: from now on it is forked. */
int sbx_python_settle(struct sbx_error *err);

/* fork(2) with the interpreter's own care. Python code may run in the child only after ..._child */
void sbx_python_before_fork(void);
void sbx_python_after_fork_parent(void);
void sbx_python_after_fork_child(void);

/*
 * In a child that will be a task: all that can be done before it is known which. The parent's work
 * on it (..._before_fork) ends here.
 */
int sbx_python_ready(struct sbx_error *err);

/*
 * Be `python3 ...`, from the arguments (words[0] is the program) to the exit. In a process that has
 * got ready, has the command's descriptors, folder and rights, and no Python frame on its stack.
 */
_Noreturn void sbx_python_main(char **words, char **env);

#endif
