/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_IMPORT_H
#define SBX_BUILDER_BUILD_IMPORT_H

#include "builder/resolve/lock.h"
#include "store/tree.h"

/*
 * A package in the store is a commit pkg/deb/<name>/<version>/<arch> with two folders: data/, the
 * tree of its files, and control/, its maintainer scripts and lists under the names they get in
 * /var/lib/dpkg/info, besides `list`. What composing needs to know at once is metadata of the
 * commit:
 *
 *	sbx.sha256	s	of the .deb it came from
 *	sbx.status	s	its stanza for /var/lib/dpkg/status
 *	sbx.depends	s	Pre-Depends and Depends, comma-separated
 *	sbx.pre-depends, sbx.replaces, sbx.provides, sbx.multi-arch
 *			s	the fields' values, "" when absent
 *	sbx.essential	b
 *	sbx.bytes	t	sum of its files' sizes
 *	sbx.special	as	"/path mode uid:gid": what a rootless store cannot keep; absent:
 *nothing
 */

/* What a site allows at most; the variables that say so. */
#define SBX_MAX_BYTES_VARIABLE "SBX_MAX_PACKAGE_BYTES"
#define SBX_MAX_FILES_VARIABLE "SBX_MAX_PACKAGE_FILES"
#define SBX_MAX_RATIO_VARIABLE "SBX_MAX_PACKAGE_RATIO"
struct sbx_import_limits {
	guint64 max_bytes;   /* of a package's files together */
	guint64 max_entries; /* files and folders in a package */
	guint64 max_ratio;   /* unpacked to packed bytes, checked beyond 64 MiB */
	guint64 keep_bytes;  /* of .debs that are kept after their import, together; 0: none is */
};
extern const struct sbx_import_limits sbx_import_default_limits;

/* The site's: $SBX_MAX_PACKAGE_BYTES, _FILES, _RATIO and $SBX_KEEP_DEBS in place of the
 * defaults. SBX_E_USAGE. */
gboolean sbx_import_read_limits(struct sbx_import_limits *out_limits, GError **error);

/* The ref of a package, newly allocated. */
char *sbx_import_ref(const struct sbx_lock_package *package);

/* Is it in the store (from a .deb with the same checksum)? */
gboolean sbx_import_is_stored(struct sbx_store *store, const struct sbx_lock_package *package);

/*
 * The control stanza that was kept of a package, newly allocated; NULL without an error: it is not
 * in the store. `data`: struct sbx_store * (as sbx_stanza_func of builder/resolve/lock_update.h).
 */
char *sbx_import_stanza(const struct sbx_lock_package *package, gpointer data, GError **error);

/*
 * What a rootless store does not keep of a package (owners, set-id bits, capabilities), a line
 * "package: /path mode uid:gid" each, onto `out`: of one in the store, or of a commit's metadata.
 */
gboolean sbx_import_add_special(struct sbx_store *store, const struct sbx_lock_package *package,
				GPtrArray *out, GError **error);
void sbx_import_read_special(GVariant *metadata, const char *package, GPtrArray *out);

/*
 * Unpack the .deb at `path` straight into store objects and commit it, in the running transaction;
 * any number of threads may import at once. The .deb's checksum, name, version and architecture
 * must be those of `package`. Hostile content (paths that leave the root, device nodes, hard links
 * to elsewhere, more than the limits) is SBX_E_ARCHIVE naming package and path; nothing is
 * committed then. *out_store_usec (may be NULL) gets the part of the time that hashing and writing
 * objects took.
 */
gboolean sbx_import_package(struct sbx_store *store, const struct sbx_lock_package *package,
			    const char *path, const struct sbx_import_limits *limits,
			    gint64 *out_store_usec, GCancellable *cancellable, GError **error);

#endif
