/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/call_rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"

/* Reading calls.conf. */

struct reader {
	struct sbx_rules *rules;
	struct sbx_error *err;
	struct sbx_keyfile *conf;
	const char *section;
	struct sbx_call_rule *rule; /* that is being read */
	struct sbx_call_need *needs;
	size_t n_needs, needs_room;
};

static int mistake(const struct reader *in, const char *what, const char *name)
{
	return sbx_fail(in->err, SBX_E_FAILED, "calls.conf of %s, [%s]: %s '%.60s'",
			in->rules->grammar->name, in->section, what, name);
}

/* The bytes of the separator of members that stands here; 0: none. */
static size_t separator_at(const struct sbx_rules *rules, const char *s, size_t n_bytes)
{
	for (const char *const *m = rules->members; m && *m; m++) {
		size_t n = strlen(*m);
		if (n <= n_bytes && !memcmp(s, *m, n))
			return n;
	}
	return 0;
}

char *sbx_call_name_normalise(struct sbx_arena *arena, const struct sbx_rules *rules,
			      const char *name, size_t n_bytes)
{
	char *out = sbx_arena_alloc(arena, n_bytes + 1);
	size_t n = 0, depth = 0;
	bool only_dots = rules->members && !strcmp(rules->members[0], ".") && !rules->members[1];
	/* Nearly all names are plain already. */
	if (out && only_dots && !memchr(name, '\0', n_bytes)) {
		memcpy(out, name, n_bytes);
		if (!out[strcspn(out, "([{)]} \t\r\n\\")])
			return out;
	}
	for (size_t i = 0; out && i < n_bytes; i++) {
		bool opens = strchr("([{", name[i]) && name[i];
		bool closes = strchr(")]}", name[i]) && name[i];
		size_t n_separator = separator_at(rules, name + i, n_bytes - i);
		depth -= closes && depth;
		if (depth == 0 && n_separator) {
			out[n++] = '.';
			i += n_separator - 1;
		} else if (depth == 0 && !isspace((unsigned char)name[i]) && name[i] != '\\') {
			out[n++] = name[i];
		}
		depth += opens;
	}
	if (out)
		out[n] = '\0';
	return out;
}

const char *sbx_call_name_key(const char *name)
{
	/* A '.' at the very end says that the member is only read: it is part of the key. */
	size_t n = strlen(name);
	const char *dot = n > 1 ? memrchr(name, '.', n - 1) : NULL;
	return dot ? dot + 1 : name;
}

/* "engine=openpyxl", "!1|io=*.xls", "2" */
static int read_conditions(struct reader *in, const char *value)
{
	const char *const *items = sbx_keyfile_split(in->conf, value);
	size_t n = 0;
	while (items && items[n])
		n++;
	struct sbx_arena *arena = &in->rules->arena;
	struct sbx_call_condition *all = sbx_arena_alloc(arena, (n + 1) * sizeof(*all));
	for (size_t i = 0; all && i < n; i++) {
		const char *item = items[i], *equals = strchr(item, '=');
		all[i].negated = *item == '!';
		item += all[i].negated;
		all[i].argument = sbx_arena_string(arena, item,
						   equals ? (size_t)(equals - item) : strlen(item));
		all[i].glob = equals ? equals + 1 : NULL;
		if (!all[i].argument || !*all[i].argument)
			return mistake(in, "no argument is named in", items[i]);
	}
	in->rule->conditions = all;
	in->rule->n_conditions = n;
	return all || !n ? 0 : sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
}

static int read_form(struct reader *in, const char *value)
{
	static const char *const names[] = {"text", "url", "address"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], value)) {
			in->rule->form = (enum sbx_call_form)i;
			return 0;
		}
	return mistake(in, "unknown form", value);
}

static int read_grade(struct reader *in, const char *value)
{
	for (enum sbx_grade grade = 0; grade < SBX_N_GRADES; grade++)
		if (!strcmp(sbx_grade_name(grade), value)) {
			in->rule->grade = grade;
			return 0;
		}
	return mistake(in, "unknown grade", value);
}

/* module=x;y - what is needed besides, by its kind */
static int read_needs(struct reader *in, enum sbx_fact_kind kind, const char *value)
{
	const char *const *names = sbx_keyfile_split(in->conf, value);
	for (; names && *names; names++) {
		struct sbx_call_need *need =
			sbx_grow(&in->needs, &in->n_needs, &in->needs_room, sizeof(*need));
		if (!need)
			return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
		*need = (struct sbx_call_need){kind, *names};
	}
	return 0;
}

/* Classes are those that the sandbox knows, and cpu.FEATURE. */
static int read_behaviours(struct reader *in, const char *value)
{
	in->rule->behaviours = sbx_keyfile_split(in->conf, value);
	for (const char *const *b = in->rule->behaviours; b && *b; b++)
		if (strncmp(*b, "cpu.", 4) && sbx_class_find(*b, strlen(*b)) < 0)
			return mistake(in, "unknown class", *b);
	return 0;
}

