/* SPDX-License-Identifier: Apache-2.0 */
/* What the sections of a language's key file say, but for its names (rules_load.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/rules.h"

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
		roots[i] = (struct sbx_root){keys[i], sbx_rules_get(r, "roots", keys[i])};
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
	r->is_caseless = !strcmp(sbx_rules_get(r, "syntax", "names"), "caseless");
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

void sbx_rules_borrow_commands(struct sbx_rules *r, struct sbx_rules *const *all)
{
	const char *like = sbx_rules_get(r, "commands", "like");
	const struct sbx_rules *from = NULL;
	for (size_t i = 0; *like && all[i]; i++)
		if (!strcmp(all[i]->language.name, like))
			from = all[i];
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
		if (!strcmp(sbx_rules_get(r, "language", "reader"), readers[i]))
			r->reader = (enum sbx_reader)i;
	r->kernel = sbx_rules_get(r, "notebook", "kernel");
	r->command_language = sbx_rules_get(r, "notebook", "shell");
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
			.command = sbx_rules_get(r, section, "command"),
			.run = sbx_rules_get(r, section, "run"),
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
	r->comment_mark = sbx_rules_get(r, "embedded", "comment");
	r->install_language = sbx_rules_get(r, "embedded", "installs");
	r->block_begin = sbx_rules_get(r, "embedded", "begin");
	r->block_end = sbx_rules_get(r, "embedded", "end");
	r->block_language = sbx_rules_get(r, "embedded", "language");
	load_lists(r, "installs", &r->installs);
	load_lists(r, "defaults", &r->defaults);
}

void sbx_rules_load_sections(struct sbx_rules *r)
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
	const char *separator = sbx_rules_get(r, "modules", "separator");
	l->joint = *separator == '"' ? sbx_arena_string(&r->arena, separator + 1, 1) : separator;
	l->separator = *l->joint;
	l->whole_modules = !strcmp(sbx_rules_get(r, "modules", "match"), "whole");
	l->is_lean = !strcmp(sbx_rules_get(r, "language", "lean"), "yes");
	l->module_companions = sbx_rules_get_list(r, "modules", "companions");
	r->endings = sbx_rules_get_list(r, "modules", "endings");
	r->own = sbx_rules_get(r, "modules", "own");
	l->module_paths = sbx_rules_get_list(r, "modules", "paths");
	r->local_paths = sbx_rules_get_list(r, "modules", "local");
	r->scheme = sbx_rules_get(r, "modules", "scheme");
	r->relative = sbx_rules_get_list(r, "modules", "relative");
	r->bundled_paths = sbx_rules_get_list(r, "modules", "bundled");
	r->code_option = sbx_rules_find(r, "arguments", "code");
	r->code_opening = sbx_rules_get(r, "arguments", "opening");
	r->module_option = sbx_rules_find(r, "arguments", "module");
	r->module_member = sbx_rules_find(r, "arguments", "module_member");
	r->module_prefixes = sbx_rules_get_list(r, "arguments", "prefix");
	r->value_options = sbx_rules_get_list(r, "arguments", "value");
	r->substitute = sbx_rules_get(r, "syntax", "substitute");
	const char *escape = sbx_rules_get(r, "syntax", "escape");
	r->escape = !strcmp(escape, "c")       ? SBX_ESCAPE_C
		    : !strcmp(escape, "plain") ? SBX_ESCAPE_PLAIN
					       : SBX_ESCAPE_NONE;
	r->lines_separate = !strcmp(sbx_rules_get(r, "syntax", "lines"), "separate");
	l->companions = sbx_rules_get_list(r, "language", "companions");
	r->command_calls = r;
	r->calls_imported = !strcmp(sbx_rules_get(r, "calls", "imported"), "yes");
	load_members(r);
	load_notebook(r);
	load_formats(r);
	load_roots(r);
	load_scoped_paths(r);
	load_owned(r);
	load_commands(r);
	sbx_rules_load_kinds(r);
}
