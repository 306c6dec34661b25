/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_FRESH_H
#define SBX_BUILDER_RESOLVE_FRESH_H

#include "builder/resolve/lock.h"
#include "builder/resolve/resolve.h"

/* A package of a lock of which the index has a younger version. */
struct sbx_newer {
	const struct sbx_lock_package *package; /* the lock's */
	char *version, *origin;			/* the candidate */
	gboolean is_security; /* a security suite has one that is younger than the lock's */
	gboolean is_held;     /* the lock's own bounds, or its neighbours, do not let it move */
};
void sbx_newer_free(struct sbx_newer *newer);

/*
 * Those of a lock that are younger in `next`, the lock that would be made now, and those that stay
 * (or leave) though their candidate by the machine's rules (of the highest pin the highest version)
 * is younger: these are held. By name. Packages that the archive has no more are not among them.
 */
GPtrArray *sbx_fresh_newer(struct sbx_resolver *resolver, const struct sbx_lock *lock,
			   const struct sbx_lock *next);

/*
 * One package (its name and version are looked at) and its candidate; NULL: there is none younger.
 * Of many it is quicker when all their names were looked up in one go before.
 */
void sbx_fresh_look_up(struct sbx_resolver *resolver, const char *const *names);
struct sbx_newer *sbx_fresh_newer_of(struct sbx_resolver *resolver,
				     const struct sbx_lock_package *package);

#endif
