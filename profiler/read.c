/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/parts.h"

#define CONFIDENCE_ASIDE 0.3

/* From one file of a task to facts, and to the other files that it leads to. */

static void add_define(struct sbx_map *defines, struct sbx_arena *names,
		       const struct sbx_language *language, const struct sbx_define *define)
{
	char key[600];
	int n = snprintf(key, sizeof(key), "%s %s %s", sbx_fact_kind_name(define->kind),
			 language->name, define->name);
	if (n > 0 && (size_t)n < sizeof(key))
		sbx_map_add(defines, sbx_arena_string(names, key, (size_t)n), "");
}

/* A source on its way to facts. */
struct reading {
	struct sbx_task *task;
	struct sbx_facts *facts;
	const struct sbx_file *file;
	const struct sbx_lines *lines;
	bool is_aside; /* what it starts is optional */
};

/* Does the task itself bring it? -1: failed */
static int is_of_task(const struct reading *r, const struct sbx_raw_fact *raw,
		      struct sbx_error *err)
{
	if (r->task->dfd < 0)
		return raw->kind == SBX_FACT_MODULE &&
		       sbx_rules_is_relative(sbx_rules_of(raw->language), raw->name);
	/* What a rule says of pandas is not about the task's own pandas.py. */
	struct sbx_raw_fact module = {
		.kind = SBX_FACT_MODULE, .language = raw->language, .name = raw->origin};
	int is_local = raw->origin ? sbx_task_takes_module(r->task, r->file, &module, err) : 0;
	if (is_local)
		return is_local;
	if (raw->kind == SBX_FACT_MODULE)
		is_local = sbx_task_takes_module(r->task, r->file, raw, err);
	else if (raw->kind == SBX_FACT_HEADER)
		is_local = sbx_task_takes_header(r->task, r->file, raw, err);
	if (is_local)
		return is_local;
	return raw->path && sbx_task_has_path(r->task, r->file, raw->path);
}

/* What stands where sbx-build run does not go is optional, but for what is said to be needed. */
static struct sbx_raw_fact set_aside(const struct sbx_raw_fact *raw)
{
	struct sbx_raw_fact fact = *raw;
	if (fact.grade == SBX_GRADE_HARD || fact.grade == SBX_GRADE_DYNAMIC_LITERAL ||
	    fact.grade == SBX_GRADE_IMPLIED) {
		fact.grade = SBX_GRADE_GUARDED;
		fact.confidence = CONFIDENCE_ASIDE;
	}
	return fact;
}

/* What one text says, as facts; in a task, what the task brings itself is followed instead. */
static int convert(const struct reading *r, const struct sbx_extraction *x, struct sbx_error *err)
{
	bool has_files = r->task->dfd >= 0;
	for (size_t i = 0; has_files && i < x->n_searches; i++)
		if (sbx_task_take_search(r->task, r->file, x->searches[i], err) < 0)
			return -1;
	for (size_t i = 0; has_files && !r->is_aside && i < x->n_scripts; i++)
		if (sbx_task_take_script(r->task, r->file, &x->scripts[i], err) < 0)
			return -1;
	for (size_t i = 0; i < x->n_facts; i++) {
		struct sbx_raw_fact fact = r->is_aside ? set_aside(&x->facts[i]) : x->facts[i];
		int local = is_of_task(r, &fact, err);
		if (local < 0)
			return -1;
		if (!local && sbx_facts_add(r->facts, &fact, r->file->path, r->lines, err) < 0)
			return -1;
	}
	return 0;
}

