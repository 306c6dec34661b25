/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/zygote/text.h"

#include <string.h>

bool sbx_join_text_open(const struct sbx_join *join, char *text, struct sbx_join_text *out)
{
	uint64_t ops = join->n_ops * (uint64_t)sizeof(struct sbx_join_op);
	uint64_t filter = join->n_filter * (uint64_t)sizeof(struct sock_filter);
	if (ops + filter > join->n_bytes || join->n_filter > BPF_MAXINSNS)
		return false;
	*out = (struct sbx_join_text){
		.ops = (const struct sbx_join_op *)text,
		.filter = (const struct sock_filter *)(text + ops),
		.at = text + ops + filter,
		.end = text + join->n_bytes,
		.n_ops = join->n_ops,
	};
	return true;
}

int sbx_join_text_next(struct sbx_join_text *t, struct sbx_op *out)
{
	if (t->n_taken == t->n_ops)
		return 0;
	const struct sbx_join_op *op = &t->ops[t->n_taken++];
	if (t->at >= t->end || op->kind >= SBX_N_OPS)
		return -1;
	*out = (struct sbx_op){
		.kind = (enum sbx_op_kind)op->kind,
		.index = op->index,
		.number = op->number,
		.source = "",
		.target = t->at,
	};
	t->at += strlen(t->at) + 1;
	return 1;
}
