/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/parts.h"

/* From what was found in one file of a task to facts, and to the other files that it leads to. */

static void add_define(struct sbx_map *defines, struct sbx_arena *names,
		       const struct sbx_define *define)
{
	char key[600];
	int n = snprintf(key, sizeof(key), "%s %s %s", sbx_fact_kind_name(define->kind),
			 define->language->name, define->name);
	if (n > 0 && (size_t)n < sizeof(key))
		sbx_map_add(defines, sbx_arena_string(names, key, (size_t)n), "");
}

/* Does the task itself bring it? -1: failed */
static int is_of_task(struct sbx_task *task, const struct sbx_file *file,
		      const struct sbx_raw_fact *raw, struct sbx_error *err)
{
	if (task->dfd < 0)
		return raw->kind == SBX_FACT_MODULE &&
		       sbx_rules_is_relative(sbx_rules_of(raw->language), raw->name);
	/* What a rule says of pandas is not about the task's own pandas.py. */
	struct sbx_raw_fact module = {
		.kind = SBX_FACT_MODULE, .language = raw->language, .name = raw->origin};
	int is_local = raw->origin ? sbx_task_takes_module(task, file, &module, err) : 0;
	if (is_local)
		return is_local;
	/* What a manifest declares may lie in the task's own node_modules. */
	const char *const *bundled = sbx_rules_of(raw->language)->bundled_paths;
	bool may_be_bundled = raw->kind == SBX_FACT_DISTRIBUTION && bundled && *bundled;
	if (raw->kind == SBX_FACT_MODULE || may_be_bundled)
		is_local = sbx_task_takes_module(task, file, raw, err);
	else if (raw->kind == SBX_FACT_HEADER)
		is_local = sbx_task_takes_header(task, file, raw, err);
	if (is_local)
		return is_local;
	return raw->path && sbx_task_has_path(task, file, raw->path);
}

/* In a task, what the task brings itself is followed instead of being a fact. */
static int convert(struct sbx_task *task, struct sbx_facts *facts, const struct sbx_file *file,
		   const struct sbx_extraction *x, struct sbx_error *err)
{
	bool has_files = task->dfd >= 0;
	for (size_t i = 0; has_files && i < x->n_searches; i++)
		if (sbx_task_take_search(task, file, x->searches[i], err) < 0)
			return -1;
	for (size_t i = 0; has_files && i < x->n_scripts; i++)
		if (sbx_task_take_script(task, file, &x->scripts[i], err) < 0)
			return -1;
	for (size_t i = 0; i < x->n_facts; i++) {
		int local = is_of_task(task, file, &x->facts[i], err);
		if (local < 0)
			return -1;
		if (!local && sbx_facts_add(facts, &x->facts[i], file->path, err) < 0)
			return -1;
	}
	return 0;
}

/* How the entry says that it is built and started; what that line needs is among its facts. */
static int take_run_line(struct sbx_facts *facts, const struct sbx_file *file,
			 struct sbx_error *err)
{
	const struct sbx_rules *rules = sbx_rules_of(file->language);
	size_t n, row;
	if (!*rules->run_mark || !file->data || facts->run_line)
		return 0;
	__attribute__((cleanup(sbx_arena_release))) struct sbx_arena arena = {0};
	SBX_CLEANUP_FREE char *text = sbx_source_normalise(file->data, file->n_bytes, &n);
	const char *line = text ? sbx_rules_find_run_line(rules, &arena, text, n, &row) : NULL;
	facts->run_line = line ? strdup(line) : NULL;
	return !text || arena.failed || (line && !facts->run_line)
		       ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory")
		       : 0;
}

int sbx_task_take_source(struct sbx_task *task, struct sbx_facts *facts,
			 const struct sbx_file *file, const struct sbx_extraction *x,
			 struct sbx_error *err)
{
	bool is_entry = !task->entry || !strcmp(file->path, task->entry);
	if (is_entry && x->message)
		return sbx_fail(err, SBX_E_INPUT, "%s", x->message);
	if (is_entry && x->problem > SBX_PROBLEM_PARTLY)
		return sbx_fail(err, SBX_E_INPUT, "%s: %s", file->path,
				sbx_problem_text(x->problem));
	if (is_entry && take_run_line(facts, file, err) < 0)
		return -1;
	for (size_t i = 0; i < x->n_defines; i++)
		add_define(&task->defines, &task->arena, &x->defines[i]);
	if (convert(task, facts, file, x, err) < 0)
		return -1;
	return sbx_facts_add_source(facts, file, x->problem, err);
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
