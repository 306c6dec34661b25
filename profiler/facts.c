/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/reader.h"
#include "profiler/task.h"

const char *sbx_grade_name(enum sbx_grade grade)
{
	static const char *const names[] = {
#define X(id, name) name,
		SBX_GRADE_TABLE(X)
#undef X
	};
	return grade < SBX_N_GRADES ? names[grade] : "unknown";
}

static const char *const kind_names[] = {
#define X(id, name) name,
	SBX_FACT_KIND_TABLE(X)
#undef X
};

const char *sbx_fact_kind_name(enum sbx_fact_kind kind)
{
	return kind < SBX_N_FACT_KINDS ? kind_names[kind] : "unknown";
}

enum sbx_fact_kind sbx_fact_kind_by_name(const char *name)
{
	enum sbx_fact_kind kind = 0;
	while (kind < SBX_N_FACT_KINDS && strcmp(kind_names[kind], name))
		kind++;
	return kind;
}

const char *sbx_problem_name(enum sbx_problem problem)
{
	static const char *const names[] = {
#define X(id, name, text) name,
		SBX_PROBLEM_TABLE(X)
#undef X
	};
	return names[problem];
}

const char *sbx_problem_text(enum sbx_problem problem)
{
	static const char *const texts[] = {
#define X(id, name, text) text,
		SBX_PROBLEM_TABLE(X)
#undef X
	};
	return texts[problem];
}

void sbx_fact_release(struct sbx_fact *fact)
{
	free(fact->name);
	free(fact->member);
	free(fact->api);
	free(fact->why);
	free(fact->file);
	free(fact->text);
}

void sbx_facts_release(struct sbx_facts *facts)
{
	free(facts->folder);
	free(facts->entry);
	free(facts->interpreter);
	free(facts->run_line);
	free(facts->interpreter_options);
	for (size_t i = 0; i < facts->n_facts; i++)
		sbx_fact_release(&facts->facts[i]);
	free(facts->facts);
	for (size_t i = 0; i < facts->n_sources; i++)
		free(facts->sources[i].path);
	free(facts->sources);
	*facts = (struct sbx_facts){0};
}

/* Room is doubled at powers of two, so that the public struct needs no field for it. */
static void *grow_plain(void *array_at, size_t n, size_t size)
{
	void **array = array_at;
	if ((n & (n - 1)) == 0) {
		void *bigger = reallocarray(*array, n ? 2 * n : 1, size);
		if (!bigger)
			return NULL;
		*array = bigger;
	}
	return memset((char *)*array + n * size, 0, size);
}

int sbx_facts_add_source(struct sbx_facts *facts, const struct sbx_file *file,
			 enum sbx_problem problem, struct sbx_error *err)
{
	struct sbx_source *s = grow_plain(&facts->sources, facts->n_sources, sizeof(*s));
	if (!s || !(s->path = strdup(file->path)))
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	s->language = file->language;
	s->n_bytes = file->n_bytes;
	s->has_errors = problem != SBX_PROBLEM_NONE;
	s->problem = problem;
	s->is_part = sbx_file_is_part(file) || (facts->entry && !strcmp(file->path, facts->entry));
	facts->n_sources++;
	return 0;
}

int sbx_facts_add(struct sbx_facts *facts, const struct sbx_raw_fact *raw, const char *file,
		  struct sbx_error *err)
{
	struct sbx_fact *fact = grow_plain(&facts->facts, facts->n_facts, sizeof(*fact));
	if (!fact)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	fact->kind = raw->kind;
	fact->grade = raw->grade;
	fact->confidence = raw->confidence;
	fact->language = raw->language;
	fact->row = raw->row + 1;
	fact->line = raw->line;
	fact->name = strdup(raw->name);
	fact->member = raw->member ? strdup(raw->member) : NULL;
	fact->api = raw->api ? strdup(raw->api) : NULL;
	fact->why = raw->why ? strdup(raw->why) : NULL;
	fact->file = strdup(file);
	fact->text = strdup(raw->text);
	facts->n_facts++;
	if (!fact->name || (raw->member && !fact->member) || !fact->file || !fact->text ||
	    (raw->api && !fact->api) || (raw->why && !fact->why))
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	return 0;
}

