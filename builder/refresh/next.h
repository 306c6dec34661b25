/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_REFRESH_NEXT_H
#define SBX_BUILDER_REFRESH_NEXT_H

#include "builder/refresh/refresh.h"

/*
 * The lock that would take the place of a template's, into item->next, and its recipe, if it was
 * made from one, into item->recipe. Otherwise it is the old lock updated: with its own holds, pins
 * and content, and what the archive has dropped taken from the store. What cannot move is told in
 * item->stuck.
 */
gboolean sbx_refresh_choose(struct sbx_context *ctx, struct sbx_store *store,
			    struct sbx_resolver *resolver, struct sbx_refresh *item,
			    GError **error);

#endif
