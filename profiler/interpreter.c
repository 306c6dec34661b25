/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "profiler/task.h"

/* Who runs the entry: its shebang, its extension, its language. */

bool sbx_facts_has_own_interpreter(const struct sbx_facts *facts)
{
	const struct sbx_language *language = facts->language;
	return facts->interpreter && language->run[0] &&
	       !strcmp(language->run[0], "{interpreter}") &&
	       !sbx_list_has(language->commands, facts->interpreter);
}

/*
 * A language whose programs choose their interpreter: when it is none of those that are always
 * there, it is a command that the task needs.
 */
static int add_interpreter(struct sbx_facts *facts, const char *file, const char *text, size_t n,
			   struct sbx_error *err)
{
	const struct sbx_language *language = facts->language;
	if (!sbx_facts_has_own_interpreter(facts))
		return 0;
	struct sbx_raw_fact fact = {.kind = SBX_FACT_COMMAND,
				    .confidence = 0.98,
				    .language = language,
				    .name = facts->interpreter,
				    .line = 1};
	size_t start = 0;
	struct sbx_lines lines = {.text = text, .n_bytes = n, .starts = &start, .n_lines = 1};
	const char *end = memchr(text, '\n', n);
	lines.n_bytes = end ? (size_t)(end - text) : n;
	SBX_CLEANUP_FREE char *line = sbx_lines_text(&lines, 0);
	fact.text = line;
	return line ? sbx_facts_add(facts, &fact, file, err)
		    : sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
}

/* Is a shebang's program one that runs the language? `uv run` names none that is ours to start. */
static bool is_interpreter(const struct sbx_language *language, const char *program)
{
	return (language->run[0] && !strcmp(language->run[0], "{interpreter}")) ||
	       sbx_language_by_shebang(program) == language;
}

int sbx_facts_take_interpreter(struct sbx_facts *facts, const char *file, const char *text,
			       size_t n, struct sbx_error *err)
{
	struct sbx_arena arena = {0};
	struct sbx_shebang shebang;
	int result = 0;
	if (sbx_shebang_parse(&arena, text, n, &shebang) &&
	    is_interpreter(facts->language, shebang.program)) {
		size_t n_options = 0, n_bytes = 0;
		for (; shebang.options[n_options]; n_options++)
			n_bytes += strlen(shebang.options[n_options]) + 1;
		char **options = malloc((n_options + 1) * sizeof(char *) + n_bytes);
		char *write = options ? (char *)(options + n_options + 1) : NULL;
		for (size_t i = 0; options && i < n_options; i++) {
			options[i] = strcpy(write, shebang.options[i]);
			write += strlen(write) + 1;
		}
		if (options)
			options[n_options] = NULL;
		facts->interpreter = strdup(shebang.program);
		facts->interpreter_options = options;
		if (!options || !facts->interpreter)
			result = sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	} else {
		/* x.bash says as much as a shebang does; x.r is R's, not littler's r. */
		const char *dot = strrchr(file, '.');
		if (dot && !*facts->language->interpreter &&
		    sbx_list_has(facts->language->shebangs, dot + 1) &&
		    !(facts->interpreter = strdup(dot + 1)))
			result = sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	}
	sbx_arena_release(&arena);
	return result < 0 ? result : add_interpreter(facts, file, text, n, err);
}

char **sbx_facts_run(const struct sbx_facts *facts, const char *entry)
{
	const char *program = facts->interpreter ? facts->interpreter : facts->language->program;
	const char *runner = sbx_rules_of(facts->language)->grammar->runner;
	size_t n = 0, n_bytes = 0;
	for (const char *const *r = facts->language->run; *r; r++, n++)
		n_bytes += strlen(*r) + strlen(entry) + strlen(program) + strlen(runner) + 1;
	for (char **o = facts->interpreter_options; o && *o; o++, n++)
		n_bytes += strlen(*o) + 1;
	char **run = malloc((n + 1) * sizeof(*run) + n_bytes);
	if (!run)
		return NULL;
	char *write = (char *)(run + n + 1);
	n = 0;
	for (const char *const *r = facts->language->run; *r; r++) {
		run[n++] = strcpy(write, !strcmp(*r, "{entry}")		? entry
					 : !strcmp(*r, "{interpreter}") ? program
					 : !strcmp(*r, "{runner}")	? runner
									: *r);
		write += strlen(write) + 1;
		/* Options are the interpreter's, not those of a shell that starts it. */
		bool is_program =
			r == facts->language->run &&
			(!strcmp(*r, "{interpreter}") || !strcmp(*r, facts->language->program));
		for (char **o = facts->interpreter_options; is_program && o && *o; o++) {
			run[n++] = strcpy(write, *o);
			write += strlen(write) + 1;
		}
	}
	run[n] = NULL;
	return run;
}
