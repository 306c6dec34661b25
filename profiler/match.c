/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/scan.h"

/*
 * Matching patterns against a tree. The tree is walked once, with a cursor; at each node the
 * patterns that its symbol may begin are tried. All ways to match a pattern are found, as
 * tree-sitter's own queries do; recursion goes as deep as a pattern, never as deep as the tree.
 */

#define N_MAX_CAPTURES 32
#define N_MAX_TRIES    20000 /* at one node: ends the search where a hostile text multiplies it */
#define N_RECENT       16    /* nodes among which a node's children are looked for */
#define N_PER_CLOCK    64    /* nodes between looks at the clock */

struct kid {
	TSNode node;
	TSFieldId field;
	bool is_named;
	bool is_error; /* seen by patterns that ask for it, by no other */
};

/* The children of one node: patterns that begin alike ask for them again and again. */
struct kids {
	const void *id; /* of the node */
	struct kid *all;
	size_t n, room;
};

struct matcher {
	struct sbx_scan *scan;
	TSTreeCursor cursor; /* for children */
	const struct sbx_pattern *pattern;
	struct sbx_captured captures[N_MAX_CAPTURES];
	size_t n_captures;
	size_t n_tries;
	struct kids **pool; /* the first n_kids belong to the node that is tried */
	size_t n_kids, n_pool, pool_room;
};

/* What is left to match: the parent's steps from k on, against kids from pos on; then `up`. */
struct rest {
	const struct sbx_step *parent;
	size_t k;
	const struct kids *kids;
	size_t pos;
	const struct rest *up;
};

static void match_rest(struct matcher *m, const struct rest *rest);

/* Room for the children of one more node; what an earlier root used is used again. */
static struct kids *next_kids(struct matcher *m)
{
	if (m->n_kids < m->n_pool)
		return m->pool[m->n_kids++];
	struct kids *fresh = calloc(1, sizeof(*fresh));
	struct kids **slot =
		fresh ? sbx_grow(&m->pool, &m->n_pool, &m->pool_room, sizeof(*slot)) : NULL;
	if (!slot) {
		free(fresh);
		m->scan->no_memory = true;
		return NULL;
	}
	*slot = fresh;
	m->n_kids++;
	return fresh;
}

static const struct kids *kids_of(struct matcher *m, TSNode node)
{
	size_t n_look = m->n_kids < N_RECENT ? m->n_kids : N_RECENT;
	for (size_t i = 0; i < n_look; i++)
		if (m->pool[m->n_kids - 1 - i]->id == node.id)
			return m->pool[m->n_kids - 1 - i];
	struct kids *kids = next_kids(m);
	if (!kids)
		return NULL;
	kids->id = node.id;
	kids->n = 0;
	ts_tree_cursor_reset(&m->cursor, node);
	if (!ts_tree_cursor_goto_first_child(&m->cursor))
		return kids;
	do {
		TSNode one = ts_tree_cursor_current_node(&m->cursor);
		bool is_error = ts_node_is_error(one);
		if (ts_node_is_extra(one) && !is_error)
			continue;
		struct kid *kid = sbx_grow(&kids->all, &kids->n, &kids->room, sizeof(*kid));
		if (!kid) {
			m->scan->no_memory = true;
			return NULL;
		}
		*kid = (struct kid){one, ts_tree_cursor_current_field_id(&m->cursor),
				    ts_node_is_named(one) && !is_error, is_error};
	} while (ts_tree_cursor_goto_next_sibling(&m->cursor));
	return kids;
}

static void keep_match(struct matcher *m)
{
	struct sbx_scan *scan = m->scan;
	struct sbx_match *kept =
		sbx_grow(&scan->matches, &scan->n_matches, &scan->matches_room, sizeof(*kept));
	if (!kept) {
		scan->no_memory = true;
		return;
	}
	*kept = (struct sbx_match){m->pattern, (uint32_t)scan->n_captures, 0};
	for (size_t i = 0; i < m->n_captures; i++) {
		struct sbx_captured *c = sbx_grow(&scan->captures, &scan->n_captures,
						  &scan->captures_room, sizeof(*c));
		if (!c) {
			scan->no_memory = true;
			return;
		}
		*c = m->captures[i];
		kept->n++;
	}
}

static bool is_of_type(const struct sbx_step *step, TSNode node, bool is_named)
{
	if (step->n_branches)
		return true;
	if (step->is_any)
		return is_named;
	TSSymbol symbol = ts_node_symbol(node);
	for (size_t i = 0; i < step->n_symbols; i++)
		if (step->symbols[i] == symbol)
			return true;
	return false;
}

