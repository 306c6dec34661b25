/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_COMPILE_SECCOMP_COMPILE_H
#define SBX_PROVISIONER_COMPILE_SECCOMP_COMPILE_H

#include <stdio.h>

#include "provisioner/compile/generate.h"

enum { TASK, SHARING, BUILD, EMULATED, ZYGOTE, N_PROFILES };

#define MAX_YOUNG 64

struct table {
	const char *path;
	unsigned line; /* being read */
	struct sbx_verdict verdicts[N_PROFILES][SBX_MAX_CALLS];
	struct {
		char name[32];
		int number;
	} young[MAX_YOUNG]; /* calls that stand there with their number */
	unsigned n_young;
};

/* Say what is wrong with the table's current line, and end. */
_Noreturn void die(const struct table *t, const char *what, const char *which);

/* The number of a call here; below 0: this architecture does not have it. Dies of an unknown one.
 */
int find_call(const struct table *t, const char *call);

/* Print the calls of base/classes.def, by number, with the classes that they are in. */
void print_class_calls(const struct table *t, FILE *out);

#endif
