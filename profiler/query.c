/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "profiler/rules.h"

/* tree-sitter's C library hands predicates over unevaluated: here they are read, once. */

static const char *const capture_names[] = {
#define X(id, name) name,
	SBX_CAPTURE_TABLE(X)
#undef X
};

struct reader {
	struct sbx_rules *rules;
	TSQuery *query;
	struct sbx_error *err;
	uint32_t pattern;
};

static int mistake(const struct reader *in, const char *what, const char *name)
{
	uint32_t at = ts_query_start_byte_for_pattern(in->query, in->pattern);
	unsigned line = 1;
	for (uint32_t i = 0; i < at && i < in->rules->grammar->n_query_bytes; i++)
		line += in->rules->grammar->query[i] == '\n';
	return sbx_fail(in->err, SBX_E_FAILED,
			"the queries of %s, pattern at line %u of all: %s '%s'",
			in->rules->grammar->name, line, what, name);
}

static const char *string_of(const struct reader *in, const TSQueryPredicateStep *step)
{
	uint32_t n;
	return ts_query_string_value_for_id(in->query, step->value_id, &n);
}

static int read_region(const struct reader *in, struct sbx_pattern *p, const char *value)
{
	static const struct {
		const char *name;
		unsigned flags;
	} regions[] = {{"function", SBX_REGION_FUNCTION},
		       {"conditional", SBX_REGION_CONDITIONAL},
		       {"guarded", SBX_REGION_GUARDS},
		       {"guarded-modules", SBX_REGION_GUARD_MODULES},
		       {"guarded-commands", SBX_REGION_GUARD_COMMANDS},
		       {"type-only", SBX_REGION_TYPE_ONLY},
		       {"required", SBX_REGION_GUARDS | SBX_REGION_REQUIRED},
		       {"required-modules", SBX_REGION_GUARD_MODULES | SBX_REGION_REQUIRED},
		       {"required-commands", SBX_REGION_GUARD_COMMANDS | SBX_REGION_REQUIRED}};
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (!strcmp(regions[i].name, value)) {
			p->region = regions[i].flags;
			return 0;
		}
	return mistake(in, "unknown region", value);
}

static int read_grade(const struct reader *in, struct sbx_pattern *p, const char *value)
{
	for (enum sbx_grade grade = 0; grade < SBX_N_GRADES; grade++)
		if (!strcmp(sbx_grade_name(grade), value)) {
			p->grade = grade;
			return 0;
		}
	return mistake(in, "unknown grade", value);
}

/* (#set! key value) */
static int read_property(const struct reader *in, struct sbx_pattern *p,
			 const TSQueryPredicateStep *steps, uint32_t n_steps)
{
	if (n_steps != 3 || steps[1].type != TSQueryPredicateStepTypeString ||
	    steps[2].type != TSQueryPredicateStepTypeString)
		return mistake(in, "expected a key and a value in", "#set!");
	const char *key = string_of(in, &steps[1]), *value = string_of(in, &steps[2]);
	if (!strcmp(key, "grade"))
		return read_grade(in, p, value);
	if (!strcmp(key, "region"))
		return read_region(in, p, value);
	const char **slot = !strcmp(key, "module")    ? &p->module
			    : !strcmp(key, "command") ? &p->command
			    : !strcmp(key, "inject")  ? &p->inject
			    : !strcmp(key, "use")     ? &p->use
			    : !strcmp(key, "kind")    ? &p->kind
						      : NULL;
	if (!slot)
		return mistake(in, "unknown property", key);
	*slot = value;
	return 0;
}

static int read_strings(const struct reader *in, struct sbx_predicate *p,
			const TSQueryPredicateStep *steps, uint32_t n_steps)
{
	p->strings = sbx_arena_alloc(&in->rules->arena, (n_steps + 1) * sizeof(char *));
	if (!p->strings)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	for (uint32_t i = 0; i < n_steps; i++) {
		if (steps[i].type != TSQueryPredicateStepTypeString)
			return mistake(in, "expected strings in", "a predicate");
		p->strings[i] = string_of(in, &steps[i]);
	}
	return 0;
}

static int read_regex(const struct reader *in, struct sbx_predicate *p)
{
	p->regex = sbx_arena_alloc(&in->rules->arena, sizeof(*p->regex));
	if (!p->regex)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	if (!p->strings[0] || regcomp(p->regex, p->strings[0], REG_EXTENDED | REG_NOSUB)) {
		p->regex = NULL;
		return mistake(in, "bad regular expression", p->strings[0] ? p->strings[0] : "");
	}
	return 0;
}

