/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/run/artefacts.h"
#include "builder/run/json_schema.h"
#include "builder/run/output_filter.h"
#include "tests/store/fixture.h"

static const char key[] = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----";

static void secrets_are_found_and_blotted_out(void **state)
{
	static const char *const secrets[] = {key, "AKIAIOSFODNN7EXAMPLE",
					      "ghp_0123456789abcdefghijABCDEFGHIJ012345",
					      "s3cret-17"};
	static const char *const none[] = {"", "AKIA", "a long word: 0123456789abcdefghijABCDEF",
					   "-----BEGIN PUBLIC KEY-----", "XAKIAIOSFODNN7EXAMPLEX"};
	static const char *const patterns[] = {"s3cret-[0-9]+", NULL};
	g_autoptr(GError) error = NULL;
	struct sbx_output_filter *f = sbx_output_filter_new(patterns, &error);
	assert_non_null(f);
	guint line = 0;
	for (guint i = 0; i < G_N_ELEMENTS(secrets); i++) {
		g_autofree char *text = g_strdup_printf("x\ny %s z", secrets[i]);
		gsize n = 0;
		assert_non_null(sbx_output_filter_find(f, text, strlen(text), &line));
		assert_int_equal(line, 2);
		g_autofree char *made = sbx_output_filter_redact(f, text, strlen(text), &n, NULL);
		assert_string_equal(made, "x\ny [redacted] z");
		assert_int_equal(n, strlen(made));
	}
	for (guint i = 0; i < G_N_ELEMENTS(none); i++)
		assert_null(sbx_output_filter_find(f, none[i], strlen(none[i]), &line));
	/* Behind a NUL, among bytes that are no text, and not in its full length. */
	static const char binary[] = "\xff\0\xfe s3cret-17 \0";
	assert_string_equal(sbx_output_filter_find(f, binary, sizeof(binary), &line), "pattern");
	sbx_output_filter_free(f);
	for (guint i = 0; i < 2; i++) {
		const char *bad[] = {i ? "a*" : "(", NULL};
		g_clear_error(&error);
		assert_null(sbx_output_filter_new(bad, &error));
		assert_int_equal(sbx_gerror_code(error), SBX_E_USAGE);
	}
}

/* A task that knows the pattern cannot make it take for ever, nor slip through by that. */
static void a_pattern_that_takes_too_long_counts_as_found(void **state)
{
	static const char *const patterns[] = {"(a+)+b", NULL};
	g_autoptr(GString) text = g_string_new(NULL);
	struct sbx_output_filter *f = sbx_output_filter_new(patterns, NULL);
	guint line = 0;
	for (int i = 0; i < 5000; i++)
		g_string_append_c(text, 'a');
	g_string_append_c(text, 'c');
	const char *found = sbx_output_filter_find(f, text->str, text->len, &line);
	assert_true(!found || g_str_equal(found, "pattern"));
	sbx_output_filter_free(f);
}

struct places {
	char *from, *to, *file, *out;
};

static struct places make_places(struct fixture *f, const char *text)
{
	struct places p = {
		.from = g_build_filename(f->root, "tmp", "from", NULL),
		.to = g_build_filename(f->root, "tmp", "to", NULL),
	};
	p.file = g_build_filename(p.from, "d", "result.txt", NULL);
	p.out = g_build_filename(p.to, "d", "result.txt", NULL);
	g_autofree char *folder = g_path_get_dirname(p.file);
	g_mkdir_with_parents(folder, 0755);
	assert_true(g_file_set_contents(p.file, text, -1, NULL));
	return p;
}

static void release_places(struct places *p)
{
	g_free(p->from);
	g_free(p->to);
	g_free(p->file);
	g_free(p->out);
}

static void what_may_not_leave_keeps_everything_in(void **state)
{
	__attribute__((cleanup(release_places))) struct places p = make_places(*state, key);
	struct sbx_artefacts a = {.to = p.to, .refuses_secrets = TRUE};
	g_autoptr(GError) error = NULL;
	assert_false(sbx_artefacts_hand_out(&a, p.from, &error));
	assert_int_equal(sbx_gerror_code(error), SBX_E_DENIED);
	assert_non_null(strstr(error->message, "/output/d/result.txt:1"));
	assert_false(g_file_test(p.to, G_FILE_TEST_EXISTS));
	g_clear_error(&error);
	a = (struct sbx_artefacts){.to = p.to, .max_bytes = 5};
	assert_false(sbx_artefacts_hand_out(&a, p.from, &error));
	assert_int_equal(sbx_gerror_code(error), SBX_E_DENIED);
	assert_false(g_file_test(p.to, G_FILE_TEST_EXISTS));
}

