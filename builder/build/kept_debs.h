/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_KEPT_DEBS_H
#define SBX_BUILDER_BUILD_KEPT_DEBS_H

#include "builder/resolve/lock.h"
#include "store/store.h"

/*
 * A .deb is of no use once its package is in the store, and goes. Where the site asks for it
 * ($SBX_KEEP_DEBS, docs/build.md) it is kept in cache/kept/ instead, for a store that is made anew.
 * Whoever changes that folder holds the cache's lock.
 */

/* Where this package's would be, newly allocated. */
char *sbx_kept_deb_path(struct sbx_store *store, const struct sbx_lock_package *package);

/* Move the file there (or, when it is there, mark it as used); with a failure it is removed. */
void sbx_kept_deb_take(struct sbx_store *store, const struct sbx_lock_package *package,
		       const char *path);

/* Remove those that were not used longest, until all together have no more bytes than this. */
void sbx_kept_debs_trim(struct sbx_store *store, guint64 max_bytes);

#endif
