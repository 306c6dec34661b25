/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/scan.h"

/*
 * Functions that start, ask for or evaluate what they are called with: `run() { "$@"; }`, or
 * `def sh(command): subprocess.run(command)`. What their callers pass is what they do: a @use of a
 * parameter inside of a function meets the @passed of its calls.
 */

#define N_MAX_PLACES 64 /* parameters of one function */

static void *add(struct sbx_scan *scan, void *array_at, size_t *n, size_t *room, size_t size)
{
	void *slot = sbx_grow(array_at, n, room, size);
	scan->no_memory |= !slot;
	return slot;
}

const char *sbx_scan_leaf_name(struct sbx_scan *scan, TSNode node)
{
	while (ts_node_named_child_count(node) > 0)
		node = ts_node_named_child(node, 0);
	return sbx_scan_name(scan, node);
}

/* shift, shift 2 */
static void note_shift(struct sbx_scan *scan, TSNode node)
{
	struct sbx_shift *shift =
		add(scan, &scan->shifts, &scan->n_shifts, &scan->shifts_room, sizeof(*shift));
	const char *text = sbx_scan_literal(scan, node);
	if (!shift)
		return;
	unsigned long n = text ? strtoul(text + strcspn(text, "0123456789"), NULL, 10) : 0;
	shift->start = ts_node_start_byte(node);
	shift->n = n > 0 && n < N_MAX_PLACES ? (unsigned)n : 1;
}

void sbx_functions_note(struct sbx_scan *scan, const struct sbx_match *m)
{
	TSNode shift = sbx_scan_captured(scan, m, SBX_CAPTURE_SHIFT);
	TSNode name = sbx_scan_captured(scan, m, SBX_CAPTURE_FUNCTION);
	TSNode body = sbx_scan_captured(scan, m, SBX_CAPTURE_FUNCTION_BODY);
	TSNode rest = sbx_scan_captured(scan, m, SBX_CAPTURE_REST);
	if (!ts_node_is_null(shift))
		note_shift(scan, shift);
	if (ts_node_is_null(name) || ts_node_is_null(body))
		return;
	struct sbx_function *f =
		add(scan, &scan->functions, &scan->n_functions, &scan->functions_room, sizeof(*f));
	if (!f)
		return;
	*f = (struct sbx_function){
		.name = sbx_scan_leaf_name(scan, name),
		.start = ts_node_start_byte(body),
		.end = ts_node_end_byte(body),
		.parameters = sbx_scan_captured(scan, m, SBX_CAPTURE_PARAMETERS),
		.rest = ts_node_is_null(rest) ? NULL : sbx_scan_leaf_name(scan, rest),
	};
	if (!f->name)
		scan->n_functions--;
}

/* How many of the arguments are gone when `at` is reached. */
static unsigned shifted(const struct sbx_scan *scan, const struct sbx_function *f, uint32_t at)
{
	unsigned n = 0;
	for (size_t i = 0; i < scan->n_shifts; i++)
		if (scan->shifts[i].start >= f->start && scan->shifts[i].start < at)
			n += scan->shifts[i].n;
	return n < N_MAX_PLACES ? n : N_MAX_PLACES;
}

/* Is `name` the parameter of f that holds all further arguments? Two patterns tell of f then. */
static bool is_rest_of(const struct sbx_scan *scan, const struct sbx_function *f, const char *name)
{
	for (size_t i = 0; i < scan->n_functions; i++) {
		const struct sbx_function *g = &scan->functions[i];
		if (g->start == f->start && g->end == f->end && g->rest && !strcmp(g->rest, name))
			return true;
	}
	return false;
}

/* A parameter may have a type and a default beside its name. */
static const char *parameter_name(struct sbx_scan *scan, TSNode node)
{
	static const char *const fields[] = {"name", "pattern"};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		TSNode name =
			ts_node_child_by_field_name(node, fields[i], (uint32_t)strlen(fields[i]));
		if (!ts_node_is_null(name))
			return sbx_scan_leaf_name(scan, name);
	}
	return sbx_scan_leaf_name(scan, node);
}

