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
};
void sbx_newer_free(struct sbx_newer *newer);

/*
 * Those of a lock whose candidate (of the highest pin the highest version) is younger than what the
 * lock has, by name. Packages that the archive has no more are not among them.
 */
GPtrArray *sbx_fresh_newer(struct sbx_resolver *resolver, const struct sbx_lock *lock);

/* The same for one package; NULL: there is none younger. */
struct sbx_newer *sbx_fresh_newer_of(struct sbx_resolver *resolver,
				     const struct sbx_lock_package *package);

#endif
