/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_read.h"

#include <ctype.h>
#include <string.h>

enum state { VALUE, VALUE_OR_END, KEY_OR_END, COMMA_OR_END, DONE };

void sbx_json_reader_init(struct sbx_json_reader *r, const char *text, size_t n_bytes)
{
	*r = (struct sbx_json_reader){.line = 1, .at = text, .end = text + n_bytes, .state = VALUE};
}

static enum sbx_json_event fail(struct sbx_json_reader *r, const char *problem)
{
	if (!r->problem)
		r->problem = problem;
	return SBX_JSON_FAILED;
}

/* The next byte that is no blank; NUL at the end (no JSON has one outside of strings). */
static char peek(struct sbx_json_reader *r)
{
	for (; r->at < r->end; r->at++) {
		if (*r->at == '\n')
			r->line++;
		else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r')
			return *r->at;
	}
	return '\0';
}

static bool is_hex(const char *s, const char *end)
{
	for (int i = 0; i < 4; i++, s++)
		if (s == end || !isxdigit((unsigned char)*s))
			return false;
	return true;
}

/* From the opening quote to behind the closing one. */
static bool take_string(struct sbx_json_reader *r)
{
	r->value = ++r->at;
	for (; r->at < r->end && *r->at != '"'; r->at++) {
		if ((unsigned char)*r->at < 0x20)
			return fail(r, "a string with a bare control character or line end in it");
		if (*r->at != '\\')
			continue;
		if (++r->at == r->end)
			break;
		if (*r->at == 'u' ? !is_hex(r->at + 1, r->end) : !strchr("\"\\/bfnrt", *r->at))
			return fail(r, "an unknown escape in a string");
	}
	if (r->at >= r->end)
		return fail(r, "it ends inside a string");
	r->n_value = (size_t)(r->at++ - r->value);
	return true;
}

static void skip_digits(struct sbx_json_reader *r)
{
	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
}

static bool at_digit(const struct sbx_json_reader *r)
{
	return r->at < r->end && isdigit((unsigned char)*r->at);
}

static enum sbx_json_event take_number(struct sbx_json_reader *r)
{
	r->value = r->at;
	r->at += *r->at == '-';
	bool fine = at_digit(r);
	bool zero = fine && *r->at == '0';
	if (zero)
		r->at++;
	else
		skip_digits(r);
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		fine = fine && at_digit(r);
		skip_digits(r);
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		r->at++;
		r->at += r->at < r->end && (*r->at == '+' || *r->at == '-');
		fine = fine && at_digit(r);
		skip_digits(r);
	}
	r->n_value = (size_t)(r->at - r->value);
	return fine && !at_digit(r) ? SBX_JSON_NUMBER : fail(r, "a malformed number");
}

static enum sbx_json_event take_word(struct sbx_json_reader *r)
{
	static const char *const words[] = {"true", "false", "null"};
	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);
		if ((size_t)(r->end - r->at) < n || memcmp(r->at, words[i], n) != 0)
			continue;
		r->value = r->at;
		r->n_value = n;
		r->at += n;
		return SBX_JSON_WORD;
	}
	return fail(r, "no JSON value stands here");
}

static enum sbx_json_event open_container(struct sbx_json_reader *r, bool is_object)
{
	if (r->depth == SBX_JSON_MAX_DEPTH)
		return fail(r, "lists and objects are nested too deep (limit: 128)");
	r->is_object[r->depth++] = is_object;
	r->at++;
	r->state = is_object ? KEY_OR_END : VALUE_OR_END;
	return is_object ? SBX_JSON_BEGIN_OBJECT : SBX_JSON_BEGIN_ARRAY;
}

static void end_value(struct sbx_json_reader *r)
{
	r->state = r->depth ? COMMA_OR_END : DONE;
}

static enum sbx_json_event close_container(struct sbx_json_reader *r)
{
	r->at++;
	r->depth--;
	end_value(r);
	return r->is_object[r->depth] ? SBX_JSON_END_OBJECT : SBX_JSON_END_ARRAY;
}

