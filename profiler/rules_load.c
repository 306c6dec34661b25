/* SPDX-License-Identifier: Apache-2.0 */
/* From the key files that are compiled in to struct sbx_rules. */
#include "profiler/rules.h"

#include <pthread.h>
#include <stdio.h>
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

static const char *find(const struct sbx_rules *r, const char *section, const char *key)
{
	return sbx_keyfile_get(conf_with(r, section, key), section, key);
}

static const char *get(const struct sbx_rules *r, const char *section, const char *key)
{
	const char *value = find(r, section, key);
	return value ? value : "";
}

const char *const *sbx_rules_get_list(const struct sbx_rules *r, const char *section,
				      const char *key)
{
	return sbx_keyfile_get_list(conf_with(r, section, key), section, key);
}

/* A section's keys: all of its own, or all of the other's. */
static const char *const *get_keys(const struct sbx_rules *r, const char *section)
{
	const char *const *keys = sbx_keyfile_keys(r->conf, section);
	while (r->like && keys && !*keys) {
		r = r->like;
		keys = sbx_keyfile_keys(r->conf, section);
	}
	return keys;
}

static void add_all(struct sbx_map *map, const char *const *names)
{
	for (; names && *names; names++)
		sbx_map_add(map, *names, "");
}

static void load_roots(struct sbx_rules *r)
{
	const char *const *keys = get_keys(r, "roots");
	size_t n = 0;
	while (keys && keys[n])
		n++;
	struct sbx_root *roots = sbx_arena_alloc(&r->arena, (n + 1) * sizeof(*roots));
	for (size_t i = 0; roots && i < n; i++)
		roots[i] = (struct sbx_root){keys[i], get(r, "roots", keys[i])};
	r->language.roots = roots;
}

/* scoped=PREFIX=TEMPLATE;... */
static void load_scoped_paths(struct sbx_rules *r)
{
	const char *const *items = sbx_rules_get_list(r, "modules", "scoped");
	size_t n = 0;
	while (items && items[n])
		n++;
	struct sbx_scoped_path *paths = sbx_arena_alloc(&r->arena, (n + 1) * sizeof(*paths));
	for (size_t i = 0; paths && i < n; i++) {
		size_t n_prefix = strcspn(items[i], "=");
		paths[i].prefix = sbx_arena_string(&r->arena, items[i], n_prefix);
		paths[i].template = items[i] + n_prefix + (items[i][n_prefix] == '=');
	}
	r->language.scoped_module_paths = paths;
}

static void load_owned(struct sbx_rules *r)
{
	r->is_caseless = !strcmp(get(r, "syntax", "names"), "caseless");
	const char *const *keys = get_keys(r, "owned");
	for (; keys && *keys; keys++)
		sbx_rules_add_owned(r, *keys, sbx_rules_get_list(r, "owned", *keys));
}

static void load_wrappers(struct sbx_rules *r)
{
	const char *const *keys = get_keys(r, "wrappers");
	for (; keys && *keys; keys++) {
		const char *const *items = sbx_rules_get_list(r, "wrappers", *keys);
		struct sbx_wrapper *w = sbx_arena_alloc(&r->arena, sizeof(*w));
		if (!w || !items || !*items)
			continue;
		w->after = !strcmp(*items, "after");
		w->n_plain = (unsigned)strtoul(*items, NULL, 10);
		w->options = items + 1;
		sbx_map_add(&r->wrappers, *keys, w);
	}
}

static void load_lists(struct sbx_rules *r, const char *section, struct sbx_map *map)
{
	const char *const *keys = get_keys(r, section);
	for (; keys && *keys; keys++)
		sbx_map_add(map, *keys, sbx_rules_get_list(r, section, *keys));
}

