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
#include "provisioner/options.h"
#include "provisioner/values.h"

#define MAX_ID	     UINT64_C(4294967294) /* (uid_t)-1 means "no id" */
#define MAX_HOSTNAME 64			  /* sethostname(2) */

/* Room for one more element; the array stays as it was when memory ends. */
static void *grow(void *array, size_t n, size_t size, struct sbx_error *err)
{
	void *bigger = reallocarray(array, n + 1, size);
	if (!bigger)
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "options");
	return bigger;
}

static bool has_dot_dot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

static bool is_at_or_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* A target may be anywhere but over what the sandbox rests on. */
static int check_target(const char *target, struct sbx_error *err)
{
	static const char *const kept[] = {"/proc", "/sys"};
	size_t n = strlen(target);
	if (has_dot_dot(target))
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': a path inside may not contain '..'; write it out", target);
	if (n < 2 || target[n - 1] == '/' || strcmp(target, "/dev") == 0 || strstr(target, "//") ||
	    strstr(target, "/./"))
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': cannot be mounted over; name a plain path below /", target);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (is_at_or_below(target, kept[i]))
			return sbx_fail(
				err, SBX_E_USAGE,
				"'%s': nothing may be mounted at or below %s; name another path",
				target, kept[i]);
	return 0;
}

static int add_bind(struct sbx_options *o, enum sbx_bind_kind kind, const char *value,
		    struct sbx_error *err)
{
	/* SRC may hold colons of its own: the last ":/" is the border. */
	const char *border = NULL;
	for (const char *p = value; (p = strstr(p, ":/")) != NULL; p++)
		border = p;
	if (!border || border == value)
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': expected SRC:DST, DST being an absolute path inside", value);
	if (check_target(border + 1, err) < 0)
		return -1;
	struct sbx_bind *binds = grow(o->binds, o->n_binds, sizeof(*binds), err);
	if (!binds)
		return -1;
	o->binds = binds;
	char *source = strndup(value, (size_t)(border - value));
	if (!source)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "options");
	o->binds[o->n_binds++] = (struct sbx_bind){kind, source, border + 1};
	return 0;
}

/* A function that sets an option: SETTER(name) { ... `o`, `value`, `err` ... } */
#define SETTER(name)                                                                               \
	static int set_##name(struct sbx_options *o, const char *value, struct sbx_error *err)
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

SETTER(bind)
{
	return add_bind(o, SBX_BIND_WRITABLE, value, err);
}

SETTER(ro_bind)
{
	return add_bind(o, SBX_BIND_READ_ONLY, value, err);
}

SETTER(overlay)
{
	return add_bind(o, SBX_BIND_OVERLAY, value, err);
}

SETTER(layer)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->layer = value;
	return 0;
}

SETTER(base)
{
	if (!strchr(value, '/'))
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a path, with a '/' in it", value);
	o->base = value;
	return 0;
}

SETTER(root)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->root_dir = value;
	return 0;
}

SETTER(input)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a file");
	o->input = value;
	return 0;
}

SETTER(output)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->output = value;
	return 0;
}

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

SETTER(workdir)
{
	if (*value != '/')
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected an absolute path inside", value);
	o->workdir = value;
	return 0;
}

SETTER(env)
{
	const char *equals = strchr(value, '=');
	if (!equals || equals == value)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected NAME=VALUE", value);
	const char **env = grow(o->env, o->n_env, sizeof(*env), err);
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

SETTER(source_root)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->source_root = value;
	return 0;
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
#define LIMITS "Limits (only those asked for are set)"
#define RIGHTS "Rights"
#define REPORT "Reports and the rest"

const struct sbx_option sbx_option_table[] = {
	{"bind", "SRC:DST", FILES, "mount SRC of the host at DST inside, writable", set_bind},
	{"ro-bind", "SRC:DST", FILES, "mount SRC of the host at DST inside, read-only",
	 set_ro_bind},
	{"overlay", "SRC:DST", FILES,
	 "show folder SRC at DST; what is written there stays in the sandbox", set_overlay},
	{"layer", "DIR", FILES,
	 "keep what is written in DIR/upper (made when missing, with DIR/work) instead of in "
	 "memory",
	 set_layer},
	{"base", "DIR", FILES,
	 "TEMPLATE, a path, holds only what differs from this root file system, as an overlay's "
	 "layer",
	 set_base},
	{"input", "FILE", FILES, "the task's input: a copy of it, read-only at /task/input.json",
	 set_input},
	{"output", "DIR", FILES,
	 "copy plain files that the task leaves in /output into DIR when it has ended", set_output},
	{"source-root", "DIR", FILES,
	 "look for every SRC and --layer's DIR below this folder as if it were /: no link leads "
	 "out "
	 "of it",
	 set_source_root},
	{"workdir", "DIR", FILES, "the command's working directory (default: /)", set_workdir},
	{"sys", NULL, FILES, "mount /sys, read-only (default: it is empty)", set_sys},
#define X(kind, name, unit, max, arg, help) {name, arg, LIMITS, help, set_limit_##kind},
	SBX_LIMIT_TABLE(X)
#undef X
		{"net", "none|host", RIGHTS,
		 "network: only a loopback of its own (default), or all of the host's (filtered, "
		 "an "
		 "allow-list, comes later)",
		 set_net},
	{"dns", "ADDRESS", RIGHTS,
	 "a name server for /etc/resolv.conf inside, with --net host (may be repeated)", set_dns},
	{"user-namespace", "auto|yes|no", RIGHTS,
	 "started by root: make root inside nobody outside, where kernel and file systems can "
	 "(auto, default), or else fail (yes)",
	 set_user_namespace},
	{"user", "UID", RIGHTS, "user and group number inside (default: 0, without capabilities)",
	 set_user},
	{"profile", "task|build", RIGHTS,
	 "task: no capabilities (default); build: what maintainer scripts of packages need",
	 set_profile},
	{"syscalls", "CLASSES", RIGHTS,
	 "only the system calls that these classes take, a list with commas such as "
	 "python3,fs.write (see sbx-provision --classes)",
	 set_syscalls},
	{"cap", "NAME", RIGHTS, "a capability to keep, such as net_bind_service (default: none)",
	 set_cap},
	{"policy", "NAME|FILE", RIGHTS,
	 "allow no more than this: low, medium, high, paranoid, or a policy file (may be repeated; "
	 "the strictest counts)",
	 set_policy},
	{"defaults", "NAME|FILE", RIGHTS, "what holds where no option says anything, as a policy",
	 set_defaults},
	{"env", "NAME=VALUE", RIGHTS,
	 "set a variable; only PATH, HOME, LANG and TERM are there otherwise", set_env},
	{"hostname", "NAME", RIGHTS, "the host's name inside (default: sbx)", set_hostname},
	{"best-effort", NULL, REPORT,
	 "warn about a limit that cannot be enforced here instead of failing", set_best_effort},
	{"status-fd", "N", REPORT, "write one line of JSON there when the sandbox has ended",
	 set_status_fd},
	{"record", "WHAT", REPORT,
	 "observe for the status line: calls that are refused, network, files written, or all; a "
	 "list with commas",
	 set_record},
	{"dry-run", NULL, REPORT, "print what would be done, and do nothing", set_dry_run},
	{"json", NULL, REPORT, "with --dry-run: as JSON", set_json},
	{"root", "DIR", REPORT,
	 "where templates/ is (default: $SBX_ROOT, else /var/lib/sbx for root and "
	 "$XDG_DATA_HOME/sbx for others)",
	 set_root},
	{"help", NULL, REPORT, "print this", set_help},
	{NULL, NULL, NULL, NULL, NULL},
};
