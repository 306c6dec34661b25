/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "profiler/scan.h"

/* Is the node nothing but a variable? */
static bool is_variable(struct sbx_scan *scan, TSNode node)
{
	const char *value = sbx_scan_literal(scan, node);
	return value && value[0] == SBX_HOLE && !value[1];
}

/* The value of a literal, or of a variable that the text sets to just one. */
static const char *value_of(struct sbx_scan *scan, TSNode node)
{
	const char *name = is_variable(scan, node) ? sbx_scan_leaf_name(scan, node) : NULL;
	const struct sbx_constant *constant = name ? sbx_map_get(&scan->constants, name) : NULL;
	return sbx_scan_literal(scan, constant && !constant->is_ambiguous ? constant->node : node);
}

/* Is there a line end between two places that no backslash joins? */
static bool has_line_end(const struct sbx_scan *scan, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to && i < scan->n_bytes; i++)
		if (scan->text[i] == '\n' && (i == 0 || scan->text[i - 1] != '\\'))
			return true;
	return false;
}

/* Add the words of `line` that begin at or after the byte `behind` to the n that are there. */
static size_t collect_words(struct sbx_scan *scan, TSNode line, uint32_t behind,
			    struct sbx_word words[N_MAX_WORDS], size_t n)
{
	bool begins_line = false;
	TSTreeCursor cursor = ts_tree_cursor_new(line);
	bool more = ts_tree_cursor_goto_first_child(&cursor);
	for (; more && n < N_MAX_WORDS; more = ts_tree_cursor_goto_next_sibling(&cursor)) {
		TSNode node = ts_tree_cursor_current_node(&cursor);
		TSSymbol symbol = ts_node_symbol(node);
		uint32_t start = ts_node_start_byte(node);
		if (start < behind)
			continue;
		/* The line end may even have become part of the word. */
		begins_line |= scan->rules->lines_separate && has_line_end(scan, behind, start + 1);
		behind = ts_node_end_byte(node);
		if (!ts_node_is_named(node) || (symbol < scan->rules->n_symbols &&
						scan->rules->roles[symbol] == SBX_SYMBOL_SKIP))
			continue;
		const char *text = value_of(scan, node);
		while (text && begins_line && *text == '\n')
			text++;
		words[n++] = (struct sbx_word){text, node, begins_line};
		begins_line = false;
	}
	ts_tree_cursor_delete(&cursor);
	return n;
}

/*
 * Does a word begin here? The shell grammar takes A=$x/$y.z for an assignment and a command y.z;
 * where lines separate commands, so do blanks and operators.
 */
static bool begins_word(const struct sbx_scan *scan, TSNode node)
{
	uint32_t start = ts_node_start_byte(node);
	return !scan->rules->lines_separate || start == 0 ||
	       strchr(" \t\r\n;&|(){}!`<>=", scan->text[start - 1]);
}

void sbx_scan_take_command(struct sbx_scan *scan, const struct sbx_match *m, TSNode command)
{
	if (!begins_word(scan, command))
		return;
	struct sbx_word words[N_MAX_WORDS];
	size_t n = 1, first = 0;
	const char *word = m->pattern->command ? m->pattern->command : value_of(scan, command);
	/* A variable that holds a whole line */
	if (word && !m->pattern->command && strpbrk(word, " \t\n") && is_variable(scan, command)) {
		sbx_scan_add_code(scan, command, &scan->rules->language, word);
		return;
	}
	words[0] = (struct sbx_word){word, command, false};
	TSNode line = sbx_scan_captured(scan, m, SBX_CAPTURE_LINE);
	TSNode more = sbx_scan_captured(scan, m, SBX_CAPTURE_WORDS);
	if (!ts_node_is_null(line))
		n = collect_words(scan, line, ts_node_end_byte(command), words, n);
	if (!ts_node_is_null(more))
		n = collect_words(scan, more, ts_node_start_byte(more), words, n);
	for (size_t i = 0; i < n; i++)
		if (!words[i].text) {
			scan->no_memory = true;
			return;
		}
	for (size_t i = 1; i <= n; i++)
		if (i == n || words[i].begins_line) {
			sbx_scan_command_line(scan, words + first, i - first, m->pattern->grade);
			first = i;
		}
}
