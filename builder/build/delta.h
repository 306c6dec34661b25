/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_DELTA_H
#define SBX_BUILDER_BUILD_DELTA_H

#include "store/tree.h"

/*
 * What changed below a root: the upper directory of an overlay, as store objects. A tree of the
 * files and folders that were added or changed, and the paths that were removed (overlayfs
 * whiteouts; an opaque folder counts as removed and added).
 */
struct sbx_delta {
	struct sbx_tree *tree;
	GPtrArray *removed; /* char *, relative paths */
	guint64 n_bytes;    /* of the files, when it was read */
};

void sbx_delta_free(struct sbx_delta *delta);
SBX_DEFINE_AUTO(sbx_delta, sbx_delta_free)

/*
 * Read an upper directory into the store, in the running transaction. What must not be in a
 * template is left out: mount points of the sandbox (`skip`, relative paths, NULL-ended), and what
 * would differ from build to build (caches, logs, backups, the machine's identity; delta.c's list).
 * Device nodes, sockets and pipes are left out too.
 */
struct sbx_delta *sbx_delta_read(struct sbx_store *store, const char *upper,
				 const char *const *skip, GCancellable *cancellable,
				 GError **error);

/* Make the changes to a tree. Consumes the delta's tree. */
gboolean sbx_delta_apply(struct sbx_delta *delta, struct sbx_tree *root, GError **error);

/* Keep under a ref; load one again (NULL without an error when there is none). */
gboolean sbx_delta_commit(struct sbx_delta *delta, const char *ref, GCancellable *cancellable,
			  GError **error);
gboolean sbx_delta_load(struct sbx_store *store, const char *ref, struct sbx_delta **out_delta,
			GError **error);

#endif
