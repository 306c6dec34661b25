/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/scan.h"

/* Modules, in all the ways in which texts name them. */

static void add_module(struct sbx_scan *scan, TSNode node, const struct sbx_raw_fact *like,
		       const char *name)
{
	struct sbx_raw_fact fact = *like;
	fact.name = name;
	if (!name)
		return;
	/* Written from the top: \A\B */
	if (*scan->rules->relative && *name == scan->rules->language.separator &&
	    !sbx_rules_is_relative(scan->rules, name))
		fact.name = ++name;
	const char *owner = sbx_scan_owner(scan, name);
	if (owner) {
		fact.name = owner;
		fact.member = NULL;
	}
	bool has_hole = strchr(fact.name, SBX_HOLE) != NULL;
	/* "./" + x: one of the task's own, whichever */
	if (has_hole && *scan->rules->relative && sbx_rules_is_relative(scan->rules, fact.name))
		return;
	if (has_hole) {
		fact.name = "";
		fact.grade = SBX_GRADE_DYNAMIC_UNKNOWN;
	}
	sbx_scan_add_fact(scan, node, &fact);
}

/* qw(A B::C -option): several names in one literal; options and tags among them are none. */
static void add_words(struct sbx_scan *scan, TSNode node, const struct sbx_raw_fact *like)
{
	const char *p = sbx_scan_literal(scan, node);
	while (p && *p) {
		size_t n_blank = strspn(p, " \t\r\n"), n = strcspn(p + n_blank, " \t\r\n");
		p += n_blank;
		if (isalpha((unsigned char)*p) || *p == '_' || *p == SBX_HOLE)
			add_module(scan, node, like, sbx_arena_string(&scan->arena, p, n));
		p += n;
	}
}

/* "A/B.pm": a module by the path of its file, or a file of the task. */
static void add_file(struct sbx_scan *scan, TSNode node, const struct sbx_raw_fact *like)
{
	const struct sbx_rules *rules = scan->rules;
	const char *path = sbx_scan_literal(scan, node);
	struct sbx_raw_fact fact = *like;
	if (!path)
		return;
	sbx_scan_add_script(scan, path, &rules->language);
	fact.path = path + 2 * (path[0] == SBX_HOLE && path[1] == '/');
	size_t n = strlen(path), n_joint = strlen(rules->language.joint);
	for (const char *const *e = rules->endings; e && *e; e++)
		if (n > strlen(*e) && !strcmp(path + n - strlen(*e), *e)) {
			n -= strlen(*e);
			break;
		}
	char *name = sbx_arena_alloc(&scan->arena, n * (n_joint + 1) + 1), *write = name;
	for (size_t i = 0; name && i < n; i++)
		if (path[i] == '/')
			write = stpcpy(write, rules->language.joint);
		else
			*write++ = path[i];
	/* What leaves the folder is no module of anyone's. */
	if (name && *path != '.' && *path != '/')
		add_module(scan, node, &fact, name);
}

/* A name that is looked for from the file's own folder on. */
static void add_relative(struct sbx_scan *scan, TSNode node, const struct sbx_raw_fact *like)
{
	const char *path = sbx_scan_literal(scan, node);
	if (!path)
		return;
	if (path[0] == SBX_HOLE && path[1] == '/')
		path += 2;
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	size_t n = strlen(path);
	char *name = sbx_arena_alloc(&scan->arena, n + 2);
	if (!name)
		return;
	name[0] = scan->rules->language.separator;
	strcpy(name + 1, path + (*path == name[0]));
	add_module(scan, node, like, name);
}

/* A module's name as it is written; where it is only used, what its first part stands for counts.
 */
static const char *name_of(struct sbx_scan *scan, const struct sbx_match *m, TSNode node)
{
	char resolved[2 * N_MAX_NAME_BYTES];
	const char *name = sbx_scan_name(scan, node);
	char separator = scan->rules->language.separator;
	if (!name || m->pattern->role != SBX_ROLE_USES || *name == separator ||
	    !strchr(name, separator) || !sbx_scan_resolve(scan, name, resolved))
		return name;
	return sbx_arena_string(&scan->arena, resolved, strlen(resolved));
}

void sbx_scan_take_modules(struct sbx_scan *scan, const struct sbx_match *m)
{
	struct sbx_raw_fact fact = {.kind = SBX_FACT_MODULE,
				    .grade = m->pattern->grade,
				    .role = m->pattern->role,
				    .language = &scan->rules->language};
	TSNode member = sbx_scan_captured(scan, m, SBX_CAPTURE_MEMBER);
	fact.member = ts_node_is_null(member) ? NULL : sbx_scan_name(scan, member);
	struct sbx_raw_fact elided = fact;
	elided.grade = SBX_GRADE_TYPE_ONLY;
	for (uint32_t i = 0; i < m->n; i++) {
		const struct sbx_captured *c = &scan->captures[m->first + i];
		if (c->capture == SBX_CAPTURE_MODULE)
			add_module(scan, c->node, &fact, name_of(scan, m, c->node));
		else if (c->capture == SBX_CAPTURE_MODULE_STRING)
			add_module(scan, c->node, sbx_elided_has(scan, c->node) ? &elided : &fact,
				   sbx_scan_literal(scan, c->node));
		else if (c->capture == SBX_CAPTURE_OWNED)
			add_module(scan, c->node, &fact,
				   sbx_scan_owner(scan, sbx_scan_name(scan, c->node)));
		else if (c->capture == SBX_CAPTURE_OWNED_STRING)
			add_module(scan, c->node, &fact,
				   sbx_scan_owner(scan, sbx_scan_literal(scan, c->node)));
		else if (c->capture == SBX_CAPTURE_MODULE_WORDS)
			add_words(scan, c->node, &fact);
		else if (c->capture == SBX_CAPTURE_MODULE_FILE)
			add_file(scan, c->node, &fact);
		else if (c->capture == SBX_CAPTURE_MODULE_RELATIVE)
			add_relative(scan, c->node, &fact);
	}
	if (m->pattern->module && m->n) {
		fact.name = m->pattern->module;
		fact.member = NULL;
		sbx_scan_add_fact(scan, scan->captures[m->first].node, &fact);
	}
}
