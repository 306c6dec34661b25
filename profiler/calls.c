/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/arguments.h"

/* What calls mean, by the rules of calls.conf: needs that no import shows, and behaviours. */

#define N_MAX_HOPS	 8    /* from name to name that it stands for */
#define N_MAX_CALL_BYTES 1024 /* of a call's name with its receiver */
#define N_MAX_DETAIL	 200  /* bytes of a behaviour's detail */

/* A call whose rules are being looked at. */
struct call {
	struct sbx_scan *scan;
	struct sbx_place at;
	const char *name; /* resolved */
	const struct sbx_arguments *arguments;
	const struct sbx_call_rule *rule;
	const char *origin; /* the module that the name comes from; NULL: none */
	bool keeps_grade;
	size_t n_taken; /* values that made a need or a detail */
};

bool sbx_calls_may_match(const struct sbx_scan *scan, const struct sbx_pattern *pattern,
			 TSNode node)
{
	if (!scan->rules->calls.n_used)
		return false;
	size_t n, n_last = 0;
	const char *text = sbx_scan_text(scan, node, &n);
	while (n_last < n && !strchr(scan->rules->part_ends, text[n - n_last - 1]))
		n_last++;
	/* A bare name may stand for any other. */
	if (n_last == n && !pattern->suffix && !pattern->has_receiver)
		return true;
	char key[N_MAX_NAME_BYTES];
	const char *suffix = pattern->suffix ? pattern->suffix : "";
	size_t n_suffix = strlen(suffix);
	if (n_last + n_suffix >= sizeof(key))
		return false;
	memcpy(key, text + n - n_last, n_last);
	memcpy(key + n_last, suffix, n_suffix + 1);
	return sbx_map_get(&scan->rules->calls, key) != NULL;
}

/* "receiver.name" with the pattern's suffix, normalised; of a long receiver nothing remains. */
static const char *name_as_written(struct sbx_scan *scan, const struct sbx_match *m, TSNode node)
{
	struct sbx_arena *arena = &scan->arena;
	TSNode receiver = sbx_scan_captured(scan, m, SBX_CAPTURE_RECEIVER);
	const char *suffix = m->pattern->suffix ? m->pattern->suffix : "", *before = "";
	size_t n, n_receiver;
	const char *text = sbx_scan_text(scan, node, &n);
	if (n > N_MAX_CALL_BYTES) {
		size_t n_last = 0;
		while (n_last < N_MAX_NAME_BYTES &&
		       !strchr(scan->rules->part_ends, text[n - n_last - 1]))
			n_last++;
		text += n - n_last;
		n = n_last;
		before = "?";
	} else if (!ts_node_is_null(receiver)) {
		const char *object = sbx_scan_text(scan, receiver, &n_receiver);
		before = n_receiver > N_MAX_CALL_BYTES
				 ? "?"
				 : sbx_call_name_normalise(arena, scan->rules, object, n_receiver);
	}
	const char *own = sbx_call_name_normalise(arena, scan->rules, text, n);
	if (!own || !before)
		return NULL;
	size_t n_name = strlen(before) + strlen(own) + strlen(suffix) + 2;
	char *name = sbx_arena_alloc(arena, n_name);
	if (name)
		snprintf(name, n_name, "%s%s%s%s", before, *before ? "." : "", own, suffix);
	return name;
}

/* What the first part of a name, or the first two, stand for; *out_n is how much of it that is. */
static const char *find_binding(const struct sbx_scan *scan, const char *name, size_t *out_n)
{
	char first[N_MAX_NAME_BYTES];
	size_t n = 0;
	for (int parts = 0; parts < 2; parts++) {
		n += strcspn(name + n, ".([=");
		if (n == 0 || n >= sizeof(first))
			return NULL;
		memcpy(first, name, n);
		first[n] = '\0';
		*out_n = n;
		const char *target = sbx_map_get(&scan->bindings, first);
		if (target)
			return strcmp(target, first) ? target : NULL;
		if (name[n] != '.')
			return NULL;
		n++;
	}
	return NULL;
}

/* With `import pandas as pd`, pd.read_excel is pandas.read_excel. */
static const char *resolve(struct sbx_scan *scan, const char *name)
{
	struct sbx_arena *arena = &scan->arena;
	for (int hops = 0; name && hops < N_MAX_HOPS; hops++) {
		size_t n_first = 0;
		const char *target = find_binding(scan, name, &n_first);
		if (!target)
			return name;
		const char *plain =
			sbx_call_name_normalise(arena, scan->rules, target, strlen(target));
		size_t n = (plain ? strlen(plain) : 0) + strlen(name + n_first) + 1;
		char *longer = n <= 2 * N_MAX_CALL_BYTES ? sbx_arena_alloc(arena, n) : NULL;
		if (!plain || !longer)
			return NULL;
		snprintf(longer, n, "%s%s", plain, name + n_first);
		name = longer;
	}
	return name;
}

