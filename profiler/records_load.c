/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/records.h"

static const char *get(const struct sbx_rules *r, const char *section, const char *key)
{
	const char *value = sbx_keyfile_get(r->conf, section, key);
	return value ? value : "";
}

static int compile(const struct sbx_rules *r, const char *section, const char *key,
		   const char **out_text, regex_t *out_regex, struct sbx_error *err)
{
	*out_text = sbx_keyfile_get(r->conf, section, key);
	if (*out_text && regcomp(out_regex, *out_text, REG_EXTENDED)) {
		sbx_fail(err, SBX_E_FAILED, "%s/language.conf: [%s]: %s is no regular expression",
			 r->language.name, section, key);
		*out_text = NULL;
		return -1;
	}
	return 0;
}

static int mistake(const struct sbx_rules *r, const char *section, const char *key,
		   struct sbx_error *err)
{
	return sbx_fail(err, SBX_E_FAILED, "%s/language.conf: [%s]: unknown %s", r->language.name,
			section, key);
}

/* The number of a word among those that a key can have; -1: it is none of them. */
static int choose(const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], value))
			return i;
	return -1;
}

static int load_rule(const struct sbx_rules *r, const char *section, struct sbx_record_rule *rule,
		     struct sbx_error *err)
{
	static const char *const items[] = {"", "words", "quoted", "commas", "lines", NULL};
	const char *kind = get(r, section, "kind"), *grade = get(r, section, "grade");
	int chosen = choose(get(r, section, "items"), items);
	rule->items = (enum sbx_record_items)chosen;
	rule->group = (unsigned)strtoul(get(r, section, "group"), NULL, 10) % N_GROUPS;
	rule->language = get(r, section, "language");
	rule->name = get(r, section, "name");
	rule->inject = get(r, section, "inject");
	rule->prefix = get(r, section, "prefix");
	rule->file = get(r, section, "file");
	rule->has_dollars = !strcmp(get(r, section, "dollars"), "yes");
	rule->kind = *kind ? sbx_fact_kind_by_name(kind) : SBX_FACT_DISTRIBUTION;
	rule->grade = *grade ? SBX_N_GRADES : SBX_GRADE_DECLARED;
	for (int i = 0; *grade && i < SBX_N_GRADES; i++)
		if (!strcmp(sbx_grade_name((enum sbx_grade)i), grade))
			rule->grade = (enum sbx_grade)i;
	if (chosen < 0 || rule->kind == SBX_N_FACT_KINDS || rule->grade == SBX_N_GRADES)
		return mistake(r, section, chosen < 0 ? "items" : "kind or grade", err);
	if (compile(r, section, "heading", &rule->heading, &rule->heading_regex, err) < 0 ||
	    compile(r, section, "within", &rule->within, &rule->within_regex, err) < 0)
		return -1;
	return compile(r, section, "match", &rule->match, &rule->match_regex, err);
}

static int load(struct sbx_rules *r, struct sbx_error *err)
{
	static const char *const joins[] = {"", "backslash", "indent", "brackets", NULL};
	const char *const *names = sbx_keyfile_get_list(r->conf, "records", "rules");
	struct sbx_records *records = sbx_arena_alloc(&r->arena, sizeof(*records));
	size_t n = 0;
	while (names && names[n])
		n++;
	if (records)
		records->rules = sbx_arena_alloc(&r->arena, (n + 1) * sizeof(*records->rules));
	if (!records || !records->rules)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	int join = choose(get(r, "records", "join"), joins);
	if (join < 0)
		return mistake(r, "records", "join", err);
	records->join = (enum sbx_join)join;
	records->comment = get(r, "records", "comment");
	records->has_heredocs = !strcmp(get(r, "records", "heredocs"), "yes");
	for (; records->n_rules < n; records->n_rules++) {
		char section[128];
		snprintf(section, sizeof(section), "records.%s", names[records->n_rules]);
		struct sbx_record_rule *rule = &records->rules[records->n_rules];
		if (load_rule(r, section, rule, err) < 0)
			return -1;
		records->has_dollars |= rule->has_dollars;
	}
	r->records = records;
	return 0;
}

int sbx_records_load(const struct sbx_rules *rules, const struct sbx_records **out,
		     struct sbx_error *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	int result = rules->records ? 0 : load((struct sbx_rules *)rules, err);
	*out = rules->records;
	pthread_mutex_unlock(&lock);
	return result;
}
