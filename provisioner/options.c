/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fd.h"

/* Process 1 has the limit too, and some files open when it starts the command. */
#define LEAST_NOFILE 16

void sbx_options_release(struct sbx_options *o)
{
	for (size_t i = 0; i < o->n_binds; i++)
		free(o->binds[i].source);
	free(o->binds);
	free(o->env);
	free(o->ceilings);
	sbx_policy_keys_release(&o->policy_keys);
	*o = (struct sbx_options)SBX_OPTIONS_INIT;
}

const struct sbx_option *sbx_option_find(const char *name, size_t n)
{
	for (const struct sbx_option *row = sbx_option_table; row->name; row++)
		if (strlen(row->name) == n && memcmp(row->name, name, n) == 0)
			return row;
	return NULL;
}

/* One option at argv[*i], which moves to its last argument. */
static int parse_one(struct sbx_options *o, int argc, char **argv, int *i, struct sbx_error *err)
{
	const char *name = argv[*i] + 2, *equals = strchr(argv[*i], '=');
	bool is_long = argv[*i][1] == '-';
	size_t n = !is_long ? 0 : equals ? (size_t)(equals - name) : strlen(name);
	const struct sbx_option *row = is_long ? sbx_option_find(name, n) : NULL;
	if (!row)
		return sbx_fail(err, SBX_E_USAGE,
				"%s: no such option; see sbx-provision run --help", argv[*i]);
	const char *value = equals ? equals + 1 : NULL;
	if (!row->arg && value)
		return sbx_fail(err, SBX_E_USAGE, "--%s: takes no value; leave '=' out", row->name);
	if (row->arg && !value) {
		if (*i + 1 >= argc)
			return sbx_fail(err, SBX_E_USAGE, "--%s: is the last word; give it its %s",
					row->name, row->arg);
		value = argv[++*i];
	}
	if (row->set(o, value, err) < 0)
		return sbx_error_prefix(err, "--%s", row->name);
	return 0;
}

static char *no_command[] = {NULL};

static int check_together(struct sbx_options *o, struct sbx_error *err)
{
	if (!o->template)
		return sbx_fail(err, SBX_E_USAGE,
				"TEMPLATE is missing; see sbx-provision run --help");
	if (!o->command && o->is_live)
		o->command = no_command;
	if (!o->command)
		return sbx_fail(err, SBX_E_USAGE,
				"the command is missing; write -- COMMAND behind the template");
	if (o->json && !o->dry_run)
		return sbx_fail(err, SBX_E_USAGE,
				"--json: belongs to --dry-run; for a result use --status-fd");
	if (o->profile == SBX_PROFILE_BUILD && o->has_user && o->uid != 0)
		return sbx_fail(err, SBX_E_USAGE,
				"--user: the build profile is for user 0; leave one of them out");
	if (o->profile == SBX_PROFILE_BUILD && o->policy.has_classes)
		return sbx_fail(err, SBX_E_USAGE,
				"--syscalls: is for tasks, not for the build profile; leave one of "
				"them out");
	return 0;
}

int sbx_options_parse(struct sbx_options *o, int argc, char **argv, struct sbx_error *err)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			if (i + 1 < argc && *argv[i + 1])
				o->command = &argv[i + 1];
			break;
		}
		if (strcmp(argv[i], "-h") == 0) {
			o->help = true;
			return 0;
		}
		if (argv[i][0] == '-') {
			if (parse_one(o, argc, argv, &i, err) < 0)
				return -1;
			if (o->help)
				return 0;
		} else if (o->template) {
			return sbx_fail(
				err, SBX_E_USAGE,
				"%s: unexpected behind the template; write -- before the command",
				argv[i]);
		} else if (!*argv[i]) {
			return sbx_fail(err, SBX_E_USAGE,
					"TEMPLATE is empty; give an id, a name or a path");
		} else {
			o->template = argv[i];
		}
	}
	return check_together(o, err);
}

int sbx_options_parse_policies(struct sbx_options *o, int argc, char **argv, struct sbx_error *err)
{
	for (int i = 0; i < argc && !o->help; i++) {
		bool is_option = argv[i][0] == '-';
		o->is_settled = o->is_settled || is_option;
		if (strcmp(argv[i], "-h") == 0)
			o->help = true;
		else if ((is_option ? parse_one(o, argc, argv, &i, err)
				    : sbx_option_find("policy", 6)->set(o, argv[i], err)) < 0)
			return -1;
	}
	if (o->help || (!o->json && !o->dry_run))
		return 0;
	return sbx_fail(err, SBX_E_USAGE,
			"%s: is for run; a policy is printed as a key file, as --policy reads it",
			o->json ? "--json" : "--dry-run");
}

