/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_JSON_READ_H
#define SBX_BASE_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * A strict reader of JSON (RFC 8259), one event at a time, without recursion and without memory of
 * its own: whoever calls it decides what is kept.
 *
 *	struct sbx_json_reader r;
 *	sbx_json_reader_init(&r, text, n_bytes);
 *	while ((event = sbx_json_next(&r)) > SBX_JSON_END)
 *		...
 *	if (event == SBX_JSON_FAILED)
 *		r.line and r.problem tell where and what
 *
 * More than SBX_JSON_MAX_DEPTH lists and objects in each other fail like any other mistake. Names
 * that an object has twice are handed out twice.
 */
#define SBX_JSON_MAX_DEPTH 128

enum sbx_json_event {
	SBX_JSON_FAILED,
	SBX_JSON_END, /* of the text, behind its only value */
	SBX_JSON_BEGIN_OBJECT,
	SBX_JSON_END_OBJECT,
	SBX_JSON_BEGIN_ARRAY,
	SBX_JSON_END_ARRAY,
	SBX_JSON_KEY, /* the value follows as the next event */
	SBX_JSON_STRING,
	SBX_JSON_NUMBER,
	SBX_JSON_WORD, /* true, false, null: see `value` */
};

struct sbx_json_reader {
	unsigned line;	     /* of the last event, from 1 */
	unsigned depth;	     /* of lists and objects that are open behind the last event */
	const char *value;   /* of a key, string, number or word, as it is written, unquoted */
	size_t n_value;	     /* bytes */
	const char *problem; /* of SBX_JSON_FAILED */
	/* private */
	const char *at, *end;
	int state; /* what may come next */
	uint8_t is_object[SBX_JSON_MAX_DEPTH];
};

/* The text need not be NUL-terminated and must outlive the reader. */
void sbx_json_reader_init(struct sbx_json_reader *reader, const char *text, size_t n_bytes);
/* After SBX_JSON_FAILED and SBX_JSON_END every call gives the same again. */
enum sbx_json_event sbx_json_next(struct sbx_json_reader *reader);
/* Behind a key: read its value to the end, whatever it is. False when that fails. */
bool sbx_json_skip(struct sbx_json_reader *reader);
/*
 * Add the last string or key to a buffer, its escapes resolved, as UTF-8. Half of a surrogate pair
 * becomes U+FFFD.
 */
void sbx_json_add_value(const struct sbx_json_reader *reader, struct sbx_buffer *out);
/* Is the last string or key this one? Only for texts that need no escape. */
bool sbx_json_value_is(const struct sbx_json_reader *reader, const char *text);

#endif
