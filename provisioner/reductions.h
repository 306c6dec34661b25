/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_REDUCTIONS_H
#define SBX_PROVISIONER_REDUCTIONS_H

#include "base/json.h"
#include "provisioner/policy.h"

/*
 * What an option asked for and a policy held down. Nothing fails for it, so it is told: as a line
 * on stderr, in --dry-run and in the record. A plain value, which a keeper hands to its server.
 */
enum {
	/* Behind the limits, each by its own number. */
	SBX_REDUCED_NET = SBX_N_LIMITS,
	SBX_REDUCED_USERNS,
	SBX_REDUCED_CAPABILITIES,
	SBX_REDUCED_CLASSES,
	SBX_N_REDUCIBLE
};

struct sbx_reduction {
	uint64_t asked, got; /* as in struct sbx_policy; asked 0: it was not reduced */
	char by[112];	     /* the policy's name or path, cut when it is longer */
};

struct sbx_reductions {
	struct sbx_reduction of[SBX_N_REDUCIBLE];
};

/* What of the wish has become less from `before` to `after`, because of the policy `by`. */
void sbx_reductions_note(struct sbx_reductions *r, const struct sbx_policy *asked,
			 const struct sbx_policy *before, const struct sbx_policy *after,
			 const char *by);

/* A line for each, with `prefix` in front. */
void sbx_reductions_add_lines(const struct sbx_reductions *r, const char *prefix,
			      struct sbx_buffer *out);

/* The member "reduced" of an object: an array. NULL: an empty one. */
void sbx_reductions_add_json(const struct sbx_reductions *r, struct sbx_json *w);

#endif
