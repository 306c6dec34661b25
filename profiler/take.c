/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "profiler/scan.h"

/* From what the patterns matched to items: facts and code whose place is yet to be looked at. */

static void *grow(struct sbx_scan *scan, void *array_at, size_t *n, size_t *room, size_t size)
{
	void *slot = sbx_grow(array_at, n, room, size);
	scan->no_memory |= !slot;
	return slot;
}

/* The row where a node's text begins, line ends at its very start left out. */
static uint32_t row_of(const struct sbx_scan *scan, TSNode node)
{
	size_t n;
	const char *text = sbx_scan_text(scan, node, &n);
	uint32_t row = ts_node_start_point(node).row;
	for (; n && *text == '\n'; text++, n--)
		row++;
	return row;
}

const char *sbx_scan_keep(struct sbx_scan *scan, const char *s)
{
	return s ? sbx_arena_string(&scan->out->arena, s, strlen(s)) : NULL;
}

struct sbx_place sbx_scan_place_of(const struct sbx_scan *scan, TSNode node)
{
	return (struct sbx_place){ts_node_start_byte(node), row_of(scan, node)};
}

void sbx_scan_add_fact(struct sbx_scan *scan, TSNode node, const struct sbx_raw_fact *fact)
{
	sbx_scan_add_fact_at(scan, sbx_scan_place_of(scan, node), fact);
}

/* Nothing is called by a name with a line end in it: the parser lost its way. */
static bool has_controls(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '\x7f')
			return true;
	return false;
}

void sbx_scan_add_fact_at(struct sbx_scan *scan, struct sbx_place at,
			  const struct sbx_raw_fact *fact)
{
	if (!fact->name || strlen(fact->name) > N_MAX_NAME_BYTES || has_controls(fact->name) ||
	    (!*fact->name && fact->grade != SBX_GRADE_DYNAMIC_UNKNOWN))
		return;
	struct sbx_item *item =
		grow(scan, &scan->items, &scan->n_items, &scan->items_room, sizeof(*item));
	if (!item)
		return;
	item->start = at.start;
	item->fact = *fact;
	item->fact.row = at.row;
}

void sbx_scan_add_code(struct sbx_scan *scan, TSNode node, const struct sbx_language *language,
		       const char *code)
{
	if (!code || !*code || !language)
		return;
	struct sbx_item *item =
		grow(scan, &scan->items, &scan->n_items, &scan->items_room, sizeof(*item));
	if (!item)
		return;
	item->start = ts_node_start_byte(node);
	item->fact.language = language;
	item->fact.row = ts_node_start_point(node).row;
	item->code = code;
	uint32_t n_lines = 0;
	for (const char *p = code; *p; p++)
		n_lines += *p == '\n';
	item->rows_match = n_lines == ts_node_end_point(node).row - item->fact.row;
}

void sbx_scan_add_script(struct sbx_scan *scan, const char *path,
			 const struct sbx_language *language)
{
	/* "$here/x.py": tried below the task's folder. */
	if (path[0] == SBX_HOLE && path[1] == '/')
		path += 2;
	if (!*path || strchr(path, SBX_HOLE) || strlen(path) > 4 * N_MAX_NAME_BYTES)
		return;
	struct sbx_script *script = grow(scan, &scan->out->scripts, &scan->out->n_scripts,
					 &scan->out->scripts_room, sizeof(*script));
	if (script)
		*script = (struct sbx_script){sbx_scan_keep(scan, path), language};
}

void sbx_scan_add_define(struct sbx_scan *scan, enum sbx_fact_kind kind, const char *name)
{
	struct sbx_define *slot = grow(scan, &scan->out->defines, &scan->out->n_defines,
				       &scan->out->defines_room, sizeof(*slot));
	if (slot)
		*slot = (struct sbx_define){.kind = kind, .name = sbx_scan_keep(scan, name)};
}

