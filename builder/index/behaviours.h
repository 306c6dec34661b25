/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_BEHAVIOURS_H
#define SBX_BUILDER_INDEX_BEHAVIOURS_H

#include "builder/index/profile.h"

/*
 * Turn the facts of kind `behaviour` into the profile's behaviours: those of one class and detail
 * merged, sorted by class, the one without detail last. Code that never runs does nothing.
 */
void sbx_behaviours_find(struct sbx_profile *profile, const struct sbx_facts *facts);

/* An empty one, owned by the profile. */
struct sbx_behaviour *sbx_profile_add_behaviour(struct sbx_profile *profile);

#endif