static int read_key(struct reader *in, const char *key, const char *value)
{
	struct sbx_call_rule *rule = in->rule;
	enum sbx_fact_kind kind = sbx_fact_kind_by_name(key);
	if (!strcmp(key, "behaviour"))
		return read_behaviours(in, value);
	if (kind < SBX_FACT_BEHAVIOUR)
		return read_needs(in, kind, value);
	if (!strcmp(key, "when"))
		return read_conditions(in, value);
	if (!strcmp(key, "form"))
		return read_form(in, value);
	if (!strcmp(key, "grade"))
		return read_grade(in, value);
	if (!strcmp(key, "with"))
		rule->with = sbx_keyfile_split(in->conf, value);
	else if (!strcmp(key, "argument"))
		rule->argument = value;
	else if (!strcmp(key, "match"))
		rule->match = value;
	else if (!strcmp(key, "as"))
		rule->as = value;
	else if (!strcmp(key, "why"))
		rule->why = value;
	else if (!strcmp(key, "unknown"))
		rule->reports_unknown = !strcmp(value, "report");
	else if (!strcmp(key, "kind")) {
		rule->argument_kind = sbx_fact_kind_by_name(value);
		if (rule->argument_kind >= SBX_FACT_BEHAVIOUR)
			return mistake(in, "unknown kind", value);
	} else
		return mistake(in, "unknown key", key);
	return 0;
}

/* What only makes sense together. */
static int check_rule(const struct reader *in)
{
	const struct sbx_call_rule *rule = in->rule;
	bool names_needs = rule->argument_kind < SBX_FACT_BEHAVIOUR;
	if (names_needs && !rule->argument)
		return mistake(in, "kind= wants an argument=, in", rule->name);
	if (rule->argument && !names_needs && !rule->behaviours)
		return mistake(in, "argument= wants a kind= or a behaviour=, in", rule->name);
	if (rule->as && !strstr(rule->as, "{}"))
		return mistake(in, "as= wants a {} for the value, in", rule->name);
	if (!names_needs && !in->n_needs && !rule->behaviours)
		return mistake(in, "nothing follows from", rule->name);
	return 0;
}

static const char *key_of(const char *name)
{
	return strncmp(name, "import ", 7) ? sbx_call_name_key(name) : name;
}

/* Keep the rule under one of the names of its section. */
static int keep_rule(struct reader *in, const char *name, size_t n)
{
	struct sbx_rules *r = in->rules;
	struct sbx_call_rule *rule = sbx_arena_alloc(&r->arena, sizeof(*rule));
	bool is_import = n > 7 && !strncmp(name, "import ", 7);
	if (rule)
		*rule = *in->rule;
	if (!rule || !(rule->name = is_import ? sbx_arena_string(&r->arena, name, n)
					      : sbx_call_name_normalise(&r->arena, r, name, n)))
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	struct sbx_call_rule *last =
		(struct sbx_call_rule *)sbx_map_get(&r->calls, key_of(rule->name));
	if (!last)
		sbx_map_add(&r->calls, key_of(rule->name), rule);
	while (last && last->next)
		last = last->next;
	if (last)
		last->next = rule;
	return r->calls.failed ? sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory") : 0;
}

static int end_rule(struct reader *in)
{
	struct sbx_call_rule *rule = in->rule;
	if (!rule)
		return 0;
	if (check_rule(in) < 0)
		return -1;
	struct sbx_call_need *needs =
		sbx_arena_alloc(&in->rules->arena, (in->n_needs + 1) * sizeof(*needs));
	if (!needs)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	if (in->n_needs)
		memcpy(needs, in->needs, in->n_needs * sizeof(*needs));
	rule->needs = needs;
	rule->n_needs = in->n_needs;
	in->n_needs = 0;
	/* [a.b|c.d label], [import a.b label]: the label only tells sections apart. */
	const char *name = in->section;
	size_t n_import = strncmp(name, "import ", 7) ? 0 : 7;
	const char *end = name + n_import + strcspn(name + n_import, " \t");
	while (name < end) {
		size_t n = n_import ? (size_t)(end - name) : strcspn(name, "| \t");
		if (keep_rule(in, name, n) < 0)
			return -1;
		name += n + (name[n] == '|');
	}
	return 0;
}

static int begin_rule(struct reader *in)
{
	in->rule = sbx_arena_alloc(&in->rules->arena, sizeof(*in->rule));
	if (!in->rule)
		return sbx_fail(in->err, SBX_E_NO_SPACE, "out of memory");
	in->rule->name = in->section;
	in->rule->grade = SBX_GRADE_IMPLIED;
	in->rule->argument_kind = SBX_N_FACT_KINDS;
	in->rule->why = "";
	return 0;
}

static int read_all(struct reader *in)
{
	size_t n;
	const struct sbx_keyfile_entry *entries = sbx_keyfile_entries(in->conf, &n);
	for (size_t i = 0; i < n; i++) {
		if (entries[i].section != in->section) {
			if (end_rule(in) < 0)
				return -1;
			in->section = entries[i].section;
			if (begin_rule(in) < 0)
				return -1;
		}
		if (read_key(in, entries[i].key, entries[i].value) < 0)
			return -1;
	}
	return end_rule(in);
}

int sbx_call_rules_load(struct sbx_rules *rules, struct sbx_error *err)
{
	const struct sbx_grammar *g = rules->grammar;
	if (rules->calls.n_used || !g->n_calls_bytes)
		return 0;
	struct reader in = {.rules = rules, .err = err};
	/* Kept for ever, as the rules are: their strings are in it. */
	in.conf = sbx_keyfile_parse(g->calls, g->n_calls_bytes, "calls.conf", err);
	rules->calls_conf = in.conf;
	int result = in.conf ? read_all(&in) : -1;
	free(in.needs);
	return result;
}
