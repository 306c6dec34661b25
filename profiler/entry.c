/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "profiler/task.h"

/* Which file of a folder is the program? */

struct programs {
	struct sbx_file **all;
	size_t n, room;
};

static bool is_program(const struct sbx_file *file)
{
	return file && sbx_language_is_program(file->language) &&
	       !sbx_language_includes(file->language, file->path);
}

static void find_programs(struct sbx_task *task, const char *folder, struct programs *out)
{
	out->n = 0;
	for (struct sbx_entry *e = sbx_task_list(task, folder); e && e->name; e++) {
		char *path = e->is_folder || *e->name == '.' ? NULL
							     : sbx_task_join(task, folder, e->name);
		struct sbx_file *file = path ? sbx_task_file(task, path) : NULL;
		struct sbx_file **slot =
			is_program(file) ? sbx_grow(&out->all, &out->n, &out->room, sizeof(*slot))
					 : NULL;
		if (slot)
			*slot = file;
	}
}

static struct sbx_file *by_name(const struct programs *programs)
{
	static const char *const names[] = {"__main__", "main", "app", "run", NULL};
	for (const char *const *name = names; *name; name++)
		for (size_t i = 0; i < programs->n; i++) {
			const char *path = programs->all[i]->path, *slash = strrchr(path, '/');
			const char *base = slash ? slash + 1 : path;
			size_t n_stem = strcspn(base, ".");
			if (n_stem == strlen(*name) && !strncmp(base, *name, n_stem))
				return programs->all[i];
		}
	return NULL;
}

static bool has_run_line(const struct sbx_file *file)
{
	struct sbx_arena arena = {0};
	size_t row;
	bool has = sbx_rules_find_run_line(sbx_rules_of(file->language), &arena, file->data,
					   file->n_bytes, &row) != NULL;
	sbx_arena_release(&arena);
	return has;
}

static bool has_shebang(const struct sbx_file *file)
{
	return !strncmp(file->data, "#!", 2);
}

/* int main(...) and its like */
static bool has_start(const struct sbx_file *file)
{
	struct sbx_rules *rules = (struct sbx_rules *)sbx_rules_of(file->language);
	const regex_t *start =
		*rules->start ? sbx_regex_once(&rules->start_regex, rules->start, REG_NEWLINE)
			      : NULL;
	return start && regexec(start, file->data, 0, NULL, 0) == 0;
}

bool sbx_file_is_part(const struct sbx_file *file)
{
	return is_program(file) && file->data && !has_start(file);
}

static struct sbx_file *only_one(const struct programs *programs,
				 bool (*has)(const struct sbx_file *file))
{
	struct sbx_file *found = NULL;
	for (size_t i = 0; i < programs->n; i++) {
		if (!programs->all[i]->data || !has(programs->all[i]))
			continue;
		if (found)
			return NULL;
		found = programs->all[i];
	}
	return found;
}

static struct sbx_file *choose(const struct programs *programs)
{
	if (programs->n == 1)
		return programs->all[0];
	struct sbx_file *found = by_name(programs);
	found = found ? found : only_one(programs, has_run_line);
	found = found ? found : only_one(programs, has_shebang);
	return found ? found : only_one(programs, has_start);
}

const char *sbx_task_choose_entry(struct sbx_task *task)
{
	static const char *const folders[] = {"", "src", NULL};
	struct programs programs = {0};
	struct sbx_file *found = NULL;
	for (const char *const *folder = folders; *folder && !programs.n; folder++) {
		find_programs(task, *folder, &programs);
		found = programs.n ? choose(&programs) : NULL;
	}
	free(programs.all);
	return found ? found->path : NULL;
}
