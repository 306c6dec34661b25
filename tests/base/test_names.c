/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/names.h"

static void assert_same(const char *ours, const char *theirs)
{
	if (!theirs)
		assert_null(ours);
	else
		assert_string_equal(ours ? ours : "none", theirs);
}

static void errors_are_called_as_the_c_library_calls_them(void **state)
{
	/* It calls 0 "0". */
	assert_null(sbx_errno_name(0));
	for (int i = 1; i < 200; i++)
		assert_same(sbx_errno_name(i), strerrorname_np(i));
	assert_null(sbx_errno_name(-1));
	assert_null(sbx_errno_name(INT32_MAX));
}

static void signals_are_called_as_the_c_library_calls_them(void **state)
{
	for (int i = -1; i < 2 * NSIG; i++)
		assert_same(sbx_signal_name(i), sigabbrev_np(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_called_as_the_c_library_calls_them),
		cmocka_unit_test(signals_are_called_as_the_c_library_calls_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
