/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/plan.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "provisioner/filter.h"

/* What of /proc tells about the host, or lets root change it (the list of the OCI runtimes). */
static const char *const masked[] = {"acpi",	   "asound",	    "interrupts",  "kcore",
				     "keys",	   "latency_stats", "sched_debug", "scsi",
				     "timer_list", "timer_stats"};
static const char *const read_only[] = {"bus", "fs", "irq", "pressure", "sys", "sysrq-trigger"};

/* Numbers of the kernel's Documentation/admin-guide/devices.txt. */
static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{"null", 1, 3},	  {"zero", 1, 5},    {"full", 1, 7},
	{"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

void sbx_plan_release(struct sbx_plan *plan)
{
	free(plan->ops);
	free((char *)plan->warning);
	*plan = (struct sbx_plan){0};
}

/* A plan in the making; running out of memory sticks. */
struct maker {
	struct sbx_plan *plan;
	const struct sbx_options *options;
	const struct sbx_host *host;
	size_t room;
	bool failed;
};

static void add(struct maker *m, struct sbx_op op)
{
	if (m->plan->n_ops == m->room) {
		size_t room = m->room ? 2 * m->room : 96;
		struct sbx_op *ops = reallocarray(m->plan->ops, room, sizeof(*ops));
		if (!ops) {
			m->failed = true;
			return;
		}
		m->plan->ops = ops;
		m->room = room;
	}
	m->plan->ops[m->plan->n_ops++] = op;
}

#define ADD(m, what, ...) add(m, (struct sbx_op){.kind = SBX_OP_##what, __VA_ARGS__})

static const struct {
	const char *option;
	size_t offset;
} limits[SBX_N_CONTROLLERS] = {
	[SBX_CONTROLLER_MEMORY] = {"--memory",
				   offsetof(struct sbx_options, policy.limit[SBX_LIMIT_MEMORY])},
	[SBX_CONTROLLER_CPU] = {"--cpus",
				offsetof(struct sbx_options, policy.limit[SBX_LIMIT_CPUS])},
	[SBX_CONTROLLER_PIDS] = {"--pids",
				 offsetof(struct sbx_options, policy.limit[SBX_LIMIT_PIDS])},
};

static uint64_t limit_asked(const struct sbx_options *o, unsigned controller)
{
	if (!limits[controller].option)
		return 0;
	return *(const uint64_t *)((const char *)o + limits[controller].offset);
}

/*
 * A limit that no cgroup can set. Since Linux 5.14 RLIMIT_NPROC counts per user namespace, so it
 * is as good as a cgroup for an ordinary user; nothing of the kind is there for the others.
 */
static bool has_substitute(const struct maker *m, unsigned controller)
{
	return controller == SBX_CONTROLLER_PIDS && !m->host->privileged;
}

static int check_missing(struct maker *m, struct sbx_error *err)
{
	char names[64] = "";
	for (unsigned c = 0; c < SBX_N_CONTROLLERS; c++) {
		if (!(m->host->places->missing & 1U << c) || !limit_asked(m->options, c) ||
		    has_substitute(m, c))
			continue;
		m->plan->unenforced |= 1U << c;
		strcat(names, *names ? ", " : "");
		strcat(names, limits[c].option);
	}
	if (!*names)
		return 0;
	if (!m->options->best_effort)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"%s: no cgroup here lets this user set it; run as root or in a "
				"delegated cgroup, or accept less with --best-effort",
				names);
	const char *memory = m->plan->unenforced & 1U << SBX_CONTROLLER_MEMORY
				     ? " (--memory holds for each process's data alone)"
				     : "";
	char *warning;
	if (asprintf(&warning, "%s: not enforced here, no cgroup lets this user set it%s", names,
		     memory) < 0)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "plan");
	m->plan->warning = warning;
	return 0;
}

