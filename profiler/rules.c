/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/rules.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/call_rules.h"

/* The bytes of the separator (of members, or of a module's parts) that stands at `at`; 0: none. */
static size_t member_separator(const struct sbx_rules *rules, const char *at, size_t n_bytes)
{
	for (const char *const *m = rules->members; m && *m; m++) {
		size_t n = strlen(*m);
		if (n <= n_bytes && !memcmp(at, *m, n))
			return n;
	}
	return n_bytes && rules->language.separator && *at == rules->language.separator;
}

size_t sbx_rules_first_part(const struct sbx_rules *rules, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 1; i < n; i++)
		if (name[i] == '(' || (rules->begins_separator[(unsigned char)name[i]] &&
				       member_separator(rules, name + i, n - i)))
			return i;
	return n;
}

size_t sbx_rules_last_part(const struct sbx_rules *rules, const char *name, size_t n_bytes)
{
	for (size_t i = n_bytes; i-- > 1;) {
		if (!rules->begins_separator[(unsigned char)name[i]])
			continue;
		size_t n = member_separator(rules, name + i, n_bytes - i);
		if (n)
			return i + n;
	}
	return 0;
}

bool sbx_rules_is_relative(const struct sbx_rules *rules, const char *name)
{
	char separator = rules->language.separator;
	if (!rules->relative || !*rules->relative)
		return separator && *name == separator;
	for (const char *const *r = rules->relative; *r; r++) {
		size_t n = strlen(*r);
		/* "../" is the beginning of a path, ".." a whole one. */
		if (!strncmp(name, *r, n) && (strchr("/#\\", (*r)[n - 1]) || !name[n]))
			return true;
	}
	return false;
}

size_t sbx_language_number(const struct sbx_language *language)
{
	size_t n = 0;
	for (const struct sbx_language *const *l = sbx_languages(); *l && *l != language; l++)
		n++;
	return n;
}

const struct sbx_language *sbx_language_by_number(size_t number)
{
	const struct sbx_language *const *l = sbx_languages();
	while (*l && number > 0) {
		l++;
		number--;
	}
	return *l;
}

/* A number for each of the grammar's symbols, so that no name is compared per node. */
static int number_symbols(struct sbx_rules *r, const char *section, const char *key, uint8_t number,
			  uint8_t *numbers, struct sbx_error *err)
{
	const TSLanguage *language = r->grammar->parser();
	const char *const *names = sbx_rules_get_list(r, section, key);
	for (; names && *names; names++) {
		bool found = false;
		for (uint32_t s = 0; s < r->n_symbols; s++) {
			const char *name = ts_language_symbol_name(language, (TSSymbol)s);
			if (name && !strcmp(name, *names)) {
				numbers[s] = number;
				found = true;
			}
		}
		if (!found)
			return sbx_fail(err, SBX_E_FAILED,
					"%s/language.conf: the grammar has no node '%s'",
					r->grammar->name, *names);
	}
	return 0;
}

/* [syntax]: the role of each symbol in a literal; [calls]: its shape as an argument */
static int compile_symbols(struct sbx_rules *r, struct sbx_error *err)
{
	r->n_symbols = ts_language_symbol_count(r->grammar->parser());
	r->roles = sbx_arena_alloc(&r->arena, r->n_symbols);
	r->shapes = sbx_arena_alloc(&r->arena, r->n_symbols);
	r->imports = sbx_arena_alloc(&r->arena, r->n_symbols);
	if (!r->roles || !r->shapes || !r->imports)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	const struct {
		const char *section, *key;
		uint8_t number;
		uint8_t *numbers;
	} lists[] = {{"modules", "elided", SBX_IMPORT_STATEMENT, r->imports},
		     {"modules", "mentions", SBX_IMPORT_MENTION, r->imports},
		     {"syntax", "text", SBX_SYMBOL_TEXT, r->roles},
		     {"syntax", "quoted", SBX_SYMBOL_QUOTED, r->roles},
		     {"syntax", "escapes", SBX_SYMBOL_ESCAPE, r->roles},
		     {"syntax", "mixed", SBX_SYMBOL_MIXED, r->roles},
		     {"syntax", "skip", SBX_SYMBOL_SKIP, r->roles},
		     {"syntax", "opaque", SBX_SYMBOL_OPAQUE, r->roles},
		     {"calls", "keywords", SBX_SHAPE_KEYWORD, r->shapes},
		     {"calls", "lists", SBX_SHAPE_LIST, r->shapes},
		     {"calls", "calls", SBX_SHAPE_CALL, r->shapes}};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (number_symbols(r, lists[i].section, lists[i].key, lists[i].number,
				   lists[i].numbers, err) < 0)
			return -1;
	r->has_elided = memchr(r->imports, SBX_IMPORT_STATEMENT, r->n_symbols) != NULL;
	return 0;
}

/* All that a language needs before its first text; another's rules about commands come along. */
static int compile(struct sbx_rules *r, struct sbx_error *err)
{
	if (r->is_compiled || !r->grammar->parser)
		return 0;
	if (sbx_call_rules_load((struct sbx_rules *)r->command_calls, err) < 0 ||
	    sbx_call_rules_load(r, err) < 0 || compile_symbols(r, err) < 0 ||
	    sbx_query_compile(r, err) < 0)
		return -1;
	r->is_compiled = true;
	return 0;
}

int sbx_rules_compile(const struct sbx_rules *rules, struct sbx_error *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct sbx_rules *r = (struct sbx_rules *)rules;
	pthread_mutex_lock(&lock);
	int result = compile(r, err);
	pthread_mutex_unlock(&lock);
	return result;
}
