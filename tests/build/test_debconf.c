/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builder/build/debconf.h"
#include "builder/build/native/shell.h"

static void test_records_are_sorted_by_name(void **state)
{
	g_autofree char *sorted =
		sbx_debconf_sort("Name: b/x\nValue: 1\n\nName: a-b/x\n\nName: a/x/y\n\nName: a/x\n"
				 "Variables:\n c = d\n\n");
	assert_string_equal(sorted, "Name: a-b/x\n\nName: a/x\nVariables:\n c = d\n\nName: a/x/y\n"
				    "\nName: b/x\nValue: 1\n\n");
	g_autofree char *again = sbx_debconf_sort(sorted);
	assert_string_equal(again, sorted);
	g_autofree char *none = sbx_debconf_sort("");
	assert_string_equal(none, "");
}

static void test_whose_files_are_ours(void **state)
{
	assert_true(sbx_debconf_is_ours("var/cache/debconf/config.sbx/man-db"));
	assert_false(sbx_debconf_is_ours("var/cache/debconf/config.dat"));
	assert_false(sbx_debconf_is_ours("var/cache/debconf/config.sbx/man-db/below"));
	assert_false(sbx_debconf_is_ours("usr/var/cache/debconf/config.sbx/man-db"));
}

/* What sh refuses when it reads it is not taken for carried out because it is never reached. */
static void test_subshells_are_read_as_sh_reads_them(void **state)
{
	static const struct {
		const char *script;
		gboolean is_read;
	} cases[] = {
		{"a || (b; c)\n", TRUE},
		{"(a)\n(b) && (c)\n", TRUE},
		{"( (a) )\n", TRUE},
		{"if a; then (b); fi\n", TRUE},
		{"if a; then ( ); fi\n", FALSE},
		{"if a; then fi\n", FALSE},
		{"(a\n", FALSE},
		{"a )\n", FALSE},
		{"(a) b\n", FALSE},
		{"(a) >/etc/x\n", FALSE},
		{"( if a ) then b; fi\n", FALSE},
		{"a() { b; }\n", FALSE},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *reason = NULL;
		struct sbx_sh_node *node = sbx_sh_parse(cases[i].script, &reason);
		if ((node != NULL) != cases[i].is_read)
			fail_msg("%s is %sread", cases[i].script, node ? "" : "not ");
		sbx_sh_free(node);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_are_sorted_by_name),
		cmocka_unit_test(test_whose_files_are_ours),
		cmocka_unit_test(test_subshells_are_read_as_sh_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