static char *join(struct sbx_scan *scan, const char *a, const char *middle, const char *b)
{
	char *s = sbx_arena_alloc(&scan->arena, strlen(a) + strlen(middle) + strlen(b) + 1);
	if (s)
		stpcpy(stpcpy(stpcpy(s, a), middle), b);
	return s;
}

static const char *captured_name(struct sbx_scan *scan, const struct sbx_match *m,
				 enum sbx_capture capture)
{
	TSNode node = sbx_scan_captured(scan, m, capture);
	return ts_node_is_null(node) ? NULL : sbx_scan_name(scan, node);
}

/* The dotted name that a binding is to: of a module, or of what a call gives. */
static const char *bind_target(struct sbx_scan *scan, const struct sbx_match *m)
{
	const char *to = captured_name(scan, m, SBX_CAPTURE_BIND_TARGET);
	TSNode string = sbx_scan_captured(scan, m, SBX_CAPTURE_BIND_STRING);
	const char *call = captured_name(scan, m, SBX_CAPTURE_BIND_RESULT);
	if (to)
		return to;
	if (!ts_node_is_null(string)) {
		to = sbx_scan_literal(scan, string);
		size_t n = strlen(scan->rules->scheme);
		if (to && n && !strncmp(to, scan->rules->scheme, n))
			to += n;
		return to && *to && !strchr(to, SBX_HOLE) ? to : NULL;
	}
	const char *receiver = captured_name(scan, m, SBX_CAPTURE_RECEIVER);
	if (call && receiver)
		call = join(scan, receiver, ".", call);
	return call ? join(scan, call, "(", ")") : NULL;
}

static void bind_constant(struct sbx_scan *scan, const struct sbx_match *m, const char *name)
{
	TSNode value = sbx_scan_captured(scan, m, SBX_CAPTURE_CONSTANT);
	struct sbx_constant *old = (struct sbx_constant *)sbx_map_get(&scan->constants, name);
	struct sbx_constant *fresh = old ? old : sbx_arena_alloc(&scan->arena, sizeof(*fresh));
	if (!fresh || ts_node_is_null(value))
		return;
	fresh->is_ambiguous = old != NULL;
	fresh->node = value;
	sbx_map_add(&scan->constants, name, fresh);
}

static void bind_all(struct sbx_scan *scan, const char *module)
{
	for (size_t i = 0; i < scan->n_wildcards; i++)
		if (!strcmp(scan->wildcards[i], module))
			return;
	const char **slot = grow(scan, &scan->wildcards, &scan->n_wildcards, &scan->wildcards_room,
				 sizeof(*slot));
	if (slot)
		*slot = module;
}

static void bind(struct sbx_scan *scan, const struct sbx_match *m)
{
	sbx_functions_note(scan, m);
	const char *name = captured_name(scan, m, SBX_CAPTURE_CONSTANT_NAME);
	if (name)
		bind_constant(scan, m, name);
	if ((name = captured_name(scan, m, SBX_CAPTURE_BIND_ALL)))
		bind_all(scan, name);
	if ((name = captured_name(scan, m, SBX_CAPTURE_BIND_LOCAL)))
		sbx_map_add(&scan->locals, name, "");
	name = captured_name(scan, m, SBX_CAPTURE_BIND_NAME);
	/* import "net/http": the name is http. */
	const char separator = scan->rules->language.separator;
	const char *last = name && separator ? strrchr(name, separator) : NULL;
	if (last && last[1])
		name = last + 1;
	const char *to = name ? bind_target(scan, m) : NULL;
	const char *part = captured_name(scan, m, SBX_CAPTURE_BIND_MEMBER);
	TSNode string = sbx_scan_captured(scan, m, SBX_CAPTURE_BIND_STRING);
	/* A module's path ends where its members begin, whatever its parts are told apart by. */
	if (to && part)
		to = join(scan, to,
			  !ts_node_is_null(string) || scan->rules->language.separator == '/'
				  ? "."
				  : scan->rules->language.joint,
			  part);
	if (to)
		sbx_map_add(&scan->bindings, name, to);
	if (to && !ts_node_is_null(string))
		sbx_elided_note(scan, string, name);
}

