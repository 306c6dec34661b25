/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"

#define BLOCK_BYTES ((size_t)64 << 10)

/* Memory that is given back all at once. */
struct block {
	struct block *next;
	size_t n_bytes, room;
	_Alignas(max_align_t) char data[];
};

static void *allocate(struct sbx_json_tree *tree, size_t n)
{
	struct block *block = tree->blocks;
	n = (n + 15) & ~(size_t)15;
	if (!block || block->room - block->n_bytes < n) {
		size_t room = n > BLOCK_BYTES ? n : BLOCK_BYTES;
		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		*block = (struct block){.next = tree->blocks, .room = room};
		tree->blocks = block;
	}
	void *at = block->data + block->n_bytes;
	block->n_bytes += n;
	return at;
}

void sbx_json_tree_release(struct sbx_json_tree *tree)
{
	for (struct block *block = tree->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	*tree = (struct sbx_json_tree){0};
}

/* What is open: a container, and the last of its children so far. */
struct level {
	struct sbx_json_value *container, *last;
};

struct parsing {
	struct sbx_json_tree *tree;
	struct sbx_json_reader reader;
	struct sbx_buffer scratch;
	struct level levels[SBX_JSON_MAX_DEPTH];
	unsigned depth, max_depth;
	const char *key; /* of the value to come */
};

static int fail(struct parsing *p, const char *what, struct sbx_error *err)
{
	return sbx_fail(err, SBX_E_INPUT, "line %u: %s", p->reader.line,
			p->reader.problem ? p->reader.problem : what);
}

/* The last string or key as a C string in the tree. */
static const char *copy_string(struct parsing *p, struct sbx_error *err)
{
	const char *from = p->reader.value;
	size_t n = p->reader.n_value;
	if (memchr(from, '\\', n)) {
		p->scratch.n_bytes = 0;
		sbx_json_add_value(&p->reader, &p->scratch);
		from = p->scratch.data;
		n = p->scratch.n_bytes;
	}
	char *copy = p->scratch.failed ? NULL : allocate(p->tree, n + 1);
	if (!copy) {
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "JSON");
		return NULL;
	}
	if (n && memchr(from, '\0', n)) {
		fail(p, "a string with a NUL in it", err);
		return NULL;
	}
	if (n)
		memcpy(copy, from, n);
	copy[n] = '\0';
	return copy;
}

static int take_number(struct parsing *p, struct sbx_json_value *value, struct sbx_error *err)
{
	const char *text = copy_string(p, err);
	if (!text)
		return -1;
	value->kind = SBX_JSON_KIND_NUMBER;
	value->number = strtod(text, NULL);
	errno = 0;
	value->integer = strtoll(text, NULL, 10);
	value->is_integer = errno == 0 && !strpbrk(text, ".eE");
	return 0;
}

static int take_value(struct parsing *p, enum sbx_json_event event, struct sbx_error *err)
{
	struct sbx_json_value *value = allocate(p->tree, sizeof(*value));
	if (!value)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "JSON");
	*value = (struct sbx_json_value){.key = p->key};
	p->key = NULL;
	struct level *outer = p->depth ? &p->levels[p->depth - 1] : NULL;
	if (!outer)
		p->tree->root = value;
	else if (outer->last)
		outer->last->next = value;
	else
		outer->container->first = value;
	if (outer) {
		outer->last = value;
		outer->container->n_children++;
	}
	switch (event) {
	case SBX_JSON_STRING:
		value->kind = SBX_JSON_KIND_STRING;
		value->string = copy_string(p, err);
		return value->string ? 0 : -1;
	case SBX_JSON_NUMBER:
		return take_number(p, value, err);
	case SBX_JSON_WORD:
		value->kind = *p->reader.value == 'n' ? SBX_JSON_KIND_NULL : SBX_JSON_KIND_BOOL;
		value->boolean = *p->reader.value == 't';
		return 0;
	default:
		value->kind =
			event == SBX_JSON_BEGIN_ARRAY ? SBX_JSON_KIND_ARRAY : SBX_JSON_KIND_OBJECT;
		if (p->depth == p->max_depth)
			return fail(p, "lists and objects too deep in each other", err);
		p->levels[p->depth++] = (struct level){.container = value};
		return 0;
	}
}

static int parse(struct parsing *p, struct sbx_error *err)
{
	for (;;) {
		enum sbx_json_event event = sbx_json_next(&p->reader);
		if (event == SBX_JSON_END)
			return 0;
		if (event == SBX_JSON_FAILED)
			return fail(p, "no JSON", err);
		if (event == SBX_JSON_END_OBJECT || event == SBX_JSON_END_ARRAY) {
			p->depth--;
		} else if (event == SBX_JSON_KEY) {
			if (!(p->key = copy_string(p, err)))
				return -1;
		} else if (take_value(p, event, err) < 0) {
			return -1;
		}
	}
}

int sbx_json_tree_parse(struct sbx_json_tree *tree, const char *text, size_t n_bytes,
			unsigned max_depth, struct sbx_error *err)
{
	struct parsing p = {
		.tree = tree,
		.max_depth = max_depth < SBX_JSON_MAX_DEPTH ? max_depth : SBX_JSON_MAX_DEPTH,
	};
	*tree = (struct sbx_json_tree){0};
	sbx_json_reader_init(&p.reader, text, n_bytes);
	int status = parse(&p, err);
	sbx_buffer_release(&p.scratch);
	return status;
}

const struct sbx_json_value *sbx_json_member(const struct sbx_json_value *object, const char *name)
{
	if (!object || object->kind != SBX_JSON_KIND_OBJECT)
		return NULL;
	for (const struct sbx_json_value *m = object->first; m; m = m->next)
		if (strcmp(m->key, name) == 0)
			return m;
	return NULL;
}