static int compare_texts(const char *a, const char *b)
{
	return !a || !b ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

/* Everything but how sure we are. */
static int compare_subjects(const struct sbx_fact *a, const struct sbx_fact *b)
{
	int c = strcmp(a->file, b->file);
	if (!c)
		c = (a->line > b->line) - (a->line < b->line);
	if (!c)
		c = strcmp(a->name, b->name);
	if (!c)
		c = compare_texts(a->member, b->member);
	if (!c)
		c = (int)a->kind - (int)b->kind;
	if (!c)
		c = strcmp(a->language->name, b->language->name);
	return c;
}

static int compare_facts(const void *pa, const void *pb)
{
	const struct sbx_fact *a = pa, *b = pb;
	int c = compare_subjects(a, b);
	if (!c)
		c = (a->confidence < b->confidence) - (a->confidence > b->confidence);
	return c ? c : (int)a->grade - (int)b->grade;
}

static int compare_sources(const void *pa, const void *pb)
{
	return strcmp(((const struct sbx_source *)pa)->path, ((const struct sbx_source *)pb)->path);
}

/* "kind language name": what one language's programs define hides no command of another's. */
static bool is_defined(const struct sbx_map *defines, const struct sbx_fact *fact)
{
	char key[600];
	/* What a rule says of a command goes with it. */
	const char *name = fact->api ? fact->api : fact->name;
	bool is_module = fact->kind == SBX_FACT_MODULE && !fact->api;
	if ((fact->kind != SBX_FACT_COMMAND && !is_module && !fact->api) || !*name)
		return false;
	enum sbx_fact_kind kind = is_module ? SBX_FACT_MODULE : SBX_FACT_COMMAND;
	int n = snprintf(key, sizeof(key), "%s %s %s", sbx_fact_kind_name(kind),
			 fact->language->name, name);
	if (n < 0 || (size_t)n >= sizeof(key))
		return false;
	/* What stands below a module that the task makes is in it. */
	for (char *at = key + n - strlen(name);;) {
		if (sbx_map_get(defines, key))
			return true;
		char separator = fact->language->separator;
		bool has_more = is_module && !fact->language->whole_modules && separator;
		char *cut = has_more ? strrchr(at, separator) : NULL;
		if (!cut)
			return false;
		*cut = '\0';
	}
}

/* Sort; of the same need on one line the surest remains. Commands that the task defines go. */
static void finish(struct sbx_facts *facts, const struct sbx_map *defines)
{
	size_t n = 0;
	if (facts->n_facts)
		qsort(facts->facts, facts->n_facts, sizeof(*facts->facts), compare_facts);
	if (facts->n_sources)
		qsort(facts->sources, facts->n_sources, sizeof(*facts->sources), compare_sources);
	for (size_t i = 0; i < facts->n_facts; i++) {
		struct sbx_fact *fact = &facts->facts[i];
		if (is_defined(defines, fact) ||
		    (n && !compare_subjects(&facts->facts[n - 1], fact)))
			sbx_fact_release(fact);
		else
			facts->facts[n++] = *fact;
	}
	facts->n_facts = n;
}

/*
 * The queue grows as sources name others. They are taken in its order, whichever of them is parsed
 * first, so that the same task gives the same facts.
 */
static int read_queue(struct sbx_task *task, struct sbx_facts *facts, struct sbx_readers *readers,
		      struct sbx_error *err)
{
	for (size_t i = 0, n_given = 0; i < task->n_queue; i++) {
		__attribute__((cleanup(sbx_extraction_release))) struct sbx_extraction x = {0};
		for (; n_given < task->n_queue && n_given < i + N_READ_AHEAD; n_given++)
			if (sbx_readers_give(readers, task->queue[n_given], err) < 0)
				return -1;
		if (sbx_readers_take(readers, &x, err) < 0 ||
		    sbx_task_take_source(task, facts, task->queue[i], &x, err) < 0)
			return -1;
	}
	return 0;
}

static int read_task(struct sbx_task *task, struct sbx_facts *facts, struct sbx_error *err)
{
	const struct sbx_file *entry = task->queue[0];
	if (task->is_folder && sbx_task_walk(task, err) < 0)
		return -1;
	if (sbx_facts_take_interpreter(facts, entry->path, entry->data, entry->n_bytes, err) < 0 ||
	    sbx_task_identify(task, false, err) < 0)
		return -1;
	struct sbx_readers *readers = sbx_readers_new(err);
	int result = readers ? read_queue(task, facts, readers, err) : -1;
	sbx_readers_free(readers);
	if (result < 0)
		return -1;
	if (task->arena.failed || task->by_path.failed || task->defines.failed)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	sbx_task_weigh_evidence(task, facts);
	finish(facts, &task->defines);
	return 0;
}

int sbx_facts_read(struct sbx_facts *facts, const char *task_path, struct sbx_error *err)
{
	__attribute__((cleanup(sbx_task_release))) struct sbx_task task;
	*facts = (struct sbx_facts){0};
	if (sbx_task_open(&task, facts, task_path, err) == 0 && sbx_rules_check(err) == 0 &&
	    read_task(&task, facts, err) == 0)
		return 0;
	sbx_facts_release(facts);
	return -1;
}

int sbx_facts_identify(struct sbx_facts *facts, const char *task_path, struct sbx_error *err)
{
	__attribute__((cleanup(sbx_task_release))) struct sbx_task task;
	*facts = (struct sbx_facts){0};
	if (sbx_task_open(&task, facts, task_path, err) == 0 &&
	    (!task.is_folder || sbx_task_walk(&task, err) == 0) &&
	    sbx_facts_take_interpreter(facts, task.entry, task.queue[0]->data,
				       task.queue[0]->n_bytes, err) == 0 &&
	    sbx_task_identify(&task, true, err) == 0)
		return 0;
	sbx_facts_release(facts);
	return -1;
}

int sbx_facts_parse(struct sbx_facts *facts, const struct sbx_language *language, const char *file,
		    const char *text, size_t n_bytes, struct sbx_error *err)
{
	/* No task at all: only what it keeps for its sources is used. */
	__attribute__((cleanup(sbx_task_release))) struct sbx_task none = {.dfd = -1};
	__attribute__((cleanup(sbx_extraction_release))) struct sbx_extraction x = {0};
	struct sbx_file source = {.path = file, .n_bytes = n_bytes, .language = language};
	*facts = (struct sbx_facts){.language = language, .entry = strdup(file)};
	if (n_bytes > N_MAX_SOURCE_BYTES)
		sbx_fail(err, SBX_E_INPUT,
			 "%s: %zu bytes are too many for a program's source (limit: 16 MiB)", file,
			 n_bytes);
	else if (!facts->entry)
		sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	else if (sbx_rules_check(err) == 0 &&
		 sbx_facts_take_interpreter(facts, file, text, n_bytes, err) == 0 &&
		 sbx_extract_source(&x, &source, text, err) == 0 &&
		 sbx_task_take_source(&none, facts, &source, &x, err) == 0) {
		finish(facts, &none.defines);
		return 0;
	}
	sbx_facts_release(facts);
	return -1;
}
