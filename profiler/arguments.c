/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/arguments.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MAX_ARGUMENTS	  64
#define N_MAX_VALUES	  256 /* of one argument */
#define N_MAX_NESTING	  4   /* of lists and keywords in an argument */
#define N_MAX_VALUE_BYTES 400 /* more is matched by no rule: globs are not linear */

struct values {
	const char **all;
	size_t n, room;
};

static enum sbx_symbol_shape shape_of(const struct sbx_scan *scan, TSNode node)
{
	TSSymbol symbol = ts_node_symbol(node);
	return symbol < scan->rules->n_symbols ? scan->rules->shapes[symbol] : SBX_SHAPE_VALUE;
}

static bool is_skipped(const struct sbx_scan *scan, TSNode node)
{
	TSSymbol symbol = ts_node_symbol(node);
	return ts_node_is_extra(node) || !ts_node_is_named(node) ||
	       (symbol < scan->rules->n_symbols && scan->rules->roles[symbol] == SBX_SYMBOL_SKIP);
}

static bool is_opaque(const struct sbx_scan *scan, TSNode node)
{
	TSSymbol symbol = ts_node_symbol(node);
	return symbol < scan->rules->n_symbols && scan->rules->roles[symbol] == SBX_SYMBOL_OPAQUE;
}

/* Where every argument has a node of its own: what stands in one that has no name. */
static TSNode unwrap(const struct sbx_scan *scan, TSNode node)
{
	for (unsigned depth = 0; depth < N_MAX_NESTING && ts_node_named_child_count(node) == 1 &&
				 shape_of(scan, node) == SBX_SHAPE_KEYWORD;
	     depth++)
		node = ts_node_named_child(node, 0);
	return node;
}

static void keep(struct values *values, const char *value)
{
	const char **slot =
		value && values->n < N_MAX_VALUES
			? sbx_grow(&values->all, &values->n, &values->room, sizeof(*slot))
			: NULL;
	if (slot)
		*slot = value;
}

/* A hole that tells what made it: "\1pandas.ExcelFile()". NULL: no memory or no name. */
static const char *hole_from(struct sbx_scan *scan, TSNode node, const char *behind)
{
	size_t n;
	const char *text = sbx_scan_text(scan, node, &n);
	const char *name = n <= N_MAX_NAME_BYTES ? sbx_calls_resolve(scan, text, n) : NULL;
	size_t n_value = name ? strlen(name) + strlen(behind) + 2 : 0;
	char *value = n_value ? sbx_arena_alloc(&scan->arena, n_value) : NULL;
	if (value)
		snprintf(value, n_value, "%c%s%s", SBX_HOLE, name, behind);
	return value;
}

/* What stands in the arguments of a call, each literal for itself. */
static void add_inner(struct sbx_scan *scan, struct values *inner, TSNode node, unsigned depth)
{
	uint32_t n = depth < N_MAX_NESTING ? ts_node_named_child_count(node) : 0;
	for (uint32_t i = 0; i < n && i < N_MAX_VALUES; i++) {
		TSNode child = ts_node_named_child(node, i);
		if (is_skipped(scan, child))
			continue;
		if (ts_node_named_child_count(child) == 0 ||
		    shape_of(scan, child) == SBX_SHAPE_VALUE)
			keep(inner, sbx_scan_literal(scan, child));
		add_inner(scan, inner, child, depth + 1);
	}
}

static void add_values(struct sbx_scan *scan, struct values *values, struct values *inner,
		       TSNode node, unsigned depth)
{
	node = unwrap(scan, node);
	if (ts_node_named_child_count(node) == 0 || is_opaque(scan, node)) {
		/* A variable: what the text sets it to, or what it is the result of. */
		const char *name = sbx_scan_name(scan, node);
		const struct sbx_constant *constant =
			name ? sbx_map_get(&scan->constants, name) : NULL;
		const char *bound = name ? sbx_map_get(&scan->bindings, name) : NULL;
		if (constant && !constant->is_ambiguous && depth < N_MAX_NESTING) {
			add_values(scan, values, inner, constant->node, depth + 1);
			return;
		}
		if (bound) {
			keep(values, hole_from(scan, node, ""));
			return;
		}
	}
	if (shape_of(scan, node) == SBX_SHAPE_CALL) {
		keep(values, hole_from(scan, ts_node_named_child(node, 0), "()"));
		add_inner(scan, inner, node, depth);
		return;
	}
	if (shape_of(scan, node) != SBX_SHAPE_LIST || depth >= N_MAX_NESTING) {
		const char *value = sbx_scan_literal(scan, node);
		bool is_unseen = value && *value && value[strspn(value, "\001")] == '\0';
		const char *named = is_unseen ? hole_from(scan, node, "") : NULL;
		keep(values, named ? named : value);
		return;
	}
	uint32_t n = ts_node_named_child_count(node);
	for (uint32_t i = 0; i < n && i < N_MAX_VALUES; i++) {
		TSNode child = ts_node_named_child(node, i);
		if (!is_skipped(scan, child))
			add_values(scan, values, inner, child, depth + 1);
	}
}

