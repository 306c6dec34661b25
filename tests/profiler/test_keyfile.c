/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/keyfile.h"

static struct sbx_keyfile *parse(const char *text)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_keyfile *kf = sbx_keyfile_parse(text, strlen(text), "x.conf", &err);
	if (!kf)
		fail_msg("%s", err.message);
	return kf;
}

static void values_lose_their_blanks(void **state)
{
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *kf =
		parse("# comment\r\n\n[one]\n  a = b c \r\nempty=\n[two]\na=#no comment\nb=x=y");
	assert_string_equal(sbx_keyfile_get(kf, "one", "a"), "b c");
	assert_string_equal(sbx_keyfile_get(kf, "one", "empty"), "");
	assert_string_equal(sbx_keyfile_get(kf, "two", "a"), "#no comment");
	assert_string_equal(sbx_keyfile_get(kf, "two", "b"), "x=y");
	assert_null(sbx_keyfile_get(kf, "two", "c"));
	assert_null(sbx_keyfile_get(kf, "three", "a"));
}

static void lists_are_split_and_unescaped(void **state)
{
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *kf =
		parse("[s]\nl=a; b ;;c\\;d;\\\\;\\\n\te;\nplain=a\\;b\nnone=\n");
	const char *const expected[] = {"a", "b", "c;d", "\\", "e", NULL};
	const char *const *list = sbx_keyfile_get_list(kf, "s", "l");
	for (size_t i = 0; expected[i]; i++)
		assert_string_equal(list[i], expected[i]);
	assert_null(list[5]);
	assert_null(*sbx_keyfile_get_list(kf, "s", "none"));
	assert_null(*sbx_keyfile_get_list(kf, "s", "missing"));
	assert_string_equal(sbx_keyfile_get(kf, "s", "plain"), "a\\;b");
}

static void a_section_may_be_opened_again(void **state)
{
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *kf = parse("[s]\na=1\n[t]\nx=2\n[s]\nb=3\n");
	const char *const *keys = sbx_keyfile_keys(kf, "s");
	assert_string_equal(keys[0], "a");
	assert_string_equal(keys[1], "b");
	assert_null(keys[2]);
	assert_null(*sbx_keyfile_keys(kf, "u"));
}

static void refuses(const char *text, size_t n, const char *expected)
{
	struct sbx_error err = SBX_ERROR_INIT;
	assert_null(sbx_keyfile_parse(text, n, "x.conf", &err));
	assert_int_equal(err.code, SBX_E_INPUT);
	assert_string_equal(err.message, expected);
}

static void mistakes_are_named_with_their_line(void **state)
{
	const char *twice = "[s]\na=1\nb=\\\n2\na=3\n", *early = "\na=1\n", *bare = "[s]\nword\n",
		   *section = "[s\n", *unnamed = "[s]\n=x\n";
	refuses(twice, strlen(twice), "x.conf:5: key 'a' is given twice in [s]");
	refuses(early, strlen(early), "x.conf:2: 'a=1' stands before any [section]");
	refuses(bare, strlen(bare), "x.conf:2: expected key=value, not 'word'");
	refuses(section, strlen(section), "x.conf:1: a section is written [name], not '[s'");
	refuses(unnamed, strlen(unnamed), "x.conf:2: expected key=value, not '=x'");
	refuses("[s]\na=\0", 7, "x.conf: is no text: it has NUL bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_lose_their_blanks),
		cmocka_unit_test(lists_are_split_and_unescaped),
		cmocka_unit_test(a_section_may_be_opened_again),
		cmocka_unit_test(mistakes_are_named_with_their_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
