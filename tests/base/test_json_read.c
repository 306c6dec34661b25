/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_read.h"

/* The events of a text as letters, its keys and values between them; "!" and the line on failure */
static void events_of(const char *text, size_t n, char *out, size_t n_out)
{
	struct sbx_json_reader r;
	SBX_CLEANUP_BUFFER struct sbx_buffer all = SBX_BUFFER_INIT;
	enum sbx_json_event event;
	sbx_json_reader_init(&r, text, n);
	while ((event = sbx_json_next(&r)) > SBX_JSON_END) {
		sbx_buffer_add(&all, &".e{}[]ksnw"[event], 1);
		if (event >= SBX_JSON_KEY) {
			sbx_json_add_value(&r, &all);
			sbx_buffer_add_string(&all, ";");
		}
	}
	if (event == SBX_JSON_FAILED) {
		assert_non_null(r.problem);
		assert_int_equal(sbx_json_next(&r), SBX_JSON_FAILED);
		sbx_buffer_printf(&all, "!%u", r.line);
	}
	snprintf(out, n_out, "%s", all.data ? all.data : "");
}

static void reads(const char *text, const char *expected)
{
	char found[500];
	events_of(text, strlen(text), found, sizeof(found));
	assert_string_equal(found, expected);
}

static void values_and_containers_are_read_in_order(void **state)
{
	reads("{}", "{}");
	reads(" [ ] \n", "[]");
	reads("{\"a\": [1, -2.5e+3, true], \"b\": {\"c\": null}}",
	      "{ka;[n1;n-2.5e+3;wtrue;]kb;{kc;wnull;}}");
	reads("\"x\"", "sx;");
	reads("[[[]],{}]", "[[[]]{}]");
}

static void escapes_are_resolved(void **state)
{
	reads("\"a\\n\\t\\\"\\\\\\/\\b\"", "sa\n\t\"\\/\b;");
	reads("\"\\u00e9\\u20ac\\ud83d\\ude00\"", "s\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;");
	reads("\"\\ud83d.\"", "s\xef\xbf\xbd.;");
	reads("{\"\\u0061\":1}", "{ka;n1;}");
}

static void mistakes_end_it_with_their_line(void **state)
{
	static const char *const texts[] = {
		"",	   "{",	      "[1,]",	   "{\"a\":1,}", "[1 2]", "{a:1}", "{\"a\" 1}",
		"{\"a\"}", "'x'",     "01",	   "1.",	 "-",	  "tru",   "[}",
		"{]",	   "\"\\x\"", "\"\\u12\"", "\"a\nb\"",	 "[] []", "[,1]",  "{,}",
		"\"a",	   "\"a\\",   "1e",	   "+1",	 "nul",	  ".5",	   "{\"a\":,}"};
	char found[500];
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		events_of(texts[i], strlen(texts[i]), found, sizeof(found));
		if (!strchr(found, '!'))
			fail_msg("'%s' was read as %s", texts[i], found);
	}
	reads("{\n\"a\":\n oops}", "{ka;!3");
	events_of("[\0]", 3, found, sizeof(found));
	assert_string_equal(found, "[!1");
}

static void depth_is_limited(void **state)
{
	static char deep[100000];
	char found[500];
	memset(deep, '[', sizeof(deep));
	events_of(deep, sizeof(deep), found, sizeof(found));
	assert_int_equal(strlen(found), SBX_JSON_MAX_DEPTH + 2);
	memset(deep + SBX_JSON_MAX_DEPTH, ']', SBX_JSON_MAX_DEPTH);
	events_of(deep, 2 * SBX_JSON_MAX_DEPTH, found, sizeof(found));
	assert_null(strchr(found, '!'));
}

static void a_value_can_be_skipped(void **state)
{
	struct sbx_json_reader r;
	const char *text = "{\"a\": [1, {\"b\": []}], \"c\": \"d\"}";
	sbx_json_reader_init(&r, text, strlen(text));
	assert_int_equal(sbx_json_next(&r), SBX_JSON_BEGIN_OBJECT);
	assert_int_equal(sbx_json_next(&r), SBX_JSON_KEY);
	assert_true(sbx_json_value_is(&r, "a"));
	assert_true(sbx_json_skip(&r));
	assert_int_equal(sbx_json_next(&r), SBX_JSON_KEY);
	assert_true(sbx_json_value_is(&r, "c"));
	assert_true(sbx_json_skip(&r));
	assert_int_equal(sbx_json_next(&r), SBX_JSON_END_OBJECT);
	assert_int_equal(sbx_json_next(&r), SBX_JSON_END);
	sbx_json_reader_init(&r, "{\"a\": [", 7);
	sbx_json_next(&r);
	sbx_json_next(&r);
	assert_false(sbx_json_skip(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_containers_are_read_in_order),
		cmocka_unit_test(escapes_are_resolved),
		cmocka_unit_test(mistakes_end_it_with_their_line),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_value_can_be_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
