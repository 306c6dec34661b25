/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_TEMPLATE_H
#define SBX_PROVISIONER_TEMPLATE_H

#include <stdbool.h>

#include "base/error.h"

/* The root file system that a sandbox lies on. */
struct sbx_lower {
	char *path;  /* owned */
	char *asked; /* the same by the name that was asked for, which may be put on another; owned
		      */
	char *base;  /* what `path` is a layer over, NULL: it is whole by itself; owned */
	int lock_fd; /* held shared while the sandbox lives, so that it isn't removed; or -1 */
	bool has_lock;	  /* a path has none */
	bool has_folders; /* what should hold most of it does; false says nothing */
};

#define SBX_LOWER_INIT                                                                             \
	{                                                                                          \
		NULL, NULL, NULL, -1, false, false                                                 \
	}

void sbx_lower_release(struct sbx_lower *lower);
#define SBX_CLEANUP_LOWER __attribute__((cleanup(sbx_lower_release)))

/*
 * Find what TEMPLATE names: a path when there is a '/' in it; else a name, an id or an unambiguous
 * prefix of an id in templates/ below root_dir (NULL: $SBX_ROOT or the user's default), whose lock
 * file is then locked. A template has its files in root/, or, when it was made on top of another
 * one, in layer/ what differs and in `base` a link to that other one, which has a root/; who
 * removes that looks at this one's lock. `base` is the path of what a path is a layer over, NULL:
 * nothing. SBX_E_NOT_FOUND, SBX_E_USAGE for an ambiguous prefix, SBX_E_BUSY for a template that is
 * being removed.
 */
int sbx_lower_find(const char *root_dir, const char *name, const char *base, struct sbx_lower *out,
		   struct sbx_error *err);

/* Hold one that was found before, and let go since, for another sandbox. */
int sbx_lower_lock(struct sbx_lower *lower, struct sbx_error *err);

/*
 * The folder that should hold a root file system, or at least most of it, and holds nothing; NULL:
 * there is something, or this user may not look. It is *lower's.
 */
const char *sbx_lower_empty(const struct sbx_lower *lower);

/*
 * A template of a store whose owners are in a range of ids (base/idmap.h) is seen as it was made
 * in a user namespace with that range alone: enter it, unless this process is in it.
 * SBX_E_DENIED: the range is another user's; SBX_E_UNSUPPORTED: it cannot be had (any more).
 */
int sbx_lower_enter_ids(const struct sbx_lower *lower, struct sbx_error *err);

/* The same for all templates of the store at root_dir (NULL: as above); there may be none yet. */
int sbx_store_enter_ids(const char *root_dir, struct sbx_error *err);

#endif
