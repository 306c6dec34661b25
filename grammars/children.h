/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_GRAMMARS_CHILDREN_H
#define SBX_GRAMMARS_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <tree_sitter/api.h>

/* A node's child with what patterns ask of it. */
struct sbx_child {
	TSNode node;
	TSSymbol symbol;
	TSFieldId field; /* 0: none */
	bool is_named;
	bool is_error;
	bool is_extra; /* a comment or such, wherever it stands */
};

struct sbx_children {
	struct sbx_child *all;
	size_t n, room;
};

/*
 * Append a node's children, visible ones only, in their order. What a cursor of the runtime says of
 * them too, in a third of the time: matching does this once for every node there is. False when
 * memory is out, or hidden nodes stand deeper in one another than any grammar makes them.
 */
bool sbx_children_append(struct sbx_children *list, TSNode node);

#endif