/* (#name? @capture strings...): eq, any-of, match, resolves, and their not-... */
static int read_predicate(const struct reader *in, struct sbx_predicate *p,
			  const TSQueryPredicateStep *steps, uint32_t n_steps)
{
	const char *name = string_of(in, &steps[0]), *plain = name;
	if (n_steps < 3 || steps[1].type != TSQueryPredicateStepTypeCapture)
		return mistake(in, "expected a capture and a value in", name);
	p->capture = steps[1].value_id;
	if (!strncmp(name, "not-", 4)) {
		p->negated = true;
		plain += 4;
	}
	if (!strcmp(plain, "eq?") && n_steps == 3 &&
	    steps[2].type == TSQueryPredicateStepTypeCapture) {
		p->has_other = true;
		p->other = steps[2].value_id;
		return 0;
	}
	if (read_strings(in, p, steps + 2, n_steps - 2) < 0)
		return -1;
	if (!strcmp(plain, "eq?") || !strcmp(plain, "any-of?"))
		p->kind = SBX_PREDICATE_ANY_OF;
	else if (!strcmp(plain, "resolves?"))
		p->kind = SBX_PREDICATE_RESOLVES;
	else if (!strcmp(plain, "match?")) {
		p->kind = SBX_PREDICATE_MATCH;
		return read_regex(in, p);
	} else
		return mistake(in, "unknown predicate", name);
	return 0;
}

static int read_pattern(struct reader *in, struct sbx_pattern *p)
{
	uint32_t n_steps;
	const TSQueryPredicateStep *steps =
		ts_query_predicates_for_pattern(in->query, in->pattern, &n_steps);
	size_t n_max = 0;
	for (uint32_t i = 0; i < n_steps; i++)
		n_max += steps[i].type == TSQueryPredicateStepTypeDone;
	p->predicates = sbx_arena_alloc(&in->rules->arena, n_max * sizeof(*p->predicates));
	for (uint32_t start = 0; start < n_steps;) {
		uint32_t end = start;
		while (steps[end].type != TSQueryPredicateStepTypeDone)
			end++;
		if (end == start || steps[start].type != TSQueryPredicateStepTypeString)
			return mistake(in, "expected a name in", "a predicate");
		const char *name = string_of(in, &steps[start]);
		int result = !strcmp(name, "set!")
				     ? read_property(in, p, steps + start, end - start)
				     : read_predicate(in, &p->predicates[p->n_predicates++],
						      steps + start, end - start);
		if (result < 0)
			return -1;
		start = end + 1;
	}
	return 0;
}

static int read_captures(const struct reader *in)
{
	struct sbx_rules *r = in->rules;
	uint32_t n = ts_query_capture_count(in->query), n_bytes;
	r->captures = sbx_arena_alloc(&r->arena, (n + 1) * sizeof(*r->captures));
	if (!r->captures)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	for (uint32_t i = 0; i < n; i++) {
		const char *name = ts_query_capture_name_for_id(in->query, i, &n_bytes);
		enum sbx_capture c = 0;
		while (c < SBX_CAPTURE_NONE && strcmp(capture_names[c], name))
			c++;
		/* A leading underscore says "for predicates only"; all else would be a slip. */
		if (c == SBX_CAPTURE_NONE && *name != '_')
			return mistake(in, "unknown capture", name);
		r->captures[i] = c;
	}
	for (uint32_t p = 0; p < ts_query_pattern_count(in->query); p++)
		for (uint32_t i = 0; i < n; i++) {
			TSQuantifier q = ts_query_capture_quantifier_for_id(in->query, p, i);
			r->patterns[p].has_bind |=
				q && r->captures[i] == SBX_CAPTURE_BIND_NAME;
			r->patterns[p].has_variable |=
				q && r->captures[i] == SBX_CAPTURE_VARIABLE;
		}
	return 0;
}

int sbx_query_compile(struct sbx_rules *rules, struct sbx_error *err)
{
	uint32_t at;
	TSQueryError problem;
	const struct sbx_grammar *g = rules->grammar;
	TSQuery *query = ts_query_new(g->parser(), g->query, (uint32_t)g->n_query_bytes, &at,
				      &problem);
	if (!query)
		return sbx_fail(err, SBX_E_FAILED,
				"the queries of %s do not fit its grammar: error %d near '%.40s'",
				g->name, (int)problem, g->query + at);
	struct reader in = {rules, query, err, 0};
	uint32_t n = ts_query_pattern_count(query);
	rules->patterns = sbx_arena_alloc(&rules->arena, n * sizeof(*rules->patterns));
	int result = rules->patterns ? 0 : sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	for (in.pattern = 0; result == 0 && in.pattern < n; in.pattern++)
		result = read_pattern(&in, &rules->patterns[in.pattern]);
	if (result == 0) {
		in.pattern = 0;
		result = read_captures(&in);
	}
	if (result < 0)
		ts_query_delete(query);
	else
		rules->query = query;
	return result;
}
