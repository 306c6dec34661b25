/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ZYGOTE_TEXT_H
#define SBX_PROVISIONER_ZYGOTE_TEXT_H

#include <linux/filter.h>
#include <stdbool.h>

#include "provisioner/plan.h"
#include "provisioner/zygote/join.h"

/* The text of a join: join.h says what is in it. It points into what was received. */
struct sbx_join_text {
	const struct sbx_join_op *ops;
	const struct sock_filter *filter;
	char *at, *end; /* the next operation's target */
	uint32_t n_ops, n_taken;
};

/* Of join->n_bytes, the last of which is 0. False: it is too short for what it says it has. */
bool sbx_join_text_open(const struct sbx_join *join, char *text, struct sbx_join_text *out);

/* The next operation: 1, 0 behind the last one, -1 when it is none that there is. */
int sbx_join_text_next(struct sbx_join_text *t, struct sbx_op *out);

#endif
