/* SPDX-License-Identifier: Apache-2.0 */
/* From the key files that are compiled in to struct sbx_rules. */
#include "profiler/rules.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define N_MAX_LANGUAGES 64

static pthread_once_t name_once = PTHREAD_ONCE_INIT, load_once = PTHREAD_ONCE_INIT;
static struct sbx_rules *all_rules[N_MAX_LANGUAGES + 1];
static const struct sbx_language *all_languages[N_MAX_LANGUAGES + 1];
static struct sbx_error load_error;

/* The key file that has the key: the language's own, or that of the one it is like. */
static struct sbx_keyfile *conf_with(const struct sbx_rules *r, const char *section,
				     const char *key)
{
	const struct sbx_rules *from = r;
	while (from->like && !sbx_keyfile_get(from->conf, section, key))
		from = from->like;
	return from->conf;
}

const char *sbx_rules_find(const struct sbx_rules *r, const char *section, const char *key)
{
	return sbx_keyfile_get(conf_with(r, section, key), section, key);
}

const char *sbx_rules_get(const struct sbx_rules *r, const char *section, const char *key)
{
	const char *value = sbx_rules_find(r, section, key);
	return value ? value : "";
}

const char *const *sbx_rules_get_list(const struct sbx_rules *r, const char *section,
				      const char *key)
{
	return sbx_keyfile_get_list(conf_with(r, section, key), section, key);
}

/*
 * Where the sections end that tell a file's language; they come first. A task that is known is
 * named and not read again, so no more than these is parsed for it.
 */
static size_t names_end(const struct sbx_grammar *grammar)
{
	const char *at = grammar->conf, *end = at + grammar->n_conf_bytes;
	while ((at = memmem(at, (size_t)(end - at), "\n[", 2))) {
		at++;
		if (strncmp(at, "[language]", 10) && strncmp(at, "[detect]", 8))
			return (size_t)(at - grammar->conf);
	}
	return grammar->n_conf_bytes;
}

static int parse_names(struct sbx_rules *r, const struct sbx_grammar *grammar)
{
	r->grammar = grammar;
	r->language.name = grammar->name;
	r->conf = sbx_keyfile_parse(grammar->conf, names_end(grammar), grammar->name, &load_error);
	return r->conf ? 0 : -1;
}

/* What was parsed for the names stays: they point into it. */
static int parse_all(struct sbx_rules *r)
{
	const struct sbx_grammar *grammar = r->grammar;
	size_t n, n_names;
	sbx_keyfile_entries(r->conf, &n_names);
	r->names_conf = r->conf;
	r->conf =
		sbx_keyfile_parse(grammar->conf, grammar->n_conf_bytes, grammar->name, &load_error);
	if (!r->conf)
		return -1;
	const struct sbx_keyfile_entry *entries = sbx_keyfile_entries(r->conf, &n);
	for (size_t i = n_names; i < n; i++)
		if (!strcmp(entries[i].section, "language") ||
		    !strcmp(entries[i].section, "detect"))
			return sbx_fail(&load_error, SBX_E_FAILED,
					"%s/language.conf:%u: [%s] stands before other sections",
					grammar->name, entries[i].line, entries[i].section);
	return 0;
}

/* `like=` in [language]: what it does not say itself is as in that language. */
static int find_like(struct sbx_rules *r)
{
	const char *like = sbx_keyfile_get(r->conf, "language", "like");
	for (size_t i = 0; like && all_rules[i]; i++)
		if (!strcmp(all_rules[i]->language.name, like))
			r->like = all_rules[i];
	const struct sbx_rules *end = r->like;
	for (int hops = 0; end && end != r && hops < N_MAX_LANGUAGES; hops++)
		end = end->like;
	if (like && (!r->like || end))
		return sbx_fail(&load_error, SBX_E_FAILED,
				"%s/language.conf: like=%s is no language to be like",
				r->language.name, like);
	return 0;
}

/* What tells a file's language, and which file of a folder is the program. */
static void load_names(struct sbx_rules *r)
{
	struct sbx_language *l = &r->language;
	l->title = sbx_rules_get(r, "language", "title");
	l->extensions = sbx_rules_get_list(r, "language", "extensions");
	l->included = sbx_rules_get_list(r, "language", "included");
	l->shebangs = sbx_rules_get_list(r, "language", "shebangs");
	l->commands = sbx_rules_get_list(r, "language", "commands");
	l->run = sbx_rules_get_list(r, "language", "run");
	l->interpreter = sbx_rules_get(r, "language", "interpreter");
	l->program = sbx_rules_get(r, "language", "program");
	r->names = sbx_rules_get_list(r, "language", "names");
	r->optional_files = sbx_rules_get_list(r, "language", "optional");
	r->is_evidence = !strcmp(sbx_rules_get(r, "language", "evidence"), "yes");
	r->run_mark = sbx_rules_get(r, "language", "run_line");
	r->start = sbx_rules_get(r, "language", "start");
	r->comments = sbx_rules_get_list(r, "language", "comments");
	r->detect = sbx_rules_get(r, "detect", "pattern");
}

static void name_all(void)
{
	size_t n = 0;
	for (const struct sbx_grammar *g = sbx_grammars; g->name && n < N_MAX_LANGUAGES; g++) {
		struct sbx_rules *r = calloc(1, sizeof(*r));
		if (!r || parse_names(r, g) < 0) {
			sbx_fail(&load_error, SBX_E_NO_SPACE, "out of memory");
			free(r);
			return;
		}
		all_rules[n++] = r;
	}
	for (size_t i = 0; i < n; i++)
		if (find_like(all_rules[i]) < 0)
			return;
	for (size_t i = 0; i < n; i++)
		load_names(all_rules[i]);
	for (size_t i = 0; i < n; i++)
		all_languages[i] = &all_rules[i]->language;
}

int sbx_rules_check_names(struct sbx_error *err)
{
	pthread_once(&name_once, name_all);
	return load_error.code == SBX_OK ? 0 : sbx_error_propagate(err, &load_error);
}

static void load_all(void)
{
	if (sbx_rules_check_names(NULL) < 0)
		return;
	for (size_t i = 0; all_rules[i]; i++)
		if (parse_all(all_rules[i]) < 0)
			return;
	for (size_t i = 0; all_rules[i]; i++)
		sbx_rules_load_sections(all_rules[i]);
	for (size_t i = 0; all_rules[i]; i++)
		sbx_rules_borrow_commands(all_rules[i], all_rules);
	for (size_t i = 0; all_rules[i]; i++)
		sbx_rules_borrow_kinds(all_rules[i], all_rules);
}

int sbx_rules_check(struct sbx_error *err)
{
	pthread_once(&load_once, load_all);
	return load_error.code == SBX_OK ? 0 : sbx_error_propagate(err, &load_error);
}

const struct sbx_language *const *sbx_languages_by_names(void)
{
	pthread_once(&name_once, name_all);
	return all_languages;
}

const struct sbx_language *const *sbx_languages(void)
{
	pthread_once(&load_once, load_all);
	return all_languages;
}
