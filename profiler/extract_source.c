/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/parts.h"

#define CONFIDENCE_ASIDE   0.3
#define CONFIDENCE_COMMENT 0.1

/* What was added to an extraction since. */
struct mark {
	size_t n_facts, n_scripts, n_defines;
	bool has_errors;
};

static int add_evidence(struct sbx_extraction *x, const struct mark *before,
			const struct sbx_lines *lines)
{
	for (size_t i = before->n_facts; i < x->n_facts; i++) {
		struct sbx_raw_fact *fact = &x->facts[i];
		SBX_CLEANUP_FREE char *text = sbx_lines_text(lines, fact->row);
		fact->line = sbx_lines_number(lines, fact->row);
		fact->text = text ? sbx_arena_string(&x->arena, text, strlen(text)) : NULL;
		if (!fact->text)
			return -1;
	}
	return 0;
}

/* What stands where sbx-build run does not go is optional, but for what is said to be needed. */
static void set_aside(struct sbx_extraction *x, const struct mark *before)
{
	size_t n = before->n_facts;
	for (size_t i = n; i < x->n_facts; i++) {
		struct sbx_raw_fact fact = x->facts[i];
		if (fact.kind == SBX_FACT_BEHAVIOUR)
			continue; /* it is not the task that does it */
		if (fact.grade == SBX_GRADE_HARD || fact.grade == SBX_GRADE_DYNAMIC_LITERAL ||
		    fact.grade == SBX_GRADE_IMPLIED) {
			fact.grade = SBX_GRADE_GUARDED;
			fact.confidence = CONFIDENCE_ASIDE;
		}
		x->facts[n++] = fact;
	}
	x->n_facts = n;
	x->n_scripts = before->n_scripts;
	x->has_errors = before->has_errors;
}

/* Of what a comment says only the names count, and little. */
static void keep_declared(struct sbx_extraction *x, const struct mark *before)
{
	size_t n = before->n_facts;
	for (size_t i = n; i < x->n_facts; i++) {
		struct sbx_raw_fact fact = x->facts[i];
		if (fact.grade != SBX_GRADE_DECLARED)
			continue;
		fact.grade = SBX_GRADE_GUARDED;
		fact.confidence = CONFIDENCE_COMMENT;
		x->facts[n++] = fact;
	}
	x->n_facts = n;
}

/* What the comments of a text say: a block of metadata, commands to install something. */
static int extract_comments(struct sbx_extraction *x, const struct sbx_language *language,
			    const char *text, size_t n_bytes, const struct sbx_lines *lines,
			    struct sbx_error *err)
{
	__attribute__((cleanup(sbx_parts_release))) struct sbx_parts block = {0}, installs = {0};
	const struct sbx_rules *rules = sbx_rules_of(language);
	const struct mark before = {x->n_facts, x->n_scripts, x->n_defines, x->has_errors};
	if (*rules->block_begin && sbx_embedded_block(&block, rules, text, n_bytes) &&
	    block.parts[0].text.data &&
	    sbx_extract(x, sbx_rules_of(block.parts[0].language), block.parts[0].text.data,
			block.parts[0].text.n_bytes, err) < 0)
		return -1;
	if (add_evidence(x, &before, lines) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	const struct mark between = {x->n_facts, x->n_scripts, x->n_defines, x->has_errors};
	sbx_embedded_installs(&installs, rules, text, n_bytes);
	if (installs.n_parts && installs.parts[0].text.data) {
		const struct sbx_part *part = &installs.parts[0];
		if (sbx_extract(x, sbx_rules_of(part->language), part->text.data,
				part->text.n_bytes, err) < 0)
			return -1;
		keep_declared(x, &between);
		set_aside(x, &between);
	}
	return add_evidence(x, &between, lines) < 0 ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory")
						    : 0;
}

static int extract_text(struct sbx_extraction *x, const struct sbx_language *language,
			const char *text, size_t n_bytes, const struct sbx_parts *parts,
			bool is_aside, struct sbx_error *err)
{
	const struct mark before = {x->n_facts, x->n_scripts, x->n_defines, x->has_errors};
	__attribute__((cleanup(sbx_lines_release))) struct sbx_lines lines = {0};
	if (sbx_lines_init(&lines, text, n_bytes) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	lines.places = parts->places;
	lines.n_places = parts->n_places;
	if (sbx_extract(x, sbx_rules_of(language), text, n_bytes, err) < 0)
		return -1;
	for (size_t i = before.n_defines; i < x->n_defines; i++)
		x->defines[i].language = language;
	if (is_aside)
		set_aside(x, &before);
	if (add_evidence(x, &before, &lines) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	return extract_comments(x, language, text, n_bytes, &lines, err);
}

/* How a program says that it is built and started: commands, libraries, folders of headers. */
static int extract_run_line(struct sbx_extraction *x, const struct sbx_language *language,
			    const char *text, size_t n_bytes, struct sbx_error *err)
{
	static const struct sbx_parts whole;
	const struct sbx_rules *rules = sbx_rules_of(language);
	bool had_errors = x->has_errors;
	size_t row = 0;
	char *command = sbx_rules_find_run_line(rules, &x->arena, text, n_bytes, &row);
	if (!command)
		return 0;
	/* As many lines before it as in the source: then its rows are the source's. */
	size_t n = strlen(command);
	SBX_CLEANUP_FREE char *padded = malloc(row + n + 1);
	if (!padded)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	memset(padded, '\n', row);
	memcpy(padded + row, command, n + 1);
	int result = extract_text(x, &rules->command_calls->language, padded, row + n, &whole,
				  false, err);
	x->has_errors = had_errors;
	return result;
}

/* A file that holds texts of other languages. */
static int extract_parts(struct sbx_extraction *x, const struct sbx_file *file, const char *text,
			 size_t n_bytes, struct sbx_error *err)
{
	__attribute__((cleanup(sbx_parts_release))) struct sbx_parts parts = {0};
	struct sbx_error own = SBX_ERROR_INIT;
	if (sbx_notebook_read(&parts, sbx_rules_of(file->language), file->path, text, n_bytes,
			      &own) < 0) {
		if (own.code != SBX_E_INPUT)
			return sbx_error_propagate(err, &own);
		x->has_errors = true;
		x->message = sbx_arena_string(&x->arena, own.message, strlen(own.message));
		return 0;
	}
	for (size_t i = 0; i < parts.n_parts; i++) {
		const struct sbx_part *part = &parts.parts[i];
		if (part->text.data &&
		    extract_text(x, part->language, part->text.data, part->text.n_bytes, &parts,
				 part->is_aside, err) < 0)
			return -1;
	}
	return 0;
}

int sbx_extract_source(struct sbx_extraction *x, const struct sbx_file *file, const char *data,
		       struct sbx_error *err)
{
	static const struct sbx_parts whole;
	size_t n;
	SBX_CLEANUP_FREE char *text = sbx_source_normalise(data, file->n_bytes, &n);
	if (!text)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	if (extract_run_line(x, file->language, text, n, err) < 0)
		return -1;
	bool has_parts = sbx_rules_of(file->language)->reader == SBX_READER_NOTEBOOK;
	int result = has_parts ? extract_parts(x, file, text, n, err)
			       : extract_text(x, file->language, text, n, &whole, false, err);
	x->problem = x->timed_out    ? SBX_PROBLEM_TIMED_OUT
		     : x->has_errors ? SBX_PROBLEM_PARTLY
				     : SBX_PROBLEM_NONE;
	return result;
}
