/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SOURCE_H
#define SBX_PROVISIONER_SOURCE_H

#include <sys/types.h>

#include "base/error.h"

/* Where what of the host is to be shown inside is looked for. */
struct sbx_source_base {
	const char *root; /* --source-root: taken for "/"; NULL: the host's own root */
	const char *cwd;  /* absolute; where relative paths begin without that, NULL: as it is */
	/*
	 * What those may name who have fewer rights than we: nothing but what is below one of these
	 * folders, without any link on the way, whoever moves what there meanwhile. NULL-ended;
	 * NULL: anything.
	 */
	const char *const *shared;
	dev_t staging_dev; /* of what lies over the host's /proc while mounts are made; 0: nothing
			    */
};

/*
 * Open a template or a bind's source. Resolved beneath the base's root, so that no link leads out
 * of it; magic links (proc(5)) are refused in any case, and so is whatever is of a /proc. `flags`
 * as open(2). Returns a descriptor, or -1 with an error that names the path.
 */
int sbx_source_open(const struct sbx_source_base *base, const char *path, int flags,
		    struct sbx_error *err);

/* The same for a folder, which is made (mode 0755) when only its last name is missing. */
int sbx_source_make(const struct sbx_source_base *base, const char *path, struct sbx_error *err);

/*
 * The way out where a path of the host could not be opened with these flags, for behind its name:
 * ": ...", or "" where the errno says it all.
 */
const char *sbx_source_hint(int why, int flags);

#endif
