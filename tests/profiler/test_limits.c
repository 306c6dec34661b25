/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "profiler/limits.h"

static void work(int64_t usec)
{
	clock_t end = clock() + usec * CLOCKS_PER_SEC / 1000000;
	while (clock() < end)
		;
}

static void waiting_uses_no_time(void **state)
{
	struct sbx_limits limits;
	sbx_limits_start(&limits, 20000, 10000000);
	usleep(60000);
	assert_false(sbx_limits_are_over(&limits));
}

static void working_does(void **state)
{
	struct sbx_limits limits;
	sbx_limits_start(&limits, 20000, 10000000);
	assert_false(sbx_limits_are_over(&limits));
	work(60000);
	assert_true(sbx_limits_are_over(&limits));
}

static void waiting_has_an_end(void **state)
{
	struct sbx_limits limits;
	sbx_limits_start(&limits, 10000, 40000);
	usleep(60000);
	assert_true(sbx_limits_are_over(&limits));
}

/* A look in between must not put off what is due. */
static void looking_again_tells_the_same(void **state)
{
	struct sbx_limits limits;
	sbx_limits_start(&limits, 20000, 10000000);
	usleep(30000);
	assert_false(sbx_limits_are_over(&limits));
	work(40000);
	assert_true(sbx_limits_are_over(&limits));
	assert_true(sbx_limits_are_over(&limits));
}

static void another_process_has_its_own_clock(void **state)
{
	struct sbx_limits limits;
	sbx_limits_start_process(&limits, getpid(), 20000, 10000000);
	usleep(60000);
	assert_false(sbx_limits_are_over(&limits));
	work(60000);
	assert_true(sbx_limits_are_over(&limits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_uses_no_time),
		cmocka_unit_test(working_does),
		cmocka_unit_test(waiting_has_an_end),
		cmocka_unit_test(looking_again_tells_the_same),
		cmocka_unit_test(another_process_has_its_own_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
