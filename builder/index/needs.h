/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_NEEDS_H
#define SBX_BUILDER_INDEX_NEEDS_H

#include "builder/index/profile.h"

/* Turn facts into the profile's needs: who serves them and what becomes of them. */
gboolean sbx_needs_find(struct sbx_profile *profile, struct sbx_providers *providers,
			const struct sbx_facts *facts, GError **error);

/* An empty need, owned by the profile. */
struct sbx_need *sbx_profile_add_need(struct sbx_profile *profile);

/* The same of a need. Strings are filled in by the caller. */
struct sbx_evidence *sbx_need_add_evidence(struct sbx_need *need);
struct sbx_provider *sbx_need_add_candidate(struct sbx_need *need);

/* Would the task fail for want of it? */
gboolean sbx_need_is_missing(const struct sbx_need *need);

#endif
