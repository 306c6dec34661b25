/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void test_set_once(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_fail(&err, SBX_E_INPUT, "%s: %d", "first", 1), -1);
	assert_int_equal(sbx_fail(&err, SBX_E_NETWORK, "second"), -1);
	assert_int_equal(err.code, SBX_E_INPUT);
	assert_int_equal(err.os_errno, 0);
	assert_string_equal(err.message, "first: 1");
	sbx_error_clear(&err);
	assert_int_equal(err.code, SBX_OK);
	sbx_fail(&err, SBX_E_NETWORK, "second");
	assert_string_equal(err.message, "second");
}

static void test_nobody_listens(void **state)
{
	assert_int_equal(sbx_fail(NULL, SBX_E_INPUT, "x"), -1);
	assert_int_equal(sbx_fail_os(NULL, SBX_E_INPUT, EPERM, "x"), -1);
	assert_int_equal(sbx_error_prefix(NULL, "x"), -1);
	assert_int_equal(sbx_error_propagate(NULL, NULL), -1);
	sbx_error_clear(NULL);
}

static void test_system_errors(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	sbx_fail_os(&err, SBX_E_INPUT, ENOENT, "file");
	assert_int_equal(err.code, SBX_E_INPUT);
	assert_int_equal(err.os_errno, ENOENT);
	assert_string_equal(err.message, "file: No such file or directory");
	static const int full[] = {ENOSPC, EDQUOT};
	for (size_t i = 0; i < 2; i++) {
		sbx_error_clear(&err);
		sbx_fail_os(&err, SBX_E_INPUT, full[i], "file");
		assert_int_equal(err.code, SBX_E_NO_SPACE);
	}
}

static void test_prefix(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	sbx_error_prefix(&err, "nothing to say");
	assert_int_equal(err.code, SBX_OK);
	assert_string_equal(err.message, "");
	sbx_fail(&err, SBX_E_DAMAGED, "inner");
	assert_int_equal(sbx_error_prefix(&err, "%s", "outer"), -1);
	assert_string_equal(err.message, "outer: inner");
}

static void test_one_line_and_never_too_long(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	char name[3000];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[3] = '\n';
	name[4] = '\033';
	sbx_fail_os(&err, SBX_E_INPUT, ENOENT, "%s", name);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_memory_equal(err.message, "nnn??nn", 7);
	sbx_error_prefix(&err, "%s", name);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	/* What is wrong stands at the end, and is not what is left out. */
	const char reason[] = "No such file or directory";
	assert_string_equal(err.message + sizeof(err.message) - sizeof(reason), reason);
	assert_memory_equal(err.message, "nnn??nn", 7);
	assert_non_null(strstr(err.message, "nn[...]nn"));
	/* A prefix may hold a file's name as well. */
	assert_null(strchr(err.message, '\n'));
	assert_null(strchr(err.message, '\033'));
}

/* A character of several bytes is left out whole, wherever the cut is. */
static void test_a_cut_is_between_characters(void **state)
{
	for (size_t shift = 0; shift < 4; shift++) {
		struct sbx_error err = SBX_ERROR_INIT;
		char name[3000] = "xxx";
		for (size_t i = shift; i + 4 < sizeof(name); i += 4)
			memcpy(name + i, "\xf0\x9f\x93\xa6", 5);
		sbx_fail(&err, SBX_E_INPUT, "%s", name);
		char *cut = strstr(err.message, "[...]");
		assert_non_null(cut);
		assert_int_equal((size_t)(cut - err.message) % 4, shift);
		assert_int_equal(strlen(cut + 5) % 4, 0);
		assert_memory_equal(cut + 5, "\xf0\x9f\x93\xa6", 4);
	}
}

static void test_propagate(void **state)
{
	struct sbx_error inner = SBX_ERROR_INIT, outer = SBX_ERROR_INIT;
	sbx_fail_os(&inner, SBX_E_DENIED, EACCES, "door");
	assert_int_equal(sbx_error_propagate(&outer, &inner), -1);
	assert_int_equal(outer.code, SBX_E_DENIED);
	assert_int_equal(outer.os_errno, EACCES);
	assert_string_equal(outer.message, inner.message);
	sbx_error_clear(&inner);
	sbx_fail(&inner, SBX_E_BUSY, "later");
	sbx_error_propagate(&outer, &inner);
	assert_int_equal(outer.code, SBX_E_DENIED);
}

static void test_table(void **state)
{
	assert_string_equal(sbx_code_name(SBX_OK), "ok");
	assert_int_equal(sbx_code_exit_status(SBX_OK), 0);
	assert_int_equal(sbx_code_http_status(SBX_OK), 200);
	for (int a = 1; a < SBX_N_CODES; a++) {
		enum sbx_code code = (enum sbx_code)a;
		assert_in_range(sbx_code_exit_status(code), 1, 255);
		assert_in_range(sbx_code_http_status(code), 400, 599);
		assert_true(strlen(sbx_code_meaning(code)) > 10);
		for (int b = 0; b < a; b++) {
			assert_string_not_equal(sbx_code_name(code),
						sbx_code_name((enum sbx_code)b));
			assert_int_not_equal(sbx_code_exit_status(code),
					     sbx_code_exit_status((enum sbx_code)b));
		}
	}
	/* Whatever comes in from elsewhere. */
	assert_string_equal(sbx_code_name((enum sbx_code)999), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_once),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_system_errors),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_one_line_and_never_too_long),
		cmocka_unit_test(test_a_cut_is_between_characters),
		cmocka_unit_test(test_propagate),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
