/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_JSON_TREE_H
#define SBX_BASE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A whole JSON text (RFC 8259) in memory, read by base/json_read.h. For texts of a bounded size:
 * the tree takes about ten times the text's.
 */
enum sbx_json_kind {
	SBX_JSON_KIND_NULL,
	SBX_JSON_KIND_BOOL,
	SBX_JSON_KIND_NUMBER,
	SBX_JSON_KIND_STRING,
	SBX_JSON_KIND_ARRAY,
	SBX_JSON_KIND_OBJECT,
};

struct sbx_json_value {
	enum sbx_json_kind kind;
	bool is_integer; /* of a number: written without fraction and exponent, in range */
	bool boolean;
	const char *key;    /* in an object; else NULL */
	const char *string; /* its escapes resolved, UTF-8; holds no NUL */
	double number;
	int64_t integer;
	const struct sbx_json_value *first, *next; /* children, and their siblings, in order */
	unsigned n_children;
};

struct sbx_json_tree {
	const struct sbx_json_value *root;
	void *blocks; /* private */
};

/*
 * Parse. SBX_E_INPUT tells the line and what is wrong there: no JSON, nested deeper than max_depth
 * (at most SBX_JSON_MAX_DEPTH), a NUL in a string. The tree is to be released in any case.
 */
int sbx_json_tree_parse(struct sbx_json_tree *tree, const char *text, size_t n_bytes,
			unsigned max_depth, struct sbx_error *err);
void sbx_json_tree_release(struct sbx_json_tree *tree);
#define SBX_CLEANUP_JSON_TREE __attribute__((cleanup(sbx_json_tree_release)))

/* An object's first member of that name, NULL when there is none or it is no object. */
const struct sbx_json_value *sbx_json_member(const struct sbx_json_value *object, const char *name);

#endif
