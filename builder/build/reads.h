/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_READS_H
#define SBX_BUILDER_BUILD_READS_H

#include "store/tree.h"

/*
 * What a script could have read of a tree: each path that it named (builder/observe/observe.h),
 * with what was there before it ran. Links are resolved when this is recorded, so that every record
 * is of a path without links: nothing there; a file or a link, by its object's checksum, which
 * covers owner, mode, attributes and bytes; a folder, by its owner and mode, and by the names in it
 * when it was opened. If all records hold of another tree, all paths lead to the same there, and a
 * script that depends on nothing else does the same.
 */
struct sbx_reads;

struct sbx_reads *sbx_reads_new(struct sbx_store *store, struct sbx_tree *tree);
void sbx_reads_free(struct sbx_reads *reads);
SBX_DEFINE_AUTO(sbx_reads, sbx_reads_free)

/*
 * Record everything that sbx-observe wrote. *out_unclear is set (newly allocated) when the script
 * did what paths do not describe; then what it read is not known. SBX_E_SANDBOX when the file is
 * missing or malformed.
 */
gboolean sbx_reads_add_observed(struct sbx_reads *reads, const char *file, char **out_unclear,
				GError **error);

/* Record the folders of a delta: laid over the tree, they decide these folders' owner and mode. */
gboolean sbx_reads_add_folders(struct sbx_reads *reads, struct sbx_tree *delta, GError **error);

/* As bytes: a letter, the checksum but for what is absent, the path and a NUL; sorted by path. */
GBytes *sbx_reads_to_bytes(const struct sbx_reads *reads);
guint sbx_reads_count(const struct sbx_reads *reads);

/*
 * Do they hold of this tree? FALSE when not, when it can't be read, or the bytes are malformed;
 * then *out_path points into the bytes, to the first path that differs (NULL: malformed).
 */
gboolean sbx_reads_hold(const guint8 *bytes, gsize n_bytes, struct sbx_tree *tree,
			const char **out_path);

#endif
