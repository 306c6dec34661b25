/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "grammars/children.h"
#include "profiler/scan.h"

/*
 * Matching patterns against a tree. The tree is walked once; at each node the patterns that its
 * symbol may begin are tried. All ways to match a pattern are found, as
 * tree-sitter's own queries do; recursion goes as deep as a pattern, never as deep as the tree.
 */

#define N_MAX_CAPTURES 32
#define N_MAX_TRIES    20000 /* at one node: ends the search where a hostile text multiplies it */
#define N_RECENT       16    /* nodes among which a node's children are looked for */
#define N_PER_CLOCK    4096  /* nodes and tries between looks at the clock */

/* The children of one node, in matcher.kids. */
struct kids {
	const void *id; /* of the node */
	size_t start, n;
};

/* A node whose children are walked. */
struct level {
	size_t next, end;	 /* in matcher.kids */
	size_t n_kids, n_recent; /* of the matcher, before the node was visited */
};

struct matcher {
	struct sbx_scan *scan;
	const struct sbx_pattern *pattern;
	struct sbx_captured captures[N_MAX_CAPTURES];
	size_t n_captures;
	size_t n_tries;
	/*
	 * A stack: for each node from the root to the one that is tried its children, and those of
	 * nodes below it that patterns have asked for, which the walk comes to later.
	 */
	struct sbx_children kids;
	struct level *levels;
	size_t n_levels, levels_room;
	struct kids *recent; /* whose children are on the stack, in the order of the stack */
	size_t n_recent, recent_room;
};

/* What is left to match: the parent's steps from k on, against kids from pos on; then `up`. */
struct rest {
	const struct sbx_step *parent;
	size_t k;
	const struct kids kids;
	size_t pos;
	const struct rest *up;
};

static void match_rest(struct matcher *m, const struct rest *rest);

/* Put a node's children on the stack. They are gone when n_kids is set back. */
static struct kids push_kids(struct matcher *m, TSNode node)
{
	struct kids kids = {node.id, m->kids.n, 0};
	if (ts_node_child_count(node) > 0 && !sbx_children_append(&m->kids, node))
		m->scan->no_memory = true;
	kids.n = m->kids.n - kids.start;
	return kids;
}

static const struct kids *find_kids(const struct matcher *m, TSNode node)
{
	size_t n_look = m->n_recent < N_RECENT ? m->n_recent : N_RECENT;
	for (size_t i = 0; i < n_look; i++)
		if (m->recent[m->n_recent - 1 - i].id == node.id)
			return &m->recent[m->n_recent - 1 - i];
	return NULL;
}

