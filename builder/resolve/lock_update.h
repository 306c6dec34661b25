/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_LOCK_UPDATE_H
#define SBX_BUILDER_RESOLVE_LOCK_UPDATE_H

#include "builder/resolve/resolve.h"

/*
 * The control stanza of a package that the archive has no longer, newly allocated; NULL without an
 * error: not there either.
 */
typedef char *(*sbx_stanza_func)(const struct sbx_lock_package *package, gpointer data,
				 GError **error);

struct sbx_lock_updating {
	const char *const *moving; /* names in the lock; NULL: all that are not held */
	sbx_stanza_func stanza_of;
	gpointer data;
};

/*
 * The lock anew, with the packages that move at the archive's candidate, as far as the others let
 * them: these stay at their exact version, also when the archive has it no longer. What was taken
 * from a suite by name goes on in that suite. What is needed
 * newly is added, what nothing needs any more leaves. A package that could not move stays, and
 * `out_stuck` (GPtrArray of char *) gets a sentence why. Never downgrades.
 */
struct sbx_lock *sbx_resolver_update(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				     const struct sbx_lock_updating *updating, GPtrArray *out_stuck,
				     GError **error);

/* Has an update added packages that the archive does not have? Others are not to choose them. */
gboolean sbx_resolver_is_extended(const struct sbx_resolver *resolver);

#endif
