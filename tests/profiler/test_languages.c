/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/facts.h"

static void languages_are_loaded_whole(void **state)
{
	const struct sbx_language *python = sbx_language_by_name("python");
	const struct sbx_language *shell = sbx_language_by_name("shell");
	assert_non_null(python);
	assert_non_null(shell);
	assert_null(sbx_language_by_name("klingon"));
	assert_string_equal(python->interpreter, "python3");
	assert_string_equal(shell->interpreter, "");
	assert_int_equal(python->separator, '.');
	assert_string_equal(python->roots[0].name, "stdlib");
	assert_string_equal(python->roots[0].pattern, "usr/lib/python3.[0-9]*");
	assert_string_equal(python->scoped_module_paths[0].prefix, "gi.repository");
	assert_string_equal(python->scoped_module_paths[0].template, "{gir}/{last}-*.typelib");
	assert_null(python->scoped_module_paths[1].prefix);
	assert_string_equal(shell->command_paths[0], "usr/bin/{name}");
	/* Commands are the same wherever they are called from. */
	assert_ptr_equal(python->command_paths, shell->command_paths);
	/* So is what can be loaded, unless the language has its own. */
	assert_ptr_equal(python->kinds[SBX_FACT_LIBRARY].owner, shell);
	assert_null(python->kinds[SBX_FACT_HEADER].owner);
	assert_null(python->kinds[SBX_FACT_COMMAND].owner);
	assert_string_equal(sbx_language_by_name("c")->companions[0], "libc6-dev");
}

static void commands_have_aliases_and_interpreters(void **state)
{
	const struct sbx_language *python = sbx_language_by_name("python");
	assert_string_equal(sbx_language_command_targets(python, "awk")[0], "mawk");
	assert_string_equal(sbx_language_command_targets(python, "java")[0],
			    "package:default-jre-headless");
	assert_null(sbx_language_command_targets(python, "ls"));
	assert_ptr_equal(sbx_language_by_command("python3"), python);
	assert_ptr_equal(sbx_language_by_command("bash"), sbx_language_by_name("shell"));
	/* Not the same program: another package has it. */
	assert_null(sbx_language_by_command("python"));
	assert_null(sbx_language_by_command("ls"));
}

static void detects(const char *file, const char *text, const char *expected)
{
	const struct sbx_language *found = sbx_language_detect(file, text, strlen(text));
	if (!expected)
		assert_null(found);
	else if (!found || strcmp(found->name, expected) != 0)
		fail_msg("%s '%s': %s", file, text, found ? found->name : "nothing");
}

static void shebang_decides_before_extension(void **state)
{
	detects("x", "#!/usr/bin/python3\n", "python");
	detects("x", "#!/usr/bin/python3.11 -u\n", "python");
	detects("x", "#! /usr/bin/env python\r\n", "python");
	detects("x", "#!/usr/bin/env -S python3 -X utf8\n", "python");
	detects("x", "#!/usr/bin/env -i A=b bash\n", "shell");
	detects("x", "\xef\xbb\xbf#!/bin/sh\n", "shell");
	detects("x.py", "#!/bin/bash\n", "shell");
	detects("x.sh", "#!/usr/bin/env python3", "python");
	detects("x.py", "#!/usr/bin/env -S uv run --script\n", "python");
	detects("x", "#!/usr/bin/awk -f\nimport os\n", "script");
	detects("x.py", "#!/opt/bin/runner\n", "python");
	detects("x", "#!/usr/bin/env -S perl -w\nimport os\n", "perl");
	detects("x.py", "#!/usr/bin/ruby3.1\nputs 1\n", "ruby");
	detects("x", "#!", NULL);
	detects("x", "#!/usr/bin/env\n", NULL);
	detects("x", "#!/usr/bin/env -S\n", NULL);
	detects("x", "#!/usr/bin/\x1b[31mx\n", NULL);
}

static void extension_decides_before_content(void **state)
{
	detects("a.b/x.py", "", "python");
	detects("x.PY", "echo\n", "python");
	detects("x.bash", "import os\n", "shell");
	detects("x.md", "import os\n", NULL);
	detects("x", "import os\n", "python");
	detects("x", "# a comment\n\nfrom a.b import c\n", "python");
	detects(".profile", "export A=b\n", "shell");
	detects("x", "some prose\nimport duties\n", NULL);
	assert_null(sbx_language_detect("x.py", "import os\0", 10));
}

static void runs(const char *file, const char *text, const char *language, const char *expected)
{
	struct sbx_facts facts;
	struct sbx_error err = SBX_ERROR_INIT;
	char joined[200] = "";
	assert_int_equal(sbx_facts_parse(&facts, sbx_language_by_name(language), file, text,
					 strlen(text), &err),
			 0);
	char **run = sbx_facts_run(&facts, "/task/x");
	assert_non_null(run);
	for (char **word = run; *word; word++) {
		strcat(joined, *word);
		strcat(joined, "|");
	}
	assert_string_equal(joined, expected);
	free(run);
	sbx_facts_release(&facts);
}

static void programs_run_as_their_shebang_says(void **state)
{
	runs("x", "import a\n", "python", "python3|/task/x|");
	runs("x", "#!/usr/bin/env -S python3 -X utf8\n", "python", "python3|-X|utf8|/task/x|");
	runs("x", "#!/bin/sh\n", "shell", "sh|/task/x|");
	runs("x", "#!/bin/bash -eu\n", "shell", "bash|-eu|/task/x|");
	runs("x.bash", "ls\n", "shell", "bash|/task/x|");
	runs("x", "ls\n", "shell", "sh|/task/x|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_are_loaded_whole),
		cmocka_unit_test(commands_have_aliases_and_interpreters),
		cmocka_unit_test(shebang_decides_before_extension),
		cmocka_unit_test(extension_decides_before_content),
		cmocka_unit_test(programs_run_as_their_shebang_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
