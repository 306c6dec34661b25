/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/wire.h"

#include <stdlib.h>
#include <string.h>

#define NO_STRING     UINT32_MAX
#define NO_LANGUAGE   UINT32_MAX
#define N_MAX_STRING  65536 /* bytes; names, members, paths and lines are far shorter */
#define N_MAX_ENTRIES 1000000

/* Whoever adds a field to what goes over the wire adds it below, and here. */
_Static_assert(sizeof(struct sbx_raw_fact) == 104, "sbx_wire_*() must know every field");
_Static_assert(sizeof(struct sbx_script) == 16, "sbx_wire_*() must know every field");
_Static_assert(sizeof(struct sbx_define) == 24, "sbx_wire_*() must know every field");

/* ---- writing ---- */

static void add_number(struct sbx_buffer *out, size_t n)
{
	uint32_t value = (uint32_t)n;
	sbx_buffer_add(out, &value, sizeof(value));
}

static void add_string(struct sbx_buffer *out, const char *s)
{
	if (!s) {
		add_number(out, NO_STRING);
		return;
	}
	size_t n = strlen(s);
	if (n > N_MAX_STRING) /* no name is that long, and what reads it would refuse all */
		n = N_MAX_STRING;
	add_number(out, n);
	sbx_buffer_add(out, s, n);
	sbx_buffer_add(out, "", 1);
}

static void add_language(struct sbx_buffer *out, const struct sbx_language *language)
{
	add_number(out, language ? sbx_language_number(language) : NO_LANGUAGE);
}

void sbx_wire_add(struct sbx_buffer *out, const struct sbx_extraction *x)
{
	add_number(out, x->problem);
	add_string(out, x->message);
	add_number(out, x->n_facts);
	for (size_t i = 0; i < x->n_facts; i++) {
		const struct sbx_raw_fact *fact = &x->facts[i];
		add_number(out, fact->kind);
		add_number(out, fact->grade);
		add_number(out, fact->role);
		sbx_buffer_add(out, &fact->confidence, sizeof(fact->confidence));
		add_language(out, fact->language);
		add_string(out, fact->name);
		add_string(out, fact->member);
		add_string(out, fact->path);
		add_string(out, fact->api);
		add_string(out, fact->why);
		add_string(out, fact->origin);
		add_number(out, fact->keeps_grade);
		add_number(out, fact->row);
		add_number(out, fact->line);
		add_string(out, fact->text);
	}
	add_number(out, x->n_scripts);
	for (size_t i = 0; i < x->n_scripts; i++) {
		add_string(out, x->scripts[i].path);
		add_language(out, x->scripts[i].language);
	}
	add_number(out, x->n_defines);
	for (size_t i = 0; i < x->n_defines; i++) {
		add_number(out, x->defines[i].kind);
		add_language(out, x->defines[i].language);
		add_string(out, x->defines[i].name);
	}
	add_number(out, x->n_searches);
	for (size_t i = 0; i < x->n_searches; i++)
		add_string(out, x->searches[i]);
}

/* ---- reading ---- */

struct reader {
	const char *at, *end;
	bool failed; /* sticks */
};

static const char *take(struct reader *r, size_t n)
{
	if (r->failed || (size_t)(r->end - r->at) < n) {
		r->failed = true;
		return NULL;
	}
	r->at += n;
	return r->at - n;
}

