/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/filter.h"

#include <errno.h>
#include <linux/filter.h>

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
	ROW(TASK, task),
	ROW(BUILD, build),
	ROW(EMULATED, emulated),
#undef ROW
};

const char *sbx_filter_name(enum sbx_filter filter)
{
	return filters[filter].name;
}

const struct sock_filter *sbx_filter_program(enum sbx_filter filter, size_t *out_n)
{
	*out_n = filters[filter].n;
	return filters[filter].program;
}

int sbx_filter_install(enum sbx_filter filter, struct sbx_error *err)
{
	int failed = sbx_filter_install_program(filters[filter].program, filters[filter].n);
	if (failed)
		return sbx_fail_os(
			err,
			failed == -EINVAL || failed == -ENOSYS ? SBX_E_UNSUPPORTED : SBX_E_SANDBOX,
			-failed, "seccomp filter; the kernel needs CONFIG_SECCOMP_FILTER");
	return 0;
}
