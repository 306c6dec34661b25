/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "builder/resolve/relation.h"

/* The field as it was understood: "a>=1|b:any,c"; "!" where it is malformed. */
static char *read_all(const char *field)
{
	static const char *const ops[] = {"", "<<", "<=", "=", ">=", ">>"};
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	g_autoptr(GError) error = NULL;
	GString *out = g_string_new(NULL);
	enum sbx_relation_result result;
	sbx_relation_begin(&reader, field);
	while ((result = sbx_relation_next(&reader, &r, &error)) == SBX_RELATION_READ) {
		g_string_append_len(out, r.name, (gssize)r.n_name);
		if (r.qualifier)
			g_string_append_printf(out, ":%.*s", (int)r.n_qualifier, r.qualifier);
		g_string_append(out, ops[r.op]);
		if (r.version)
			g_string_append_len(out, r.version, (gssize)r.n_version);
		g_string_append_c(out, r.or_next ? '|' : ',');
	}
	if (result == SBX_RELATION_BAD) {
		assert_non_null(error);
		assert_int_equal(error->code, SBX_E_ARCHIVE);
		g_string_append_c(out, '!');
	} else {
		assert_null(error);
	}
	return g_string_free(out, FALSE);
}

static void check(const char *field, const char *expected)
{
	g_autofree char *got = read_all(field);
	assert_string_equal(got, expected);
}

static void test_names_versions_and_alternatives(void **state)
{
	check(NULL, "");
	check("", "");
	check("a", "a,");
	check("libc6 (>= 2.36), libgcc-s1 (>= 3.0) | libgcc1",
	      "libc6>=2.36,libgcc-s1>=3.0|libgcc1,");
	check("a(=1:2.0~rc1-3+b1)", "a=1:2.0~rc1-3+b1,");
	check("g++ , libstdc++6 (<< 13)", "g++,libstdc++6<<13,");
	check("a ( <= 1 ) , b( >> 2)", "a<=1,b>>2,");
	check("a\n b", "!");
	check("a,\n b,\n\tc", "a,b,c,");
}

static void test_old_operators_mean_or_equal(void **state)
{
	check("a (< 1), b (> 2)", "a<=1,b>=2,");
}

/* For each operator, of the versions 1, 2 and 3 those that it lets through. */
static void test_versions_that_a_relation_holds_for(void **state)
{
	static const char *const cases[][2] = {
		{"a", "123"},	    {"a (<< 2)", "1"}, {"a (<= 2)", "12"}, {"a (= 2)", "2"},
		{"a (>= 2)", "23"}, {"a (>> 2)", "3"}, {"a (< 2)", "12"},  {"a (> 2)", "23"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sbx_relation_reader reader;
		struct sbx_relation relation;
		g_autoptr(GString) held = g_string_new(NULL);
		sbx_relation_begin(&reader, cases[i][0]);
		assert_int_equal(sbx_relation_next(&reader, &relation, NULL), SBX_RELATION_READ);
		for (char version[] = "1"; *version <= '3'; ++*version)
			if (sbx_relation_holds(&relation, version))
				g_string_append(held, version);
		assert_string_equal(held->str, cases[i][1]);
	}
}

static void test_qualifiers(void **state)
{
	check("python3:any (>= 3.5~), gcc:native | gcc:amd64",
	      "python3:any>=3.5~,gcc:native|gcc:amd64,");
	check("a:", "!");
	check("a: any", "!");
}

static void test_restrictions_are_passed_over(void **state)
{
	check("a [linux-any !i386] <!nocheck> <cross>, b (= 1) [amd64]", "a,b=1,");
	check("a [amd64", "!");
	check("a <!nocheck", "!");
}

static void test_stray_commas_are_passed_over(void **state)
{
	check(",, a,, b, ", "a,b,");
}

static void test_malformed_fields(void **state)
{
	check("a |", "a|!");
	check("| a", "!");
	check("a | , b", "a|!");
	check("a ()", "!");
	check("a (1.0)", "!");
	check("a (>= )", "!");
	check("a (>= 1", "!");
	check("a (>= 1 2)", "!");
	check("a b", "!");
	check("-a", "!");
	check("a; b", "!");
	check("\xff", "!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_versions_and_alternatives),
		cmocka_unit_test(test_old_operators_mean_or_equal),
		cmocka_unit_test(test_versions_that_a_relation_holds_for),
		cmocka_unit_test(test_qualifiers),
		cmocka_unit_test(test_restrictions_are_passed_over),
		cmocka_unit_test(test_stray_commas_are_passed_over),
		cmocka_unit_test(test_malformed_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
