/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static void test_grows_and_stays_a_string(void **state)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer b = SBX_BUFFER_INIT;
	size_t expected = 0;
	for (unsigned i = 0; i < 5000; i++) {
		sbx_buffer_printf(&b, "%u,", i);
		expected += i < 10 ? 2 : i < 100 ? 3 : i < 1000 ? 4 : 5;
		assert_int_equal(b.n_bytes, expected);
		assert_int_equal(b.data[b.n_bytes], '\0');
	}
	assert_memory_equal(b.data, "0,1,2,3,", 8);
	assert_string_equal(b.data + b.n_bytes - 5, "4999,");
	assert_false(b.failed);
}

static void test_takes_any_bytes(void **state)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer b = SBX_BUFFER_INIT;
	sbx_buffer_add(&b, "a\0b", 3);
	sbx_buffer_add(&b, NULL, 0);
	sbx_buffer_add_string(&b, "c");
	assert_int_equal(b.n_bytes, 4);
	assert_memory_equal(b.data, "a\0bc", 5);
}

static void test_failure_sticks(void **state)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer b = SBX_BUFFER_INIT;
	sbx_buffer_add_string(&b, "kept");
	b.failed = true;
	sbx_buffer_add_string(&b, "dropped");
	sbx_buffer_printf(&b, "%d", 1);
	assert_string_equal(b.data, "kept");
}

static void test_release_makes_it_new(void **state)
{
	struct sbx_buffer b = SBX_BUFFER_INIT;
	sbx_buffer_add_string(&b, "x");
	b.failed = true;
	sbx_buffer_release(&b);
	assert_null(b.data);
	assert_false(b.failed);
	sbx_buffer_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_and_stays_a_string),
		cmocka_unit_test(test_takes_any_bytes),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_release_makes_it_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
