/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/scan.h"

/*
 * [operands] of language.conf: what a command's arguments name besides files of its own:
 *
 *	cc=library>-l;search>-I;value>-o;script>*
 *	gcc=like>cc
 *	pkg-config=pkg-config>*
 */

struct operands {
	struct sbx_scan *scan;
	const struct sbx_word *words; /* the command's, with its name */
	size_t n;
	enum sbx_grade grade;
	const char *const *rows;
	bool has_own_libraries; /* -L: they may be ones that the task makes itself */
};

/* gcc-12 is gcc. */
static const char *const *rows_of(const struct sbx_rules *rules, const char *name)
{
	const char *const *rows = sbx_map_get(&rules->operands, name);
	const char *dash = strrchr(name, '-');
	char plain[64];
	if (!rows && dash && isdigit((unsigned char)dash[1]) &&
	    (size_t)(dash - name) < sizeof(plain)) {
		memcpy(plain, name, (size_t)(dash - name));
		plain[dash - name] = '\0';
		rows = sbx_map_get(&rules->operands, plain);
	}
	if (rows && *rows && !strncmp(*rows, "like>", 5))
		rows = sbx_map_get(&rules->operands, *rows + 5);
	return rows;
}

static void add_need(const struct operands *o, size_t at, const char *kind_text, size_t n_kind,
		     const char *value)
{
	struct sbx_scan *scan = o->scan;
	char *kind_name = sbx_arena_string(&scan->arena, kind_text, n_kind);
	if (!kind_name || strchr(value, SBX_HOLE) || !*value)
		return;
	if (!strcmp(kind_name, "script")) {
		sbx_scan_add_script(scan, value, NULL);
		return;
	}
	if (!strcmp(kind_name, "search")) {
		sbx_scan_add_search(scan, value);
		return;
	}
	struct sbx_raw_fact fact = {.kind = sbx_fact_kind_by_name(kind_name),
				    .grade = o->grade,
				    .language = &scan->rules->language};
	bool is_library = fact.kind == SBX_FACT_LIBRARY;
	if (is_library && o->has_own_libraries && fact.grade == SBX_GRADE_HARD)
		fact.grade = SBX_GRADE_IMPLIED;
	/* Versions and comparisons are no names: gtk4 >= 4.10 */
	if (fact.kind == SBX_N_FACT_KINDS || (!is_library && !isalpha((unsigned char)*value)))
		return;
	fact.name = sbx_arena_string(&scan->arena, value, strcspn(value, "=<>! "));
	sbx_scan_add_fact(scan, o->words[at].node, &fact);
}

/* An option that some row speaks of. Returns how many further words belong to it. */
static size_t take_option(const struct operands *o, size_t at)
{
	const char *word = o->words[at].text;
	for (const char *const *row = o->rows; *row; row++) {
		const char *option = strchr(*row, '>');
		size_t n = option ? strlen(++option) : 0;
		if (n < 2 || *option != '-' || strncmp(word, option, n) != 0)
			continue;
		size_t n_kind = (size_t)(option - 1 - *row);
		bool apart = !word[n] && at + 1 < o->n;
		const char *value = apart ? o->words[at + 1].text : word + n;
		if (n_kind == 5 && !strncmp(*row, "value", 5)) {
			if (apart)
				return 1;
			continue;
		}
		if (!strncmp(*row, "library>", 8)) {
			/* Its option tells a library to link from one to load. */
			char *name = sbx_arena_alloc(&o->scan->arena, n + strlen(value) + 1);
			if (name && *value)
				add_need(o, at, *row, n_kind, strcat(strcpy(name, option), value));
		} else
			add_need(o, at, *row, n_kind, value);
		return apart;
	}
	return 0;
}

void sbx_scan_take_operands(struct sbx_scan *scan, const char *name, const struct sbx_word *words,
			    size_t n_words, enum sbx_grade grade)
{
	struct operands o = {scan, words, n_words, grade, rows_of(scan->rules, name), false};
	for (size_t i = 1; i < n_words; i++)
		o.has_own_libraries |=
			!strncmp(words[i].text, "-L", 2) && strncmp(words[i].text, "-L/usr/", 7);
	const char *verb = NULL; /* the first plain word */
	for (size_t i = 1; o.rows && i < n_words; i++) {
		const char *word = words[i].text;
		if (*word == '-' && word[1]) {
			i += take_option(&o, i);
			continue;
		}
		for (const char *const *row = o.rows; *row; row++) {
			const char *where = strchr(*row, '>');
			if (where && (!strcmp(where, ">*") || (verb && !strcmp(where + 1, verb))))
				add_need(&o, i, *row, (size_t)(where - *row), word);
		}
		verb = verb ? verb : word;
	}
}
