/* SPDX-License-Identifier: Apache-2.0 */
/* What its processes may: limits, user, capabilities, filters. */
#include <linux/securebits.h>
#include <sys/resource.h>

#include "provisioner/filter.h"
#include "provisioner/plan_maker.h"

/* In a user namespace: what is counted there is counted for who made it as well. */
void sbx_plan_add_user_limits(struct sbx_plan_maker *m)
{
	ADD(m, USER_LIMIT, .target = "max_user_namespaces", .number = 0);
	ADD(m, USER_LIMIT, .target = "max_inotify_instances", .number = 32);
}

static void add_rlimit(struct sbx_plan_maker *m, const char *name, unsigned resource,
		       uint64_t value)
{
	ADD(m, RLIMIT, .target = name, .index = resource, .number = value);
}

static void add_rlimits(struct sbx_plan_maker *m)
{
	const struct sbx_options *o = m->options;
	unsigned missing = m->host->places->missing;
	/* Not 0: a handler that core_pattern pipes to would still be started, as the host's root.
	 */
	add_rlimit(m, "core", RLIMIT_CORE, 1);
	/* Whatever the caller may: no real-time scheduling, which the CPU quota does not hold. */
	add_rlimit(m, "rtprio", RLIMIT_RTPRIO, 0);
	add_rlimit(m, "nice", RLIMIT_NICE, 0);
	/* Counted for the user, whoever else that is. */
	add_rlimit(m, "sigpending", RLIMIT_SIGPENDING, 4096);
	if (o->policy.limit[SBX_LIMIT_NOFILE])
		add_rlimit(m, "nofile", RLIMIT_NOFILE, o->policy.limit[SBX_LIMIT_NOFILE]);
	if (o->policy.limit[SBX_LIMIT_FSIZE])
		add_rlimit(m, "fsize", RLIMIT_FSIZE, o->policy.limit[SBX_LIMIT_FSIZE]);
	if (o->policy.limit[SBX_LIMIT_PIDS] && (missing & 1U << SBX_CONTROLLER_PIDS) &&
	    !m->host->privileged)
		add_rlimit(m, "nproc", RLIMIT_NPROC, o->policy.limit[SBX_LIMIT_PIDS] + 1);
	if (o->policy.limit[SBX_LIMIT_CPU_TIME])
		add_rlimit(m, "cpu-time", RLIMIT_CPU, o->policy.limit[SBX_LIMIT_CPU_TIME]);
	/* Not RLIMIT_AS: interpreters reserve far more address space than they ever use. */
	if (o->policy.limit[SBX_LIMIT_MEMORY] && (missing & 1U << SBX_CONTROLLER_MEMORY))
		add_rlimit(m, "data", RLIMIT_DATA, o->policy.limit[SBX_LIMIT_MEMORY]);
}

/*
 * The number 0 gives nothing by itself, and none of that can be changed (capabilities(7)). What
 * keeps capabilities needs the number's rules: as root for what it executes, and otherwise to keep
 * them beyond becoming that user, and beyond executing, as ambient ones.
 */
static uint64_t secure_bits(uint64_t kept, uid_t uid)
{
	const uint64_t always =
		SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED;
	const uint64_t ambient = SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
	if (!kept)
		return always | ambient | SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP;
	return uid == 0 ? always | ambient : always | SECBIT_NO_SETUID_FIXUP;
}

/* A file that it leaves outside must not give its owner's rights to whoever executes it. */
static enum sbx_filter task_filter(const struct sbx_options *o)
{
	bool shares = o->layer != NULL;
	for (size_t i = 0; i < o->n_binds; i++)
		shares = shares || o->binds[i].kind == SBX_BIND_WRITABLE;
	return shares ? SBX_FILTER_SHARING : SBX_FILTER_TASK;
}

void sbx_plan_add_rights(struct sbx_plan_maker *m)
{
	const struct sbx_options *o = m->options;
	bool build = o->profile == SBX_PROFILE_BUILD;
	uint64_t kept = o->policy.capabilities;
	uint64_t refusals = sbx_filter_refusals(o->policy.unknown, o->policy.dangerous);
	/* What only the command's own filter asks about must not be refused by ours before. */
	uint64_t asking = o->record & SBX_RECORD_CALLS ? SBX_REFUSALS_ASK : 0;
	add_rlimits(m);
	if (m->plan->maps_ids) {
		ADD(m, USER_NAMESPACE, .number = o->uid);
		sbx_plan_add_user_limits(m);
	}
	ADD(m, BOUND, .number = kept);
	ADD(m, SECURE_BITS, .number = secure_bits(kept, o->uid));
	ADD(m, USER, .number = o->uid, .index = m->host->privileged || m->host->maps_all_ids);
	ADD(m, CAPABILITIES, .number = kept, .index = kept && o->uid != 0);
	ADD(m, NO_NEW_PRIVILEGES);
	enum sbx_filter filter = m->host->has_zygotes			     ? SBX_FILTER_ZYGOTE
				 : !build				     ? task_filter(o)
				 : m->host->privileged || m->host->is_nested ? SBX_FILTER_BUILD
									     : SBX_FILTER_EMULATED;
	ADD(m, FILTER, .target = sbx_filter_name(filter), .index = filter,
	    .number = refusals | asking);
	m->plan->filter = filter;
	/* Behind it, which lets it through, as it has to know what 0, 1 and 2 are. */
	if (m->host->has_landlock)
		ADD(m, STAY_INSIDE);
	/* Behind the other, and for the command alone: process 1 does what no class has. */
	if (o->policy.has_classes)
		ADD(m, CLASSES, .number = refusals);
}
