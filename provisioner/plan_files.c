/* SPDX-License-Identifier: Apache-2.0 */
/* What the sandbox sees: mounts, devices, what is handed in, and what policies say of paths. */
#include <sched.h>
#include <sys/sysmacros.h>

#include "provisioner/plan_maker.h"

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

/* Behind what the caller mounts: /task may be one of that. */
static void add_in_and_out(struct sbx_plan_maker *m)
{
	const struct sbx_options *o = m->options;
	if (o->input)
		ADD(m, INPUT, .source = o->input, .target = SBX_INPUT_PATH);
	if (o->output)
		ADD(m, OUTPUT, .target = SBX_OUTPUT_PATH);
}

void sbx_plan_add_mounts(struct sbx_plan_maker *m)
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
		sbx_plan_add_user_limits(m);
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
		sbx_plan_add(m, (struct sbx_op){.kind = kinds[o->binds[i].kind],
						.source = o->binds[i].source,
						.target = o->binds[i].target,
						.number = m->host->privileged ? 0 : 1});
	add_in_and_out(m);
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

static int protect_bind(struct sbx_plan_maker *m, const struct sbx_bind *bind,
			struct sbx_error *err)
{
	ADD(m, PROTECT, .target = bind->target);
	return sbx_plan_warn(
		m, err, "--%s %s:%s: read-only inside, policies let others be written to",
		bind->kind == SBX_BIND_OVERLAY ? "overlay" : "bind", bind->source, bind->target);
}

/* What lies on mounts of its own is not held by a root that is read-only. */
int sbx_plan_add_files(struct sbx_plan_maker *m, struct sbx_error *err)
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
