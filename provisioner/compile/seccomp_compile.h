/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_COMPILE_SECCOMP_COMPILE_H
#define SBX_PROVISIONER_COMPILE_SECCOMP_COMPILE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CALLS      1024
#define MAX_RULES      8
#define MAX_CONDITIONS 2

enum { TASK, BUILD, EMULATED, N_PROFILES };

struct condition {
	unsigned argument;
	char comparison; /* '=', '!' or '>' (or equal) */
	uint64_t mask, value;
};

struct rule {
	unsigned profiles;
	uint32_t action; /* SECCOMP_RET_* */
	struct condition conditions[MAX_CONDITIONS];
	unsigned n_conditions;
};

/* What becomes of a call: the first rule that fits; none: ENOSYS. */
struct verdict {
	struct rule rules[MAX_RULES];
	unsigned n_rules;
};

struct table {
	const char *path;
	unsigned line; /* being read */
	struct verdict verdicts[N_PROFILES][MAX_CALLS];
};

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t n;
};

/* Say what is wrong with the table's current line, and end. */
_Noreturn void die(const struct table *t, const char *what, const char *which);

/* The action that refuses with an errno's name. */
uint32_t parse_error(const struct table *t, const char *name);

/* Append the program that decides all calls. */
void generate(const struct table *t, const struct verdict verdicts[MAX_CALLS], struct program *out);

#endif
