/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled into the runtime, of the version in package-lock.json: it looks into its trees. */
#include "grammars/children.h"

#include <stdlib.h>

#include "language.h"
#include "subtree.h"
#include "tree.h"

#define N_MAX_DEPTH 4000 /* of hidden nodes in one another; repetitions are kept balanced */

static TSFieldId field_at(const TSLanguage *language, uint32_t production, uint32_t index)
{
	const TSFieldMapEntry *at, *end;
	ts_language_field_map(language, production, &at, &end);
	for (; at < end; at++)
		if (!at->inherited && at->child_index == index)
			return at->field_id;
	return 0;
}

static bool append(struct sbx_children *list, const TSTree *tree, const Subtree *child, Length at,
		   TSSymbol alias, TSFieldId field)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct sbx_child *all = realloc(list->all, room * sizeof(*all));
		if (!all)
			return false;
		list->all = all;
		list->room = room;
	}
	TSSymbol symbol = alias ? alias : ts_subtree_symbol(*child);
	bool is_error = symbol == ts_builtin_sym_error;
	list->all[list->n++] = (struct sbx_child){
		.node = ts_node_new(tree, child, at, alias),
		.symbol = is_error ? symbol : tree->language->public_symbol_map[symbol],
		.field = field,
		.is_named = !is_error && (alias ? tree->language->symbol_metadata[alias].named
						: ts_subtree_named(*child)),
		.is_error = is_error,
		.is_extra = !is_error && ts_subtree_extra(*child),
	};
	return true;
}

/* `field`: of the hidden node, which its children have where they have none of their own. */
static bool append_below(struct sbx_children *list, const TSTree *tree, Subtree parent, Length at,
			 TSFieldId field, unsigned depth)
{
	if (depth > N_MAX_DEPTH)
		return false;
	const TSLanguage *language = tree->language;
	uint32_t n = ts_subtree_child_count(parent), production = n ? parent.ptr->production_id : 0;
	const TSSymbol *aliases = ts_language_alias_sequence(language, production);
	for (uint32_t i = 0, index = 0; i < n; i++) {
		const Subtree *child = &ts_subtree_children(parent)[i];
		if (i)
			at = length_add(at, ts_subtree_padding(*child));
		bool is_extra = ts_subtree_extra(*child);
		TSSymbol alias = aliases && !is_extra ? aliases[index] : 0;
		bool is_visible = alias || ts_subtree_visible(*child);
		if (is_visible || ts_subtree_visible_child_count(*child)) {
			TSFieldId own = is_extra ? 0 : field_at(language, production, index);
			TSFieldId its = is_extra ? 0 : own ? own : field;
			if (!(is_visible ? append(list, tree, child, at, alias, its)
					 : append_below(list, tree, *child, at, its, depth + 1)))
				return false;
		}
		index += !is_extra;
		at = length_add(at, ts_subtree_size(*child));
	}
	return true;
}

bool sbx_children_append(struct sbx_children *list, TSNode node)
{
	Length at = {node.context[0], {node.context[1], node.context[2]}};
	return append_below(list, node.tree, *(const Subtree *)node.id, at, 0, 0);
}
