/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>

#include "provisioner/compile/generate.h"

/* Made by compile/seccomp_compile.c out of seccomp_calls.def. */
#include "seccomp_filters.h"

static const struct {
	const char *name;
	const struct sock_filter *program;
	size_t n;
} filters[SBX_N_FILTERS] = {
#define ROW(kind, profile)                                                                         \
	[SBX_FILTER_##kind] = {#profile, sbx_filter_##profile,                                     \
			       sizeof(sbx_filter_##profile) / sizeof(struct sock_filter)}
	ROW(TASK, task),	 ROW(SHARING, sharing), ROW(BUILD, build),
	ROW(EMULATED, emulated), ROW(ZYGOTE, zygote),
#undef ROW
};

const char *sbx_filter_name(enum sbx_filter filter)
{
	return filters[filter].name;
}

static const uint32_t actions[] = {
	[SBX_REFUSAL_UNSET] = 0,
	[SBX_REFUSAL_ENOSYS] = SECCOMP_RET_ERRNO | ENOSYS,
	[SBX_REFUSAL_EPERM] = SECCOMP_RET_ERRNO | EPERM,
	[SBX_REFUSAL_KILL] = SECCOMP_RET_KILL_PROCESS,
};

uint64_t sbx_filter_refusals(enum sbx_refusal unknown, enum sbx_refusal dangerous)
{
	return (uint64_t)unknown << 8 | (uint64_t)dangerous;
}

void sbx_filter_set_refusals(struct sock_filter *code, size_t n, uint64_t refusals)
{
	uint32_t unknown = actions[refusals >> 8 & 3], dangerous = actions[refusals & 3];
	for (size_t i = 0; i < n; i++) {
		if (code[i].code != (BPF_RET | BPF_K))
			continue;
		if (code[i].k == SBX_UNKNOWN_CALL)
			code[i].k = unknown ? unknown : SECCOMP_RET_ERRNO | ENOSYS;
		else if (code[i].k == (SECCOMP_RET_ERRNO | EPERM) && dangerous)
			code[i].k = dangerous;
		/* Skipping a call (errno 0) is no refusal. */
		if (refusals & SBX_REFUSALS_ASK &&
		    (code[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
		    code[i].k & SECCOMP_RET_DATA)
			code[i].k = SECCOMP_RET_USER_NOTIF;
	}
}

const struct sock_filter *sbx_filter_program(enum sbx_filter filter, uint64_t refusals,
					     size_t *out_n)
{
	static struct sock_filter code[BPF_MAXINSNS];
	memcpy(code, filters[filter].program, filters[filter].n * sizeof(code[0]));
	sbx_filter_set_refusals(code, filters[filter].n, refusals);
	*out_n = filters[filter].n;
	return code;
}

int sbx_filter_install(enum sbx_filter filter, uint64_t refusals, struct sbx_error *err)
{
	size_t n;
	const struct sock_filter *code = sbx_filter_program(filter, refusals, &n);
	int failed = sbx_filter_install_program(code, n);
	if (failed)
		return sbx_fail_os(
			err,
			failed == -EINVAL || failed == -ENOSYS ? SBX_E_UNSUPPORTED : SBX_E_SANDBOX,
			-failed, "seccomp filter; the kernel needs CONFIG_SECCOMP_FILTER");
	return 0;
}
