/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void test_the_example_of_the_header(void **state)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "name", "x");
	sbx_json_begin_array(&w, "list");
	sbx_json_int(&w, NULL, 3);
	sbx_json_int(&w, NULL, INT64_MIN);
	sbx_json_end_array(&w);
	sbx_json_begin_object(&w, "empty");
	sbx_json_end_object(&w);
	sbx_json_bool(&w, "yes", true);
	sbx_json_null(&w, "none");
	sbx_json_string(&w, "null", NULL);
	sbx_json_end_object(&w);
	assert_string_equal(out.data,
			    "{\"name\":\"x\",\"list\":[3,-9223372036854775808],\"empty\":{},"
			    "\"yes\":true,\"none\":null,\"null\":null}");
}

static void test_pretty(void **state)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out, .pretty = true};
	sbx_json_begin_object(&w, NULL);
	sbx_json_begin_array(&w, "a");
	sbx_json_int(&w, NULL, 1);
	sbx_json_end_array(&w);
	sbx_json_begin_array(&w, "b");
	sbx_json_end_array(&w);
	sbx_json_end_object(&w);
	assert_string_equal(out.data, "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}\n");
}

static void test_strings(void **state)
{
	static const char *const cases[][2] = {
		{"plain", "\"plain\""},
		{"quote\" back\\slash", "\"quote\\\" back\\\\slash\""},
		{"\n\t\r\001\177", "\"\\n\\t\\u000d\\u0001\\u007f\""},
		{"\303\244 \342\202\254 \360\237\230\200",
		 "\"\303\244 \342\202\254 \360\237\230\200\""},
		/* Not UTF-8: alone, cut off, overlong, a surrogate, beyond Unicode. */
		{"a\377b", "\"a\357\277\275b\""},
		{"\303", "\"\357\277\275\""},
		{"\300\200", "\"\357\277\275\357\277\275\""},
		{"\355\240\200", "\"\357\277\275\357\277\275\357\277\275\""},
		{"\364\220\200\200", "\"\357\277\275\357\277\275\357\277\275\357\277\275\""},
		{"", "\"\""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
		struct sbx_json w = {.out = &out};
		sbx_json_string(&w, NULL, cases[i][0]);
		assert_string_equal(out.data, cases[i][1]);
	}
}

static void test_keys_are_escaped_and_nul_is_a_character(void **state)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string_n(&w, "a\"", "x\0y", 3);
	sbx_json_end_object(&w);
	assert_string_equal(out.data, "{\"a\\\"\":\"x\\u0000y\"}");
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0.0"},	    {1, "1.0"},
		{0.5, "0.5"},	    {1.25, "1.25"},
		{2.0 / 3, "0.667"}, {-1.5, "-1.5"},
		{100, "100.0"},	    {1e15, "1000000000000000.0"},
		{NAN, "null"},	    {INFINITY, "null"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
		struct sbx_json w = {.out = &out};
		sbx_json_double(&w, NULL, cases[i].value);
		assert_string_equal(out.data, cases[i].text);
	}
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out};
	sbx_json_double(&w, NULL, 1.7e308);
	assert_int_equal(out.n_bytes, 311);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_of_the_header),
		cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_keys_are_escaped_and_nul_is_a_character),
		cmocka_unit_test(test_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
