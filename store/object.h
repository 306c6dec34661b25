/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_OBJECT_H
#define SBX_STORE_OBJECT_H

#include "store/store.h"

#define SBX_CHECKSUM_BYTES 32

/*
 * What a file is besides its bytes. In a rootless store owners become 0, modes lose their set-id
 * bits and xattrs are dropped: sbx_object_* do that, callers pass what the package says.
 */
struct sbx_file_meta {
	guint32 uid, gid, mode; /* mode with its type bits: S_IFREG, S_IFLNK, S_IFDIR */
	const char *target;	/* of a symbolic link */
	GVariant *xattrs;	/* a(ayay) sorted by name, or NULL */
};

/*
 * The checksum of a content object is SHA-256 over libostree's file header and the bytes. We hash
 * with GnuTLS (it uses the CPU's SHA extension, five times as fast as the GChecksum that libostree
 * uses) and hand the result over, so that nothing is hashed twice.
 */
struct sbx_object_hash;
struct sbx_object_hash *sbx_object_hash_new(struct sbx_store *store,
					    const struct sbx_file_meta *meta);
void sbx_object_hash_add(struct sbx_object_hash *hash, const void *data, gsize n_bytes);
/* Ends and frees it. */
void sbx_object_hash_finish(struct sbx_object_hash *hash, guint8 out[SBX_CHECKSUM_BYTES]);

/* Store a regular file or symbolic link whose bytes are in memory. Thread-safe in a transaction. */
gboolean sbx_object_write(struct sbx_store *store, const struct sbx_file_meta *meta,
			  const void *data, gsize n_bytes, guint8 out[SBX_CHECKSUM_BYTES],
			  GCancellable *cancellable, GError **error);

/* The same for bytes in a file, from its present offset on, already hashed. Closes fd. */
gboolean sbx_object_write_fd(struct sbx_store *store, const struct sbx_file_meta *meta, int fd,
			     guint64 n_bytes, const guint8 checksum[SBX_CHECKSUM_BYTES],
			     GCancellable *cancellable, GError **error);

/* Store a folder's owner and mode. */
gboolean sbx_object_write_dirmeta(struct sbx_store *store, const struct sbx_file_meta *meta,
				  guint8 out[SBX_CHECKSUM_BYTES], GCancellable *cancellable,
				  GError **error);

/* Read a file object whole (at most max_bytes). Newly allocated, NUL-terminated. */
char *sbx_object_read(struct sbx_store *store, const guint8 checksum[SBX_CHECKSUM_BYTES],
		      gsize max_bytes, gsize *out_n, GError **error);

/* "ab/cdef....file": where below the repository's objects/ the file object is. */
#define SBX_OBJECT_NAME 72
void sbx_object_name(const guint8 checksum[SBX_CHECKSUM_BYTES], char out[SBX_OBJECT_NAME]);

/* Type, mode, owner, link target of a file object. */
GFileInfo *sbx_object_info(struct sbx_store *store, const guint8 checksum[SBX_CHECKSUM_BYTES],
			   GError **error);

#endif
