/* SPDX-License-Identifier: Apache-2.0 */
/* The values in options and policies that are limits or capabilities. */
#include <strings.h>
#include <string.h>

#include "provisioner/policy.h"
#include "provisioner/values.h"

enum unit { BYTES, COUNT, CPUS, SECONDS, SECONDS_OR_NONE, WHOLE_SECONDS };

static const struct {
	const char *name;
	enum unit unit;
	uint64_t max;
} limits[SBX_N_LIMITS] = {
#define X(kind, name, unit, max, arg, help) [SBX_LIMIT_##kind] = {name, unit, max},
	SBX_LIMIT_TABLE(X)
#undef X
};

const char *sbx_limit_name(enum sbx_limit limit)
{
	return limits[limit].name;
}

static int parse_cpus(const char *text, uint64_t *out, struct sbx_error *err)
{
	uint64_t quota = 0;
	if (sbx_parse_decimal(text, SBX_CPU_PERIOD_USEC, &quota, err) < 0)
		return -1;
	/* The kernel takes no quota below a millisecond. */
	if (quota < 1000)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected 0.01 or more", text);
	*out = quota;
	return 0;
}

int sbx_limit_parse(enum sbx_limit limit, const char *text, uint64_t *out, struct sbx_error *err)
{
	switch (limits[limit].unit) {
	case BYTES:
		return sbx_parse_bytes(text, out, err);
	case COUNT:
	case WHOLE_SECONDS:
		return sbx_parse_count(text, limits[limit].max, out, err);
	case CPUS:
		return parse_cpus(text, out, err);
	case SECONDS_OR_NONE:
		if (strcmp(text, "0") == 0) {
			*out = SBX_GRACE_AT_ONCE;
			return 0;
		}
		return sbx_parse_decimal(text, 1000000, out, err);
	case SECONDS:
		return sbx_parse_decimal(text, 1000000, out, err);
	}
	return -1;
}

static const char *const userns_names[] = {"", "no", "auto", "yes"};

const char *sbx_userns_name(enum sbx_userns userns)
{
	return userns_names[userns];
}

int sbx_userns_parse(const char *text, enum sbx_userns *out, struct sbx_error *err)
{
	for (unsigned i = SBX_USERNS_NO; i <= SBX_USERNS_YES; i++)
		if (strcmp(text, userns_names[i]) == 0) {
			*out = i;
			return 0;
		}
	return sbx_fail(err, SBX_E_USAGE, "'%s': expected auto, yes or no", text);
}

static const char *const net_names[] = {"", "none", "filtered", "host"};

const char *sbx_net_name(enum sbx_net net)
{
	return net_names[net];
}

int sbx_net_parse(const char *text, enum sbx_net *out, struct sbx_error *err)
{
	for (unsigned i = SBX_NET_NONE; i <= SBX_NET_HOST; i++)
		if (strcmp(text, net_names[i]) == 0) {
			*out = i;
			return 0;
		}
	return sbx_fail(err, SBX_E_USAGE, "'%s': expected none, filtered or host", text);
}

/* By number: the kernel's include/uapi/linux/capability.h. */
static const char *const capabilities[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};
#define N_CAPABILITIES (sizeof(capabilities) / sizeof(capabilities[0]))

int sbx_capability_find(const char *name)
{
	if (strncasecmp(name, "cap_", 4) == 0)
		name += 4;
	for (unsigned i = 0; i < N_CAPABILITIES; i++)
		if (strcasecmp(capabilities[i], name) == 0)
			return (int)i;
	return -1;
}

const char *sbx_capability_name(unsigned number)
{
	return number < N_CAPABILITIES ? capabilities[number] : NULL;
}
