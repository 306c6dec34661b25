/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_LEAVE_OUT_H
#define SBX_BUILDER_BUILD_LEAVE_OUT_H

#include "builder/build/compose.h"

/*
 * Take what the lock's options leave out of a unit's data, before anything is merged: no script
 * sees it, as with dpkg's path-exclude. Its .list keeps the paths, as dpkg's does. Folders go with
 * their last file. The unit's bytes become those of what stays. Found out once: what was kept under
 * unit->slim_ref is taken from there. What is left is the owner's (store/tree.h).
 */
gboolean sbx_leave_out(struct sbx_store *store, struct sbx_unit *unit, guint16 owner,
		       const struct sbx_content *content, GError **error);

/*
 * Keep, in the running transaction, what had to be found out for these units (struct sbx_unit *).
 * To be called before they are merged, which takes their data apart.
 */
gboolean sbx_leave_out_keep(GPtrArray *units, GCancellable *cancellable, GError **error);

#endif
