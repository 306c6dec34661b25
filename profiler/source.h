/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_SOURCE_H
#define SBX_PROFILER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* Private to profiler/: a file's bytes as the parsers want them. */

/*
 * UTF-8 with LF line ends, without a byte order mark. UTF-16 is converted; bytes that are not valid
 * UTF-8 are taken as Latin-1, unless a PEP 263 line names an encoding in which that would invent
 * quotes. CRLF becomes LF, and so does CR in a text that has no LF at all. Line numbers stay as
 * they are. malloc'd and NUL-terminated; NULL without memory.
 */
char *sbx_source_normalise(const char *text, size_t n_bytes, size_t *out_n);

/* encoding.c: what the above is made of. */
enum sbx_utf16 { SBX_UTF16_NOT, SBX_UTF16_LE, SBX_UTF16_BE };
/* By the byte order mark, else by its first bytes being ASCII in UTF-16. */
enum sbx_utf16 sbx_source_utf16(const char *text, size_t n_bytes);
/* As UTF-8, without the mark; half a surrogate pair becomes U+FFFD. malloc'd; NULL: no memory. */
char *sbx_source_from_utf16(const char *text, size_t n_bytes, enum sbx_utf16 order, size_t *out_n);
/*
 * When one of the first two lines names an encoding whose characters may hold ASCII bytes (Shift
 * JIS, GBK, Big5 ...): UTF-8 with U+FFFD for each character beyond ASCII. NULL: it names none.
 */
char *sbx_source_from_double_byte(const char *text, size_t n_bytes, size_t *out_n);
/* A text, and no binary: without NUL bytes, or in UTF-16. */
bool sbx_source_is_text(const char *text, size_t n_bytes);

/* Where a row stands for people. */
struct sbx_line_place {
	unsigned line; /* of the file, from 1 */
	unsigned cell; /* of a notebook, from 1; 0: there are none */
	unsigned cell_line;
};

/*
 * The lines of a normalised text, for evidence. `starts` is malloc'd: free it. False without
 * memory.
 */
struct sbx_lines {
	const char *text;
	size_t n_bytes;
	size_t *starts, n_lines;
	const struct sbx_line_place *places; /* of each line; NULL: they are those of the file */
	size_t n_places;
};
int sbx_lines_init(struct sbx_lines *lines, const char *text, size_t n_bytes);
void sbx_lines_release(struct sbx_lines *lines);

/* The line's number in the file, from 1. */
unsigned sbx_lines_number(const struct sbx_lines *lines, size_t row);
/* A line (from 0) without blanks around it, at most 200 bytes of whole characters, after "cell 3,
 * line 2: " in a notebook. malloc'd. */
char *sbx_lines_text(const struct sbx_lines *lines, size_t row);

#endif
