/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/extract.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "profiler/records.h"

/*
 * How sure we are that a run needs it: by grade, and by where it stands (docs/adding-a-language.md
 * has the same table with its reasons).
 */
enum { AT_TOP, IN_FUNCTION, CONDITIONAL, CONDITIONAL_IN_FUNCTION, N_POSITIONS };
static const double confidence_table[SBX_N_GRADES][N_POSITIONS] = {
	[SBX_GRADE_HARD] = {0.98, 0.90, 0.80, 0.72},
	[SBX_GRADE_GUARDED] = {0.30, 0.30, 0.25, 0.25},
	[SBX_GRADE_TYPE_ONLY] = {0.02, 0.02, 0.02, 0.02},
	[SBX_GRADE_DYNAMIC_LITERAL] = {0.95, 0.85, 0.75, 0.65},
	[SBX_GRADE_DYNAMIC_UNKNOWN] = {0.50, 0.45, 0.40, 0.35},
	[SBX_GRADE_IMPLIED] = {0.70, 0.65, 0.60, 0.55},
	[SBX_GRADE_DECLARED] = {0.90, 0.90, 0.90, 0.90},
	[SBX_GRADE_LEARNED] = {0.95, 0.95, 0.95, 0.95},
};

static int scan_text(struct sbx_scan *scan, struct sbx_error *err);

void sbx_extraction_release(struct sbx_extraction *x)
{
	free(x->facts);
	free(x->scripts);
	free(x->defines);
	free(x->searches);
	sbx_arena_release(&x->arena);
	*x = (struct sbx_extraction){0};
}

static enum sbx_grade grade_in(const struct sbx_raw_fact *fact, unsigned flags)
{
	bool is_import = fact->kind == SBX_FACT_MODULE || fact->kind == SBX_FACT_HEADER ||
			 fact->kind == SBX_FACT_DISTRIBUTION || fact->api;
	unsigned guard = is_import ? SBX_REGION_GUARD_MODULES : SBX_REGION_GUARD_COMMANDS;
	if (flags & SBX_REGION_TYPE_ONLY)
		return SBX_GRADE_TYPE_ONLY;
	if (flags & guard && fact->grade != SBX_GRADE_DYNAMIC_UNKNOWN && !fact->keeps_grade)
		return SBX_GRADE_GUARDED;
	return fact->grade;
}

static void keep_fact(struct sbx_scan *scan, const struct sbx_item *item, unsigned flags)
{
	if (flags & SBX_REGION_IGNORED)
		return;
	struct sbx_raw_fact *fact = sbx_grow(&scan->out->facts, &scan->out->n_facts,
					     &scan->out->facts_room, sizeof(*fact));
	if (!fact) {
		scan->no_memory = true;
		return;
	}
	*fact = item->fact;
	fact->name = sbx_scan_keep(scan, item->fact.name);
	fact->member = sbx_scan_keep(scan, item->fact.member);
	fact->path = sbx_scan_keep(scan, item->fact.path);
	fact->origin = sbx_scan_keep(scan, item->fact.origin);
	fact->grade = grade_in(&item->fact, flags);
	fact->row = scan->outer_row + (scan->rows_match ? item->fact.row : 0);
	unsigned position =
		flags & SBX_REGION_CONDITIONAL
			? (flags & SBX_REGION_FUNCTION ? CONDITIONAL_IN_FUNCTION : CONDITIONAL)
			: (flags & SBX_REGION_FUNCTION ? IN_FUNCTION : AT_TOP);
	fact->confidence = confidence_table[fact->grade][position];
}

static int scan_code(struct sbx_scan *scan, const struct sbx_item *item, unsigned flags,
		     struct sbx_error *err)
{
	if (scan->depth >= N_MAX_DEPTH || scan->limits->n_codes >= N_MAX_CODES) {
		scan->out->has_errors = true;
		return 0;
	}
	scan->limits->n_codes++;
	const struct sbx_rules *rules = sbx_rules_of(item->fact.language);
	SBX_CLEANUP_BUFFER struct sbx_buffer code = SBX_BUFFER_INIT;
	if (*rules->code_opening && !strstr(item->code, rules->code_opening)) {
		sbx_buffer_add_string(&code, rules->code_opening);
		sbx_buffer_add_string(&code, " ");
	}
	for (const char *p = item->code; *p;) {
		size_t n = strcspn(p, "\001");
		sbx_buffer_add(&code, p, n);
		p += n;
		if (*p) {
			sbx_buffer_add_string(&code, rules->substitute);
			p++;
		}
	}
	if (code.failed)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	bool had_errors = scan->out->has_errors, timed_out = scan->out->timed_out;
	struct sbx_scan inner = {.rules = rules,
				 .text = code.data,
				 .n_bytes = code.n_bytes,
				 .depth = scan->depth + 1,
				 .outer_flags = flags,
				 .outer_row =
					 scan->outer_row + (scan->rows_match ? item->fact.row : 0),
				 .rows_match = scan->rows_match && item->rows_match,
				 .limits = scan->limits,
				 .out = scan->out};
	int result = scan_text(&inner, err);
	/* A string that is half a program is no fault of the text it stands in. */
	scan->out->has_errors = had_errors;
	scan->out->timed_out = timed_out;
	return result;
}