static int read_text(const struct reading *where, const struct sbx_language *language,
		     const char *text, size_t n_bytes, const struct sbx_parts *parts,
		     bool *has_errors, struct sbx_error *err)
{
	struct reading r = *where;
	__attribute__((cleanup(sbx_lines_release))) struct sbx_lines lines = {0};
	__attribute__((cleanup(sbx_extraction_release))) struct sbx_extraction x = {0};
	if (sbx_lines_init(&lines, text, n_bytes) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	lines.places = parts->places;
	lines.n_places = parts->n_places;
	r.lines = &lines;
	if (sbx_extract(&x, sbx_rules_of(language), text, n_bytes, err) < 0)
		return -1;
	bool is_entry = !r.task->entry || !strcmp(r.file->path, r.task->entry);
	if (x.timed_out && is_entry)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: takes longer to parse than the limit of 2 s; it is hardly a "
				"program that a person wrote",
				r.file->path);
	for (size_t i = 0; i < x.n_defines; i++)
		add_define(&r.task->defines, &r.task->arena, language, &x.defines[i]);
	*has_errors |= x.has_errors && !r.is_aside;
	return convert(&r, &x, err);
}

/* A file that holds texts of other languages. */
static int read_parts(const struct reading *r, const char *text, size_t n_bytes, bool *has_errors,
		      struct sbx_error *err)
{
	__attribute__((cleanup(sbx_parts_release))) struct sbx_parts parts = {0};
	struct sbx_error own = SBX_ERROR_INIT;
	if (sbx_notebook_read(&parts, sbx_rules_of(r->file->language), r->file->path, text, n_bytes,
			      &own) < 0) {
		/* Of the files beside the entry none has to be readable. */
		bool is_entry = !r->task->entry || !strcmp(r->file->path, r->task->entry);
		if (is_entry || own.code != SBX_E_INPUT)
			return sbx_error_propagate(err, &own);
		*has_errors = true;
		return 0;
	}
	for (size_t i = 0; i < parts.n_parts; i++) {
		const struct sbx_part *part = &parts.parts[i];
		struct reading inner = *r;
		inner.is_aside |= part->is_aside;
		if (part->text.data && read_text(&inner, part->language, part->text.data,
						 part->text.n_bytes, &parts, has_errors, err) < 0)
			return -1;
	}
	return 0;
}

int sbx_task_read_source(struct sbx_task *task, struct sbx_facts *facts,
			 const struct sbx_file *file, struct sbx_error *err)
{
	static const struct sbx_parts whole;
	struct reading r = {.task = task, .facts = facts, .file = file};
	bool has_errors = false;
	size_t n;
	if (!file->data)
		return sbx_facts_add_source(facts, file, true, err);
	SBX_CLEANUP_FREE char *text = sbx_source_normalise(file->data, file->n_bytes, &n);
	if (!text)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	bool has_parts = sbx_rules_of(file->language)->reader == SBX_READER_NOTEBOOK;
	int result = has_parts ? read_parts(&r, text, n, &has_errors, err)
			       : read_text(&r, file->language, text, n, &whole, &has_errors, err);
	return result < 0 ? -1 : sbx_facts_add_source(facts, file, has_errors, err);
}

char *sbx_facts_text(const struct sbx_facts *facts, const char *file)
{
	__attribute__((cleanup(sbx_parts_release))) struct sbx_parts parts = {0};
	const struct sbx_language *language = NULL;
	SBX_CLEANUP_FREE char *path = NULL;
	size_t n;
	for (size_t i = 0; i < facts->n_sources && !language; i++)
		if (!strcmp(facts->sources[i].path, file))
			language = facts->sources[i].language;
	if (!facts->folder || asprintf(&path, "%s/%s", facts->folder, file) < 0)
		return NULL;
	SBX_CLEANUP_FREE char *data = sbx_read_file(AT_FDCWD, path, N_MAX_SOURCE_BYTES, &n, NULL);
	char *text = data ? sbx_source_normalise(data, n, &n) : NULL;
	if (!text || !language || sbx_rules_of(language)->reader != SBX_READER_NOTEBOOK)
		return text;
	bool fine = sbx_notebook_read(&parts, sbx_rules_of(language), file, text, n, NULL) == 0;
	free(text);
	return fine ? sbx_steal(parts.parts[0].text.data) : NULL;
}
