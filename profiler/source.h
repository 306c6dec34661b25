/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_SOURCE_H
#define SBX_PROFILER_SOURCE_H

#include <stddef.h>

/* Private to profiler/: a file's bytes as the parsers want them. */

/*
 * UTF-8 with LF line ends, without a byte order mark: bytes that are not valid UTF-8 are taken as
 * Latin-1, CRLF becomes LF. Line numbers stay as they are. malloc'd and NUL-terminated; NULL
 * without memory.
 */
char *sbx_source_normalise(const char *text, size_t n_bytes, size_t *out_n);

/*
 * The lines of a normalised text, for evidence. `starts` is malloc'd: free it. False without
 * memory.
 */
struct sbx_lines {
	const char *text;
	size_t n_bytes;
	size_t *starts, n_lines;
};
int sbx_lines_init(struct sbx_lines *lines, const char *text, size_t n_bytes);
void sbx_lines_release(struct sbx_lines *lines);

/* A line (from 0) without blanks around it, at most 200 bytes of whole characters. malloc'd. */
char *sbx_lines_text(const struct sbx_lines *lines, size_t row);

#endif
