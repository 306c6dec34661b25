/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_PLAN_MAKER_H
#define SBX_PROVISIONER_PLAN_MAKER_H

#include "provisioner/plan.h"

/* What the files that make a plan share: plan.c the order, plan_*.c the operations. */

/* A plan in the making; running out of memory sticks. */
struct sbx_plan_maker {
	struct sbx_plan *plan;
	const struct sbx_options *options;
	const struct sbx_host *host;
	size_t room;
	bool failed;
};

void sbx_plan_add(struct sbx_plan_maker *m, struct sbx_op op);
#define ADD(m, what, ...) sbx_plan_add(m, (struct sbx_op){.kind = SBX_OP_##what, __VA_ARGS__})

/* A line for people, in front of which others may stand. */
int sbx_plan_warn(struct sbx_plan_maker *m, struct sbx_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* plan_settle.c: is what was asked for to be had here? What is not fails, or is noted and warned.
 */
int sbx_plan_settle(struct sbx_plan_maker *m, struct sbx_error *err);

/* plan_files.c: all mounts, and what policies say of paths. */
void sbx_plan_add_mounts(struct sbx_plan_maker *m);
int sbx_plan_add_files(struct sbx_plan_maker *m, struct sbx_error *err);

/* plan_rights.c: what the process may, from limits to filters. */
void sbx_plan_add_rights(struct sbx_plan_maker *m);
void sbx_plan_add_user_limits(struct sbx_plan_maker *m);

#endif
