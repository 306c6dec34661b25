/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/query.h"

/*
 * A reader of tree-sitter's query language, as far as the query files use it: nodes with fields,
 * (_), "tokens", [alternatives], anchors, captures, predicates and #set!. Quantifiers are not
 * among it; several patterns do instead.
 */

int sbx_query_mistake(const struct sbx_query_reader *in, const char *what, const char *name)
{
	unsigned line = 1;
	for (const char *p = in->rules->grammar->query; p < in->at; p++)
		line += *p == '\n';
	return sbx_fail(in->err, SBX_E_FAILED, "the queries of %s, line %u of all: %s '%.60s'",
			in->rules->grammar->name, line, what, name);
}

static void skip_blanks(struct sbx_query_reader *in)
{
	while (in->at < in->end) {
		if (*in->at == ';')
			while (in->at < in->end && *in->at != '\n')
				in->at++;
		else if (isspace((unsigned char)*in->at))
			in->at++;
		else
			return;
	}
}

char sbx_query_peek(struct sbx_query_reader *in)
{
	skip_blanks(in);
	return in->at < in->end ? *in->at : '\0';
}

static int expect(struct sbx_query_reader *in, char c)
{
	char text[] = {c, '\0'};
	if (sbx_query_peek(in) != c)
		return sbx_query_mistake(in, "expected", text);
	in->at++;
	return 0;
}

/* A name of letters, digits and _-.?! ; NULL with an error. */
static const char *read_name(struct sbx_query_reader *in)
{
	skip_blanks(in);
	const char *start = in->at;
	while (in->at < in->end && (isalnum((unsigned char)*in->at) || strchr("_-.?!", *in->at)))
		in->at++;
	if (in->at == start) {
		sbx_query_mistake(in, "expected a name before",
				  start < in->end ? start : "the end");
		return NULL;
	}
	return sbx_arena_string(&in->rules->arena, start, (size_t)(in->at - start));
}

const char *sbx_query_read_string(struct sbx_query_reader *in)
{
	if (expect(in, '"') < 0)
		return NULL;
	const char *end = in->at;
	while (end < in->end && *end != '"')
		end += *end == '\\' && end + 1 < in->end ? 2 : 1;
	if (end >= in->end) {
		sbx_query_mistake(in, "a string without end", "\"");
		return NULL;
	}
	char *s = sbx_arena_alloc(&in->rules->arena, (size_t)(end - in->at) + 1), *write = s;
	for (; s && in->at < end; in->at++) {
		if (*in->at == '\\')
			in->at++;
		*write++ = *in->at;
	}
	in->at = end + 1;
	return s;
}

uint16_t sbx_query_capture(struct sbx_query_reader *in, const char *name)
{
	const void *known = sbx_map_get(&in->captures, name);
	if (known)
		return (uint16_t)((uintptr_t)known - 1);
	if (in->n_captures < N_MAX_CAPTURE_NAMES) {
		in->capture_names[in->n_captures++] = name;
		sbx_map_add(&in->captures, name, (void *)(uintptr_t)in->n_captures);
	}
	return (uint16_t)(in->n_captures - 1);
}

static int read_captures(struct sbx_query_reader *in, struct sbx_step *step)
{
	while (sbx_query_peek(in) == '@') {
		in->at++;
		const char *name = read_name(in);
		if (!name)
			return -1;
		if (step->n_captures == 2)
			return sbx_query_mistake(in, "a third capture of one node", name);
		step->captures[step->n_captures++] = sbx_query_capture(in, name);
	}
	char c = sbx_query_peek(in);
	if (c == '*' || c == '+' || c == '?')
		return sbx_query_mistake(in, "quantifiers are not supported", "*+?");
	return 0;
}

