/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_IDS_H
#define SBX_BUILDER_IDS_H

#include "builder/context.h"

/*
 * How an ordinary user's store keeps owners, decided when it is made (docs/build.md, "Without
 * root"): in a range of ids that subuid(5) gives this user, or not at all. Enters the user
 * namespace that the store at ctx->root is in, or is to be in. ctx->ids is what was asked for:
 * "auto", "range" or "single"; NULL: what $SBX_IDS says of new stores. Nothing is done as root.
 * SBX_E_UNSUPPORTED when a range is asked for, or the store has one, and it is not to be had;
 * SBX_E_DENIED when the store is of the other kind. Before any thread is started.
 */
gboolean sbx_ids_settle(struct sbx_context *ctx, GError **error);

#endif