/* "tag name": how uses and variables find each other. */
static const char *use_key(struct sbx_scan *scan, const struct sbx_match *m, TSNode node)
{
	const char *name = sbx_scan_leaf_name(scan, node);
	return name && m->pattern->use ? join(scan, m->pattern->use, " ", name) : NULL;
}

/* @need: a header, a library, a file, ... by its name */
static void take_need(struct sbx_scan *scan, const struct sbx_match *m, TSNode node)
{
	struct sbx_raw_fact fact = {.kind = m->pattern->kind,
				    .grade = m->pattern->grade,
				    .language = &scan->rules->language,
				    .name = sbx_scan_literal(scan, node)};
	if (fact.name && strchr(fact.name, SBX_HOLE)) {
		fact.name = "";
		fact.grade = SBX_GRADE_DYNAMIC_UNKNOWN;
	}
	sbx_scan_add_fact(scan, node, &fact);
}

static void take_use(struct sbx_scan *scan, const struct sbx_match *m, TSNode use)
{
	const char *key = use_key(scan, m, use);
	if (!key || sbx_map_get(&scan->satisfied, key) || m->pattern->grade == SBX_GRADE_GUARDED)
		return;
	struct sbx_raw_fact fact = {.kind = m->pattern->kind,
				    .grade = SBX_GRADE_DYNAMIC_UNKNOWN,
				    .language = &scan->rules->language,
				    .name = ""};
	sbx_scan_add_fact(scan, use, &fact);
}

/* @script: followed when it is the task's own; else a file of the system, if kind says so. */
static void take_script(struct sbx_scan *scan, const struct sbx_match *m, TSNode node)
{
	char *path = sbx_scan_literal(scan, node);
	if (!path)
		return;
	sbx_scan_add_script(scan, path, &scan->rules->language);
	if (m->pattern->kind != SBX_FACT_FILE || path[0] == SBX_HOLE || path[0] == '.')
		return;
	struct sbx_raw_fact fact = {.kind = SBX_FACT_FILE,
				    .grade = m->pattern->grade,
				    .language = &scan->rules->language,
				    .name = path,
				    .path = path};
	if (!strchr(path, SBX_HOLE))
		sbx_scan_add_fact(scan, node, &fact);
}

void sbx_scan_add_search(struct sbx_scan *scan, const char *path)
{
	if (!path || !*path || strchr(path, SBX_HOLE))
		return;
	const char **slot = grow(scan, &scan->out->searches, &scan->out->n_searches,
				 &scan->out->searches_room, sizeof(*slot));
	if (slot)
		*slot = sbx_scan_keep(scan, path);
}

/* A folder, or patterns such as "lib/?.lua;share/?/init.lua" */
static void take_search(struct sbx_scan *scan, TSNode node)
{
	char *value = sbx_scan_literal(scan, node);
	if (!value || !strchr(value, '?')) {
		/* "$here/lib", here . "/lib" */
		const char *path = value ? value + (value[0] == SBX_HOLE && value[1] == '/') : "";
		sbx_scan_add_search(scan, path + strspn(path, "/"));
		return;
	}
	for (char *save = NULL, *p = strtok_r(value, ";", &save); p;
	     p = strtok_r(NULL, ";", &save)) {
		p[strcspn(p, "?")] = '\0';
		/* "$here/lib/?.lua" */
		sbx_scan_add_search(scan, p[0] == SBX_HOLE && p[1] == '/' ? p + 2 : p);
	}
}

