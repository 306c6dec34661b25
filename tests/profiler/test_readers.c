/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "profiler/task.h"

/*
 * What a text may do to its parser. No text that does it is at hand, so the parser is one of ours:
 * it does what the text says. The linker takes this function instead of the profiler's own.
 */
static volatile char sink;

static void recurse(unsigned depth)
{
	volatile char room[4096];
	room[depth % sizeof(room)] = (char)depth;
	if (depth < UINT32_MAX)
		recurse(depth + 1);
	sink = room[0];
}

static void eat_memory(void)
{
	for (;;) {
		char *p = malloc(1 << 24);
		if (!p)
			return;
		memset(p, 1, 1 << 12);
	}
}

static void flood(void)
{
	static char zeros[1 << 16];
	uint32_t head[2] = {SBX_OK, 1 << 30};
	for (ssize_t n = write(0, head, sizeof(head)); n > 0;)
		n = write(0, zeros, sizeof(zeros));
}

static void lie(void)
{
	/* A fact of a kind that there is not, whose name is longer than all that follows. */
	uint32_t reply[] = {SBX_OK, 5 * sizeof(uint32_t), 0, 1, 4000, 0, UINT32_MAX - 1};
	if (write(0, reply, sizeof(reply)) < 0)
		return;
	for (;;)
		if (read(0, reply, sizeof(reply)) <= 0)
			return;
}

int sbx_extract_source(struct sbx_extraction *out, const struct sbx_file *file, const char *data,
		       struct sbx_error *err)
{
	if (strstr(data, "abort"))
		abort();
	if (strstr(data, "overflow"))
		recurse(0);
	if (strstr(data, "memory")) {
		eat_memory();
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	}
	if (strstr(data, "loop"))
		for (;;)
			sink++;
	if (strstr(data, "open"))
		sink = (char)open("/etc/passwd", O_RDONLY);
	if (strstr(data, "socket"))
		sink = (char)socket(AF_INET, SOCK_STREAM, 0);
	if (strstr(data, "fork"))
		sink = (char)fork();
	if (strstr(data, "kill"))
		kill(getppid(), SIGTERM);
	if (strstr(data, "flood"))
		flood();
	if (strstr(data, "lie"))
		lie();
	if (strstr(data, "leave"))
		_exit(0);
	if (strstr(data, "fail"))
		return sbx_fail(err, SBX_E_FAILED, "the queries have a mistake");
	struct sbx_raw_fact *fact =
		sbx_grow(&out->facts, &out->n_facts, &out->facts_room, sizeof(*fact));
	*fact = (struct sbx_raw_fact){.confidence = 0.5,
				      .language = file->language,
				      .name = "yaml",
				      .member = "load",
				      .text = "import yaml"};
	return 0;
}

struct folder {
	char path[64];
};

static void put(const struct folder *f, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	SBX_CLEANUP_FILE FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
}

static struct folder make_folder(void)
{
	struct folder f = {"/tmp/sbx-readers-XXXXXX"};
	assert_non_null(mkdtemp(f.path));
	put(&f, "main.py", "fine\n");
	return f;
}

static void remove_folder(const struct folder *f)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -r %s", f->path);
	assert_int_equal(system(command), 0);
}

static enum sbx_problem problem_of(const struct sbx_facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->n_sources; i++)
		if (!strcmp(facts->sources[i].path, path))
			return facts->sources[i].problem;
	fail_msg("%s was not read", path);
	return SBX_N_PROBLEMS;
}

/* The bad file is reported, and the facts of all others are there. */
static void loses_only(const char *text, enum sbx_problem problem)
{
	struct folder f = make_folder();
	put(&f, "bad.py", text);
	for (char name[] = "ok0.py"; name[2] < '9'; name[2]++)
		put(&f, name, "fine\n");
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	if (sbx_facts_read(&facts, f.path, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	assert_int_equal(facts.n_sources, 11);
	assert_string_equal(sbx_problem_name(problem_of(&facts, "bad.py")),
			    sbx_problem_name(problem));
	assert_int_equal(facts.n_facts, 10);
	assert_string_equal(facts.facts[0].name, "yaml");
	assert_string_equal(facts.facts[0].member, "load");
	assert_string_equal(facts.facts[0].text, "import yaml");
	sbx_facts_release(&facts);
	/* An entry is not to be done without. */
	put(&f, "main.py", text);
	assert_int_equal(sbx_facts_read(&facts, f.path, &err), -1);
	assert_int_equal(err.code, SBX_E_INPUT);
	assert_ptr_equal(strstr(err.message, "main.py: "), err.message);
	assert_non_null(strstr(err.message, sbx_problem_text(problem)));
	remove_folder(&f);
}

/* Whatever the number of files: the program is found, all are read, in one order. */
static void a_thousand_files(void **state)
{
	struct folder f = make_folder();
	for (unsigned i = 0; i < 1000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "m%u.py", i);
		put(&f, name, "fine\n");
	}
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	if (sbx_facts_read(&facts, f.path, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(facts.entry, "main.py");
	assert_int_equal(facts.n_sources, 1001);
	assert_int_equal(facts.n_facts, 1001);
	sbx_facts_release(&facts);
	remove_folder(&f);
}

static void a_crash_costs_one_file(void **state)
{
	loses_only("abort", SBX_PROBLEM_CRASHED);
	loses_only("overflow", SBX_PROBLEM_CRASHED);
	loses_only("leave", SBX_PROBLEM_CRASHED);
}

static void memory_is_limited(void **state)
{
#ifndef __SANITIZE_ADDRESS__
	loses_only("memory", SBX_PROBLEM_NO_MEMORY);
#endif
}

static void time_is_limited(void **state)
{
	loses_only("loop", SBX_PROBLEM_TIMED_OUT);
}

/* System calls that a parser has no business with. */
static void it_reaches_nothing(void **state)
{
#ifndef __SANITIZE_ADDRESS__
	loses_only("open", SBX_PROBLEM_CRASHED);
	loses_only("socket", SBX_PROBLEM_CRASHED);
	loses_only("fork", SBX_PROBLEM_CRASHED);
	loses_only("kill", SBX_PROBLEM_CRASHED);
#endif
}

static void its_answers_are_checked(void **state)
{
	loses_only("flood", SBX_PROBLEM_CRASHED);
	loses_only("lie", SBX_PROBLEM_CRASHED);
}

static void a_mistake_of_ours_is_no_problem_of_the_text(void **state)
{
	struct folder f = make_folder();
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	put(&f, "bad.py", "fail");
	assert_int_equal(sbx_facts_read(&facts, f.path, &err), -1);
	assert_int_equal(err.code, SBX_E_FAILED);
	assert_string_equal(err.message, "the queries have a mistake");
	remove_folder(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_files),
		cmocka_unit_test(a_crash_costs_one_file),
		cmocka_unit_test(memory_is_limited),
		cmocka_unit_test(time_is_limited),
		cmocka_unit_test(it_reaches_nothing),
		cmocka_unit_test(its_answers_are_checked),
		cmocka_unit_test(a_mistake_of_ours_is_no_problem_of_the_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
