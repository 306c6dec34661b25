/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "profiler/call.h"

/* What follows from a call: needs, and behaviours with their details. */

#define N_MAX_DETAIL 200 /* bytes */

static void add_fact(struct sbx_call *call, enum sbx_fact_kind kind, enum sbx_grade grade,
		     const char *name, const char *member)
{
	const struct sbx_call_rule *rule = call->rule;
	struct sbx_raw_fact fact = {.kind = kind,
				    .grade = grade,
				    .language = &call->scan->rules->language,
				    .name = name,
				    .member = member,
				    .api = rule->name,
				    .why = rule->why,
				    .origin = call->origin,
				    .keeps_grade = call->keeps_grade};
	sbx_scan_add_fact_at(call->scan, call->at, &fact);
}

static void take_first(void *data, const struct sbx_argument *argument)
{
	const char **value = data;
	if (!*value && argument->n_values)
		*value = argument->values[0];
}

/* The first value of "1|host"; NULL: it is not given. */
static const char *first_value(const struct sbx_call *call, const char *which)
{
	const char *value = NULL;
	sbx_arguments_each(call->arguments, which, take_first, &value);
	return value;
}

/* "x/{}-{2}": the value in its place, and the second argument's; NULL when that is not seen. */
static const char *put_into(const struct sbx_call *call, const char *as, const char *value)
{
	char out[2 * N_MAX_CALL_BYTES];
	size_t n = 0;
	for (; as && *as && n < sizeof(out) / 2; as++) {
		const char *end = *as == '{' ? strchr(as, '}') : NULL;
		const char *part = value;
		if (!end) {
			out[n++] = *as;
			continue;
		}
		char which[32] = "";
		if (end - as > 1 && (size_t)(end - as) < sizeof(which)) {
			memcpy(which, as + 1, (size_t)(end - as) - 1);
			part = first_value(call, which);
		}
		if (!part || strchr(part, SBX_HOLE) || strlen(part) > N_MAX_NAME_BYTES)
			return NULL;
		memcpy(out + n, part, strlen(part));
		n += strlen(part);
		as = end;
	}
	return as ? sbx_arena_string(&call->scan->arena, out, n) : value;
}

static bool is_unseen(const char *value)
{
	return value && *value == SBX_HOLE;
}

static void take_need(void *data, const struct sbx_argument *argument)
{
	struct sbx_call *call = data;
	const struct sbx_call_rule *rule = call->rule;
	for (size_t i = 0; i < argument->n_values; i++) {
		const char *value = argument->values[i];
		if (rule->reports_unknown && is_unseen(value))
			add_fact(call, rule->argument_kind, SBX_GRADE_DYNAMIC_UNKNOWN, "", NULL);
		if (!value || !*value || strchr(value, SBX_HOLE) ||
		    (rule->match && !sbx_argument_matches(value, rule->match)))
			continue;
		add_fact(call, rule->argument_kind, rule->grade, put_into(call, rule->as, value),
			 NULL);
	}
}

/* "host:port" of "https://user@host:port/path" */
static const char *authority_of(struct sbx_arena *arena, const char *url)
{
	const char *start = strstr(url, "://");
	start = start ? start + 3 : url;
	size_t n = strcspn(start, "/?#");
	const char *at = memrchr(start, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - start);
		start = at + 1;
	}
	return sbx_arena_string(arena, start, n);
}

/* A detail as people read it, '*' for what is not to be seen; NULL when that is all of it. */
static const char *show_detail(struct sbx_arena *arena, const char *value)
{
	char *out = sbx_arena_alloc(arena, strlen(value) + 1);
	size_t n = 0;
	if (*value == SBX_HOLE && value[strspn(value, "\001")] != ':')
		return NULL;
	for (; out && *value && n < N_MAX_DETAIL; value++) {
		bool is_hole = *value == SBX_HOLE;
		if (is_hole && n && out[n - 1] == '*')
			continue;
		out[n++] = is_hole ? '*' : *value;
	}
	return out && *out ? out : NULL;
}

/* "host", 80 as one value */
static const char *join_address(struct sbx_arena *arena, const struct sbx_argument *argument)
{
	const char *out = argument->values[0];
	for (size_t i = 1; out && i < argument->n_values && i < 2; i++) {
		size_t n = strlen(out) + strlen(argument->values[i]) + 2;
		char *longer = sbx_arena_alloc(arena, n);
		if (longer)
			snprintf(longer, n, "%s:%s", out, argument->values[i]);
		out = longer;
	}
	return out;
}

static void add_behaviours(struct sbx_call *call, const char *detail)
{
	/* A default of "implied" says that a need is not certain; that it is called is. */
	enum sbx_grade grade =
		call->rule->grade == SBX_GRADE_IMPLIED ? SBX_GRADE_HARD : call->rule->grade;
	for (const char *const *b = call->rule->behaviours; b && *b; b++)
		add_fact(call, SBX_FACT_BEHAVIOUR, grade, *b, detail);
	call->n_taken++;
}

static void take_detail(void *data, const struct sbx_argument *argument)
{
	struct sbx_call *call = data;
	const struct sbx_call_rule *rule = call->rule;
	struct sbx_arena *arena = &call->scan->arena;
	bool joins = rule->form == SBX_CALL_ADDRESS;
	for (size_t i = 0; i < argument->n_values && (i == 0 || !joins); i++) {
		const char *value = joins ? join_address(arena, argument) : argument->values[i];
		if (!value || (rule->match && !sbx_argument_matches(value, rule->match)))
			continue;
		if (rule->form == SBX_CALL_URL)
			value = authority_of(arena, value);
		const char *detail = value ? show_detail(arena, value) : NULL;
		if (detail)
			add_behaviours(call, detail);
	}
}

/* host+port: two arguments that make one address */
static void take_pair(struct sbx_call *call, const char *plus)
{
	struct sbx_arena *arena = &call->scan->arena;
	const char *first = call->rule->argument;
	const char *host =
		first_value(call, sbx_arena_string(arena, first, (size_t)(plus - first)));
	const char *port = first_value(call, plus + 1);
	if (!host && !port)
		return;
	const char *values[] = {host ? host : "", port ? port : ""};
	const struct sbx_argument pair = {.values = values, .n_values = port ? 2 : 1};
	take_detail(call, &pair);
}

static void take_behaviours(struct sbx_call *call)
{
	const struct sbx_call_rule *rule = call->rule;
	const char *plus = rule->argument ? strchr(rule->argument, '+') : NULL;
	call->n_taken = 0;
	if (plus)
		take_pair(call, plus);
	else if (rule->argument)
		sbx_arguments_each(call->arguments, rule->argument, take_detail, call);
	if (!call->n_taken)
		add_behaviours(call, NULL);
}

void sbx_call_take_rule(struct sbx_call *call)
{
	const struct sbx_call_rule *rule = call->rule;
	for (size_t i = 0; i < rule->n_conditions; i++)
		if (!sbx_arguments_meet(call->arguments, &rule->conditions[i]))
			return;
	for (size_t i = 0; i < rule->n_needs; i++)
		add_fact(call, rule->needs[i].kind, rule->grade, rule->needs[i].name, NULL);
	if (rule->argument && rule->argument_kind < SBX_FACT_BEHAVIOUR)
		sbx_arguments_each(call->arguments, rule->argument, take_need, call);
	if (rule->behaviours && *rule->behaviours)
		take_behaviours(call);
}
