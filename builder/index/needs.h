/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_NEEDS_H
#define SBX_BUILDER_INDEX_NEEDS_H

#include "builder/index/profile.h"

/* Turn facts into the profile's needs: who serves them and what becomes of them. */
gboolean sbx_needs_find(struct sbx_profile *profile, struct sbx_providers *providers,
			const struct sbx_facts *facts, GError **error);

/* An empty need, owned by the profile. */
struct sbx_need *sbx_profile_add_need(struct sbx_profile *profile);

struct sbx_unread *sbx_profile_add_unread(struct sbx_profile *profile);

/* The same of a need. Strings are filled in by the caller. */
struct sbx_provider *sbx_need_add_candidate(struct sbx_need *need);

/* Add where a fact was seen to a list of evidence; more than 100 places tell nobody anything. */
void sbx_evidence_add(GPtrArray *evidence, const struct sbx_fact *fact);
GPtrArray *sbx_evidence_list_new(void);

/* Would the task fail for want of it? */
gboolean sbx_need_is_missing(const struct sbx_need *need);

/* Of grades: the higher, the more a run depends on it. */
int sbx_needs_strength(enum sbx_grade grade);

#endif
