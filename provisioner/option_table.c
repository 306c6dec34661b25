/* SPDX-License-Identifier: Apache-2.0 */
/* The options: how each takes its value, and the table of them all. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "base/fd.h"
#include "provisioner/option_set.h"
#include "provisioner/values.h"

#define MAX_ID	     UINT64_C(4294967294) /* (uid_t)-1 means "no id" */
#define MAX_HOSTNAME 64			  /* sethostname(2) */

/* Those that are of this file alone. */
#define SETTER(name) static SBX_SETTER(name)
/* The plainest of them. */
#define SWITCH(field)                                                                              \
	SETTER(field)                                                                              \
	{                                                                                          \
		o->field = true;                                                                   \
		return 0;                                                                          \
	}
/* A row of the table of limits. */
#define X(kind, name, unit, max, arg, help)                                                        \
	SETTER(limit_##kind)                                                                       \
	{                                                                                          \
		return sbx_limit_parse(SBX_LIMIT_##kind, value,                                    \
				       &o->policy.limit[SBX_LIMIT_##kind], err);                   \
	}
SBX_LIMIT_TABLE(X)
#undef X

SWITCH(sys)
SWITCH(best_effort)
SWITCH(dry_run)
SWITCH(json)
SWITCH(help)

SETTER(record)
{
	static const struct {
		const char *name;
		unsigned bits;
	} kinds[] = {
#define X(kind, name, bit) {name, SBX_RECORD_##kind},
		SBX_RECORD_TABLE(X)
#undef X
			{"all", SBX_RECORD_ALL},
	};
	for (const char *at = value;; at++) {
		size_t n = strcspn(at, ","), i = 0;
		while (i < sizeof(kinds) / sizeof(kinds[0]) &&
		       (strlen(kinds[i].name) != n || memcmp(kinds[i].name, at, n) != 0))
			i++;
		if (i == sizeof(kinds) / sizeof(kinds[0]))
			return sbx_fail(err, SBX_E_USAGE,
					"'%s': expected calls, network, files or all, or several "
					"with commas",
					value);
		o->record |= kinds[i].bits;
		at += n;
		if (!*at)
			return 0;
	}
}

bool sbx_env_is_valid(const char *variable)
{
	const char *equals = strchr(variable, '=');
	return equals && equals != variable;
}

SETTER(env)
{
	if (!sbx_env_is_valid(value))
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected NAME=VALUE", value);
	const char **env = sbx_options_grow(o->env, o->n_env, sizeof(*env), err);
	if (!env)
		return -1;
	o->env = env;
	o->env[o->n_env++] = value;
	return 0;
}

SETTER(hostname)
{
	size_t n = strlen(value);
	bool ok = n > 0 && n <= MAX_HOSTNAME && value[0] != '-' && value[0] != '.';
	for (const char *p = value; *p; p++)
		ok = ok && (isalnum((unsigned char)*p) || *p == '-' || *p == '.');
	if (!ok)
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': expected at most 64 letters, digits, '-' and '.'", value);
	o->hostname = value;
	return 0;
}

SETTER(user)
{
	uint64_t id = 0;
	/* 0 is a user like any other here, and no count. */
	if (strcmp(value, "0") != 0 && sbx_parse_count(value, MAX_ID, &id, NULL) < 0)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a user's number", value);
	o->uid = (uid_t)id;
	o->gid = (gid_t)id;
	o->has_user = true;
	return 0;
}

SETTER(net)
{
	return sbx_net_parse(value, &o->policy.net, err);
}

SETTER(dns)
{
	unsigned char address[sizeof(struct in6_addr)];
	size_t n = strlen(o->dns), n_addresses = n ? 1 : 0;
	for (const char *p = o->dns; (p = strchr(p, ',')) != NULL; p++)
		n_addresses++;
	if (inet_pton(AF_INET, value, address) != 1 && inet_pton(AF_INET6, value, address) != 1)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected an IPv4 or IPv6 address", value);
	if (n_addresses == SBX_DNS_MAX)
		return sbx_fail(err, SBX_E_USAGE, "'%s': is one more than the %d that are used",
				value, SBX_DNS_MAX);
	snprintf(o->dns + n, sizeof(o->dns) - n, "%s%s", n ? "," : "", value);
	return 0;
}

SETTER(user_namespace)
{
	return sbx_userns_parse(value, &o->policy.userns, err);
}

SETTER(profile)
{
	if (strcmp(value, "task") != 0 && strcmp(value, "build") != 0)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected task or build", value);
	o->profile = value[0] == 'b' ? SBX_PROFILE_BUILD : SBX_PROFILE_TASK;
	return 0;
}

SETTER(syscalls)
{
	if (sbx_classes_parse(value, &o->policy.classes, err) < 0)
		return -1;
	o->policy.has_classes = true;
	return 0;
}

SETTER(cap)
{
	int number = sbx_capability_find(value);
	if (number < 0)
		return sbx_fail(err, SBX_E_USAGE, "'%s': no capability; capabilities(7) lists them",
				value);
	o->policy.has_capabilities = true;
	o->policy.capabilities |= UINT64_C(1) << number;
	return 0;
}

static int read_policy(struct sbx_options *o, const char *name, struct sbx_policy *out,
		       struct sbx_error *err)
{
	size_t n_bytes = 0;
	o->reads_policies = o->reads_policies || !sbx_policy_is_posture(name);
	SBX_CLEANUP_FREE char *text = sbx_policy_find(name, &n_bytes, err);
	return text ? sbx_policy_parse(out, text, n_bytes, name, &o->policy_keys, err) : -1;
}

SETTER(policy)
{
	struct sbx_policy policy = {0};
	if (read_policy(o, value, &policy, err) < 0)
		return -1;
	return sbx_options_hold(o, value, &policy, err);
}

SETTER(defaults)
{
	struct sbx_policy policy = {0};
	if (read_policy(o, value, &policy, err) < 0)
		return -1;
	sbx_policy_fill(&o->defaults, &policy);
	return 0;
}

SETTER(status_fd)
{
	uint64_t fd;
	if (sbx_parse_count(value, 1U << 30, &fd, err) < 0)
		return -1;
	if (fcntl((int)fd, F_GETFD) < 0)
		return sbx_fail(err, SBX_E_USAGE,
				"%s: is not an open descriptor; open it before, as in %s>FILE",
				value, value);
	o->status_fd = (int)fd;
	return 0;
}

#define FILES  "Files"
#define LIMITS "Limits (only those asked for are set; BYTES may end in K, M, G or T)"
#define RIGHTS "Rights"
#define REPORT "Reports and the rest"

const struct sbx_option sbx_option_table[] = {
	{"bind", "SRC:DST", FILES,
	 "mount SRC of the host at DST inside, writable (may be repeated, as the next two)",
	 sbx_set_bind},
	{"ro-bind", "SRC:DST", FILES, "mount SRC of the host at DST inside, read-only",
	 sbx_set_ro_bind},
	{"overlay", "SRC:DST", FILES,
	 "show folder SRC at DST; what is written there stays in the sandbox", sbx_set_overlay},
	{"layer", "DIR", FILES,
	 "keep what is written in DIR/upper (made when missing, with DIR/work) instead of in "
	 "memory",
	 sbx_set_layer},
	{"base", "DIR", FILES,
	 "TEMPLATE, a path, holds only what differs from this root file system, as an overlay's "
	 "layer",
	 sbx_set_base},
	{"input", "FILE", FILES, "the task's input: a copy of it, read-only at /task/input.json",
	 sbx_set_input},
	{"output", "DIR", FILES,
	 "copy plain files that the task leaves in /output into DIR when it has ended",
	 sbx_set_output},
	{"source-root", "DIR", FILES,
	 "look for every SRC and --layer's DIR below this folder as if it were /: no link leads "
	 "out "
	 "of it",
	 sbx_set_source_root},
	{"workdir", "DIR", FILES, "the command's working directory (default: /)", sbx_set_workdir},
	{"sys", NULL, FILES, "mount /sys, read-only (default: it is empty)", sbx_set_sys},
#define X(kind, name, unit, max, arg, help) {name, arg, LIMITS, help, sbx_set_limit_##kind},
	SBX_LIMIT_TABLE(X)
#undef X
		{"net", "none|host", RIGHTS,
		 "network: only a loopback of its own (default), or all of the host's (filtered, "
		 "an "
		 "allow-list, comes later)",
		 sbx_set_net},
	{"dns", "ADDRESS", RIGHTS,
	 "a name server for /etc/resolv.conf inside, with --net host (may be repeated)",
	 sbx_set_dns},
	{"user-namespace", "auto|yes|no", RIGHTS,
	 "started by root: make root inside nobody outside, where kernel and file systems can "
	 "(auto, default), or else fail (yes)",
	 sbx_set_user_namespace},
	{"user", "UID", RIGHTS, "user and group number inside (default: 0, without capabilities)",
	 sbx_set_user},
	{"profile", "task|build", RIGHTS,
	 "task: no capabilities (default); build: what maintainer scripts of packages need",
	 sbx_set_profile},
	{"syscalls", "CLASSES", RIGHTS,
	 "only the system calls that these classes take, a list with commas such as "
	 "python3,fs.write (see sbx-provision --classes)",
	 sbx_set_syscalls},
	{"cap", "NAME", RIGHTS,
	 "a capability to keep, such as net_bind_service (default: none; may be repeated)",
	 sbx_set_cap},
	{"policy", "NAME|FILE", RIGHTS,
	 "allow no more than this: low, medium, high, paranoid, or a policy file (may be repeated; "
	 "the strictest counts)",
	 sbx_set_policy},
	{"defaults", "NAME|FILE", RIGHTS, "what holds where no option says anything, as a policy",
	 sbx_set_defaults},
	{"env", "NAME=VALUE", RIGHTS,
	 "set a variable (may be repeated); only PATH, HOME, LANG and TERM are there otherwise",
	 sbx_set_env},
	{"hostname", "NAME", RIGHTS, "the host's name inside (default: sbx)", sbx_set_hostname},
	{"best-effort", NULL, REPORT,
	 "warn about a limit that cannot be enforced here instead of failing", sbx_set_best_effort},
	{"status-fd", "N", REPORT, "write one line of JSON there when the sandbox has ended",
	 sbx_set_status_fd},
	{"record", "WHAT", REPORT,
	 "observe for the status line: calls that are refused, network, files written, or all; a "
	 "list with commas",
	 sbx_set_record},
	{"dry-run", NULL, REPORT, "print what would be done, and do nothing", sbx_set_dry_run},
	{"json", NULL, REPORT, "with --dry-run: as JSON", sbx_set_json},
	{"root", "DIR", REPORT,
	 "where templates/ is (default: $SBX_ROOT, else /var/lib/sbx for root and "
	 "$XDG_DATA_HOME/sbx for others)",
	 sbx_set_root},
	{"help", NULL, REPORT, "print this", sbx_set_help},
	{NULL, NULL, NULL, NULL, NULL},
};
