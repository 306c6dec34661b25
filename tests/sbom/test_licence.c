/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "builder/sbom/licence.h"

#define HEAD	       "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
#define FILES(licence) "Files: *\nCopyright: x\nLicense: " licence "\n\n"

static const struct {
	const char *text, *expression;
	guint n_own;
} cases[] = {
	{HEAD FILES("Expat"), "MIT", 0},
	{HEAD FILES("GPL-2+") FILES("GPL-2+"), "GPL-2.0-or-later", 0},
	{HEAD FILES("LGPL-2.1") FILES("GPL-3"), "LGPL-2.1-only AND GPL-3.0-only", 0},
	{HEAD FILES("GPL-2.0+ or Artistic"), "(GPL-2.0-or-later OR Artistic-1.0-Perl)", 0},
	{HEAD FILES("GPL-1+ or Artistic, and BSD-3-clause"),
	 "((GPL-1.0-or-later OR Artistic-1.0-Perl) AND BSD-3-Clause)", 0},
	{HEAD FILES("GPL-2 or ISC and Zlib"), "(GPL-2.0-only OR (ISC AND Zlib))", 0},
	{HEAD FILES("house-rules") "License: house-rules\n Be kind.\n .\n Twice.\n",
	 "LicenseRef-pkg-house-rules", 1},
	{HEAD FILES("GPL-3+ with GCC-exception"), "LicenseRef-pkg-GPL-3--with-GCC-exception", 1},
	{HEAD, NULL, 0},
	{HEAD FILES(""), NULL, 0},
	{"This package is under the GPL.\n\n" FILES("Expat"), NULL, 0},
	{"", NULL, 0},
};

static void test_expressions(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) owns =
			g_ptr_array_new_with_free_func((GDestroyNotify)sbx_licence_own_free);
		g_autofree char *got = sbx_licence_expression(cases[i].text, "pkg", owns);
		if (g_strcmp0(got, cases[i].expression) || owns->len != cases[i].n_own)
			fail_msg("case %zu: %s, %u of its own", i, got, owns->len);
	}
}

static void test_what_a_file_says_of_its_own_licence_is_kept(void **state)
{
	g_autoptr(GPtrArray) owns =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_licence_own_free);
	g_autofree char *got = sbx_licence_expression(cases[6].text, "pkg", owns);
	assert_non_null(got);
	assert_string_equal(((struct sbx_licence_own *)owns->pdata[0])->text,
			    "Be kind.\n.\nTwice.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_what_a_file_says_of_its_own_licence_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
