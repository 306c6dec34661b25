/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_ARGUMENTS_H
#define SBX_PROFILER_ARGUMENTS_H

#include "profiler/call_rules.h"
#include "profiler/scan.h"

/* Private to profiler/: the arguments of one call, as rules ask for them. */

struct sbx_argument {
	const char *key;     /* NULL: by its place */
	const char **values; /* of a list several; SBX_HOLE for what cannot be seen */
	size_t n_values;     /* of the argument itself */
	size_t n_all;	     /* with what stands in calls inside of it: for conditions only */
};

struct sbx_arguments {
	struct sbx_argument *all;
	size_t n, room;
};

/* Add what @arguments holds, or one @argument. In the scan's arena, but for `all`: free() it. */
void sbx_arguments_add_node(struct sbx_scan *scan, struct sbx_arguments *arguments, TSNode node);
void sbx_arguments_add_one(struct sbx_scan *scan, struct sbx_arguments *arguments, TSNode node);
/* The words behind a command: options are keywords, with the next word for a value. */
void sbx_arguments_add_words(struct sbx_scan *scan, struct sbx_arguments *arguments,
			     const struct sbx_word *words, size_t n_words);

/*
 * The values that a rule means: "2", "1|path" (by place or by name), "*" (all that are given by
 * place). Calls `take` for each argument; false when there is none.
 */
bool sbx_arguments_each(const struct sbx_arguments *arguments, const char *which,
			void (*take)(void *data, const struct sbx_argument *argument), void *data);

/* Does the condition hold for these arguments? */
bool sbx_arguments_meet(const struct sbx_arguments *arguments,
			const struct sbx_call_condition *condition);

/* Is the value of this form (a glob with @(a|b))? */
bool sbx_argument_matches(const char *value, const char *glob);

#endif
