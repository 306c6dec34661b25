/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_LEAVE_OUT_H
#define SBX_BUILDER_BUILD_LEAVE_OUT_H

#include "builder/build/compose.h"

/*
 * Take what the lock's options leave out of a unit's data, before anything is merged: no script
 * sees it, as with dpkg's path-exclude. Its .list keeps the paths, as dpkg's does. Folders go with
 * their last file. The unit's bytes become those of what stays.
 */
gboolean sbx_leave_out(struct sbx_store *store, struct sbx_unit *unit,
		       const struct sbx_content *content, GError **error);

#endif
