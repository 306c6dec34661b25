/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/build/build_report_data.h"

static char *treemap_of(struct sbx_report_package *packages, guint n)
{
	GString *out = g_string_new(NULL);
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(all, &packages[i]);
	sbx_report_add_treemap(out, all);
	return g_string_free(out, FALSE);
}

static void test_a_box_that_tells_its_size_tells_whose_it_is(void **state)
{
	struct sbx_report_package packages[12];
	char names[12][48];
	for (guint i = 0; i < 12; i++) {
		g_snprintf(names[i], sizeof(names[i]), "%c-package-with-quite-a-long-name-%u",
			   'a' + (int)i, i);
		packages[i] = (struct sbx_report_package){.name = names[i],
							  .n_bytes = 9000000ull >> (i / 2)};
	}
	g_autofree char *page = treemap_of(packages, 12);
	g_auto(GStrv) boxes = g_strsplit(page, "<g>", -1);
	guint n_shortened = 0;
	for (char **box = boxes + 1; *box; box++) {
		const char *text = strstr(*box, "<text");
		const char *name = strstr(*box, "<title>") + strlen("<title>");
		if (!text)
			continue;
		const char *shown = strchr(text, '>') + 1;
		if (strncmp(shown, name, 3))
			fail_msg("%.40s is shown as %.20s", name, shown);
		n_shortened += strstr(*box, "\u2026") != NULL;
	}
	assert_true(n_shortened > 0);
}

static void test_names_are_text(void **state)
{
	struct sbx_report_package package = {.name = (char *)"<b>&'", .n_bytes = 1000};
	g_autofree char *page = treemap_of(&package, 1);
	assert_null(strstr(page, "<b>"));
	assert_non_null(strstr(page, "&lt;b&gt;&amp;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_box_that_tells_its_size_tells_whose_it_is),
		cmocka_unit_test(test_names_are_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
