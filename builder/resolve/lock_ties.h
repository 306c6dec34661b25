/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_LOCK_TIES_H
#define SBX_BUILDER_RESOLVE_LOCK_TIES_H

#include "builder/resolve/pool.h"

/*
 * The packages of a lock that go together: libraries, their headers and their data need each other
 * in exactly one version (Depends: libx1 (= 1.2-3)), so that none of them can move alone. Arrays
 * have a place for each of the lock's n packages.
 */
struct sbx_lock_ties {
	Pool *pool;
	guint n;
	const Id *there; /* the solvable that it is; 0: it is not known */
	const Id *goal;	 /* the one that it would move to; 0: it cannot move */
};

/* Let all that is tied to what moves move too, and what is tied to that. TRUE: there was some. */
gboolean sbx_lock_ties_spread(const struct sbx_lock_ties *ties, gboolean *moves);

#endif
