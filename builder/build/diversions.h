/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_DIVERSIONS_H
#define SBX_BUILDER_BUILD_DIVERSIONS_H

#include "builder/build/compose.h"
#include "builder/build/build_report.h"
#include "builder/context.h"
#include "store/transaction.h"

/*
 * Which files are diverted must be known before they are unpacked, but it is a preinst that says
 * so, with dpkg-divert. So the preinsts that call it, but the base's, are run first, over a tree of
 * all packages with the base configured; their own packages give way (compose.h). Only the
 * diversions in dpkg's database then are kept, the base's among them. Without such a script this
 * costs nothing but a look at the scripts. *out_diversions is NULL when there is none. The base
 * layer must be in the store. What the preinsts did is committed with what the running transaction
 * has, which goes on. `loaded` are the lock's units, which are looked at only. The refs of their
 * traces are added to `refs` (configure.h).
 */
gboolean sbx_diversions_find(struct sbx_context *ctx, struct sbx_store *store,
			     const struct sbx_lock *lock, GPtrArray *loaded,
			     const char *provisioner, const char *work,
			     struct sbx_build_report *report, GPtrArray *refs,
			     struct sbx_transaction *transaction, GPtrArray **out_diversions,
			     GError **error);

#endif
