/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fd.h"
#include "profiler/scan.h"

/*
 * Imports of which only types are used: a compiler takes them away (TypeScript does), unless a name
 * that they bring stands in a value's place somewhere.
 */

static uint8_t kind_of(const struct sbx_scan *scan, TSNode node)
{
	TSSymbol symbol = ts_node_symbol(node);
	return symbol < scan->rules->n_symbols ? scan->rules->imports[symbol] : SBX_IMPORT_NOTHING;
}

void sbx_elided_note(struct sbx_scan *scan, TSNode module, const char *name)
{
	if (!scan->rules->has_elided ||
	    kind_of(scan, ts_node_parent(module)) != SBX_IMPORT_STATEMENT)
		return;
	struct sbx_brought *slot =
		sbx_grow(&scan->brought, &scan->n_brought, &scan->brought_room, sizeof(*slot));
	if (slot)
		*slot = (struct sbx_brought){ts_node_start_byte(module), name, false};
	else
		scan->no_memory = true;
}

static void mention(struct sbx_scan *scan, struct sbx_map *by_name, TSNode node)
{
	char name[N_MAX_NAME_BYTES + 1];
	size_t n;
	const char *text = sbx_scan_text(scan, node, &n);
	if (n > N_MAX_NAME_BYTES)
		return;
	memcpy(name, text, n);
	name[n] = '\0';
	struct sbx_brought *brought = (struct sbx_brought *)sbx_map_get(by_name, name);
	if (brought)
		brought->is_mentioned = true;
}

void sbx_elided_find(struct sbx_scan *scan)
{
	struct sbx_map by_name = {0};
	if (scan->n_brought == 0)
		return;
	for (size_t i = 0; i < scan->n_brought; i++)
		sbx_map_add(&by_name, scan->brought[i].name, &scan->brought[i]);
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(scan->tree));
	for (bool done = false; !done;) {
		TSNode node = ts_tree_cursor_current_node(&cursor);
		uint8_t kind = kind_of(scan, node);
		if (kind == SBX_IMPORT_MENTION)
			mention(scan, &by_name, node);
		if (kind != SBX_IMPORT_STATEMENT && ts_tree_cursor_goto_first_child(&cursor))
			continue;
		while (!ts_tree_cursor_goto_next_sibling(&cursor))
			if (!ts_tree_cursor_goto_parent(&cursor)) {
				done = true;
				break;
			}
	}
	ts_tree_cursor_delete(&cursor);
	scan->no_memory |= by_name.failed;
	sbx_map_release(&by_name);
}

bool sbx_elided_has(const struct sbx_scan *scan, TSNode module)
{
	uint32_t start = ts_node_start_byte(module);
	bool brings = false;
	for (size_t i = 0; i < scan->n_brought; i++) {
		if (scan->brought[i].start != start)
			continue;
		if (scan->brought[i].is_mentioned)
			return false;
		brings = true;
	}
	return brings;
}
