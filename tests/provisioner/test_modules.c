/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the tree of zygotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "provisioner/modules.h"

static struct sbx_modules read_them(const char *text)
{
	struct sbx_modules modules;
	struct sbx_error err = SBX_ERROR_INIT;
	if (sbx_modules_read(text, &modules, &err) < 0)
		fail_msg("%s", err.message);
	return modules;
}

static void test_bases_come_first(void **state)
{
	assert_string_equal(read_them("pandas").text, "numpy,pandas");
	assert_string_equal(read_them("matplotlib.pyplot,pandas").text,
			    "numpy,matplotlib,matplotlib.pyplot,pandas");
	assert_string_equal(read_them("seaborn").text, "numpy,pandas,matplotlib,seaborn");
	assert_int_equal(read_them("a.b.c").n, 3);
	assert_int_equal(read_them("numpy,numpy").n, 1);
	assert_int_equal(read_them("").n, 0);
}

static void test_a_subset_serves(void **state)
{
	const struct sbx_modules bare = read_them(""), numpy = read_them("numpy"),
				 pandas = read_them("pandas"),
				 both = read_them("pandas,matplotlib");
	assert_true(sbx_modules_within(&bare, &bare));
	assert_true(sbx_modules_within(&numpy, &pandas));
	assert_true(sbx_modules_within(&pandas, &both));
	assert_false(sbx_modules_within(&both, &pandas));
	assert_false(sbx_modules_within(&pandas, &numpy));
	const struct sbx_modules other = read_them("numpyro");
	assert_false(sbx_modules_within(&numpy, &other));
	assert_false(sbx_modules_within(&other, &numpy));
}

static void test_what_is_no_name_is_refused(void **state)
{
	static const char *const wrong[] = {",",  "a,",	  "a,,b", "1a",	 "a b",	     "a;b", ".a",
					    "a.", "a..b", "-x",	  "a/b", "\xc3\xa4", "a\n"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sbx_error err = SBX_ERROR_INIT;
		struct sbx_modules modules = {.n = 77};
		assert_int_equal(sbx_modules_read(wrong[i], &modules, &err), -1);
		assert_int_equal(err.code, SBX_E_USAGE);
		assert_int_equal(modules.n, 77);
	}
}

static void test_too_many_are_refused(void **state)
{
	char text[8000] = "m0";
	struct sbx_modules modules;
	for (int i = 1; i < 40; i++)
		sprintf(text + strlen(text), ",m%d", i);
	assert_int_equal(sbx_modules_read(text, &modules, NULL), -1);
	memset(text, 'a', 2000);
	text[2000] = '\0';
	assert_int_equal(sbx_modules_read(text, &modules, NULL), -1);
	for (int i = 0; i < 3000; i++)
		memcpy(text + 2 * i, "a.", 3);
	assert_int_equal(sbx_modules_read(text, &modules, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bases_come_first),
		cmocka_unit_test(test_a_subset_serves),
		cmocka_unit_test(test_what_is_no_name_is_refused),
		cmocka_unit_test(test_too_many_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
