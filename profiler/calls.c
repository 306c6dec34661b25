/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/call.h"

/* What calls mean, by the rules of calls.conf: needs that no import shows, and behaviours. */

/* The module and all that it is in; of `from a import b`, a.b too. */
static void add_imported(struct sbx_scan *scan, const char *name, const char *member)
{
	size_t n = strlen(name);
	char separator = scan->rules->language.separator;
	if (!sbx_map_get(&scan->imported, name))
		for (size_t i = 0; i <= n; i++)
			if (i == n || name[i] == separator || name[i] == '.')
				sbx_map_add(&scan->imported,
					    sbx_arena_string(&scan->arena, name, i), "");
	if (!member || strchr(member, '.'))
		return;
	char *longer = sbx_arena_alloc(&scan->arena, n + strlen(member) + 2);
	if (longer)
		stpcpy(stpcpy(stpcpy(longer, name), "."), member);
	if (longer && !sbx_map_get(&scan->imported, longer))
		sbx_map_add(&scan->imported, longer, "");
}

/* Is the module, or one below it, imported by the text? `from a import b` may import a.b. */
static bool is_imported(struct sbx_scan *scan, const char *module)
{
	for (; scan->n_imported < scan->n_items; scan->n_imported++) {
		const struct sbx_item *item = &scan->items[scan->n_imported];
		if (!item->code && item->fact.kind == SBX_FACT_MODULE && !item->fact.api)
			add_imported(scan, item->fact.name, item->fact.member);
	}
	return sbx_map_get(&scan->imported, module) != NULL;
}

/* The first of the rule's `with` that is imported; NULL: none. */
static const char *find_with(struct sbx_scan *scan, const struct sbx_call_rule *rule)
{
	for (const char *const *w = rule->with; w && *w; w++)
		if (is_imported(scan, *w))
			return *w;
	return NULL;
}

/* The module that a dotted name comes from: its first part. NULL for a bare name. */
static const char *origin_of(struct sbx_scan *scan, const char *name)
{
	size_t n = strcspn(name, ".(");
	return name[n] == '.' && name[n + 1] ? sbx_arena_string(&scan->arena, name, n) : NULL;
}

/*
 * A method's rule is for any receiver, but not where the text has such a method itself, nor for
 * what is plainly another module's function: with `import pygal`, pygal.plot() is not a frame's.
 */
static bool is_method(struct sbx_scan *scan, const struct sbx_call_rule *rule, const char *name,
		      const char *with)
{
	size_t n = strlen(name), n_rule = strlen(rule->name);
	if (n <= n_rule || strcmp(name + n - n_rule, rule->name) ||
	    sbx_map_get(&scan->locals, sbx_call_name_key(name)))
		return false;
	const char *origin = strpbrk(name, "([") ? NULL : origin_of(scan, name);
	return !origin || (with && !strcmp(origin, with)) || !is_imported(scan, origin);
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
		bool for_any = *rule->name == '.';
		if (!for_any && strcmp(rule->name, name))
			continue;
		const char *with = find_with(scan, rule);
		const char *origin = with ? with : for_any ? NULL : origin_of(scan, name);
		if ((rule->with && *rule->with && !with) ||
		    (for_any && !is_method(scan, rule, name, with)) ||
		    (!for_any && origin && scan->rules->calls_imported &&
		     !is_imported(scan, origin)))
			continue;
		if (!collected)
			collect(scan, m, &arguments);
		collected = true;
		found |= !for_any;
		struct sbx_call call = {.scan = scan,
					.at = sbx_scan_place_of(scan, node),
					.name = name,
					.arguments = &arguments,
					.rule = rule,
					.origin = origin,
					.keeps_grade = true};
		sbx_call_take_rule(&call);
	}
	free(arguments.all);
	return found;
}

/* from x import * ... f(): x.f, unless the text has an f itself */
static void take_from_wildcards(struct sbx_scan *scan, const struct sbx_match *m, TSNode node,
				const char *name)
{
	size_t n = strcspn(name, ".([=");
	/* x.f is kept by the same last part as f: nearly every name ends here. */
	if (!rules_for(scan, name))
		return;
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
	const char *written = sbx_call_written(scan, m, node);
	const char *name = written ? sbx_call_resolve(scan, written) : NULL;
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
		struct sbx_call call = {.scan = scan,
					.at = sbx_scan_place_of(scan, words[0].node),
					.name = name,
					.arguments = &arguments,
					.rule = rule,
					.keeps_grade = true};
		sbx_call_take_rule(&call);
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
		struct sbx_call call = {.scan = scan,
					.at = {item->start, item->fact.row},
					.name = name,
					.arguments = &no_arguments,
					.rule = rule,
					.origin = item->fact.name};
		size_t n_before = scan->n_items;
		sbx_call_take_rule(&call);
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
