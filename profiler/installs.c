/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "profiler/records.h"

/*
 * Commands that install: `apt-get install x` says that x is needed, whoever runs it. [installs] of
 * language.conf: NAME=SUB-COMMANDS;KIND;LANGUAGE;OPTIONS, where sub-commands are divided by '|' and
 * an option that takes a value is written alone, or with '>' and the language of the file that its
 * value names.
 */

enum { FIELD_SUBCOMMANDS, FIELD_KIND, FIELD_LANGUAGE, N_FIELDS };

static bool is_among(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (; *list; list += *list == '|') {
		size_t n_item = strcspn(list, "|");
		if (n_item == n && !strncmp(list, word, n))
			return true;
		list += n_item;
	}
	return false;
}

/* The row of an option: "" when it takes a value, else the language behind '>'; NULL: neither. */
static const char *find_option(const char *const *options, const char *word)
{
	for (; *options; options++) {
		size_t n = strcspn(*options, ">");
		if (strlen(word) == n && !strncmp(*options, word, n))
			return (*options)[n] ? *options + n + 1 : "";
	}
	return NULL;
}

static void take_name(struct sbx_scan *scan, const struct sbx_word *word, enum sbx_fact_kind kind,
		      const struct sbx_language *language, enum sbx_grade grade)
{
	struct sbx_raw_fact fact = {.kind = kind, .grade = grade, .language = language};
	if (strchr(word->text, SBX_HOLE))
		return;
	fact.name = sbx_specifier_name(&scan->arena, language, kind, word->text, &fact.grade);
	if (fact.name)
		sbx_scan_add_fact(scan, word->node, &fact);
}

void sbx_scan_take_installs(struct sbx_scan *scan, const char *name, const struct sbx_word *words,
			    size_t n_words, enum sbx_grade grade)
{
	const char *const *row = sbx_map_get(&scan->rules->installs, name);
	size_t n_fields = 0;
	while (row && row[n_fields])
		n_fields++;
	if (n_fields < N_FIELDS)
		return;
	const struct sbx_language *language = sbx_language_by_name(row[FIELD_LANGUAGE]);
	enum sbx_fact_kind kind = sbx_fact_kind_by_name(row[FIELD_KIND]);
	bool installs = !strcmp(row[FIELD_SUBCOMMANDS], "-");
	if (!language || kind == SBX_N_FACT_KINDS)
		return;
	grade = grade == SBX_GRADE_GUARDED ? grade : SBX_GRADE_DECLARED;
	for (size_t i = 1; i < n_words; i++) {
		const char *word = words[i].text;
		if (*word == '-') {
			const char *option = find_option(row + N_FIELDS, word);
			i += option != NULL;
			if (installs && option && *option && i < n_words)
				sbx_scan_add_script(scan, words[i].text,
						    sbx_language_by_name(option));
		} else if (installs) {
			take_name(scan, &words[i], kind, language, grade);
		} else if (is_among(row[FIELD_SUBCOMMANDS], word)) {
			installs = true;
		} else {
			return;
		}
	}
}
