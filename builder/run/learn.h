/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_LEARN_H
#define SBX_BUILDER_RUN_LEARN_H

#include "builder/context.h"
#include "builder/index/profile.h"
#include "store/catalog.h"

/*
 * Better intervals for a profile's resources from what the catalog knows: footprints of the modules
 * that packages serve (of the version that was measured last), then this task's runs. A profile
 * of which it knows nothing stays as it is.
 */
gboolean sbx_learn_resources(struct sbx_profile *profile, struct sbx_store *catalog,
			     GError **error);

/*
 * A limit of `run`, as sbx-provision takes it: the upper end of the interval when that is above the
 * usual limit, else NULL. Never more than four times the usual, lest a task that is killed for its
 * limit gets a higher one each time without end. Newly allocated.
 */
char *sbx_learn_limit(const struct sbx_profile *profile, enum sbx_resource which, double usual);

#endif
