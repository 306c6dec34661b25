/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/source.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#define N_EVIDENCE_BYTES 200

/* The length of the valid UTF-8 sequence at p, 0 when there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	if (n >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf && (p[1] & 0xc0) == 0x80)
		return 2;
	if (n >= 3 && (p[0] & 0xf0) == 0xe0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 &&
	    !(p[0] == 0xe0 && p[1] < 0xa0) && !(p[0] == 0xed && p[1] > 0x9f))
		return 3;
	if (n >= 4 && p[0] >= 0xf0 && p[0] <= 0xf4 && (p[1] & 0xc0) == 0x80 &&
	    (p[2] & 0xc0) == 0x80 && (p[3] & 0xc0) == 0x80 && !(p[0] == 0xf0 && p[1] < 0x90) &&
	    !(p[0] == 0xf4 && p[1] > 0x8f))
		return 4;
	return 0;
}

/* Nearly every source: nothing to change in it. */
static bool is_plain(const unsigned char *p, size_t n)
{
	uint64_t word, high = 0;
	if (memchr(p, '\r', n))
		return false;
	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		high |= word;
	}
	for (; n; n--)
		high |= *p++;
	return !(high & 0x8080808080808080u);
}

bool sbx_source_is_text(const char *text, size_t n_bytes)
{
	return !memchr(text, '\0', n_bytes) || sbx_source_utf16(text, n_bytes) != SBX_UTF16_NOT;
}

/* Valid UTF-8 stays, what is not is Latin-1, CRLF is LF. */
static char *convert_bytes(const unsigned char *p, const unsigned char *end, size_t n_latin1,
			   size_t *out_n)
{
	bool has_lf = memchr(p, '\n', (size_t)(end - p)) != NULL;
	char *out = malloc((size_t)(end - p) + n_latin1 + 1), *write = out;
	if (!out)
		return NULL;
	while (p < end) {
		size_t n = utf8_length(p, (size_t)(end - p));
		if (n == 0) {
			*write++ = (char)(0xc0 | *p >> 6);
			*write++ = (char)(0x80 | (*p & 0x3f));
			p++;
		} else if (*p == '\r' && p + 1 < end && p[1] == '\n') {
			p++;
		} else if (*p == '\r' && !has_lf) {
			*write++ = '\n';
			p++;
		} else {
			memcpy(write, p, n);
			write += n;
			p += n;
		}
	}
	*write = '\0';
	*out_n = (size_t)(write - out);
	return out;
}

static char *normalise_bytes(const char *text, size_t n_bytes, size_t *out_n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n_bytes;
	if (n_bytes >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		p += 3;
	if (is_plain(p, (size_t)(end - p))) {
		char *copy = malloc((size_t)(end - p) + 1);
		if (!copy)
			return NULL;
		*out_n = (size_t)(end - p);
		memcpy(copy, p, *out_n);
		copy[*out_n] = '\0';
		return copy;
	}
	size_t n_latin1 = 0;
	for (const unsigned char *q = p; q < end;) {
		size_t n = utf8_length(q, (size_t)(end - q));
		n_latin1 += n == 0;
		q += n ? n : 1;
	}
	size_t n_decoded;
	SBX_CLEANUP_FREE char *decoded =
		n_latin1 ? sbx_source_from_double_byte((const char *)p, (size_t)(end - p),
						       &n_decoded)
			 : NULL;
	if (decoded) {
		p = (const unsigned char *)decoded;
		end = p + n_decoded;
		n_latin1 = 0;
	}
	return convert_bytes(p, end, n_latin1, out_n);
}

char *sbx_source_normalise(const char *text, size_t n_bytes, size_t *out_n)
{
	enum sbx_utf16 order = sbx_source_utf16(text, n_bytes);
	if (order == SBX_UTF16_NOT)
		return normalise_bytes(text, n_bytes, out_n);
	size_t n;
	SBX_CLEANUP_FREE char *utf8 = sbx_source_from_utf16(text, n_bytes, order, &n);
	return utf8 ? normalise_bytes(utf8, n, out_n) : NULL;
}

int sbx_lines_init(struct sbx_lines *lines, const char *text, size_t n_bytes)
{
	const char *end = text + n_bytes, *p = text;
	size_t n = 1;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		n++;
	}
	*lines = (struct sbx_lines){.text = text,
				    .n_bytes = n_bytes,
				    .starts = calloc(n, sizeof(size_t)),
				    .n_lines = 1};
	if (!lines->starts)
		return -1;
	p = text;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		lines->starts[lines->n_lines++] = (size_t)(p - text);
	}
	return 0;
}

void sbx_lines_release(struct sbx_lines *lines)
{
	free(lines->starts);
	*lines = (struct sbx_lines){0};
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\n';
}

unsigned sbx_lines_number(const struct sbx_lines *lines, size_t row)
{
	return row < lines->n_places ? lines->places[row].line : (unsigned)row + 1;
}

char *sbx_lines_text(const struct sbx_lines *lines, size_t row)
{
	char prefix[64] = "", *text;
	if (row < lines->n_places && lines->places[row].cell)
		snprintf(prefix, sizeof(prefix), "cell %u, line %u: ", lines->places[row].cell,
			 lines->places[row].cell_line);
	if (row >= lines->n_lines)
		return strdup("");
	size_t start = lines->starts[row];
	size_t end = row + 1 < lines->n_lines ? lines->starts[row + 1] - 1 : lines->n_bytes;
	while (start < end && is_blank(lines->text[start]))
		start++;
	if (end - start > N_EVIDENCE_BYTES) {
		end = start + N_EVIDENCE_BYTES;
		while (end > start && ((unsigned char)lines->text[end] & 0xc0) == 0x80)
			end--;
	}
	while (end > start && is_blank(lines->text[end - 1]))
		end--;
	return asprintf(&text, "%s%.*s", prefix, (int)(end - start), lines->text + start) < 0
		       ? NULL
		       : text;
}