static void add_groups(struct maker *m)
{
	const struct sbx_places *places = m->host->places;
	for (unsigned i = 0; i < places->n; i++)
		ADD(m, GROUP, .source = places->place[i].parent, .index = i,
		    .number = places->place[i].controllers);
	for (unsigned c = 0; c < SBX_N_CONTROLLERS; c++) {
		uint64_t value = limit_asked(m->options, c);
		/* Our own first process inside is not the task's. */
		if (c == SBX_CONTROLLER_PIDS && value)
			value += m->host->is_forked ? 1 + SBX_FORKED_PIDS : 1;
		if (value && !(places->missing & 1U << c))
			ADD(m, GROUP_LIMIT, .target = sbx_controller_name(c), .number = value,
			    .index = c);
	}
}

static void add_mounts(struct maker *m)
{
	const struct sbx_options *o = m->options;
	ADD(m, PRIVATE_MOUNTS);
	if (!m->host->privileged && !m->host->maps_all_ids)
		ADD(m, ID_MAP, .number = o->uid);
	ADD(m, STAGING, .source = m->host->lower, .number = o->policy.limit[SBX_LIMIT_DISK]);
	if (o->layer)
		ADD(m, LAYER, .source = o->layer);
	/* A user namespace may write only user.* attributes. */
	ADD(m, ROOT, .source = m->host->lower, .target = m->host->privileged ? "" : ",userxattr");
	ADD(m, PROC);
	/* Below the zygotes' are those of all tasks, each of which has these limits itself. */
	if (m->plan->namespaces & CLONE_NEWUSER && !m->host->has_zygotes) {
		ADD(m, USER_LIMIT, .target = "max_user_namespaces", .number = 0);
		ADD(m, USER_LIMIT, .target = "max_inotify_instances", .number = 32);
	}
	for (size_t i = 0; i < N_OF(masked); i++)
		ADD(m, MASK, .target = masked[i]);
	for (size_t i = 0; i < N_OF(read_only); i++)
		ADD(m, READ_ONLY, .target = read_only[i]);
	ADD(m, DEV, .index = m->host->makes_nodes);
	for (size_t i = 0; i < N_OF(nodes); i++)
		ADD(m, DEV_NODE, .target = nodes[i].name, .index = m->host->makes_nodes,
		    .number = makedev(nodes[i].major, nodes[i].minor));
	ADD(m, TMP, .source = "tmp", .target = "/tmp");
	if (o->sys)
		ADD(m, SYS);
	static const enum sbx_op_kind kinds[] = {SBX_OP_BIND, SBX_OP_RO_BIND, SBX_OP_OVERLAY};
	for (size_t i = 0; i < o->n_binds; i++)
		add(m, (struct sbx_op){.kind = kinds[o->binds[i].kind],
				       .source = o->binds[i].source,
				       .target = o->binds[i].target,
				       .number = m->host->privileged ? 0 : 1});
}

/* Behind what the caller mounts: /task may be one of that. */
static void add_in_and_out(struct maker *m)
{
	const struct sbx_options *o = m->options;
	if (o->input)
		ADD(m, INPUT, .source = o->input, .target = SBX_INPUT_PATH);
	if (o->output)
		ADD(m, OUTPUT, .target = SBX_OUTPUT_PATH);
}

/* Is the path, where we mount something of its own, one that may be written to? */
static bool may_write(const struct sbx_policy *policy, const char *path)
{
	struct sbx_policy own = {
		.has_writable = true,
		.writable = {.path = {path}, .n = 1},
	};
	return sbx_policy_restrict(&own, policy, NULL) == 0 && own.writable.n > 0;
}