static void load_commands(struct sbx_rules *r)
{
	r->language.command_paths = sbx_rules_get_list(r, "commands", "paths");
	r->source = sbx_rules_get_list(r, "commands", "source");
	r->evaluate = sbx_rules_get_list(r, "commands", "evaluate");
	r->alias = sbx_rules_get_list(r, "commands", "alias");
	add_all(&r->builtins, sbx_rules_get_list(r, "commands", "builtins"));
	static const char *const no_options[] = {NULL};
	const char *const *always = sbx_rules_get_list(r, "commands", "lookup");
	for (; always && *always; always++)
		sbx_map_add(&r->lookups, *always, no_options);
	load_lists(r, "lookups", &r->lookups);
	load_lists(r, "implied", &r->implied);
	load_lists(r, "operands", &r->operands);
	r->language.command_aliases = sbx_rules_load_aliases(r, "alternatives");
	load_wrappers(r);
}

/* `like=` in [commands]: what commands are is as in that language, but for what its shell knows. */
static void borrow_commands(struct sbx_rules *r)
{
	const char *like = get(r, "commands", "like");
	const struct sbx_rules *from = NULL;
	for (size_t i = 0; *like && all_rules[i]; i++)
		if (!strcmp(all_rules[i]->language.name, like))
			from = all_rules[i];
	if (!from)
		return;
	r->language.command_paths = from->language.command_paths;
	r->language.command_aliases = from->language.command_aliases;
	/* Shared, never freed: rules live as long as the process. */
	sbx_map_release(&r->wrappers);
	sbx_map_release(&r->implied);
	sbx_map_release(&r->operands);
	r->command_calls = from;
	r->wrappers = from->wrappers;
	r->implied = from->implied;
	r->operands = from->operands;
	r->installs = from->installs;
	r->defaults = from->defaults;
}

/* [calls] members: a dot when nothing else is said */
static void load_members(struct sbx_rules *r)
{
	static const char *const dot[] = {".", NULL};
	static const char others[] = ")]} \t\r\n\\";
	r->members = sbx_rules_get_list(r, "calls", "members");
	if (!r->members || !*r->members)
		r->members = dot;
	size_t n = 0;
	while (r->members[n])
		n++;
	char *ends = sbx_arena_alloc(&r->arena, n + sizeof(others));
	for (size_t i = 0; ends && i < n; i++)
		ends[i] = r->members[i][strlen(r->members[i]) - 1];
	const char *p = ends ? strcat(ends, others) : others;
	r->ends_part[0] = true;
	for (; *p; p++)
		r->ends_part[(unsigned char)*p] = true;
	r->begins_separator[(unsigned char)r->language.separator] = true;
	for (const char *const *m = r->members; *m; m++)
		r->begins_separator[(unsigned char)**m] = true;
}

static void load_notebook(struct sbx_rules *r)
{
	static const char *const readers[] = {"", "notebook", "records", "members"};
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (!strcmp(get(r, "language", "reader"), readers[i]))
			r->reader = (enum sbx_reader)i;
	r->kernel = get(r, "notebook", "kernel");
	r->command_language = get(r, "notebook", "shell");
	r->body_magics = sbx_keyfile_get_list(r->conf, "notebook", "body");
	r->command_magics = sbx_keyfile_get_list(r->conf, "notebook", "commands");
}

static const struct sbx_build *load_builds(struct sbx_rules *r)
{
	const char *const *names = sbx_rules_get_list(r, "language", "builds");
	size_t n = 0;
	while (names && names[n])
		n++;
	struct sbx_build *builds = sbx_arena_alloc(&r->arena, (n + 1) * sizeof(*builds));
	for (size_t i = 0; builds && i < n; i++) {
		char section[64];
		snprintf(section, sizeof(section), "build %s", names[i]);
		builds[i] = (struct sbx_build){
			.files = sbx_rules_get_list(r, section, "files"),
			.command = get(r, section, "command"),
			.run = get(r, section, "run"),
			.packages = sbx_rules_get_list(r, section, "packages"),
			.targets = sbx_rules_get_list(r, section, "target"),
		};
	}
	return builds;
}

