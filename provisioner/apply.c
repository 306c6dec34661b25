/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/apply.h"

/* Done elsewhere: on the host by container*.c, at the end by init.c. */
#define ELSEWHERE(kind)                                                                            \
	int sbx_apply_##kind(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)  \
	{                                                                                          \
		return 0;                                                                          \
	}
ELSEWHERE(GROUP)
ELSEWHERE(SPAWN)
ELSEWHERE(MAKE_NETWORK)
ELSEWHERE(GROUP_LIMIT)
ELSEWHERE(CLASSES)
ELSEWHERE(COMMAND)

static int (*const functions[SBX_N_OPS])(struct sbx_apply *, const struct sbx_op *,
					 struct sbx_error *) = {
#define X(kind, name, source, target, number) [SBX_OP_##kind] = sbx_apply_##kind,
	SBX_OP_TABLE(X)
#undef X
};

int sbx_apply_op(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	return functions[op->kind](a, op, err);
}

int sbx_apply_ahead(struct sbx_apply *a, struct sbx_error *err)
{
	for (; a->n_done < a->plan->n_ops && a->plan->ops[a->n_done].kind != SBX_OP_STAY_INSIDE;
	     a->n_done++)
		if (sbx_apply_op(a, &a->plan->ops[a->n_done], err) < 0)
			return -1;
	return a->n_done < a->plan->n_ops ? sbx_landlock_prepare(a, err) : 0;
}

int sbx_apply_rest(struct sbx_apply *a, struct sbx_error *err)
{
	for (; a->n_done < a->plan->n_ops; a->n_done++)
		if (sbx_apply_op(a, &a->plan->ops[a->n_done], err) < 0)
			return -1;
	return 0;
}