static void match_node(struct matcher *m, const struct sbx_step *step, TSNode node, bool is_named,
		       const struct rest *up)
{
	if (!is_of_type(step, node, is_named))
		return;
	for (struct sbx_predicate **p = step->predicates; p && *p; p++)
		if (!sbx_scan_holds(m->scan, *p, node, false))
			return;
	size_t n_before = m->n_captures;
	for (size_t i = 0; i < step->n_captures && m->n_captures < N_MAX_CAPTURES; i++) {
		enum sbx_capture capture = m->scan->rules->captures[step->captures[i]];
		if (capture == SBX_CAPTURE_CALL &&
		    !sbx_calls_may_match(m->scan, m->pattern, node)) {
			m->n_captures = n_before;
			return;
		}
		m->captures[m->n_captures++] = (struct sbx_captured){node, capture, step};
	}
	for (size_t i = 0; i < step->n_branches; i++)
		match_node(m, &step->branches[i], node, is_named, up);
	if (step->n_children) {
		struct rest inner = {step, 0, kids_of(m, node), 0, up};
		if (inner.kids)
			match_rest(m, &inner);
	} else if (!step->n_branches) {
		match_rest(m, up);
	}
	m->n_captures = n_before;
}

static void match_rest(struct matcher *m, const struct rest *rest)
{
	if (++m->n_tries > N_MAX_TRIES)
		return;
	if (!rest) {
		keep_match(m);
		return;
	}
	const struct kids *kids = rest->kids;
	if (rest->k == rest->parent->n_children) {
		for (size_t i = rest->pos; rest->parent->ends_anchored && i < kids->n; i++)
			if (kids->all[i].is_named)
				return;
		match_rest(m, rest->up);
		return;
	}
	const struct sbx_step *step = &rest->parent->children[rest->k];
	for (size_t i = rest->pos; i < kids->n && m->n_tries <= N_MAX_TRIES; i++) {
		const struct kid *kid = &kids->all[i];
		if (!step->field || step->field == kid->field) {
			struct rest next = {rest->parent, rest->k + 1, kids, i + 1, rest->up};
			match_node(m, step, kid->node, kid->is_named, &next);
		}
		/* Between named nodes, anchors do not see commas and brackets. */
		if (step->is_anchored && !kid->is_error && (kid->is_named || !step->is_named))
			return;
	}
}

/* Does a child with that field mean a name that is asked for? */
static bool passes_gate(struct matcher *m, TSNode node, TSFieldId gate)
{
	const struct kids *kids = kids_of(m, node);
	for (size_t i = 0; kids && i < kids->n; i++)
		if (kids->all[i].field == gate && sbx_scan_may_resolve(m->scan, kids->all[i].node))
			return true;
	return false;
}

static void match_at(struct matcher *m, TSNode node)
{
	const struct sbx_rules *rules = m->scan->rules;
	m->n_kids = 0;
	TSFieldId asked = 0;
	bool passes = true;
	const struct sbx_start *s = rules->starts[sbx_rules_slot(rules, ts_node_symbol(node))];
	for (; s; s = s->next) {
		if (s->gate && s->gate != asked) {
			asked = s->gate;
			passes = passes_gate(m, node, asked);
		}
		if (s->gate && !passes)
			continue;
		m->pattern = s->pattern;
		m->n_tries = 0;
		match_node(m, &s->pattern->root, node, ts_node_is_named(node), NULL);
		if (m->n_tries > N_MAX_TRIES)
			m->scan->out->has_errors = true;
	}
}

/* Preorder, so that matches come in the text's order. False when a limit ended it. */
static bool walk(struct matcher *m, TSTreeCursor *cursor)
{
	for (size_t n = 1;; n++) {
		TSNode node = ts_tree_cursor_current_node(cursor);
		match_at(m, node);
		if (m->scan->no_memory || m->scan->n_matches > N_MAX_MATCHES ||
		    (n % N_PER_CLOCK == 0 && sbx_now_usec() > m->scan->limits->deadline_usec))
			return false;
		if (ts_tree_cursor_goto_first_child(cursor))
			continue;
		while (!ts_tree_cursor_goto_next_sibling(cursor))
			if (!ts_tree_cursor_goto_parent(cursor))
				return true;
	}
}

int sbx_scan_match(struct sbx_scan *scan, struct sbx_error *err)
{
	TSNode root = ts_tree_root_node(scan->tree);
	struct matcher m = {.scan = scan, .cursor = ts_tree_cursor_new(root)};
	TSTreeCursor cursor = ts_tree_cursor_new(root);
	if (!walk(&m, &cursor))
		scan->out->has_errors = true;
	ts_tree_cursor_delete(&cursor);
	ts_tree_cursor_delete(&m.cursor);
	for (size_t i = 0; i < m.n_pool; i++) {
		free(m.pool[i]->all);
		free(m.pool[i]);
	}
	free(m.pool);
	return scan->no_memory ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory") : 0;
}
