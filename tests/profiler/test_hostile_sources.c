/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "profiler/facts.h"

/*
 * Texts that no person writes. Each must end in facts or in one clear error, in bounded time:
 * 2 s to parse, and as much again for what is done with it, with sanitizers; of processor time, as
 * others may have the machine meanwhile.
 */
#define N_MAX_SECONDS 30

static void survives(const char *language, const char *text, size_t n)
{
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	clock_t start = clock();
	if (sbx_facts_parse(&facts, sbx_language_by_name(language), "x", text, n, &err) == 0)
		sbx_facts_release(&facts);
	else if (err.code != SBX_E_INPUT)
		fail_msg("%s: %s", language, err.message);
	assert_true((clock() - start) / CLOCKS_PER_SEC < N_MAX_SECONDS);
}

static void repeats(const char *before, const char *part, size_t n, const char *after)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer b = SBX_BUFFER_INIT;
	sbx_buffer_add_string(&b, before);
	for (size_t i = 0; i < n; i++)
		sbx_buffer_add_string(&b, part);
	sbx_buffer_add_string(&b, after);
	assert_false(b.failed);
	survives("python", b.data, b.n_bytes);
	survives("shell", b.data, b.n_bytes);
}

static void unclosed_brackets(void **state)
{
	repeats("", "(", 100000, "");
	repeats("x = ", "[", 100000, "");
	repeats("", "{", 100000, "");
	repeats("", "$(", 50000, "");
	repeats("", "`", 50001, "");
	repeats("", "\"", 50001, "");
}

static void deep_nesting(void **state)
{
	repeats("", "if x:\n ", 3000, "pass\n");
	repeats("", "if true; then\n", 5000, "ls\n");
	repeats("x = ", "f(", 20000, "1");
	repeats("", "- ", 50000, "1\n");
	repeats("", "a.", 50000, "b\n");
	repeats("", "a && ", 50000, "b\n");
	repeats("", "a | ", 50000, "b\n");
	repeats("", "sh -c 'sh -c \"", 2000, "");
	repeats("import os\n", "os.system(\"sh -c 'python3 -c 1'\")\n", 5000, "");
}

static void much_of_one_kind(void **state)
{
	repeats("", "import a\n", 30000, "");
	repeats("", "ls x\n", 30000, "");
	repeats("ls ", "x ", 100000, "\n");
	repeats("import subprocess\nsubprocess.run([", "'x', ", 50000, "])\n");
	repeats("for m in (", "'x', ", 30000, "):\n __import__(m)\n");
	repeats("try:\n import a\n", "except ImportError:\n pass\n", 20000, "");
	repeats("from a import ", "b, ", 30000, "c\n");
	repeats("f() { ", "f() { ", 5000, "ls\n");
	repeats("x = y\n", "y = x\n", 20000, "x('a')\n");
	repeats("cat <<A", " <<A", 5000, "\nx\nA\n");
}

static void random_bytes(void **state)
{
	unsigned seed = 20240501;
	char text[20000];
	for (unsigned round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = (char)(seed >> 16);
			if (round % 2)
				text[i] = (char)(' ' + (unsigned char)text[i] % 95);
		}
		survives("python", text, sizeof(text));
		survives("shell", text, sizeof(text));
	}
}

static void too_large(void **state)
{
	size_t n = (size_t)50 << 20;
	char *line = malloc(n);
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_non_null(line);
	memset(line, 'x', n);
	assert_int_equal(
		sbx_facts_parse(&facts, sbx_language_by_name("python"), "x.py", line, n, &err), -1);
	assert_string_equal(
		err.message,
		"x.py: 52428800 bytes are too many for a program's source (limit: 16 MiB)");
	char path[] = "/tmp/sbx-large-XXXXXX.py";
	int fd = mkstemps(path, 3);
	assert_true(fd >= 0 && ftruncate(fd, (off_t)n) == 0);
	close(fd);
	sbx_error_clear(&err);
	assert_int_equal(sbx_facts_read(&facts, path, &err), -1);
	assert_int_equal(err.code, SBX_E_INPUT);
	unlink(path);
	free(line);
}

/* Every format that is no program: by line, JSON, notebooks. */
static const char *const formats[] = {
	"notebook",   "requirements", "pyproject",   "script-metadata", "setup-cfg",
	"gemfile",    "cpanfile",     "go-mod",	     "cargo-manifest",	"r-description",
	"dockerfile", "makefile",     "package-json"};

static void format_repeats(const char *before, const char *part, size_t n, const char *after)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer b = SBX_BUFFER_INIT;
	sbx_buffer_add_string(&b, before);
	for (size_t i = 0; i < n; i++)
		sbx_buffer_add_string(&b, part);
	sbx_buffer_add_string(&b, after);
	assert_false(b.failed);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		assert_non_null(sbx_language_by_name(formats[i]));
		survives(formats[i], b.data, b.n_bytes);
	}
}

static void formats_that_are_no_programs(void **state)
{
	format_repeats("", "[", 100000, "");
	format_repeats("{\"a\": ", "[", 100000, "");
	format_repeats("{\"cells\": ", "{\"cells\":", 50000, "");
	format_repeats("dependencies = ", "[", 100000, "\n");
	format_repeats("dependencies = [", "\"a\",\n", 30000, "]\n");
	format_repeats("a ", "x", 10000000, "\n");
	format_repeats("RUN a ", "\\\n", 100000, "b\n");
	format_repeats("", "RUN <<EOF\n", 20000, "");
	format_repeats("A = ", "$(A)$(A)", 1000, "\nx:\n\techo $(A)\n");
	format_repeats("", "A += $(A)$(A)\n", 1000, "x:\n\techo $(A)\n");
	format_repeats("x:\n\t", "$(", 100000, "\n");
	format_repeats("", "gem 'a'\n", 20000, "");
	format_repeats("", "-r x.txt\n", 20000, "");
	format_repeats("{\"cells\":[{\"cell_type\":\"code\",\"source\":\"", "!x\\n", 50000,
		       "\"}]}");
}

static void an_ordinary_text_parses_after_all_that(void **state)
{
	const char *text = "import yaml\n";
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_facts_parse(&facts, sbx_language_by_name("python"), "x.py", text,
					 strlen(text), &err),
			 0);
	assert_int_equal(facts.n_facts, 1);
	assert_false(facts.sources[0].has_errors);
	sbx_facts_release(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unclosed_brackets),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(much_of_one_kind),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(too_large),
		cmocka_unit_test(formats_that_are_no_programs),
		cmocka_unit_test(an_ordinary_text_parses_after_all_that),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