static struct kids kids_of(struct matcher *m, TSNode node)
{
	const struct kids *known = find_kids(m, node);
	if (known)
		return *known;
	struct kids kids = push_kids(m, node);
	struct kids *slot = sbx_grow(&m->recent, &m->n_recent, &m->recent_room, sizeof(*slot));
	if (slot)
		*slot = kids;
	else
		m->scan->no_memory = true;
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

static bool is_one_of(const struct sbx_step *step, TSSymbol symbol, bool is_named);

static inline bool is_of_type(const struct sbx_step *step, TSSymbol symbol, bool is_named)
{
	if (step->n_symbols == 1)
		return *step->symbols == symbol;
	return step->is_any ? is_named : is_one_of(step, symbol, is_named);
}

/* Several symbols, or an alternation. */
static bool is_one_of(const struct sbx_step *step, TSSymbol symbol, bool is_named)
{
	for (size_t i = 0; i < step->n_symbols; i++)
		if (step->symbols[i] == symbol)
			return true;
	for (size_t i = 0; i < step->n_branches; i++)
		if (is_of_type(&step->branches[i], symbol, is_named))
			return true;
	return false;
}

/* The node is of the step's type. */
static void match_node(struct matcher *m, const struct sbx_step *step, const struct sbx_child *kid,
		       const struct rest *up)
{
	for (struct sbx_predicate **p = step->predicates; p && *p; p++)
		if (!sbx_scan_holds(m->scan, *p, kid->node, false))
			return;
	size_t n_before = m->n_captures;
	for (size_t i = 0; i < step->n_captures && m->n_captures < N_MAX_CAPTURES; i++) {
		enum sbx_capture capture = m->scan->rules->captures[step->captures[i]];
		if (capture == SBX_CAPTURE_CALL &&
		    !sbx_calls_may_match(m->scan, m->pattern, kid->node)) {
			m->n_captures = n_before;
			return;
		}
		m->captures[m->n_captures++] = (struct sbx_captured){kid->node, capture, step};
	}
	for (size_t i = 0; i < step->n_branches; i++)
		if (is_of_type(&step->branches[i], kid->symbol, kid->is_named))
			match_node(m, &step->branches[i], kid, up);
	if (step->n_children) {
		struct rest inner = {step, 0, kids_of(m, kid->node), 0, up};
		match_rest(m, &inner);
	} else if (!step->n_branches) {
		match_rest(m, up);
	}
	m->n_captures = n_before;
}

static bool has_named(const struct matcher *m, const struct kids *kids, size_t from)
{
	for (size_t i = from; i < kids->n; i++)
		if (m->kids.all[kids->start + i].is_named && !m->kids.all[kids->start + i].is_extra)
			return true;
	return false;
}

static void match_rest(struct matcher *m, const struct rest *rest)
{
	if (++m->n_tries > N_MAX_TRIES)
		return;
	if (!rest) {
		keep_match(m);
		return;
	}
	const struct kids *kids = &rest->kids;
	if (rest->k == rest->parent->n_children) {
		if (!rest->parent->ends_anchored || !has_named(m, kids, rest->pos))
			match_rest(m, rest->up);
		return;
	}
	const struct sbx_step *step = &rest->parent->children[rest->k];
	for (size_t i = rest->pos; i < kids->n && m->n_tries <= N_MAX_TRIES; i++) {
		/* A copy: the stack moves as it grows. */
		const struct sbx_child *at = &m->kids.all[kids->start + i];
		if (at->is_extra)
			continue;
		bool ends_search =
			step->is_anchored && !at->is_error && (at->is_named || !step->is_named);
		if ((!step->field || step->field == at->field) &&
		    is_of_type(step, at->symbol, at->is_named)) {
			struct sbx_child kid = *at;
			struct rest next = {rest->parent, rest->k + 1, *kids, i + 1, rest->up};
			match_node(m, step, &kid, &next);
		}
		/* Between named nodes, anchors do not see commas and brackets. */
		if (ends_search)
			return;
	}
}

/* Does a child with that field mean a name that is asked for? */
static bool passes_gate(struct matcher *m, TSNode node, TSFieldId gate)
{
	struct kids kids = kids_of(m, node);
	for (size_t i = 0; i < kids.n; i++) {
		const struct sbx_child *kid = &m->kids.all[kids.start + i];
		if (kid->field == gate && !kid->is_extra &&
		    sbx_scan_may_resolve(m->scan, kid->node))
			return true;
	}
	return false;
}

/* All patterns that begin with the node. The number of tries that it took. */
static size_t match_at(struct matcher *m, const struct sbx_child *kid, const struct sbx_start *s)
{
	TSFieldId asked = 0;
	bool passes = true;
	size_t n_tries = 0;
	for (; s; s = s->next) {
		if (s->gate && s->gate != asked) {
			asked = s->gate;
			passes = passes_gate(m, kid->node, asked);
		}
		if (s->gate && !passes)
			continue;
		m->pattern = s->pattern;
		m->n_tries = 0;
		if (is_of_type(&s->pattern->root, kid->symbol, kid->is_named))
			match_node(m, &s->pattern->root, kid, NULL);
		if (m->n_tries > N_MAX_TRIES)
			m->scan->out->has_errors = true;
		n_tries += m->n_tries;
	}
	return n_tries;
}

/* Match at a node; its children are next. */
static size_t visit(struct matcher *m, const struct sbx_child *kid)
{
	const struct sbx_rules *rules = m->scan->rules;
	const struct sbx_start *starts = rules->starts[sbx_rules_slot(rules, kid->symbol)];
	if (!starts && ts_node_child_count(kid->node) == 0)
		return 0;
	struct level level = {.n_kids = m->kids.n, .n_recent = m->n_recent};
	struct kids own = kids_of(m, kid->node);
	size_t n_tries = match_at(m, kid, starts);
	level.next = own.start;
	level.end = own.start + own.n;
	struct level *slot = NULL;
	if (own.n) {
		slot = sbx_grow(&m->levels, &m->n_levels, &m->levels_room, sizeof(*slot));
		if (slot)
			*slot = level;
		else
			m->scan->no_memory = true;
	} else {
		m->kids.n = level.n_kids;
		m->n_recent = level.n_recent;
	}
	return n_tries;
}

/* Preorder, so that matches come in the text's order. False when a limit ended it. */
static bool walk(struct matcher *m, TSNode root)
{
	size_t n_work = 0;
	struct sbx_child kid = {.node = root, .symbol = ts_node_symbol(root), .is_named = true};
	for (;;) {
		n_work += 1 + visit(m, &kid);
		if (m->scan->no_memory || m->scan->n_matches > N_MAX_MATCHES)
			return false;
		if (n_work > N_PER_CLOCK) {
			n_work = 0;
			if (sbx_limits_are_over(m->scan->limits))
				return false;
		}
		while (m->n_levels &&
		       m->levels[m->n_levels - 1].next == m->levels[m->n_levels - 1].end) {
			const struct level *done = &m->levels[--m->n_levels];
			m->kids.n = done->n_kids;
			m->n_recent = done->n_recent;
		}
		if (!m->n_levels)
			return true;
		kid = m->kids.all[m->levels[m->n_levels - 1].next++];
	}
}

int sbx_scan_match(struct sbx_scan *scan, struct sbx_error *err)
{
	TSNode root = ts_tree_root_node(scan->tree);
	struct matcher m = {.scan = scan};
	if (!walk(&m, root))
		scan->out->has_errors = true;
	free(m.kids.all);
	free(m.levels);
	free(m.recent);
	return scan->no_memory ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory") : 0;
}