/* Is the module, or one below it, imported by the text? */
static bool is_imported(struct sbx_scan *scan, const char *module)
{
	size_t n = strlen(module);
	for (size_t i = 0; i < scan->n_items; i++) {
		const struct sbx_item *item = &scan->items[i];
		if (item->code || item->fact.kind != SBX_FACT_MODULE || item->fact.api ||
		    strncmp(item->fact.name, module, n))
			continue;
		char next = item->fact.name[n];
		if (!next || next == scan->rules->language.separator || next == '.')
			return true;
	}
	return false;
}

/* The first of the rule's `with` that is imported; NULL: none. */
static const char *find_with(struct sbx_scan *scan, const struct sbx_call_rule *rule)
{
	for (const char *const *w = rule->with; w && *w; w++)
		if (is_imported(scan, *w))
			return *w;
	return NULL;
}

/* A method's rule is for any receiver, but not where the text has such a method itself. */
static bool is_named(const struct sbx_scan *scan, const struct sbx_call_rule *rule,
		     const char *name)
{
	if (*rule->name != '.')
		return !strcmp(rule->name, name);
	size_t n = strlen(name), n_rule = strlen(rule->name);
	return n > n_rule && !strcmp(name + n - n_rule, rule->name) &&
	       !sbx_map_get(&scan->locals, sbx_call_name_key(name));
}