static void add(struct sbx_scan *scan, struct sbx_arguments *arguments, const char *key,
		const struct values *values, const struct values *inner)
{
	struct sbx_argument *a =
		arguments->n < N_MAX_ARGUMENTS
			? sbx_grow(&arguments->all, &arguments->n, &arguments->room, sizeof(*a))
			: NULL;
	size_t n_all = values->n + inner->n;
	const char **copy = a ? sbx_arena_alloc(&scan->arena, (n_all + 1) * sizeof(*copy)) : NULL;
	if (!copy)
		return;
	if (values->n)
		memcpy(copy, values->all, values->n * sizeof(*copy));
	if (inner->n)
		memcpy(copy + values->n, inner->all, inner->n * sizeof(*copy));
	*a = (struct sbx_argument){key, copy, values->n, n_all};
}

static void add_value_node(struct sbx_scan *scan, struct sbx_arguments *arguments, const char *key,
			   TSNode node)
{
	struct values values = {0}, inner = {0};
	add_values(scan, &values, &inner, node, 0);
	add(scan, arguments, key, &values, &inner);
	free(values.all);
	free(inner.all);
}

/* name=value: the first named child is the name, the last the value. */
static void add_keyword(struct sbx_scan *scan, struct sbx_arguments *arguments, TSNode node)
{
	uint32_t n = ts_node_named_child_count(node);
	if (n < 2)
		return;
	TSNode key = ts_node_named_child(node, 0);
	/* "key" or key: whatever the grammar makes of it. */
	const char *name = sbx_scan_name(scan, key);
	if (!name)
		name = sbx_scan_literal(scan, key);
	if (name)
		add_value_node(scan, arguments, name, ts_node_named_child(node, n - 1));
}

/* Keywords at any depth of an argument: {"default": {"ENGINE": "x"}} */
static void add_inner_keywords(struct sbx_scan *scan, struct sbx_arguments *arguments, TSNode node,
			       unsigned depth)
{
	uint32_t n = depth < N_MAX_NESTING ? ts_node_named_child_count(node) : 0;
	for (uint32_t i = 0; i < n && i < N_MAX_VALUES; i++) {
		TSNode child = ts_node_named_child(node, i);
		if (shape_of(scan, child) == SBX_SHAPE_KEYWORD)
			add_keyword(scan, arguments, child);
		add_inner_keywords(scan, arguments, child, depth + 1);
	}
}

void sbx_arguments_add_one(struct sbx_scan *scan, struct sbx_arguments *arguments, TSNode node)
{
	node = unwrap(scan, node);
	if (is_skipped(scan, node))
		return;
	if (shape_of(scan, node) == SBX_SHAPE_KEYWORD)
		add_keyword(scan, arguments, node);
	else
		add_value_node(scan, arguments, NULL, node);
	add_inner_keywords(scan, arguments, node, 0);
}

void sbx_arguments_add_node(struct sbx_scan *scan, struct sbx_arguments *arguments, TSNode node)
{
	uint32_t n = ts_node_named_child_count(node);
	for (uint32_t i = 0; i < n && i < N_MAX_ARGUMENTS; i++)
		sbx_arguments_add_one(scan, arguments, ts_node_named_child(node, i));
}

void sbx_arguments_add_words(struct sbx_scan *scan, struct sbx_arguments *arguments,
			     const struct sbx_word *words, size_t n_words)
{
	for (size_t i = 0; i < n_words && i < N_MAX_ARGUMENTS; i++) {
		const char *word = words[i].text, *key = NULL, *value = word;
		if (*word == '-' && word[1]) {
			/* --name=value, and -march=value of compilers */
			bool is_long = word[1] == '-' || islower((unsigned char)word[1]);
			const char *equals = is_long ? strchr(word, '=') : NULL;
			key = equals ? sbx_arena_string(&scan->arena, word, (size_t)(equals - word))
				     : word;
			value = equals ? equals + 1 : i + 1 < n_words ? words[i + 1].text : "";
		}
		struct values one = {.all = &value, .n = 1}, none = {0};
		add(scan, arguments, key, &one, &none);
	}
}

/* Is the argument number `place` (from 1, by place) or of that name? */
static bool is_meant(const struct sbx_argument *a, size_t place, const char *which, size_t n)
{
	if (n == 1 && *which == '*')
		return !a->key;
	if (isdigit((unsigned char)*which))
		return !a->key && strtoul(which, NULL, 10) == place;
	return a->key && !strncmp(a->key, which, n) && !a->key[n];
}

bool sbx_arguments_each(const struct sbx_arguments *arguments, const char *which,
			void (*take)(void *data, const struct sbx_argument *argument), void *data)
{
	bool found = false;
	while (*which) {
		size_t n = strcspn(which, "|"), place = 0;
		for (size_t i = 0; i < arguments->n; i++) {
			const struct sbx_argument *a = &arguments->all[i];
			place += !a->key;
			if (!is_meant(a, place, which, n))
				continue;
			found = true;
			take(data, a);
		}
		which += n;
		which += *which == '|';
	}
	return found;
}

bool sbx_argument_matches(const char *value, const char *glob)
{
	return value && strlen(value) <= N_MAX_VALUE_BYTES &&
	       fnmatch(glob, value, FNM_EXTMATCH) == 0;
}

struct question {
	const char *glob;
	bool matches;
};

static void look(void *data, const struct sbx_argument *argument)
{
	struct question *question = data;
	for (size_t i = 0; i < argument->n_all; i++)
		question->matches |= sbx_argument_matches(argument->values[i], question->glob);
}

bool sbx_arguments_meet(const struct sbx_arguments *arguments,
			const struct sbx_call_condition *condition)
{
	struct question question = {condition->glob ? condition->glob : "*", false};
	bool given = sbx_arguments_each(arguments, condition->argument, look, &question);
	return (condition->glob ? question.matches : given) != condition->negated;
}
