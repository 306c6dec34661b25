/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/query.h"

/* Predicates and properties of a pattern: (#any-of? @x "a" "b"), (#set! grade "guarded") */

#define N_MAX_STRINGS 32

static const char *const capture_names[] = {
#define X(id, name) name,
	SBX_CAPTURE_TABLE(X)
#undef X
};

static int set_region(const struct sbx_query_reader *in, const char *value)
{
	static const struct {
		const char *name;
		unsigned flags;
	} regions[] = {{"function", SBX_REGION_FUNCTION},
		       {"conditional", SBX_REGION_CONDITIONAL},
		       {"guarded", SBX_REGION_GUARDS},
		       {"guarded-modules", SBX_REGION_GUARD_MODULES},
		       {"guarded-commands", SBX_REGION_GUARD_COMMANDS},
		       {"required", SBX_REGION_GUARDS | SBX_REGION_REQUIRED},
		       {"required-modules", SBX_REGION_GUARD_MODULES | SBX_REGION_REQUIRED},
		       {"required-commands", SBX_REGION_GUARD_COMMANDS | SBX_REGION_REQUIRED},
		       {"type-only", SBX_REGION_TYPE_ONLY},
		       {"ignored", SBX_REGION_IGNORED}};
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (!strcmp(regions[i].name, value)) {
			in->pattern->region = regions[i].flags;
			return 0;
		}
	return sbx_query_mistake(in, "unknown region", value);
}

static int set_grade(const struct sbx_query_reader *in, const char *value)
{
	for (enum sbx_grade grade = 0; grade < SBX_N_GRADES; grade++)
		if (!strcmp(sbx_grade_name(grade), value)) {
			in->pattern->grade = grade;
			return 0;
		}
	return sbx_query_mistake(in, "unknown grade", value);
}

static int set_kind(const struct sbx_query_reader *in, const char *value)
{
	in->pattern->kind = sbx_fact_kind_by_name(value);
	in->pattern->has_kind = true;
	return in->pattern->kind == SBX_N_FACT_KINDS ? sbx_query_mistake(in, "unknown kind", value)
						     : 0;
}

static int set_role(const struct sbx_query_reader *in, const char *value)
{
	if (strcmp(value, "asks") && strcmp(value, "uses"))
		return sbx_query_mistake(in, "unknown role", value);
	in->pattern->role = *value == 'a' ? SBX_ROLE_ASKS : SBX_ROLE_USES;
	return 0;
}

/* (#set! key "value") */
static int set_property(const struct sbx_query_reader *in, const char *key, const char *value)
{
	struct sbx_pattern *p = in->pattern;
	if (!strcmp(key, "grade"))
		return set_grade(in, value);
	if (!strcmp(key, "region"))
		return set_region(in, value);
	if (!strcmp(key, "kind"))
		return set_kind(in, value);
	if (!strcmp(key, "role"))
		return set_role(in, value);
	const char **slot = !strcmp(key, "module")    ? &p->module
			    : !strcmp(key, "suffix")  ? &p->suffix
			    : !strcmp(key, "command") ? &p->command
			    : !strcmp(key, "inject")  ? &p->inject
			    : !strcmp(key, "use")     ? &p->use
			    : !strcmp(key, "place")   ? &p->place
						      : NULL;
	if (!slot)
		return sbx_query_mistake(in, "unknown property", key);
	*slot = value;
	return 0;
}

static void remember_last_part(struct sbx_rules *r, const char *name)
{
	sbx_map_add(&r->last_parts, name + sbx_rules_last_part(r, name, strlen(name)), "");
}

static int set_predicate(struct sbx_query_reader *in, const char *name, uint16_t capture,
			 const char *const *strings, size_t n_strings)
{
	struct sbx_arena *arena = &in->rules->arena;
	struct sbx_predicate *p = sbx_arena_alloc(arena, sizeof(*p));
	const char **copy = sbx_arena_alloc(arena, (n_strings + 1) * sizeof(*copy));
	if (!p || !copy)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	memcpy(copy, strings, n_strings * sizeof(*copy));
	p->strings = copy;
	p->negated = !strncmp(name, "not-", 4);
	const char *plain = p->negated ? name + 4 : name;
	if (!strcmp(plain, "eq?") || !strcmp(plain, "any-of?"))
		p->kind = SBX_PREDICATE_ANY_OF;
	else if (!strcmp(plain, "contains?"))
		p->kind = SBX_PREDICATE_CONTAINS;
	else if (!strcmp(plain, "match?") && n_strings == 1)
		p->kind = SBX_PREDICATE_MATCH;
	else if (!strcmp(plain, "resolves?"))
		p->kind = SBX_PREDICATE_RESOLVES;
	else
		return sbx_query_mistake(in, "unknown predicate", name);
	if (p->kind == SBX_PREDICATE_RESOLVES) {
		in->pattern->has_resolves = true;
		for (size_t i = 0; i < n_strings; i++)
			remember_last_part(in->rules, copy[i]);
	}
	if (in->n_predicates == N_MAX_PREDICATES)
		return sbx_query_mistake(in, "one predicate too many", name);
	in->predicates[in->n_predicates].capture = capture;
	in->predicates[in->n_predicates++].predicate = p;
	return 0;
}

