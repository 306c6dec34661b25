/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "profiler/scan.h"

const char *sbx_scan_text(const struct sbx_scan *scan, TSNode node, size_t *out_n)
{
	size_t start = ts_node_start_byte(node), end = ts_node_end_byte(node);
	if (end > scan->n_bytes)
		end = scan->n_bytes;
	*out_n = end > start ? end - start : 0;
	return scan->text + (start < scan->n_bytes ? start : 0);
}

/* A backslash and what follows, as C and its kin read it. Returns the bytes used up. */
static size_t unescape_c(struct sbx_buffer *b, const char *p, size_t n)
{
	static const char from[] = "ntr0\\\"'", to[] = "\n\t\r \\\"'";
	const char *known = n > 1 && p[1] ? strchr(from, p[1]) : NULL;
	if (known) {
		sbx_buffer_add(b, &to[known - from], 1);
		return 2;
	}
	if (n > 1 && p[1] == '\n')
		return 2;
	sbx_buffer_add(b, p, 1);
	return 1;
}

/* As shells read it: the next character for itself, nothing for a continued line. */
static size_t unescape_plain(struct sbx_buffer *b, const char *p, size_t n)
{
	if (n < 2)
		return 1;
	if (p[1] != '\n')
		sbx_buffer_add(b, p + 1, 1);
	return 2;
}

static void add_text(const struct sbx_scan *scan, struct sbx_buffer *b, TSNode node)
{
	size_t n;
	const char *p = sbx_scan_text(scan, node, &n);
	/* In C's manner raw literals exist; the grammar marks escapes in the others. */
	bool escapes = scan->rules->escape == SBX_ESCAPE_PLAIN ||
		       (scan->rules->escape == SBX_ESCAPE_C && ts_node_child_count(node) > 0);
	while (n > 0) {
		const char *backslash = escapes ? memchr(p, '\\', n) : NULL;
		size_t plain = backslash ? (size_t)(backslash - p) : n;
		sbx_buffer_add(b, p, plain);
		p += plain;
		n -= plain;
		if (backslash) {
			size_t used = scan->rules->escape == SBX_ESCAPE_C ? unescape_c(b, p, n)
									  : unescape_plain(b, p, n);
			p += used;
			n -= used;
		}
	}
}

/* A node that is one escape. Before what is neither letter nor digit a backslash only protects it.
 */
static void add_escape(const struct sbx_scan *scan, struct sbx_buffer *b, TSNode node)
{
	size_t n;
	const char *p = sbx_scan_text(scan, node, &n);
	bool protects = n > 1 && *p == '\\' && !isalnum((unsigned char)p[1]);
	size_t used = n == 0 ? 0
		      : scan->rules->escape == SBX_ESCAPE_PLAIN || protects
			      ? unescape_plain(b, p, n)
			      : unescape_c(b, p, n);
	if (used < n)
		sbx_buffer_add(b, p + used, n - used);
}

static void add_quoted(const struct sbx_scan *scan, struct sbx_buffer *b, TSNode node)
{
	size_t n;
	const char *p = sbx_scan_text(scan, node, &n);
	if (n && *p == '$') {
		p++;
		n--;
	}
	if (n >= 2)
		sbx_buffer_add(b, p + 1, n - 2);
}

static enum sbx_symbol_role role_of(const struct sbx_scan *scan, TSNode node)
{
	TSSymbol symbol = ts_node_symbol(node);
	return symbol < scan->rules->n_symbols ? scan->rules->roles[symbol] : SBX_SYMBOL_DESCEND;
}

/* Text in which other nodes stand: what none of them covers is itself. */
static void add_mixed(const struct sbx_scan *scan, struct sbx_buffer *b, TSNode node)
{
	static const char hole = SBX_HOLE;
	size_t n, at = ts_node_start_byte(node);
	const char *text = sbx_scan_text(scan, node, &n);
	size_t start = at, end = at + n;
	TSTreeCursor cursor = ts_tree_cursor_new(node);
	bool more = ts_tree_cursor_goto_first_child(&cursor);
	for (; more; more = ts_tree_cursor_goto_next_sibling(&cursor)) {
		TSNode child = ts_tree_cursor_current_node(&cursor);
		enum sbx_symbol_role role = role_of(scan, child);
		size_t from = ts_node_start_byte(child), to = ts_node_end_byte(child);
		if (from < at || to > end || !ts_node_is_named(child))
			continue;
		sbx_buffer_add(b, text + (at - start), from - at);
		at = to;
		if (role == SBX_SYMBOL_TEXT)
			add_text(scan, b, child);
		else if (role == SBX_SYMBOL_ESCAPE)
			add_escape(scan, b, child);
		else if (role != SBX_SYMBOL_SKIP)
			sbx_buffer_add(b, &hole, 1);
	}
	ts_tree_cursor_delete(&cursor);
	sbx_buffer_add(b, text + (at - start), end - at);
}

/* Adds what the node alone contributes; true when its children are to be visited. */
static bool add_node(const struct sbx_scan *scan, struct sbx_buffer *b, TSNode node)
{
	static const char hole = SBX_HOLE;
	switch (role_of(scan, node)) {
	case SBX_SYMBOL_TEXT:
		add_text(scan, b, node);
		return false;
	case SBX_SYMBOL_QUOTED:
		add_quoted(scan, b, node);
		return false;
	case SBX_SYMBOL_ESCAPE:
		add_escape(scan, b, node);
		return false;
	case SBX_SYMBOL_MIXED:
		add_mixed(scan, b, node);
		return false;
	case SBX_SYMBOL_SKIP:
		return false;
	case SBX_SYMBOL_OPAQUE:
		sbx_buffer_add(b, &hole, 1);
		return false;
	case SBX_SYMBOL_DESCEND:
		break;
	}
	if (ts_node_child_count(node) > 0)
		return true;
	if (ts_node_is_named(node))
		sbx_buffer_add(b, &hole, 1);
	return false;
}

char *sbx_scan_literal(struct sbx_scan *scan, TSNode node)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer b = SBX_BUFFER_INIT;
	TSTreeCursor cursor = ts_tree_cursor_new(node);
	/* No recursion: a hostile text nests as deep as it likes. */
	for (bool done = false; !done;) {
		if (add_node(scan, &b, ts_tree_cursor_current_node(&cursor)) &&
		    ts_tree_cursor_goto_first_child(&cursor))
			continue;
		while (!ts_tree_cursor_goto_next_sibling(&cursor))
			if (!ts_tree_cursor_goto_parent(&cursor)) {
				done = true;
				break;
			}
	}
	ts_tree_cursor_delete(&cursor);
	return b.failed ? NULL : sbx_arena_string(&scan->arena, b.data ? b.data : "", b.n_bytes);
}

char *sbx_scan_name(struct sbx_scan *scan, TSNode node)
{
	size_t n, n_name = 0;
	const char *p = sbx_scan_text(scan, node, &n);
	if (n == 0 || n > N_MAX_WRITTEN_BYTES)
		return NULL;
	char *name = sbx_arena_alloc(&scan->arena, n + 1);
	for (size_t i = 0; name && i < n; i++) {
		bool joins = p[i] == '\\' && scan->rules->language.separator != '\\';
		if (p[i] == ' ' || p[i] == '\t' || p[i] == '\n' || p[i] == '\r' || joins)
			continue;
		if ((unsigned char)p[i] < ' ' || strchr("\"'`(){}[];,", p[i]))
			return NULL;
		name[n_name++] = p[i];
	}
	return n_name && n_name <= N_MAX_NAME_BYTES ? name : NULL;
}
