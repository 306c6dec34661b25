/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_STREAM_H
#define SBX_BUILDER_ARCHIVE_STREAM_H

#include <gio/gio.h>

/*
 * A compressed index (xz, gz, zst, bz2, lz4 or plain, told by its content) as a stream of its text.
 * A thread of its own decompresses some way ahead of the reader. More than max_bytes of text is
 * SBX_E_ARCHIVE, as is what cannot be decompressed; `where` begins every message.
 */
GInputStream *sbx_index_stream_new(const char *path, guint64 max_bytes, const char *where);

/* How many lines were read so far; all of them once a read returned 0. */
guint64 sbx_index_stream_n_lines(GInputStream *stream);

/*
 * The whole text in memory, NUL-terminated. `expected_bytes` (0: not known) sizes the buffer; it is
 * an error when the text has another size.
 */
gboolean sbx_index_read(const char *path, guint64 expected_bytes, guint64 max_bytes,
			const char *where, char **out_text, gsize *out_n_bytes, GError **error);

#endif