static uint32_t read_number(struct reader *r)
{
	uint32_t value = 0;
	const char *bytes = take(r, sizeof(value));
	if (bytes)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

/* One of 0 to n - 1. */
static uint32_t read_choice(struct reader *r, uint32_t n)
{
	uint32_t value = read_number(r);
	r->failed |= value >= n;
	return r->failed ? 0 : value;
}

static double read_share(struct reader *r)
{
	double value = 0;
	const char *bytes = take(r, sizeof(value));
	if (bytes)
		memcpy(&value, bytes, sizeof(value));
	r->failed |= !(value >= 0 && value <= 1);
	return value;
}

static const char *read_optional(struct reader *r)
{
	uint32_t n = read_number(r);
	if (r->failed || n == NO_STRING)
		return NULL;
	const char *s = n <= N_MAX_STRING ? take(r, (size_t)n + 1) : NULL;
	r->failed |= !s || strnlen(s, (size_t)n + 1) != n;
	return r->failed ? NULL : s;
}

static const char *read_string(struct reader *r)
{
	const char *s = read_optional(r);
	r->failed |= !s;
	return s;
}

static const struct sbx_language *read_language(struct reader *r)
{
	uint32_t number = read_number(r);
	if (number == NO_LANGUAGE)
		return NULL;
	const struct sbx_language *language = sbx_language_by_number(number);
	r->failed |= !language;
	return language;
}

static const struct sbx_language *read_known_language(struct reader *r)
{
	const struct sbx_language *language = read_language(r);
	r->failed |= !language;
	return language;
}

static void read_fact(struct reader *r, struct sbx_raw_fact *fact)
{
	fact->kind = (enum sbx_fact_kind)read_choice(r, SBX_N_FACT_KINDS);
	fact->grade = (enum sbx_grade)read_choice(r, SBX_N_GRADES);
	fact->role = (enum sbx_role)read_choice(r, SBX_ROLE_USES + 1);
	fact->confidence = read_share(r);
	fact->language = read_known_language(r);
	fact->name = read_string(r);
	fact->member = read_optional(r);
	fact->path = read_optional(r);
	fact->api = read_optional(r);
	fact->why = read_optional(r);
	fact->origin = read_optional(r);
	fact->keeps_grade = read_choice(r, 2);
	fact->row = read_number(r);
	fact->line = read_number(r);
	fact->text = read_string(r);
}

/* One more element of a list, as long as there is memory and the bytes make sense. */
#define NEXT(r, list)                                                                              \
	((r)->failed                                                                               \
		 ? NULL                                                                            \
		 : more(r, sbx_grow(&x->list, &x->n_##list, &x->list##_room, sizeof(*x->list))))

static void *more(struct reader *r, void *slot)
{
	r->failed |= !slot;
	return slot;
}

/*
 * The lists in their order. What is half read when it fails stays in its list: nobody looks at an
 * extraction that could not be read.
 */
static void read_lists(struct reader *r, struct sbx_extraction *x)
{
	struct sbx_raw_fact *fact;
	for (uint32_t left = read_choice(r, N_MAX_ENTRIES); left && (fact = NEXT(r, facts)); left--)
		read_fact(r, fact);
	struct sbx_script *script;
	for (uint32_t left = read_choice(r, N_MAX_ENTRIES); left && (script = NEXT(r, scripts));
	     left--) {
		script->path = read_string(r);
		script->language = read_language(r);
	}
	struct sbx_define *define;
	for (uint32_t left = read_choice(r, N_MAX_ENTRIES); left && (define = NEXT(r, defines));
	     left--) {
		define->kind = (enum sbx_fact_kind)read_choice(r, SBX_N_FACT_KINDS);
		define->language = read_known_language(r);
		define->name = read_string(r);
	}
	const char **search;
	for (uint32_t left = read_choice(r, N_MAX_ENTRIES); left && (search = NEXT(r, searches));
	     left--)
		*search = read_string(r);
}

bool sbx_wire_read(const char *bytes, size_t n_bytes, struct sbx_extraction *x)
{
	struct reader r = {bytes, bytes + n_bytes, false};
	x->problem = (enum sbx_problem)read_choice(&r, SBX_N_PROBLEMS);
	x->has_errors = x->problem != SBX_PROBLEM_NONE;
	x->timed_out = x->problem == SBX_PROBLEM_TIMED_OUT;
	x->message = read_optional(&r);
	read_lists(&r, x);
	return !r.failed && r.at == r.end;
}