static void what_is_redacted_leaves_without_it(void **state)
{
	g_autofree char *text = g_strdup_printf("before\n%s\nafter\n", key), *got = NULL;
	__attribute__((cleanup(release_places))) struct places p = make_places(*state, text);
	struct sbx_artefacts a = {.to = p.to, .redacts_secrets = TRUE};
	assert_ok(sbx_artefacts_hand_out(&a, p.from, error));
	assert_int_equal(a.n_files, 1);
	assert_int_equal(a.n_redacted, 1);
	assert_true(g_file_get_contents(p.out, &got, NULL, NULL));
	assert_string_equal(got, "before\n[redacted]\nafter\n");
}

/* 1: fits; 0: does not; -1: the schema makes no sense. */
static int fits(const char *schema, const char *value)
{
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree s = {0};
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree v = {0};
	g_autoptr(GError) error = NULL;
	assert_int_equal(sbx_json_tree_parse(&s, schema, strlen(schema), 64, NULL), 0);
	assert_int_equal(sbx_json_tree_parse(&v, value, strlen(value), 64, NULL), 0);
	if (sbx_json_schema_check(s.root, v.root, &error))
		return 1;
	return sbx_gerror_code(error) == SBX_E_USAGE ? -1 : 0;
}

static void schemas_say_what_a_result_must_be(void **state)
{
	static const struct {
		const char *schema, *good, *bad;
	} cases[] = {
		{"true", "1", NULL},
		{"false", NULL, "1"},
		{"{\"type\":\"integer\"}", "3", "3.5"},
		{"{\"type\":[\"null\",\"string\"]}", "null", "[]"},
		{"{\"enum\":[1,\"a\",{\"b\":[2]}]}", "{\"b\":[2]}", "{\"b\":[3]}"},
		{"{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2,\"a\":1}", "{\"a\":1}"},
		{"{\"properties\":{\"n\":{\"type\":\"number\"}},\"required\":[\"n\"]}", "{\"n\":1}",
		 "{}"},
		{"{\"properties\":{\"n\":{\"type\":\"number\"}}}", "{\"m\":\"x\"}",
		 "{\"n\":\"x\"}"},
		{"{\"properties\":{\"n\":true},\"additionalProperties\":false}", "{\"n\":1}",
		 "{\"n\":1,\"m\":1}"},
		{"{\"items\":{\"type\":\"string\"},\"minItems\":1,\"maxItems\":2}", "[\"a\"]",
		 "[\"a\",\"b\",\"c\"]"},
		{"{\"uniqueItems\":true}", "[1,2]", "[1,2,1]"},
		{"{\"minLength\":2,\"maxLength\":3}", "\"\\u00e4\\u00f6\"", "\"abcd\""},
		{"{\"pattern\":\"^a+$\"}", "\"aa\"", "\"ab\""},
		{"{\"minimum\":1,\"exclusiveMaximum\":5}", "1", "5"},
		{"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2", "3"},
		{"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}", "6", "4"},
		{"{\"oneOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3", "2"},
		{"{\"not\":{\"type\":\"string\"}}", "1", "\"x\""},
		{"{\"$defs\":{\"t\":{\"properties\":{\"c\":{\"$ref\":\"#/$defs/t\"}},"
		 "\"required\":[\"n\"]}},\"$ref\":\"#/$defs/t\"}",
		 "{\"n\":1,\"c\":{\"n\":2}}", "{\"n\":1,\"c\":{}}"},
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (cases[i].good && fits(cases[i].schema, cases[i].good) != 1)
			fail_msg("%s: %s should fit", cases[i].schema, cases[i].good);
		if (cases[i].bad && fits(cases[i].schema, cases[i].bad) != 0)
			fail_msg("%s: %s should not fit", cases[i].schema, cases[i].bad);
	}
}

static void schemas_that_make_no_sense_are_refused(void **state)
{
	static const char *const schemas[] = {
		"1",
		"{\"typ\":\"string\"}",
		"{\"properties\":{\"a\":{\"unevaluatedItems\":false}}}",
		"{\"type\":1}",
		"{\"minimum\":\"1\"}",
		"{\"$ref\":\"#/$defs/none\"}",
		"{\"$ref\":\"http://192.0.2.7/x\"}",
		"{\"items\":[1]}",
		"{\"pattern\":\"(\"}"};
	for (guint i = 0; i < G_N_ELEMENTS(schemas); i++)
		if (fits(schemas[i], "\"x\"") != -1)
			fail_msg("%s should be refused", schemas[i]);
	/* One that refers to itself ends. */
	assert_int_equal(fits("{\"$ref\":\"#\"}", "1"), 0);
	assert_int_equal(fits("{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1"), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_found_and_blotted_out),
		cmocka_unit_test(a_pattern_that_takes_too_long_counts_as_found),
		T(what_may_not_leave_keeps_everything_in),
		T(what_is_redacted_leaves_without_it),
		cmocka_unit_test(schemas_say_what_a_result_must_be),
		cmocka_unit_test(schemas_that_make_no_sense_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