/* Which of the function's arguments `name` is at the byte `at`. False: none. */
static bool find_place(struct sbx_scan *scan, const struct sbx_function *f, const char *name,
		       uint32_t at, struct sbx_passed *out)
{
	*out = (struct sbx_passed){0};
	if (f->rest)
		out->is_rest = !strcmp(f->rest, name);
	if (!ts_node_is_null(f->parameters)) {
		uint32_t n = ts_node_named_child_count(f->parameters);
		bool is_one = n == 0; /* x => f(x), without brackets */
		for (uint32_t i = 0; i < n + is_one && i < N_MAX_PLACES && !out->is_rest; i++) {
			TSNode node =
				is_one ? f->parameters : ts_node_named_child(f->parameters, i);
			const char *p = parameter_name(scan, node);
			out->n_before = i;
			if (p && !strcmp(p, name))
				return !is_rest_of(scan, f, name);
		}
	} else if (!f->rest) {
		/* By number: $1, "$@", @_ */
		out->n_before = shifted(scan, f, at);
		out->is_rest = !strcmp(name, "@") || !strcmp(name, "*") || !strcmp(name, "_");
		if (isdigit((unsigned char)*name) && *name != '0')
			out->n_before += (unsigned)(*name - '1');
		else if (!out->is_rest)
			return false;
		out->is_numbered = true;
		return true;
	}
	return out->is_rest;
}

static const char *key_of(struct sbx_scan *scan, const char *tag, const char *function,
			  const char *place)
{
	size_t n = strlen(tag) + strlen(function) + strlen(place) + 3;
	char *key = sbx_arena_alloc(&scan->arena, n);
	if (key)
		snprintf(key, n, "%s %s %s", tag, function, place);
	return key;
}

void sbx_functions_use(struct sbx_scan *scan, const char *tag, const char *name, const char *use,
		       TSNode node)
{
	uint32_t at = ts_node_start_byte(node);
	for (size_t i = 0; i < scan->n_functions; i++) {
		const struct sbx_function *f = &scan->functions[i];
		struct sbx_passed found;
		if (at < f->start || at >= f->end || !find_place(scan, f, name, at, &found))
			continue;
		struct sbx_passed *kept = sbx_arena_alloc(&scan->arena, sizeof(*kept));
		char place[16] = "*";
		if (!found.is_rest)
			snprintf(place, sizeof(place), "%u", found.n_before + 1);
		if (!kept)
			return;
		*kept = found;
		kept->use = use;
		sbx_map_add(&scan->passes, key_of(scan, tag, f->name, place), kept);
		sbx_map_add(&scan->passes, key_of(scan, tag, f->name, ""), kept);
		/* Whoever calls it by a command line is looked at, whatever is passed. */
		if (found.is_numbered)
			sbx_map_add(&scan->satisfied, use, "");
	}
}

bool sbx_functions_passed(struct sbx_scan *scan, const struct sbx_match *m)
{
	TSNode node = sbx_scan_captured(scan, m, SBX_CAPTURE_PASSED);
	const struct sbx_pattern *p = m->pattern;
	const char *name =
		scan->n_functions && p->use && p->place ? sbx_scan_name(scan, node) : NULL;
	const struct sbx_passed *passed =
		name ? sbx_map_get(&scan->passes, key_of(scan, p->use, name, p->place)) : NULL;
	if (!passed)
		return false;
	sbx_map_add(&scan->satisfied, passed->use, "");
	return true;
}

const struct sbx_passed *sbx_functions_get(struct sbx_scan *scan, const char *tag, const char *name)
{
	return scan->n_functions ? sbx_map_get(&scan->passes, key_of(scan, tag, name, "")) : NULL;
}