/* What is not source text of one language, and what such text says besides. */
static void load_formats(struct sbx_rules *r)
{
	r->member_names = sbx_keyfile_keys(r->conf, "members");
	r->comment_mark = get(r, "embedded", "comment");
	r->install_language = get(r, "embedded", "installs");
	r->block_begin = get(r, "embedded", "begin");
	r->block_end = get(r, "embedded", "end");
	r->block_language = get(r, "embedded", "language");
	load_lists(r, "installs", &r->installs);
	load_lists(r, "defaults", &r->defaults);
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
	l->title = get(r, "language", "title");
	l->extensions = sbx_rules_get_list(r, "language", "extensions");
	l->included = sbx_rules_get_list(r, "language", "included");
	l->shebangs = sbx_rules_get_list(r, "language", "shebangs");
	l->commands = sbx_rules_get_list(r, "language", "commands");
	l->run = sbx_rules_get_list(r, "language", "run");
	l->interpreter = get(r, "language", "interpreter");
	l->program = get(r, "language", "program");
	r->names = sbx_rules_get_list(r, "language", "names");
	r->optional_files = sbx_rules_get_list(r, "language", "optional");
	r->is_evidence = !strcmp(get(r, "language", "evidence"), "yes");
	r->run_mark = get(r, "language", "run_line");
	r->start = get(r, "language", "start");
	r->comments = sbx_rules_get_list(r, "language", "comments");
	r->detect = get(r, "detect", "pattern");
}

static void load_one(struct sbx_rules *r)
{
	struct sbx_language *l = &r->language;
	l->mounts = sbx_rules_get_list(r, "language", "mounts");
	l->measure_bare = sbx_rules_get_list(r, "measure", "bare");
	l->measure_import = sbx_rules_get_list(r, "measure", "import");
	l->compile = sbx_rules_get_list(r, "language", "compile");
	l->instead = sbx_rules_get_list(r, "language", "instead");
	l->builds = load_builds(r);
	l->builtin_modules = sbx_rules_get_list(r, "modules", "builtin");
	/* In quotes where it is a backslash, which would join the line with the next. */
	const char *separator = get(r, "modules", "separator");
	l->joint = *separator == '"' ? sbx_arena_string(&r->arena, separator + 1, 1) : separator;
	l->separator = *l->joint;
	l->whole_modules = !strcmp(get(r, "modules", "match"), "whole");
	l->is_lean = !strcmp(get(r, "language", "lean"), "yes");
	l->module_companions = sbx_rules_get_list(r, "modules", "companions");
	r->endings = sbx_rules_get_list(r, "modules", "endings");
	r->own = get(r, "modules", "own");
	l->module_paths = sbx_rules_get_list(r, "modules", "paths");
	r->local_paths = sbx_rules_get_list(r, "modules", "local");
	r->scheme = get(r, "modules", "scheme");
	r->relative = sbx_rules_get_list(r, "modules", "relative");
	r->bundled_paths = sbx_rules_get_list(r, "modules", "bundled");
	r->code_option = find(r, "arguments", "code");
	r->code_opening = get(r, "arguments", "opening");
	r->module_option = find(r, "arguments", "module");
	r->module_member = find(r, "arguments", "module_member");
	r->module_prefixes = sbx_rules_get_list(r, "arguments", "prefix");
	r->value_options = sbx_rules_get_list(r, "arguments", "value");
	r->substitute = get(r, "syntax", "substitute");
	const char *escape = get(r, "syntax", "escape");
	r->escape = !strcmp(escape, "c")       ? SBX_ESCAPE_C
		    : !strcmp(escape, "plain") ? SBX_ESCAPE_PLAIN
					       : SBX_ESCAPE_NONE;
	r->lines_separate = !strcmp(get(r, "syntax", "lines"), "separate");
	l->companions = sbx_rules_get_list(r, "language", "companions");
	r->command_calls = r;
	r->calls_imported = !strcmp(get(r, "calls", "imported"), "yes");
	load_members(r);
	load_notebook(r);
	load_formats(r);
	load_roots(r);
	load_scoped_paths(r);
	load_owned(r);
	load_commands(r);
	sbx_rules_load_kinds(r);
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
		load_one(all_rules[i]);
	for (size_t i = 0; all_rules[i]; i++)
		borrow_commands(all_rules[i]);
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