int sbx_options_hold(struct sbx_options *o, const char *name, const struct sbx_policy *policy,
		     struct sbx_error *err)
{
	struct sbx_ceiling *more =
		reallocarray(o->ceilings, o->n_ceilings + 1, sizeof(*o->ceilings));
	if (!more)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "policy %s", name);
	o->ceilings = more;
	o->ceilings[o->n_ceilings++] = (struct sbx_ceiling){name, *policy};
	return 0;
}

/* Let it be no laxer than the other, and note what of the wish that takes. */
static int hold_down(struct sbx_options *o, const struct sbx_policy *asked,
		     const struct sbx_policy *by, const char *name, struct sbx_error *err)
{
	const struct sbx_policy before = o->policy;
	if (sbx_policy_restrict(&o->policy, by, err) < 0)
		return -1;
	sbx_reductions_note(&o->reduced, asked, &before, &o->policy, name);
	return 0;
}

/*
 * A policy says how much there may be at most; where this process may have less than that, it gives
 * what it may. What an option asks for is not cut: the command may rely on it.
 */
static void cut_to_own(struct sbx_policy *policy, const struct sbx_policy *asked)
{
	static const struct {
		enum sbx_limit limit;
		int resource;
	} rows[] = {
		{SBX_LIMIT_NOFILE, RLIMIT_NOFILE},
		{SBX_LIMIT_FSIZE, RLIMIT_FSIZE},
		{SBX_LIMIT_CPU_TIME, RLIMIT_CPU},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t *value = &policy->limit[rows[i].limit];
		struct rlimit own;
		if (*value != asked->limit[rows[i].limit] &&
		    getrlimit(rows[i].resource, &own) == 0 && own.rlim_max < *value)
			*value = own.rlim_max;
	}
}

int sbx_options_settle(struct sbx_options *o, const char *host_policy, struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *text = NULL;
	size_t n_bytes = 0;
	struct sbx_policy host = {0}, asked = o->policy;
	/* The host's policy is for tasks. */
	if (o->profile == SBX_PROFILE_TASK &&
	    (sbx_policy_find_host(host_policy, &text, &n_bytes, err) < 0 ||
	     (text &&
	      sbx_policy_parse(&host, text, n_bytes, host_policy, &o->policy_keys, err) < 0)))
		return -1;
	/* A policy allows capabilities, it does not give them. */
	o->policy.has_capabilities = true;
	sbx_policy_fill(&o->policy, &o->defaults);
	if (!o->policy.net)
		o->policy.net = SBX_NET_NONE;
	if (o->profile == SBX_PROFILE_BUILD)
		o->policy.capabilities |= SBX_BUILD_CAPABILITIES;
	for (size_t i = 0; i < o->n_ceilings; i++)
		if (hold_down(o, &asked, &o->ceilings[i].policy, o->ceilings[i].name, err) < 0)
			return -1;
	if (hold_down(o, &asked, &host, host_policy, err) < 0)
		return -1;
	if (*o->dns && o->policy.net != SBX_NET_HOST)
		return sbx_fail(err, SBX_E_USAGE,
				"--dns: there is no network to ask by; add --net host, if policies "
				"allow it, or leave it out");
	if (!o->policy.userns)
		o->policy.userns = SBX_USERNS_AUTO;
	const struct sbx_policy before = o->policy;
	cut_to_own(&o->policy, &asked);
	sbx_reductions_note(&o->reduced, &asked, &before, &o->policy, "its caller's own limit");
	uint64_t nofile = o->policy.limit[SBX_LIMIT_NOFILE];
	if (nofile && nofile < LEAST_NOFILE)
		return sbx_fail(err, SBX_E_USAGE,
				"--nofile %llu%s: to start a command takes %d open files; allow as "
				"many",
				(unsigned long long)nofile,
				nofile != before.limit[SBX_LIMIT_NOFILE]
					? ", as this process may have (ulimit -n)"
					: "",
				LEAST_NOFILE);
	/* Maintainer scripts do more than any class has; what holds them is the build filter. */
	if (o->profile == SBX_PROFILE_BUILD)
		o->policy.has_classes = false;
	return 0;
}
