/* SPDX-License-Identifier: Apache-2.0 */
/* A policy in JSON, brought to the form of a key file: one reader decides what keys mean. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "provisioner/policy.h"

static int fail(const struct sbx_json_reader *reader, const char *what, struct sbx_error *err)
{
	return sbx_fail(err, SBX_E_INPUT, "line %u: %s", reader->line,
			reader->problem ? reader->problem : what);
}

/* A key, string, number or word. What a key file's line cannot hold is refused. */
static int add_plain(const struct sbx_json_reader *reader, bool in_list, struct sbx_buffer *out,
		     struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer value = SBX_BUFFER_INIT;
	sbx_json_add_value(reader, &value);
	for (size_t i = 0; i < value.n_bytes; i++) {
		char c = value.data[i];
		if ((unsigned char)c < ' ' || c == 127 || (c == '\\' && !in_list))
			return fail(reader, "a value with a control character or a backslash", err);
		if (in_list && (c == ';' || c == '\\'))
			sbx_buffer_add(out, "\\", 1);
		sbx_buffer_add(out, &c, 1);
	}
	return 0;
}

static int add_list(struct sbx_json_reader *reader, struct sbx_buffer *out, struct sbx_error *err)
{
	enum sbx_json_event event;
	while ((event = sbx_json_next(reader)) != SBX_JSON_END_ARRAY) {
		if (event != SBX_JSON_STRING)
			return fail(reader, "expected a list of strings", err);
		if (add_plain(reader, true, out, err) < 0)
			return -1;
		sbx_buffer_add(out, ";", 1);
	}
	return 0;
}

static int add_key(struct sbx_json_reader *reader, struct sbx_buffer *out, struct sbx_error *err)
{
	/* "#..." would be a comment in a key file, and pass unseen. */
	for (size_t i = 0; i < reader->n_value; i++)
		if (!isalnum((unsigned char)reader->value[i]) && reader->value[i] != '-')
			return fail(reader, "no key of a policy", err);
	if (!reader->n_value)
		return fail(reader, "no key of a policy", err);
	if (add_plain(reader, false, out, err) < 0)
		return -1;
	sbx_buffer_add(out, "=", 1);
	enum sbx_json_event event = sbx_json_next(reader);
	if (event == SBX_JSON_WORD) /* true and false, as in "zygote" */
		sbx_buffer_add_string(out, reader->value[0] == 't' ? "yes" : "no");
	else if (event == SBX_JSON_NUMBER)
		sbx_buffer_add(out, reader->value, reader->n_value);
	else if (event == SBX_JSON_BEGIN_ARRAY ? add_list(reader, out, err) < 0
		 : event == SBX_JSON_STRING
			 ? add_plain(reader, false, out, err) < 0
			 : fail(reader, "expected a string, a number or a list", err))
		return -1;
	sbx_buffer_add(out, "\n", 1);
	return 0;
}

static int add_section(struct sbx_json_reader *reader, struct sbx_buffer *out,
		       struct sbx_error *err)
{
	if (memchr(reader->value, ']', reader->n_value))
		return fail(reader, "no section of a policy", err);
	sbx_buffer_add(out, "[", 1);
	if (add_plain(reader, false, out, err) < 0)
		return -1;
	sbx_buffer_add_string(out, "]\n");
	if (sbx_json_next(reader) != SBX_JSON_BEGIN_OBJECT)
		return fail(reader, "expected an object with the section's keys", err);
	enum sbx_json_event event;
	while ((event = sbx_json_next(reader)) == SBX_JSON_KEY)
		if (add_key(reader, out, err) < 0)
			return -1;
	return event == SBX_JSON_END_OBJECT ? 0 : fail(reader, "expected a key", err);
}

int sbx_policy_json_to_keys(const char *text, size_t n_bytes, struct sbx_buffer *out,
			    struct sbx_error *err)
{
	struct sbx_json_reader reader;
	sbx_json_reader_init(&reader, text, n_bytes);
	if (sbx_json_next(&reader) != SBX_JSON_BEGIN_OBJECT)
		return fail(&reader, "expected an object of sections", err);
	enum sbx_json_event event;
	while ((event = sbx_json_next(&reader)) == SBX_JSON_KEY)
		if (add_section(&reader, out, err) < 0)
			return -1;
	if (event != SBX_JSON_END_OBJECT || sbx_json_next(&reader) != SBX_JSON_END)
		return fail(&reader, "expected a section", err);
	return 0;
}
