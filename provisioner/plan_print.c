/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <string.h>

#include "base/classes.h"
#include "provisioner/plan.h"

static const struct {
	const char *name, *source, *target, *number;
} rows[SBX_N_OPS] = {
#define X(kind, name, source, target, number) [SBX_OP_##kind] = {name, source, target, number},
	SBX_OP_TABLE(X)
#undef X
};

static const struct {
	unsigned flag;
	const char *name;
} namespaces[] = {
	{CLONE_NEWUSER, "user"}, {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
	{CLONE_NEWIPC, "ipc"},	 {CLONE_NEWUTS, "uts"},	 {CLONE_NEWCGROUP, "cgroup"},
	{CLONE_NEWNET, "net"},
};

const char *sbx_op_name(enum sbx_op_kind kind)
{
	return rows[kind].name;
}

/* What stands in place of a target, as words: the names of a set. */
static const char *words(const struct sbx_plan *plan, const struct sbx_op *op,
			 struct sbx_buffer *scratch)
{
	/* One that is made meanwhile has an operation of its own. */
	unsigned spawned = plan->namespaces & ~(plan->makes_net ? (unsigned)CLONE_NEWNET : 0);
	scratch->n_bytes = 0;
	if (op->kind == SBX_OP_SPAWN)
		for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
			if (spawned & namespaces[i].flag)
				sbx_buffer_printf(scratch, "%s%s", scratch->n_bytes ? "," : "",
						  namespaces[i].name);
	if (op->kind == SBX_OP_CLASSES)
		for (unsigned c = 0; c < SBX_N_CLASSES; c++)
			if (plan->classes & UINT64_C(1) << c)
				sbx_buffer_printf(scratch, "%s%s", scratch->n_bytes ? "," : "",
						  sbx_classes[c].name);
	if (op->kind == SBX_OP_GROUP)
		for (unsigned c = 0; c < SBX_N_CONTROLLERS; c++)
			if (op->number & 1U << c)
				sbx_buffer_printf(scratch, "%s%s", scratch->n_bytes ? "," : "",
						  sbx_controller_name(c));
	return scratch->n_bytes ? scratch->data : op->target;
}

void sbx_plan_add_text(const struct sbx_plan *plan, struct sbx_buffer *out)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer scratch = SBX_BUFFER_INIT;
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct sbx_op *op = &plan->ops[i];
		const char *target = words(plan, op, &scratch);
		sbx_buffer_add_string(out, rows[op->kind].name);
		if (*rows[op->kind].source)
			sbx_buffer_printf(out, " %s=%s", rows[op->kind].source, op->source);
		if (*rows[op->kind].target && target && *target)
			sbx_buffer_printf(out, " %s=%s", rows[op->kind].target, target);
		if (*rows[op->kind].number)
			sbx_buffer_printf(out,
					  op->kind == SBX_OP_BOUND ||
							  op->kind == SBX_OP_SECURE_BITS ||
							  op->kind == SBX_OP_CAPABILITIES
						  ? " %s=%#llx"
						  : " %s=%llu",
					  rows[op->kind].number, (unsigned long long)op->number);
		sbx_buffer_add(out, "\n", 1);
	}
}

void sbx_plan_add_json(const struct sbx_plan *plan, const struct sbx_options *options,
		       struct sbx_buffer *out)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer scratch = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = out, .pretty = true};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "format", "sbx-provision-plan-1");
	sbx_json_string(&w, "warning", plan->warning);
	sbx_reductions_add_json(plan->reduced, &w);
	sbx_json_begin_array(&w, "operations");
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct sbx_op *op = &plan->ops[i];
		const char *target = words(plan, op, &scratch);
		sbx_json_begin_object(&w, NULL);
		sbx_json_string(&w, "operation", rows[op->kind].name);
		if (*rows[op->kind].source)
			sbx_json_string(&w, rows[op->kind].source, op->source);
		if (*rows[op->kind].target)
			sbx_json_string(&w, rows[op->kind].target, target);
		if (*rows[op->kind].number)
			sbx_json_int(&w, rows[op->kind].number, (int64_t)op->number);
		if (op->kind == SBX_OP_COMMAND) {
			sbx_json_begin_array(&w, "arguments");
			for (char **arg = options->command; *arg; arg++)
				sbx_json_string(&w, NULL, *arg);
			sbx_json_end_array(&w);
		}
		sbx_json_end_object(&w);
	}
	sbx_json_end_array(&w);
	sbx_json_end_object(&w);
}
