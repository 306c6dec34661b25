/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_DIGEST_H
#define SBX_BUILDER_FETCH_DIGEST_H

#include <glib.h>

#include "store/gerror.h"

/* SHA-256 by GnuTLS, which uses the processor's own instructions (GChecksum is six times slower).
 */
struct sbx_digest {
	gpointer handle; /* NULL: not begun */
};

/* Begin, or begin anew. Running out of memory ends the program, as everywhere in GLib. */
void sbx_digest_begin(struct sbx_digest *digest);
void sbx_digest_add(struct sbx_digest *digest, const void *data, gsize n_bytes);
/* 64 lower-case hex digits, newly allocated; the digest is released. */
char *sbx_digest_finish(struct sbx_digest *digest);
void sbx_digest_release(struct sbx_digest *digest);
#define SBX_CLEANUP_DIGEST __attribute__((cleanup(sbx_digest_release)))

/* Add the bytes of a descriptor from its beginning; *out_n_bytes (may be NULL): how many. */
gboolean sbx_digest_add_fd(struct sbx_digest *digest, int fd, const char *where,
			   guint64 *out_n_bytes, GError **error);

/* Digest of a file; NULL with *error set. `where` names it in errors. */
char *sbx_digest_file(int dfd, const char *path, GError **error);

#endif