/* What lies on mounts of its own is not held by a root that is read-only. */
static void add_files(struct maker *m)
{
	const struct sbx_policy *policy = &m->options->policy;
	const char *const own[] = {"/tmp", "/dev/shm", SBX_OUTPUT_PATH};
	size_t n_own = N_OF(own) - (m->options->output ? 0 : 1);
	for (unsigned i = 0; i < policy->writable.n; i++)
		ADD(m, WRITABLE, .target = policy->writable.path[i]);
	for (size_t i = 0; policy->has_writable && i < n_own; i++)
		if (!may_write(policy, own[i]))
			ADD(m, PROTECT, .target = own[i]);
	for (size_t i = 0; policy->has_writable && i < m->options->n_binds; i++)
		if (m->options->binds[i].kind != SBX_BIND_READ_ONLY &&
		    !may_write(policy, m->options->binds[i].target))
			ADD(m, PROTECT, .target = m->options->binds[i].target);
	if (policy->has_writable)
		ADD(m, PROTECT_ROOT);
	for (unsigned i = 0; i < policy->read_only.n; i++)
		ADD(m, PROTECT, .target = policy->read_only.path[i]);
	for (unsigned i = 0; i < policy->hidden.n; i++)
		ADD(m, HIDE, .target = policy->hidden.path[i]);
}

static void add_rlimit(struct maker *m, const char *name, unsigned resource, uint64_t value)
{
	ADD(m, RLIMIT, .target = name, .index = resource, .number = value);
}

static void add_rlimits(struct maker *m)
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

static void add_rights(struct maker *m)
{
	const struct sbx_options *o = m->options;
	bool build = o->profile == SBX_PROFILE_BUILD;
	uint64_t kept = o->policy.capabilities;
	uint64_t refusals = sbx_filter_refusals(o->policy.unknown, o->policy.dangerous);
	/* What only the command's own filter asks about must not be refused by ours before. */
	uint64_t asking = o->record & SBX_RECORD_CALLS ? SBX_REFUSALS_ASK : 0;
	add_rlimits(m);
	ADD(m, BOUND, .number = kept);
	ADD(m, USER, .number = o->uid, .index = m->host->privileged || m->host->maps_all_ids);
	ADD(m, CAPABILITIES, .number = kept);
	ADD(m, NO_NEW_PRIVILEGES);
	if (m->host->has_landlock)
		ADD(m, STAY_INSIDE);
	enum sbx_filter filter = m->host->has_zygotes  ? SBX_FILTER_ZYGOTE
				 : !build	       ? SBX_FILTER_TASK
				 : m->host->privileged ? SBX_FILTER_BUILD
						       : SBX_FILTER_EMULATED;
	ADD(m, FILTER, .target = sbx_filter_name(filter), .index = filter,
	    .number = refusals | asking);
	m->plan->filter = filter;
	/* Behind the other, and for the command alone: process 1 does what no class has. */
	if (o->policy.has_classes)
		ADD(m, CLASSES, .number = refusals);
}

int sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
		  const struct sbx_host *host, struct sbx_error *err)
{
	struct maker maker = {.plan = plan, .options = options, .host = host}, *m = &maker;
	*plan = (struct sbx_plan){0};
	if (check_missing(m, err) < 0)
		return -1;
	plan->classes = options->policy.classes;
	plan->maps_all_ids = host->maps_all_ids;
	plan->namespaces =
		CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
		(host->privileged ? 0 : CLONE_NEWUSER) |
		(options->policy.net == SBX_NET_NONE && !host->has_net ? CLONE_NEWNET : 0);
	add_groups(m);
	ADD(m, SPAWN);
	add_mounts(m);
	add_in_and_out(m);
	add_files(m);
	ADD(m, HOSTNAME, .target = options->hostname);
	if (options->policy.net == SBX_NET_NONE && !host->has_net)
		ADD(m, LOOPBACK);
	if (options->output || options->record & SBX_RECORD_FILES)
		ADD(m, HAND_OUT);
	ADD(m, PIVOT);
	ADD(m, WORKDIR, .target = options->workdir ? options->workdir : "/");
	add_rights(m);
	if (options->command[0])
		ADD(m, COMMAND, .target = options->command[0]);
	if (!maker.failed)
		return 0;
	sbx_plan_release(plan);
	return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "plan");
}