/* Everything that a match says but for bindings and variables. */
static void take_match(struct sbx_scan *scan, const struct sbx_match *m)
{
	sbx_scan_take_modules(scan, m);
	for (uint32_t i = 0; i < m->n; i++) {
		const struct sbx_captured *c = &scan->captures[m->first + i];
		switch (c->capture) {
		case SBX_CAPTURE_COMMAND:
			sbx_scan_take_command(scan, m, c->node);
			break;
		case SBX_CAPTURE_NEED:
			take_need(scan, m, c->node);
			break;
		case SBX_CAPTURE_CODE:
			if (m->pattern->inject)
				sbx_scan_add_code(scan, c->node,
						  sbx_language_by_name(m->pattern->inject),
						  sbx_scan_literal(scan, c->node));
			break;
		case SBX_CAPTURE_DEFINE: {
			const char *name = sbx_scan_name(scan, c->node);
			if (name)
				sbx_scan_add_define(scan,
						    m->pattern->has_kind ? m->pattern->kind
									 : SBX_FACT_COMMAND,
						    name);
			break;
		}
		case SBX_CAPTURE_SCRIPT:
			take_script(scan, m, c->node);
			break;
		case SBX_CAPTURE_SEARCH:
			take_search(scan, c->node);
			break;
		default:
			break;
		}
	}
	if (m->pattern->region)
		sbx_scan_add_region(scan, m);
}

/* Now that all bindings are known: do its names mean what the pattern asks for? */
static bool holds_resolved(struct sbx_scan *scan, const struct sbx_match *m)
{
	for (uint32_t i = 0; m->pattern->has_resolves && i < m->n; i++) {
		const struct sbx_captured *c = &scan->captures[m->first + i];
		for (struct sbx_predicate **p = c->step->predicates; p && *p; p++)
			if ((*p)->kind == SBX_PREDICATE_RESOLVES &&
			    !sbx_scan_holds(scan, *p, c->node, true))
				return false;
	}
	return true;
}

static void note_use(struct sbx_scan *scan, const struct sbx_match *m)
{
	TSNode node = sbx_scan_captured(scan, m, SBX_CAPTURE_USE);
	const char *key = ts_node_is_null(node) ? NULL : use_key(scan, m, node);
	if (!key)
		return;
	sbx_map_add(&scan->uses, key, "");
	sbx_functions_use(scan, m->pattern->use, sbx_scan_leaf_name(scan, node), key, node);
}

/*
 * In rounds, since a use may stand before what it needs: what names mean; which variables are used
 * where a value is needed; then all the rest, and last what depends on which modules were seen.
 */
void sbx_scan_take_matches(struct sbx_scan *scan)
{
	for (size_t i = 0; i < scan->n_matches; i++)
		if (scan->matches[i].pattern->has_bind && holds_resolved(scan, &scan->matches[i]))
			bind(scan, &scan->matches[i]);
	sbx_elided_find(scan);
	for (size_t i = 0; i < scan->n_matches; i++) {
		TSNode name = sbx_scan_captured(scan, &scan->matches[i], SBX_CAPTURE_DECLARE);
		if (!ts_node_is_null(name))
			sbx_scan_declare(scan, sbx_scan_name(scan, name));
	}
	size_t n = 0;
	for (size_t i = 0; i < scan->n_matches; i++)
		if (!scan->matches[i].pattern->has_bind && holds_resolved(scan, &scan->matches[i]))
			scan->matches[n++] = scan->matches[i];
	scan->n_matches = n;
	for (size_t i = 0; i < n; i++)
		note_use(scan, &scan->matches[i]);
	for (size_t i = 0; i < n; i++) {
		const struct sbx_match *m = &scan->matches[i];
		if (m->pattern->has_passed && !sbx_functions_passed(scan, m))
			continue;
		if (m->pattern->has_variable) {
			const char *key =
				use_key(scan, m, sbx_scan_captured(scan, m, SBX_CAPTURE_VARIABLE));
			if (!key || !sbx_map_get(&scan->uses, key))
				continue;
			sbx_map_add(&scan->satisfied, key, "");
		}
		take_match(scan, m);
	}
	for (size_t i = 0; i < n; i++) {
		TSNode use = sbx_scan_captured(scan, &scan->matches[i], SBX_CAPTURE_USE);
		if (!ts_node_is_null(use))
			take_use(scan, &scan->matches[i], use);
		if (scan->matches[i].pattern->has_call)
			sbx_calls_take(scan, &scan->matches[i]);
	}
	sbx_calls_take_imports(scan);
}
