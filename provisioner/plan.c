/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/plan.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "provisioner/filter.h"
#include "provisioner/ids.h"

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

/* A line for people, in front of which others may stand. */
static int warn(struct maker *m, struct sbx_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int warn(struct maker *m, struct sbx_error *err, const char *format, ...)
{
	char *line = NULL, *both = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&line, format, args);
	va_end(args);
	if (n >= 0 && m->plan->warning)
		n = asprintf(&both, "%s; %s", m->plan->warning, line);
	if (n < 0) {
		free(line);
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "plan");
	}
	if (both) {
		free(line);
		free((char *)m->plan->warning);
	}
	m->plan->warning = both ? both : line;
	return 0;
}

/*
 * A limit that no cgroup can set. Since Linux 5.14 RLIMIT_NPROC counts per user namespace, so it
 * is as good as a cgroup for an ordinary user; nothing of the kind is there for the others.
 */
static bool has_substitute(const struct maker *m, unsigned controller)
{
	return controller == SBX_CONTROLLER_PIDS && !m->host->privileged;
}

static int check_limits(struct maker *m, struct sbx_error *err)
{
	char names[96] = "";
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		unsigned c = sbx_limit_controller(i);
		if (!m->options->policy.limit[i] || c == SBX_N_CONTROLLERS ||
		    !(m->host->places->missing & 1U << c) || has_substitute(m, c))
			continue;
		m->plan->unenforced |= 1U << c;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s--%s",
			 *names ? ", " : "", sbx_limit_name(i));
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
	return warn(m, err, "%s: not enforced here, no cgroup lets this user set it%s", names,
		    memory);
}

/* What nobody can hold on a folder; where it is held, it is looked at once more when mounted. */
static int settle_layer(struct maker *m, struct sbx_error *err)
{
	const struct sbx_options *o = m->options;
	if (!o->layer || !o->best_effort || !m->host->has_wide_layer)
		return 0;
	m->plan->unenforced |= SBX_UNENFORCED_DISK;
	return warn(m, err, "--disk: not enforced for --layer %s, its file system is larger",
		    o->layer);
}

/*
 * What counts among the sandbox's own ids and files. Other capabilities are about namespaces or the
 * machine, which belong to the host's root and not to a user namespace inside.
 */
#define COUNTS_INSIDE (SBX_BUILD_CAPABILITIES | SBX_CAPABILITY(DAC_READ_SEARCH))

/* Why root inside shall not be nobody outside; NULL: it may. */
static const char *against_user_namespace(const struct sbx_options *o)
{
	if (o->profile == SBX_PROFILE_BUILD)
		return "maintainer scripts write files with owners of the host";
	if (o->policy.capabilities & ~COUNTS_INSIDE)
		return "what --cap asks for counts for nothing there";
	if (o->uid >= SBX_IDS_IN_EACH)
		return "--user is above 65535, the last number inside";
	return NULL;
}

bool sbx_plan_wants_ids(const struct sbx_options *options, const struct sbx_host *host)
{
	return host->privileged && options->policy.userns >= SBX_USERNS_AUTO &&
	       !against_user_namespace(options);
}

static int settle_user_namespace(struct maker *m, struct sbx_error *err)
{
	enum sbx_userns asked = m->options->policy.userns;
	bool zygote = m->host->maps_all_ids && !m->host->is_nested;
	/* Root of zygotes is nobody already. */
	if ((!m->host->privileged && !zygote) || asked < SBX_USERNS_AUTO || m->host->first_id)
		return 0;
	const char *why =
		zygote ? "zygotes have the ids of the host here, and what is forked from them too"
		       : against_user_namespace(m->options);
	why = why ? why : m->host->no_userns;
	m->plan->maps_ids = !why;
	if (!why || asked == SBX_USERNS_AUTO)
		return 0;
	if (!m->options->best_effort)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"--user-namespace yes: %s; ask for auto, if policies allow it, or "
				"accept less with --best-effort",
				why);
	m->plan->unenforced |= SBX_UNENFORCED_USERNS;
	return warn(m, err, "--user-namespace: root inside is root outside here: %s", why);
}

static void add_groups(struct maker *m)
{
	const struct sbx_places *places = m->host->places;
	for (unsigned i = 0; i < places->n; i++)
		ADD(m, GROUP, .source = places->place[i].parent, .index = i,
		    .number = places->place[i].controllers);
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		unsigned c = sbx_limit_controller(i);
		uint64_t value = m->options->policy.limit[i];
		if (!value || c == SBX_N_CONTROLLERS || places->missing & 1U << c)
			continue;
		/* Our own first process inside is not the task's. */
		unsigned own = i != SBX_LIMIT_PIDS  ? 0
			       : m->host->is_forked ? 1 + SBX_FORKED_PIDS
						    : 1;
		ADD(m, GROUP_LIMIT, .target = sbx_limit_name(i), .index = i, .number = value + own);
	}
}

