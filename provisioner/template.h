/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_TEMPLATE_H
#define SBX_PROVISIONER_TEMPLATE_H

#include "base/error.h"

/* The root file system that a sandbox lies on. */
struct sbx_lower {
	char *path;  /* owned */
	int lock_fd; /* held shared while the sandbox lives, so that it isn't removed; -1 for a path
		      */
};

#define SBX_LOWER_INIT                                                                             \
	{                                                                                          \
		NULL, -1                                                                           \
	}

void sbx_lower_release(struct sbx_lower *lower);
#define SBX_CLEANUP_LOWER __attribute__((cleanup(sbx_lower_release)))

/*
 * Find what TEMPLATE names: a path when there is a '/' in it; else a name, an id or an unambiguous
 * prefix of an id in templates/ below root_dir (NULL: $SBX_ROOT or the user's default), whose lock
 * file is then locked. SBX_E_NOT_FOUND, SBX_E_USAGE for an ambiguous prefix, SBX_E_BUSY for a
 * template that is being removed.
 */
int sbx_lower_find(const char *root_dir, const char *name, struct sbx_lower *out,
		   struct sbx_error *err);

#endif
