/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_MATCH_HOLDINGS_H
#define SBX_BUILDER_MATCH_HOLDINGS_H

#include "builder/resolve/lock.h"
#include "store/catalog_holdings.h"

/* Enter what a template holds; it is in the catalog already. */
gboolean sbx_match_remember(struct sbx_store *store, const char *id, const struct sbx_lock *lock,
			    GError **error);

/*
 * What these templates hold. Those that have no entry (made by another version, or the catalog was
 * made anew) get one of their lock; one whose lock cannot be read is left out. Free with
 * sbx_catalog_holdings_free().
 */
struct sbx_holdings *sbx_match_holdings(struct sbx_store *store, const GPtrArray *rows,
					GError **error);

#endif