/* A bare word: a predicate's name, a property's key, a capture's name */
static const char *read_word(struct sbx_query_reader *in)
{
	sbx_query_peek(in);
	const char *start = in->at;
	while (in->at < in->end && !isspace((unsigned char)*in->at) && !strchr("()\"", *in->at))
		in->at++;
	if (in->at == start) {
		sbx_query_mistake(in, "expected a word before",
				  start < in->end ? start : "the end");
		return NULL;
	}
	return sbx_arena_string(&in->rules->arena, start, (size_t)(in->at - start));
}

int sbx_query_read_predicate(struct sbx_query_reader *in)
{
	const char *strings[N_MAX_STRINGS], *subject = NULL;
	size_t n = 0;
	in->at += in->at < in->end;
	const char *name = read_word(in);
	if (name)
		subject = read_word(in);
	if (!name || !subject)
		return -1;
	for (char c; (c = sbx_query_peek(in)) != ')';) {
		if (n == N_MAX_STRINGS)
			return sbx_query_mistake(in, "too many strings in", name);
		strings[n] = c == '"' ? sbx_query_read_string(in) : read_word(in);
		if (!strings[n++])
			return -1;
	}
	in->at++;
	if (*name != '#' || n == 0)
		return sbx_query_mistake(in, "expected a predicate, not", name);
	if (!strcmp(name, "#set!"))
		return set_property(in, subject, strings[0]);
	if (*subject != '@')
		return sbx_query_mistake(in, "expected a capture, not", subject);
	return set_predicate(in, name + 1, sbx_query_capture(in, subject + 1), strings, n);
}

static bool has_capture(const struct sbx_step *step, uint16_t capture)
{
	for (size_t i = 0; i < step->n_captures; i++)
		if (step->captures[i] == capture)
			return true;
	return false;
}

static int attach_to(struct sbx_query_reader *in, struct sbx_step *step, bool *used)
{
	const struct {
		enum sbx_capture capture;
		bool *flag;
	} flags[] = {{SBX_CAPTURE_BIND_NAME, &in->pattern->has_bind},
		     {SBX_CAPTURE_BIND_ALL, &in->pattern->has_bind},
		     {SBX_CAPTURE_BIND_LOCAL, &in->pattern->has_bind},
		     {SBX_CAPTURE_CONSTANT_NAME, &in->pattern->has_bind},
		     {SBX_CAPTURE_FUNCTION, &in->pattern->has_bind},
		     {SBX_CAPTURE_SHIFT, &in->pattern->has_bind},
		     {SBX_CAPTURE_VARIABLE, &in->pattern->has_variable},
		     {SBX_CAPTURE_PASSED, &in->pattern->has_passed},
		     {SBX_CAPTURE_CALL, &in->pattern->has_call},
		     {SBX_CAPTURE_RECEIVER, &in->pattern->has_receiver}};
	size_t n = 0;
	for (size_t i = 0; i < in->n_predicates; i++)
		n += has_capture(step, in->predicates[i].capture);
	if (n && !(step->predicates =
			   sbx_arena_alloc(&in->rules->arena, (n + 1) * sizeof(*step->predicates))))
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	n = 0;
	for (size_t i = 0; i < in->n_predicates; i++)
		if (has_capture(step, in->predicates[i].capture)) {
			step->predicates[n++] = in->predicates[i].predicate;
			used[i] = true;
		}
	for (size_t i = 0; i < step->n_captures; i++) {
		const char *name = in->capture_names[step->captures[i]];
		for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
			*flags[k].flag |= !strcmp(name, capture_names[flags[k].capture]);
	}
	for (size_t i = 0; i < step->n_branches; i++)
		if (attach_to(in, &step->branches[i], used) < 0)
			return -1;
	for (size_t i = 0; i < step->n_children; i++)
		if (attach_to(in, &step->children[i], used) < 0)
			return -1;
	return 0;
}

int sbx_query_attach(struct sbx_query_reader *in)
{
	bool used[N_MAX_PREDICATES] = {false};
	if (attach_to(in, &in->pattern->root, used) < 0)
		return -1;
	for (size_t i = 0; i < in->n_predicates; i++)
		if (!used[i])
			return sbx_query_mistake(in, "no node of the pattern is captured as",
						 in->capture_names[in->predicates[i].capture]);
	return 0;
}

int sbx_query_name_captures(struct sbx_query_reader *in)
{
	struct sbx_rules *r = in->rules;
	if (in->n_captures == N_MAX_CAPTURE_NAMES)
		return sbx_query_mistake(in, "too many capture names, the last is",
					 in->capture_names[in->n_captures - 1]);
	r->captures = sbx_arena_alloc(&r->arena, (in->n_captures + 1) * sizeof(*r->captures));
	if (!r->captures)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	for (size_t i = 0; i < in->n_captures; i++) {
		enum sbx_capture c = 0;
		while (c < SBX_CAPTURE_NONE && strcmp(capture_names[c], in->capture_names[i]))
			c++;
		/* A leading underscore says "for predicates only"; all else would be a slip. */
		if (c == SBX_CAPTURE_NONE && *in->capture_names[i] != '_')
			return sbx_query_mistake(in, "unknown capture", in->capture_names[i]);
		r->captures[i] = c;
	}
	return 0;
}