static void scan_release(struct sbx_scan *scan)
{
	if (scan->tree)
		ts_tree_delete(scan->tree);
	free(scan->captures);
	free(scan->matches);
	free(scan->regions);
	free(scan->items);
	sbx_map_release(&scan->declared);
	sbx_map_release(&scan->bindings);
	sbx_map_release(&scan->uses);
	sbx_map_release(&scan->satisfied);
	sbx_map_release(&scan->locals);
	sbx_map_release(&scan->constants);
	sbx_map_release(&scan->imported);
	sbx_map_release(&scan->passes);
	free(scan->brought);
	free(scan->functions);
	free(scan->shifts);
	free(scan->wildcards);
	sbx_arena_release(&scan->arena);
}

static int scan_parsed(struct sbx_scan *scan, struct sbx_error *err)
{
	sbx_scan_take_matches(scan);
	SBX_CLEANUP_FREE unsigned *flags_of = sbx_scan_place(scan);
	if (!flags_of || scan->no_memory || scan->arena.failed)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	for (size_t i = 0; i < scan->n_items; i++) {
		const struct sbx_item *item = &scan->items[i];
		if (!item->code)
			keep_fact(scan, item, flags_of[i]);
		else if (scan_code(scan, item, flags_of[i], err) < 0)
			return -1;
	}
	return scan->no_memory || scan->out->arena.failed
		       ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory")
		       : 0;
}

static int scan_text(struct sbx_scan *scan, struct sbx_error *err)
{
	int result = sbx_scan_parse(scan, err);
	if (result == 0 && scan->tree)
		result = scan_parsed(scan, err);
	scan_release(scan);
	return result;
}

/* "kind language name" of a fact's thing, so that the facts about it meet */
static const char *thing_of(struct sbx_extraction *x, const struct sbx_raw_fact *fact)
{
	const char *parts[] = {sbx_fact_kind_name(fact->kind), fact->language->name, fact->name};
	char *key = sbx_arena_alloc(&x->arena,
				    strlen(parts[0]) + strlen(parts[1]) + strlen(parts[2]) + 3);
	if (key)
		stpcpy(stpcpy(stpcpy(stpcpy(stpcpy(key, parts[0]), " "), parts[1]), " "), parts[2]);
	return key;
}

/*
 * Where a text asks whether a module is there and nothing else needs it, what uses the module is
 * taken to stand behind the question, wherever that is.
 */
static int weigh_uses(struct sbx_extraction *x, struct sbx_error *err)
{
	struct sbx_map asked = {0}, needed = {0};
	bool any = false;
	for (size_t i = 0; i < x->n_facts; i++)
		any |= x->facts[i].role == SBX_ROLE_ASKS;
	for (size_t i = 0; any && i < x->n_facts; i++) {
		const struct sbx_raw_fact *fact = &x->facts[i];
		if (fact->role == SBX_ROLE_ASKS)
			sbx_map_add(&asked, thing_of(x, fact), "");
		else if (fact->role == SBX_ROLE_NEEDS && fact->grade != SBX_GRADE_GUARDED)
			sbx_map_add(&needed, thing_of(x, fact), "");
	}
	for (size_t i = 0; any && i < x->n_facts; i++) {
		struct sbx_raw_fact *fact = &x->facts[i];
		if (fact->role != SBX_ROLE_USES || fact->grade == SBX_GRADE_TYPE_ONLY)
			continue;
		const char *thing = thing_of(x, fact);
		if (thing && sbx_map_get(&asked, thing) && !sbx_map_get(&needed, thing)) {
			fact->grade = SBX_GRADE_GUARDED;
			fact->confidence = confidence_table[SBX_GRADE_GUARDED][AT_TOP];
		}
	}
	bool failed = asked.failed || needed.failed || x->arena.failed;
	sbx_map_release(&asked);
	sbx_map_release(&needed);
	return failed ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory") : 0;
}

void sbx_extraction_add(struct sbx_extraction *out, const struct sbx_raw_fact *fact)
{
	struct sbx_raw_fact *kept =
		sbx_grow(&out->facts, &out->n_facts, &out->facts_room, sizeof(*kept));
	if (!kept) {
		out->arena.failed = true;
		return;
	}
	*kept = *fact;
	kept->name = sbx_arena_string(&out->arena, fact->name, strlen(fact->name));
	kept->confidence = confidence_table[fact->grade][AT_TOP];
	if (!kept->name || strlen(fact->name) > N_MAX_NAME_BYTES || !*fact->name)
		out->n_facts--;
}

int sbx_extraction_scan(struct sbx_extraction *out, const struct sbx_language *language,
			const char *code, uint32_t row, struct sbx_limits *limits,
			struct sbx_error *err)
{
	/* As if it stood in a text that has nothing else. */
	struct sbx_scan outer = {.limits = limits, .out = out, .rows_match = true};
	struct sbx_item item = {.code = code, .rows_match = true};
	item.fact.language = language;
	item.fact.row = row;
	return scan_code(&outer, &item, 0, err);
}

int sbx_extract(struct sbx_extraction *out, const struct sbx_rules *rules, const char *text,
		size_t n_bytes, struct sbx_error *err)
{
	struct sbx_limits limits;
	sbx_limits_start(&limits, PARSE_LIMIT_USEC, PARSE_PATIENCE_USEC);
	if (rules->reader == SBX_READER_RECORDS)
		return sbx_records_extract(out, rules, text, n_bytes, &limits, err);
	if (rules->reader == SBX_READER_MEMBERS)
		return sbx_members_extract(out, rules, text, n_bytes, err);
	struct sbx_scan scan = {.rules = rules,
				.text = text,
				.n_bytes = n_bytes,
				.rows_match = true,
				.limits = &limits,
				.out = out};
	return scan_text(&scan, err) < 0 ? -1 : weigh_uses(out, err);
}