/* The grammar's symbols of that name: one name may stand for several. */
static int find_symbols(struct sbx_query_reader *in, struct sbx_step *step, const char *name)
{
	const struct sbx_symbols *found =
		sbx_map_get(step->is_named ? &in->named_symbols : &in->plain_symbols, name);
	if (!found)
		return sbx_query_mistake(in, "the grammar has no node", name);
	step->symbols = found->all;
	step->n_symbols = found->n;
	return 0;
}

static int read_step(struct sbx_query_reader *in, struct sbx_step *step, unsigned depth);

/* Steps up to a closing bracket, into an array of their own. */
static int read_steps(struct sbx_query_reader *in, char close, struct sbx_step **out_steps,
		      uint16_t *out_n, struct sbx_step *parent, unsigned depth)
{
	struct sbx_step steps[N_MAX_STEPS];
	uint16_t n = 0;
	bool is_anchored = false;
	for (char c; (c = sbx_query_peek(in)) != close;) {
		if (c == '.') {
			in->at++;
			is_anchored = true;
			continue;
		}
		if (c == '(' && in->at + 1 < in->end && in->at[1] == '#') {
			if (sbx_query_read_predicate(in) < 0)
				return -1;
			continue;
		}
		if (n == N_MAX_STEPS)
			return sbx_query_mistake(in, "too many nodes before", in->at);
		struct sbx_step *step = &steps[n];
		*step = (struct sbx_step){0};
		if (isalpha((unsigned char)c)) {
			const char *field = read_name(in);
			if (!field || expect(in, ':') < 0)
				return -1;
			step->field = ts_language_field_id_for_name(in->language, field,
								    (uint32_t)strlen(field));
			if (!step->field)
				return sbx_query_mistake(in, "the grammar has no field", field);
		}
		if (read_step(in, step, depth) < 0)
			return -1;
		step->is_anchored = is_anchored;
		is_anchored = false;
		n++;
	}
	in->at++;
	parent->ends_anchored = is_anchored;
	*out_n = n;
	*out_steps = sbx_arena_alloc(&in->rules->arena, n * sizeof(*steps));
	if (!*out_steps)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	memcpy(*out_steps, steps, n * sizeof(*steps));
	return 0;
}

/* ((node) ... predicates): the node itself */
static int read_group(struct sbx_query_reader *in, struct sbx_step *step, unsigned depth)
{
	if (read_step(in, step, depth) < 0)
		return -1;
	while (sbx_query_peek(in) == '(')
		if (sbx_query_read_predicate(in) < 0)
			return -1;
	return expect(in, ')');
}

/* Everything but the captures and the field. */
static int read_body(struct sbx_query_reader *in, struct sbx_step *step, unsigned depth)
{
	char c = sbx_query_peek(in);
	if (c == '"') {
		const char *token = sbx_query_read_string(in);
		return token ? find_symbols(in, step, token) : -1;
	}
	step->is_named = true;
	if (c == '[') {
		in->at++;
		if (read_steps(in, ']', &step->branches, &step->n_branches, step, depth + 1) < 0)
			return -1;
		step->is_named = step->n_branches && step->branches[0].is_named;
		return 0;
	}
	if (expect(in, '(') < 0)
		return -1;
	c = sbx_query_peek(in);
	if (c == '(' || c == '[' || c == '"')
		return read_group(in, step, depth + 1);
	const char *type = read_name(in);
	if (!type)
		return -1;
	if (!strcmp(type, "_"))
		step->is_any = true;
	else if (find_symbols(in, step, type) < 0)
		return -1;
	return read_steps(in, ')', &step->children, &step->n_children, step, depth + 1);
}

static int read_step(struct sbx_query_reader *in, struct sbx_step *step, unsigned depth)
{
	if (depth > N_MAX_STEP_DEPTH)
		return sbx_query_mistake(in, "nested too deep at", in->at);
	return read_body(in, step, depth) < 0 ? -1 : read_captures(in, step);
}

