/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_REFRESH_NEXT_H
#define SBX_BUILDER_REFRESH_NEXT_H

#include "builder/refresh/refresh.h"

/* The recipe of its name, if there is one, into item->recipe; and whether the name is the recipe's.
 */
gboolean sbx_refresh_find_recipe(struct sbx_context *ctx, struct sbx_store *store,
				 struct sbx_refresh *item, GError **error);

/*
 * The lock that would take the place of a template's, into item->next: what item->recipe says, if
 * it was made from that; else item->recipe goes, and it is the old lock updated: with its own
 * holds, pins and content, and what the archive has dropped taken from the store. What cannot move
 * is told in item->stuck. In another suite it is what was asked for, chosen anew.
 */
gboolean sbx_refresh_choose(struct sbx_store *store, struct sbx_resolver *resolver,
			    struct sbx_refresh *item, GError **error);

/* Is it from another suite than the one that packages are chosen from now? */
gboolean sbx_refresh_moves(const struct sbx_refresh *item);

#endif