static enum sbx_json_event take_value(struct sbx_json_reader *r, char c)
{
	if (c == '{' || c == '[')
		return open_container(r, c == '{');
	end_value(r);
	if (c == '"')
		return take_string(r) ? SBX_JSON_STRING : SBX_JSON_FAILED;
	if (c == '\0')
		return fail(r, r->at < r->end ? "a NUL byte" : "it ends too early");
	return c == '-' || isdigit((unsigned char)c) ? take_number(r) : take_word(r);
}

static enum sbx_json_event take_key(struct sbx_json_reader *r, char c)
{
	if (c != '"')
		return fail(r,
			    c ? "a name in double quotes should stand here" : "it ends too early");
	if (!take_string(r))
		return SBX_JSON_FAILED;
	if (peek(r) != ':')
		return fail(r, "a colon is missing behind a name");
	r->at++;
	r->state = VALUE;
	return SBX_JSON_KEY;
}

enum sbx_json_event sbx_json_next(struct sbx_json_reader *r)
{
	if (r->problem)
		return SBX_JSON_FAILED;
	char c = peek(r);
	if (r->state == DONE)
		return r->at < r->end ? fail(r, "something follows the value") : SBX_JSON_END;
	bool in_object = r->depth && r->is_object[r->depth - 1];
	bool may_end =
		r->state == KEY_OR_END || r->state == VALUE_OR_END || r->state == COMMA_OR_END;
	if (may_end && c == (in_object ? '}' : ']'))
		return close_container(r);
	if (r->state == COMMA_OR_END) {
		if (c != ',')
			return fail(r, c ? "a comma or a closing bracket should stand here"
					 : "it ends too early");
		r->at++;
		c = peek(r);
		return in_object ? take_key(r, c) : take_value(r, c);
	}
	return r->state == KEY_OR_END ? take_key(r, c) : take_value(r, c);
}

bool sbx_json_skip(struct sbx_json_reader *r)
{
	unsigned depth = r->depth;
	enum sbx_json_event event;
	do
		event = sbx_json_next(r);
	while (event > SBX_JSON_END && r->depth > depth);
	return event > SBX_JSON_END;
}

static void add_code_point(struct sbx_buffer *out, uint32_t c)
{
	char utf8[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n; i-- > 0; c >>= 6)
		utf8[i] = (char)(i ? 0x80 | (c & 0x3f) : marks[n] | c);
	sbx_buffer_add(out, utf8, n);
}

static uint32_t hex_value(const char *s)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++)
		value = value << 4 |
			(uint32_t)(isdigit((unsigned char)s[i]) ? s[i] - '0'
								: (s[i] | 32) - 'a' + 10);
	return value;
}

/* \uXXXX at s, with the other half of its pair. Returns the bytes behind the 'u' that it took. */
static size_t add_escaped(struct sbx_buffer *out, const char *s, const char *end)
{
	uint32_t c = hex_value(s);
	size_t n = 4;
	bool has_more = end - s >= 10 && s[4] == '\\' && s[5] == 'u';
	uint32_t low = has_more ? hex_value(s + 6) : 0;
	if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		n = 10;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
	}
	add_code_point(out, c);
	return n;
}

void sbx_json_add_value(const struct sbx_json_reader *r, struct sbx_buffer *out)
{
	static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *s = r->value, *end = r->value + r->n_value;
	while (s < end) {
		const char *escape = memchr(s, '\\', (size_t)(end - s));
		const char *plain_end = escape ? escape : end;
		sbx_buffer_add(out, s, (size_t)(plain_end - s));
		if (!escape)
			return;
		s = escape + 2;
		const char *letter = strchr(letters, escape[1]);
		if (escape[1] == 'u')
			s += add_escaped(out, s, end);
		else
			sbx_buffer_add(out, letter ? &meanings[letter - letters] : &escape[1], 1);
	}
}

bool sbx_json_value_is(const struct sbx_json_reader *r, const char *text)
{
	return strlen(text) == r->n_value && !memcmp(text, r->value, r->n_value);
}
