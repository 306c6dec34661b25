/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_LOCK_DIFF_H
#define SBX_BUILDER_RESOLVE_LOCK_DIFF_H

#include "builder/resolve/lock.h"

#define SBX_LOCK_CHANGES(X)                                                                        \
	X(ADDED, "added")                                                                          \
	X(REMOVED, "removed")                                                                      \
	X(UPGRADED, "upgraded")                                                                    \
	X(DOWNGRADED, "downgraded")                                                                \
	X(REPLACED,                                                                                \
	  "replaced")	    /* the same version with other content or of another architecture */   \
	X(MARKED, "marked") /* asked for, which it was not, or the other way round */

enum sbx_lock_change_kind {
#define X(id, text) SBX_LOCK_##id,
	SBX_LOCK_CHANGES(X)
#undef X
		SBX_N_LOCK_CHANGES
};

struct sbx_lock_change {
	enum sbx_lock_change_kind kind;
	const struct sbx_lock_package *old, *new; /* of the locks; NULL: not there */
};

const char *sbx_lock_change_name(enum sbx_lock_change_kind kind);

/* What leads from one lock to another, sorted by name: struct sbx_lock_change *, owned. */
GPtrArray *sbx_lock_diff(const struct sbx_lock *old, const struct sbx_lock *new);

/* Sums of the archive's sizes, in bytes. */
struct sbx_lock_size {
	guint64 download, installed;
};
struct sbx_lock_size sbx_lock_size(const struct sbx_lock *lock);

#endif
