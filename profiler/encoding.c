/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "profiler/source.h"

#define N_GUESS_BYTES 64 /* of a text without byte order mark that tell whether it is UTF-16 */

/*
 * Encodings in which a byte below 0x80 may be the second half of a character: a backslash or a
 * quote that is none. Bytes from `single` to `single_end` are characters of their own.
 */
static const struct {
	const char *name;
	unsigned char single, single_end;
} double_byte[] = {{"shift_jis", 0xa1, 0xdf},
		   {"shift-jis", 0xa1, 0xdf},
		   {"sjis", 0xa1, 0xdf},
		   {"cp932", 0xa1, 0xdf},
		   {"ms932", 0xa1, 0xdf},
		   {"gbk", 0, 0},
		   {"gb18030", 0, 0},
		   {"cp936", 0, 0},
		   {"big5", 0, 0},
		   {"big5hkscs", 0, 0},
		   {"cp950", 0, 0},
		   {"johab", 0, 0},
		   {"cp949", 0, 0},
		   {"uhc", 0, 0}};

enum sbx_utf16 sbx_source_utf16(const char *text, size_t n_bytes)
{
	const unsigned char *p = (const unsigned char *)text;
	if (n_bytes >= 2 && p[0] == 0xff && p[1] == 0xfe)
		return SBX_UTF16_LE;
	if (n_bytes >= 2 && p[0] == 0xfe && p[1] == 0xff)
		return SBX_UTF16_BE;
	/* Without a mark: ASCII throughout, each character with a NUL on the same side. */
	size_t n = n_bytes < N_GUESS_BYTES ? n_bytes & ~(size_t)1 : N_GUESS_BYTES;
	bool little = n >= 4, big = n >= 4;
	for (size_t i = 0; i < n; i += 2) {
		little &= p[i] >= '\t' && p[i] < 0x7f && p[i + 1] == 0;
		big &= p[i] == 0 && p[i + 1] >= '\t' && p[i + 1] < 0x7f;
	}
	return little ? SBX_UTF16_LE : big ? SBX_UTF16_BE : SBX_UTF16_NOT;
}

static char *put(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

static uint32_t unit_at(const unsigned char *p, enum sbx_utf16 order)
{
	return order == SBX_UTF16_LE ? (uint32_t)(p[0] | p[1] << 8) : (uint32_t)(p[0] << 8 | p[1]);
}

char *sbx_source_from_utf16(const char *text, size_t n_bytes, enum sbx_utf16 order, size_t *out_n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + (n_bytes & ~(size_t)1);
	char *out = malloc(n_bytes / 2 * 3 + 1), *write = out;
	if (!out)
		return NULL;
	for (; p < end; p += 2) {
		uint32_t c = unit_at(p, order);
		uint32_t low = p + 2 < end ? unit_at(p + 2, order) : 0;
		if (c == 0xfeff && (const char *)p == text)
			continue;
		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			p += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		write = put(write, c);
	}
	*write = '\0';
	*out_n = (size_t)(write - out);
	return out;
}

/* The encoding that one of the first two lines names (PEP 263): "coding: x", "coding=x". */
static size_t find_coding(const char *text, size_t n_bytes, const char **out_name)
{
	const char *end = text + (n_bytes < 400 ? n_bytes : 400);
	for (int line = 0; line < 2 && text < end; line++) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		line_end = line_end ? line_end : end;
		const char *word = memmem(text, (size_t)(line_end - text), "coding", 6);
		text = line_end + 1;
		if (!word || word + 7 >= line_end || !strchr(":=", word[6]))
			continue;
		for (word += 7; word < line_end && (*word == ' ' || *word == '\t');)
			word++;
		const char *name_end = word;
		while (name_end < line_end &&
		       (isalnum((unsigned char)*name_end) || strchr("-_.", *name_end)))
			name_end++;
		*out_name = word;
		return (size_t)(name_end - word);
	}
	return 0;
}

char *sbx_source_from_double_byte(const char *text, size_t n_bytes, size_t *out_n)
{
	const char *name = NULL;
	size_t n_name = find_coding(text, n_bytes, &name), row = 0, n_rows;
	n_rows = sizeof(double_byte) / sizeof(double_byte[0]);
	while (row < n_rows && (strlen(double_byte[row].name) != n_name ||
				strncasecmp(double_byte[row].name, name, n_name) != 0))
		row++;
	char *out = row < n_rows ? malloc(3 * n_bytes + 1) : NULL, *write = out;
	if (!out)
		return NULL;
	for (size_t i = 0; i < n_bytes; i++) {
		unsigned char c = (unsigned char)text[i];
		bool alone = c < 0x80 ||
			     (c >= double_byte[row].single && c <= double_byte[row].single_end);
		/* Which character it is does not matter: no name that we look for has it. */
		write = put(write, c < 0x80 ? c : 0xfffd);
		if (!alone && i + 1 < n_bytes && text[i + 1] != '\n')
			i++;
	}
	*write = '\0';
	*out_n = (size_t)(write - out);
	return out;
}
