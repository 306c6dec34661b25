/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at s (at most n bytes), 0 when it is not one (RFC 3629). */
static size_t utf8_length(const unsigned char *s, size_t n)
{
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;
	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void add_quoted(struct sbx_buffer *out, const char *value, size_t n)
{
	const unsigned char *s = (const unsigned char *)value;
	sbx_buffer_add(out, "\"", 1);
	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(s + i, n - i);
		if (len == 0) {
			sbx_buffer_add_string(out, "\xef\xbf\xbd");
			i++;
			continue;
		}
		if (s[i] == '"' || s[i] == '\\') {
			char esc[2] = {'\\', (char)s[i]};
			sbx_buffer_add(out, esc, 2);
		} else if (s[i] == '\n') {
			sbx_buffer_add(out, "\\n", 2);
		} else if (s[i] == '\t') {
			sbx_buffer_add(out, "\\t", 2);
		} else if (s[i] < 0x20 || s[i] == 0x7f) {
			sbx_buffer_printf(out, "\\u%04x", s[i]);
		} else {
			sbx_buffer_add(out, s + i, len);
		}
		i += len;
	}
	sbx_buffer_add(out, "\"", 1);
}

static void new_line(struct sbx_json *w)
{
	if (!w->pretty)
		return;
	sbx_buffer_add(w->out, "\n", 1);
	for (unsigned i = 0; i < w->depth; i++)
		sbx_buffer_add(w->out, "  ", 2);
}

static void begin_value(struct sbx_json *w, const char *key)
{
	if (w->has_members)
		sbx_buffer_add(w->out, ",", 1);
	if (w->depth > 0)
		new_line(w);
	w->has_members = true;
	if (key) {
		add_quoted(w->out, key, strlen(key));
		sbx_buffer_add(w->out, w->pretty ? ": " : ":", w->pretty ? 2 : 1);
	}
}

static void begin_container(struct sbx_json *w, const char *key, const char *bracket)
{
	begin_value(w, key);
	sbx_buffer_add(w->out, bracket, 1);
	w->depth++;
	w->has_members = false;
}

static void end_container(struct sbx_json *w, const char *bracket)
{
	w->depth--;
	if (w->has_members)
		new_line(w);
	sbx_buffer_add(w->out, bracket, 1);
	w->has_members = true;
	if (w->depth == 0 && w->pretty)
		sbx_buffer_add(w->out, "\n", 1);
}

void sbx_json_begin_object(struct sbx_json *w, const char *key)
{
	begin_container(w, key, "{");
}

void sbx_json_end_object(struct sbx_json *w)
{
	end_container(w, "}");
}

void sbx_json_begin_array(struct sbx_json *w, const char *key)
{
	begin_container(w, key, "[");
}

void sbx_json_end_array(struct sbx_json *w)
{
	end_container(w, "]");
}

void sbx_json_string_n(struct sbx_json *w, const char *key, const char *value, size_t n_bytes)
{
	begin_value(w, key);
	add_quoted(w->out, value, n_bytes);
}

void sbx_json_string(struct sbx_json *w, const char *key, const char *value)
{
	if (value)
		sbx_json_string_n(w, key, value, strlen(value));
	else
		sbx_json_null(w, key);
}

void sbx_json_int(struct sbx_json *w, const char *key, int64_t value)
{
	begin_value(w, key);
	sbx_buffer_printf(w->out, "%lld", (long long)value);
}

void sbx_json_double(struct sbx_json *w, const char *key, double value)
{
	if (!isfinite(value)) {
		sbx_json_null(w, key);
		return;
	}
	char text[400];
	snprintf(text, sizeof(text), "%.3f", value);
	size_t n = strlen(text);
	while (n > 2 && text[n - 1] == '0' && text[n - 2] != '.')
		n--;
	begin_value(w, key);
	sbx_buffer_add(w->out, text, n);
}

void sbx_json_bool(struct sbx_json *w, const char *key, bool value)
{
	begin_value(w, key);
	sbx_buffer_add_string(w->out, value ? "true" : "false");
}

void sbx_json_null(struct sbx_json *w, const char *key)
{
	begin_value(w, key);
	sbx_buffer_add_string(w->out, "null");
}

void sbx_json_raw(struct sbx_json *w, const char *key, const char *value)
{
	size_t n = strlen(value);
	while (n > 0 && strchr(" \t\r\n", value[n - 1]))
		n--;
	begin_value(w, key);
	sbx_buffer_add(w->out, value, n);
}