static struct sbx_symbols *add_symbol(struct sbx_query_reader *in, struct sbx_map *map,
				      const char *name)
{
	struct sbx_symbols *s = (struct sbx_symbols *)sbx_map_get(map, name);
	if (!s) {
		s = sbx_arena_alloc(&in->rules->arena, sizeof(*s));
		sbx_map_add(map, name, s);
	}
	return s;
}

static void index_symbols(struct sbx_query_reader *in)
{
	for (uint32_t i = 0; i < in->rules->n_symbols; i++) {
		TSSymbolType type = ts_language_symbol_type(in->language, (TSSymbol)i);
		const char *name = ts_language_symbol_name(in->language, (TSSymbol)i);
		if (!name || type > TSSymbolTypeAnonymous)
			continue;
		struct sbx_symbols *s = add_symbol(
			in, type == TSSymbolTypeRegular ? &in->named_symbols : &in->plain_symbols,
			name);
		if (s && s->n < sizeof(s->all) / sizeof(s->all[0]))
			s->all[s->n++] = (TSSymbol)i;
	}
	/* Where the parser gave up: no symbol of the grammar's own. */
	struct sbx_symbols *s = add_symbol(in, &in->named_symbols, "ERROR");
	if (s)
		s->all[s->n++] = ts_language_symbol_for_name(in->language, "ERROR", 5, true);
}

/* The field of the root's child that #resolves? asks about. */
static TSFieldId gate_of(const struct sbx_step *root)
{
	for (size_t i = 0; i < root->n_children; i++)
		for (struct sbx_predicate **p = root->children[i].predicates; p && *p; p++)
			if ((*p)->kind == SBX_PREDICATE_RESOLVES && !(*p)->negated)
				return root->children[i].field;
	return 0;
}

static int add_start(struct sbx_rules *r, const struct sbx_pattern *pattern,
		     const struct sbx_step *step)
{
	for (size_t i = 0; i < step->n_branches; i++)
		if (add_start(r, pattern, &step->branches[i]) < 0)
			return -1;
	for (size_t i = 0; i < step->n_symbols; i++) {
		struct sbx_start **at = &r->starts[sbx_rules_slot(r, step->symbols[i])];
		while (*at && (*at)->pattern != pattern)
			at = &(*at)->next;
		if (*at)
			continue;
		*at = sbx_arena_alloc(&r->arena, sizeof(**at));
		if (!*at)
			return -1;
		(*at)->pattern = pattern;
		(*at)->gate = gate_of(step);
	}
	return 0;
}

int sbx_query_compile(struct sbx_rules *rules, struct sbx_error *err)
{
	const struct sbx_grammar *g = rules->grammar;
	struct sbx_query_reader in = {.rules = rules,
				      .err = err,
				      .language = g->parser(),
				      .at = g->query,
				      .end = g->query + g->n_query_bytes};
	int result = 0;
	size_t n = 0;
	/* No more patterns than opening brackets. */
	for (const char *p = in.at; p < in.end; p++)
		n += *p == '(' || *p == '[';
	rules->patterns = sbx_arena_alloc(&rules->arena, (n + 1) * sizeof(*rules->patterns));
	rules->starts =
		sbx_arena_alloc(&rules->arena, (rules->n_symbols + 1) * sizeof(*rules->starts));
	index_symbols(&in);
	if (!rules->patterns || !rules->starts)
		result = sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	while (result == 0 && sbx_query_peek(&in)) {
		in.pattern = &rules->patterns[rules->n_patterns++];
		in.n_predicates = 0;
		result = read_step(&in, &in.pattern->root, 0);
		if (result == 0)
			result = sbx_query_attach(&in);
		if (result == 0 && add_start(rules, in.pattern, &in.pattern->root) < 0)
			result = sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	}
	if (result == 0)
		result = sbx_query_name_captures(&in);
	sbx_map_release(&in.captures);
	sbx_map_release(&in.named_symbols);
	sbx_map_release(&in.plain_symbols);
	return result;
}