/* In a user namespace: what is counted there is counted for who made it as well. */
static void add_user_limits(struct maker *m)
{
	ADD(m, USER_LIMIT, .target = "max_user_namespaces", .number = 0);
	ADD(m, USER_LIMIT, .target = "max_inotify_instances", .number = 32);
}

static void add_mounts(struct maker *m)
{
	const struct sbx_options *o = m->options;
	ADD(m, PRIVATE_MOUNTS);
	if (!m->host->privileged && !m->host->maps_all_ids)
		ADD(m, ID_MAP, .number = o->uid);
	ADD(m, STAGING, .source = m->host->lower, .number = o->policy.limit[SBX_LIMIT_DISK]);
	if (m->host->base)
		ADD(m, BASE, .source = m->host->base);
	if (o->layer)
		ADD(m, LAYER, .source = o->layer,
		    .number = o->best_effort ? 0 : o->policy.limit[SBX_LIMIT_DISK]);
	/* A user namespace may write only user.* attributes. */
	ADD(m, ROOT, .source = m->host->lower, .target = m->host->privileged ? "" : ",userxattr");
	ADD(m, PROC);
	/* Below the zygotes' are those of all tasks, each of which has these limits itself. */
	if (m->plan->namespaces & CLONE_NEWUSER && !m->host->has_zygotes)
		add_user_limits(m);
	for (size_t i = 0; i < N_OF(masked); i++)
		ADD(m, MASK, .target = masked[i]);
	for (size_t i = 0; i < N_OF(read_only); i++)
		ADD(m, READ_ONLY, .target = read_only[i]);
	ADD(m, DEV, .index = m->host->makes_nodes);
	for (size_t i = 0; i < N_OF(nodes); i++)
		ADD(m, DEV_NODE, .target = nodes[i].name, .index = m->host->makes_nodes,
		    .number = makedev(nodes[i].major, nodes[i].minor));
	ADD(m, TMP, .source = "tmp", .target = "/tmp");
	/* Before the binds: one of /etc is not to be written to. */
	if (*o->dns)
		ADD(m, DNS, .target = o->dns);
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

static int protect_bind(struct maker *m, const struct sbx_bind *bind, struct sbx_error *err)
{
	ADD(m, PROTECT, .target = bind->target);
	return warn(m, err, "--%s %s:%s: read-only inside, policies let others be written to",
		    bind->kind == SBX_BIND_OVERLAY ? "overlay" : "bind", bind->source,
		    bind->target);
}

/* What lies on mounts of its own is not held by a root that is read-only. */
static int add_files(struct maker *m, struct sbx_error *err)
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
		    !may_write(policy, m->options->binds[i].target) &&
		    protect_bind(m, &m->options->binds[i], err) < 0)
			return -1;
	if (policy->has_writable)
		ADD(m, PROTECT_ROOT);
	for (unsigned i = 0; i < policy->read_only.n; i++)
		ADD(m, PROTECT, .target = policy->read_only.path[i]);
	for (unsigned i = 0; i < policy->hidden.n; i++)
		ADD(m, HIDE, .target = policy->hidden.path[i]);
	return 0;
}

/*
 * To make a network namespace takes as long as all mounts together; so whoever may make it out here
 * does so meanwhile. /sys shows the one that its mounter is in.
 */
static void settle_net(struct maker *m)
{
	m->plan->makes_net =
		m->plan->namespaces & CLONE_NEWNET && m->host->makes_net && !m->options->sys;
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

static void add_rights(struct maker *m)
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
		add_user_limits(m);
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

int sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
		  const struct sbx_host *host, struct sbx_error *err)
{
	struct maker maker = {.plan = plan, .options = options, .host = host}, *m = &maker;
	*plan = (struct sbx_plan){0};
	if (check_limits(m, err) < 0 || settle_layer(m, err) < 0 ||
	    settle_user_namespace(m, err) < 0) {
		sbx_plan_release(plan);
		return -1;
	}
	plan->reduced = &options->reduced;
	plan->classes = options->policy.classes;
	plan->maps_all_ids = host->maps_all_ids;
	plan->namespaces =
		CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
		(host->privileged ? 0 : CLONE_NEWUSER) |
		(options->policy.net != SBX_NET_HOST && !host->has_net ? CLONE_NEWNET : 0);
	settle_net(m);
	add_groups(m);
	ADD(m, SPAWN);
	add_mounts(m);
	add_in_and_out(m);
	if (add_files(m, err) < 0) {
		sbx_plan_release(plan);
		return -1;
	}
	ADD(m, HOSTNAME, .target = options->hostname);
	if (plan->namespaces & CLONE_NEWNET && !plan->makes_net)
		ADD(m, LOOPBACK);
	if (options->output || options->record & SBX_RECORD_FILES)
		ADD(m, HAND_OUT);
	ADD(m, PIVOT);
	ADD(m, WORKDIR, .target = options->workdir ? options->workdir : "/");
	if (plan->makes_net)
		ADD(m, NETWORK);
	add_rights(m);
	if (options->command[0])
		ADD(m, COMMAND, .target = options->command[0]);
	if (!maker.failed)
		return 0;
	sbx_plan_release(plan);
	return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "plan");
}
