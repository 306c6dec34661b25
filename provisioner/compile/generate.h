/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_COMPILE_GENERATE_H
#define SBX_PROVISIONER_COMPILE_GENERATE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From what is to become of each call to a BPF program: used when sbx is built, for the filters of
 * seccomp_calls.def, and when a sandbox is made, for the filter of some classes.
 */
#define SBX_MAX_CALLS  512 /* the kernel's numbers end below 470 */
#define MAX_RULES      8
#define MAX_CONDITIONS 3

struct sbx_condition {
	unsigned argument;
	char comparison; /* '=', '!' or '>' (or equal) */
	uint64_t mask, value;
};

struct sbx_rule {
	unsigned profiles;
	uint32_t action; /* SECCOMP_RET_* */
	struct sbx_condition conditions[MAX_CONDITIONS];
	unsigned n_conditions;
};

/* Stands for what becomes of calls that are unknown, until a filter is installed. */
#define SBX_UNKNOWN_CALL (SECCOMP_RET_ERRNO | 0xffe)

/* What becomes of a call: the first rule that fits; none: SBX_UNKNOWN_CALL. */
struct sbx_verdict {
	struct sbx_rule rules[MAX_RULES];
	unsigned n_rules;
};

struct sbx_bpf {
	struct sock_filter code[BPF_MAXINSNS];
	size_t n;
};

/* Write the program that decides all calls; those of other architectures end the process. */
void sbx_filter_generate(const struct sbx_verdict verdicts[SBX_MAX_CALLS], struct sbx_bpf *out);

#endif