static void add_fact(struct call *call, enum sbx_fact_kind kind, enum sbx_grade grade,
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

/* "markdown.extensions.{}" with the value in its place */
static const char *put_into(struct sbx_arena *arena, const char *as, const char *value)
{
	const char *place = as ? strstr(as, "{}") : NULL;
	if (!place)
		return value;
	size_t n = strlen(as) + strlen(value);
	char *out = sbx_arena_alloc(arena, n);
	if (out)
		snprintf(out, n, "%.*s%s%s", (int)(place - as), as, value, place + 2);
	return out;
}

static bool is_unseen(const char *value)
{
	return value && *value == SBX_HOLE && value[strspn(value, "\001")] == '\0';
}

static void take_need(void *data, const struct sbx_argument *argument)
{
	struct call *call = data;
	const struct sbx_call_rule *rule = call->rule;
	for (size_t i = 0; i < argument->n_values; i++) {
		const char *value = argument->values[i];
		if (rule->reports_unknown && is_unseen(value))
			add_fact(call, rule->argument_kind, SBX_GRADE_DYNAMIC_UNKNOWN, "", NULL);
		if (!value || !*value || strchr(value, SBX_HOLE) ||
		    (rule->match && !sbx_argument_matches(value, rule->match)))
			continue;
		add_fact(call, rule->argument_kind, rule->grade,
			 put_into(&call->scan->arena, rule->as, value), NULL);
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

static void add_behaviours(struct call *call, const char *detail)
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
	struct call *call = data;
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

static void take_rule(struct call *call)
{
	const struct sbx_call_rule *rule = call->rule;
	for (size_t i = 0; i < rule->n_conditions; i++)
		if (!sbx_arguments_meet(call->arguments, &rule->conditions[i]))
			return;
	for (size_t i = 0; i < rule->n_needs; i++)
		add_fact(call, rule->needs[i].kind, rule->grade, rule->needs[i].name, NULL);
	if (rule->argument && rule->argument_kind < SBX_FACT_BEHAVIOUR)
		sbx_arguments_each(call->arguments, rule->argument, take_need, call);
	call->n_taken = 0;
	if (rule->argument && rule->behaviours)
		sbx_arguments_each(call->arguments, rule->argument, take_detail, call);
	if (rule->behaviours && !call->n_taken)
		add_behaviours(call, NULL);
}

/* The module that a dotted name comes from: its first part. NULL for a bare name. */
static const char *origin_of(struct sbx_scan *scan, const char *name)
{
	size_t n = strcspn(name, ".(");
	return name[n] == '.' && name[n + 1] ? sbx_arena_string(&scan->arena, name, n) : NULL;
}

static const struct sbx_call_rule *rules_for(const struct sbx_scan *scan, const char *name)
{
	return sbx_map_get(&scan->rules->calls, sbx_call_name_key(name));
}

static void collect(struct sbx_scan *scan, const struct sbx_match *m, struct sbx_arguments *out)
{
	for (uint32_t i = 0; i < m->n; i++) {
		const struct sbx_captured *c = &scan->captures[m->first + i];
		if (c->capture == SBX_CAPTURE_ARGUMENTS)
			sbx_arguments_add_node(scan, out, c->node);
		else if (c->capture == SBX_CAPTURE_ARGUMENT)
			sbx_arguments_add_one(scan, out, c->node);
	}
}

/* All rules for one name. True when there was one for the name as a whole. */
static bool take_name(struct sbx_scan *scan, const struct sbx_match *m, TSNode node,
		      const char *name)
{
	const struct sbx_call_rule *rule = rules_for(scan, name);
	struct sbx_arguments arguments = {0};
	bool collected = false, found = false;
	for (; rule; rule = rule->next) {
		if (!is_named(scan, rule, name))
			continue;
		bool is_method = *rule->name == '.';
		const char *with = find_with(scan, rule);
		const char *origin = with ? with : is_method ? NULL : origin_of(scan, name);
		if ((rule->with && *rule->with && !with) ||
		    (!is_method && origin && scan->rules->calls_imported &&
		     !is_imported(scan, origin)))
			continue;
		if (!collected)
			collect(scan, m, &arguments);
		collected = true;
		found |= !is_method;
		struct call call = {.scan = scan,
				    .at = sbx_scan_place_of(scan, node),
				    .name = name,
				    .arguments = &arguments,
				    .rule = rule,
				    .origin = origin,
				    .keeps_grade = true};
		take_rule(&call);
	}
	free(arguments.all);
	return found;
}

/* from x import * ... f(): x.f, unless the text has an f itself */
static void take_from_wildcards(struct sbx_scan *scan, const struct sbx_match *m, TSNode node,
				const char *name)
{
	size_t n = strcspn(name, ".([=");
	char *first = sbx_arena_string(&scan->arena, name, n);
	if (!first || sbx_map_get(&scan->locals, first))
		return;
	for (size_t i = 0; i < scan->n_wildcards; i++) {
		size_t n_all = strlen(scan->wildcards[i]) + strlen(name) + 2;
		char *longer = sbx_arena_alloc(&scan->arena, n_all);
		if (!longer)
			return;
		snprintf(longer, n_all, "%s.%s", scan->wildcards[i], name);
		if (take_name(scan, m, node, longer))
			return;
	}
}

void sbx_calls_take(struct sbx_scan *scan, const struct sbx_match *m)
{
	TSNode node = sbx_scan_captured(scan, m, SBX_CAPTURE_CALL);
	const char *written = name_as_written(scan, m, node);
	const char *name = written ? resolve(scan, written) : NULL;
	if (!name)
		return;
	/* What the text defines itself is not the language's own function of that name. */
	if (name == written && !strchr(name, '.') && sbx_map_get(&scan->locals, name))
		return;
	bool found = rules_for(scan, name) && take_name(scan, m, node, name);
	if (!found && name == written && scan->n_wildcards)
		take_from_wildcards(scan, m, node, name);
}

void sbx_calls_take_command(struct sbx_scan *scan, const char *name, const struct sbx_word *words,
			    size_t n_words)
{
	const struct sbx_rules *rules = scan->rules->command_calls;
	const struct sbx_call_rule *rule = sbx_map_get(&rules->calls, sbx_call_name_key(name));
	struct sbx_arguments arguments = {0};
	for (; rule; rule = rule->next) {
		if (strcmp(rule->name, name))
			continue;
		if (!arguments.n)
			sbx_arguments_add_words(scan, &arguments, words + 1, n_words - 1);
		struct call call = {.scan = scan,
				    .at = sbx_scan_place_of(scan, words[0].node),
				    .name = name,
				    .arguments = &arguments,
				    .rule = rule,
				    .keeps_grade = true};
		take_rule(&call);
	}
	free(arguments.all);
}

/* [import a.b]: for a.b and all below it */
static void take_import(struct sbx_scan *scan, size_t item_index, const char *name)
{
	static const struct sbx_arguments no_arguments = {0};
	size_t n = strlen(name) + sizeof("import ");
	char *key = sbx_arena_alloc(&scan->arena, n);
	if (!key)
		return;
	snprintf(key, n, "import %s", name);
	const struct sbx_call_rule *rule = sbx_map_get(&scan->rules->calls, key);
	for (; rule; rule = rule->next) {
		const struct sbx_item *item = &scan->items[item_index];
		enum sbx_grade grade = item->fact.grade;
		struct call call = {.scan = scan,
				    .at = {item->start, item->fact.row},
				    .name = name,
				    .arguments = &no_arguments,
				    .rule = rule,
				    .origin = item->fact.name};
		size_t n_before = scan->n_items;
		take_rule(&call);
		/* What may be missing brings nothing that may not. */
		for (size_t i = n_before; grade != SBX_GRADE_HARD && i < scan->n_items; i++)
			scan->items[i].fact.grade = grade;
	}
}

void sbx_calls_take_imports(struct sbx_scan *scan)
{
	if (!scan->rules->calls.n_used)
		return;
	for (size_t i = 0, n = scan->n_items; i < n; i++) {
		const struct sbx_raw_fact *fact = &scan->items[i].fact;
		if (scan->items[i].code || fact->api || !*fact->name ||
		    fact->language != &scan->rules->language ||
		    (fact->kind != SBX_FACT_MODULE && fact->kind != SBX_FACT_HEADER))
			continue;
		const char separator[] = {scan->rules->language.separator, '\0'};
		char name[3 * N_MAX_NAME_BYTES];
		snprintf(name, sizeof(name), "%s%s%s", fact->name, fact->member ? separator : "",
			 fact->member ? fact->member : "");
		for (;;) {
			take_import(scan, i, name);
			char *last = *separator ? strrchr(name, *separator) : NULL;
			if (!last || last == name)
				break;
			*last = '\0';
		}
	}
}
