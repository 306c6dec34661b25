/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_IMPLIED_H
#define SBX_BUILDER_INDEX_IMPLIED_H

#include "builder/index/profile.h"

/*
 * How sure an implied need is: a rule of calls.conf says that an API goes with a module, the
 * archive says whether the packages of the API and of the module know of each other.
 */

/* What a package that is certainly needed says of the one that would serve the implied need. */
enum sbx_relation {
	SBX_RELATION_NONE,
	SBX_RELATION_SUGGESTS,
	SBX_RELATION_RECOMMENDS,
	SBX_RELATION_DEPENDS, /* directly or through others: it is there anyway */
};

/* All that is known about one implied need. */
struct sbx_implied {
	const struct sbx_facts *facts; /* of the whole task */
	const struct sbx_need *need;   /* confidence as the rule and its place give it */
	enum sbx_relation relation;    /* the strongest of those to the task's other packages */
};

/*
 * THE SEAM: facts in, one graded need out, without side effects. What is here is a table; a model
 * that was trained on what tasks turned out to use takes its place by computing the same number
 * from the same struct. From 0 to 1.
 */
double sbx_implied_confidence(const struct sbx_implied *implied);

/* Grade all implied needs of a profile whose providers are chosen. */
gboolean sbx_implied_grade(struct sbx_profile *profile, struct sbx_providers *providers,
			   const struct sbx_facts *facts, GError **error);

#endif
