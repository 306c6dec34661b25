/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "profiler/facts.h"

static char folder[] = "/tmp/sbx-facts-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[200];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct sbx_facts read_facts(const char *name)
{
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	if (sbx_facts_read(&facts, path_of(name), &err) < 0)
		fail_msg("%s", err.message);
	return facts;
}

static void id_of(const char *name, char out_id[65])
{
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_facts_identify(&facts, path_of(name), &err), 0);
	assert_int_equal(facts.n_facts, 0);
	strcpy(out_id, facts.content_id);
	sbx_facts_release(&facts);
}

static double confidence_of(const char *text)
{
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	double found = -1;
	assert_int_equal(sbx_facts_parse(&facts, sbx_language_by_name("python"), "x.py", text,
					 strlen(text), &err),
			 0);
	for (size_t i = 0; i < facts.n_facts; i++)
		if (!strcmp(facts.facts[i].name, "m"))
			found = facts.facts[i].confidence;
	sbx_facts_release(&facts);
	return found;
}

static void confidence_falls_with_grade_and_place(void **state)
{
	const char *const texts[] = {
		"import m",
		"def f():\n  import m",
		"if x:\n  import m",
		"def f():\n  if x:\n    import m",
		"try:\n  import m\nexcept ImportError:\n  pass",
		"if TYPE_CHECKING:\n  import m",
	};
	double last = 0.99;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		double found = confidence_of(texts[i]);
		assert_true(found > 0 && found < last);
		last = found;
	}
	assert_true(confidence_of("import m") == 0.98);
	assert_true(last == 0.02);
}

static void evidence_is_the_trimmed_line(void **state)
{
	char text[2000] = "if x:\n\t import m # ";
	/* The limit of 200 bytes falls into a character of two. */
	for (size_t i = strlen(text); i + 2 < 1000; i += 2)
		memcpy(text + i, "\xc3\xa9", 3);
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_facts_parse(&facts, sbx_language_by_name("python"), "x.py", text,
					 strlen(text), &err),
			 0);
	assert_int_equal(facts.n_facts, 1);
	assert_int_equal(facts.facts[0].line, 2);
	assert_int_equal(strlen(facts.facts[0].text), 199);
	assert_memory_equal(facts.facts[0].text, "import m # \xc3\xa9", 13);
	sbx_facts_release(&facts);
}

static void the_same_need_on_one_line_is_told_once(void **state)
{
	write_file("same.sh", "command -v jq; jq . | jq x\njq y\n");
	struct sbx_facts facts = read_facts("same.sh");
	assert_int_equal(facts.n_facts, 2);
	assert_int_equal(facts.facts[0].grade, SBX_GRADE_HARD);
	assert_int_equal(facts.facts[1].line, 2);
	sbx_facts_release(&facts);
}

static void the_id_follows_what_the_task_can_see(void **state)
{
	char first[65], again[65];
	write_file("app.py", "import helper\n");
	write_file("helper.py", "import yaml\n");
	write_file("unrelated.py", "import numpy\n");
	id_of("app.py", first);
	struct sbx_facts facts = read_facts("app.py");
	assert_string_equal(facts.content_id, first);
	sbx_facts_release(&facts);
	write_file("unrelated.py", "import pandas\n");
	id_of("app.py", again);
	assert_string_equal(first, again);
	write_file("helper.py", "import toml\n");
	id_of("app.py", again);
	assert_string_not_equal(first, again);
	strcpy(first, again);
	write_file("toml.py", "x = 1\n");
	id_of("app.py", again);
	assert_string_not_equal(first, again);
	facts = read_facts("app.py");
	assert_int_equal(facts.n_facts, 0);
	sbx_facts_release(&facts);
}

static void links_do_not_lead_out_of_the_folder(void **state)
{
	assert_int_equal(mkdir(path_of("inside"), 0700), 0);
	write_file("secret.py", "import secret_module\n");
	write_file("inside/app.py", "import leak\n");
	assert_int_equal(symlink("../secret.py", path_of("inside/leak.py")), 0);
	struct sbx_facts facts = read_facts("inside/app.py");
	for (size_t i = 0; i < facts.n_facts; i++)
		assert_string_not_equal(facts.facts[i].name, "secret_module");
	sbx_facts_release(&facts);
}

static void failing_leaves_nothing_behind(void **state)
{
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_facts_read(&facts, path_of("nowhere.py"), &err), -1);
	assert_int_equal(err.code, SBX_E_INPUT);
	assert_non_null(strstr(err.message, "nowhere.py"));
	assert_null(facts.folder);
	assert_int_equal(sbx_facts_read(&facts, "/dev/null", NULL), -1);
	assert_int_equal(sbx_facts_read(&facts, "", NULL), -1);
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[100];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(confidence_falls_with_grade_and_place),
		cmocka_unit_test(evidence_is_the_trimmed_line),
		cmocka_unit_test(the_same_need_on_one_line_is_told_once),
		cmocka_unit_test(the_id_follows_what_the_task_can_see),
		cmocka_unit_test(links_do_not_lead_out_of_the_folder),
		cmocka_unit_test(failing_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
