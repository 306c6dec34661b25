/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_CALL_H
#define SBX_PROFILER_CALL_H

#include "profiler/arguments.h"

/* Private to profiler/calls.c, call_names.c and call_effects.c: one call and what it means. */

#define N_MAX_CALL_BYTES 1024 /* of a call's name with its receiver */

/* A call whose rules are being looked at. */
struct sbx_call {
	struct sbx_scan *scan;
	struct sbx_place at;
	const char *name; /* resolved */
	const struct sbx_arguments *arguments;
	const struct sbx_call_rule *rule;
	const char *origin; /* the module that the name comes from; NULL: none */
	bool keeps_grade;
	size_t n_taken; /* values that made a need or a detail */
};

/* call_names.c */
/* "receiver.name" with the pattern's suffix, normalised; of a long receiver nothing remains. */
const char *sbx_call_written(struct sbx_scan *scan, const struct sbx_match *match, TSNode node);
/* The same with bindings followed; `name` itself when there is none. NULL: no memory, too long. */
const char *sbx_call_resolve(struct sbx_scan *scan, const char *name);

/* call_effects.c: when its conditions hold, what the rule says, as facts. */
void sbx_call_take_rule(struct sbx_call *call);

#endif
