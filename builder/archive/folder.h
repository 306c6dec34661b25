/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_FOLDER_H
#define SBX_BUILDER_ARCHIVE_FOLDER_H

#include <gio/gio.h>

/*
 * An index's folder below $SBX_ROOT/index and how it is replaced as a whole: the new one is made
 * beside it, synced, and the names are exchanged (renameat2(2), Linux 3.15). Where a file system
 * cannot exchange, the old one steps aside first, and whoever looks in between finds it there.
 */

/* Where the index is: its name, or that of one that stepped aside. Newly allocated. */
char *sbx_index_folder_find(const char *base, const char *suite, const char *architecture);

/* Make an empty folder for the new one; leftovers of a crash are deleted. */
char *sbx_index_folder_begin(const char *base, const char *suite, const char *architecture,
			     GError **error);
/* Sync what is in `folder` and put it in place; the former one is deleted. */
gboolean sbx_index_folder_commit(const char *base, const char *suite, const char *architecture,
				 const char *folder, GError **error);
/* Delete a folder of files. */
void sbx_index_folder_delete(const char *folder);

/* Lock all indexes and their cache for an update; waits for another one. -1 with *error set. */
int sbx_index_lock(const char *base, GCancellable *cancellable, GError **error);

#endif
