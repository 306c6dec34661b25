/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/plan.h"

void sbx_plan_take_limits(const struct sbx_plan *plan, struct sbx_group_limits *out)
{
	out->n = 0;
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].kind == SBX_OP_GROUP_LIMIT) {
			out->limit[out->n].limit = (enum sbx_limit)plan->ops[i].index;
			out->limit[out->n++].value = plan->ops[i].number;
		}
}

static unsigned count(const struct sbx_group_limits *limits)
{
	return limits->n < SBX_N_LIMITS ? limits->n : SBX_N_LIMITS;
}

unsigned sbx_group_limits_mask(const struct sbx_group_limits *limits)
{
	unsigned mask = 0;
	for (unsigned i = 0; i < count(limits); i++)
		if (limits->limit[i].limit < SBX_N_LIMITS)
			mask |= 1U << sbx_limit_controller(limits->limit[i].limit);
	return mask;
}

int sbx_group_limits_set(const struct sbx_group_limits *limits, struct sbx_groups *groups,
			 unsigned n_own_pids, struct sbx_error *err)
{
	for (unsigned i = 0; i < count(limits); i++) {
		enum sbx_limit limit = limits->limit[i].limit;
		uint64_t more = limit == SBX_LIMIT_PIDS ? n_own_pids : 0;
		if (limit >= SBX_N_LIMITS)
			return sbx_fail(err, SBX_E_SANDBOX,
					"a keeper told of a limit there is not");
		if (sbx_group_limit(groups, limit, limits->limit[i].value + more, err) < 0)
			return -1;
	}
	return 0;
}
