/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_JSON_H
#define SBX_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * A writer of JSON (RFC 8259) into a buffer. Strings are taken as bytes; what is not valid UTF-8
 * is written as U+FFFD, so the result always is. Commas are the writer's business:
 *
 *	sbx_json_begin_object(&w, NULL);		{
 *	sbx_json_string(&w, "name", "x");		"name": "x",
 *	sbx_json_begin_array(&w, "list");		"list": [
 *	sbx_json_int(&w, NULL, 3);			3
 *	sbx_json_end_array(&w);				]
 *	sbx_json_end_object(&w);			}
 *
 * `key` is NULL inside arrays and for the outermost value. With `pretty` set, one member a line.
 */
struct sbx_json {
	struct sbx_buffer *out;
	bool pretty;
	/* private */
	unsigned depth;
	bool has_members;
};

void sbx_json_begin_object(struct sbx_json *w, const char *key);
void sbx_json_end_object(struct sbx_json *w);
void sbx_json_begin_array(struct sbx_json *w, const char *key);
void sbx_json_end_array(struct sbx_json *w);
void sbx_json_string(struct sbx_json *w, const char *key, const char *value); /* NULL: null */
void sbx_json_string_n(struct sbx_json *w, const char *key, const char *value, size_t n_bytes);
void sbx_json_int(struct sbx_json *w, const char *key, int64_t value);
void sbx_json_double(struct sbx_json *w, const char *key, double value); /* 3 decimals at most */
void sbx_json_bool(struct sbx_json *w, const char *key, bool value);
void sbx_json_null(struct sbx_json *w, const char *key);
/* A value that is JSON already; the caller vouches for that. */
void sbx_json_raw(struct sbx_json *w, const char *key, const char *value);

#endif
