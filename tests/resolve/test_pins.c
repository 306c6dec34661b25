/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

#include "builder/resolve/pins.h"
#include "store/gerror.h"

static const struct sbx_release backports = {
	.uri = (char *)"https://deb.example/debian",
	.component = (char *)"main",
	.archive = (char *)"oldstable-backports",
	.codename = (char *)"bookworm-backports",
	.vendor = (char *)"Debian Backports",
	.label = (char *)"Debian Backports",
	.version = (char *)"12.5",
	.is_host = TRUE,
};

static gboolean matches(const char *what, const struct sbx_release *release)
{
	g_autoptr(GPtrArray) pins = sbx_pins_new();
	g_autofree char *text = g_strdup_printf("* %s 500", what);
	assert_true(sbx_pins_add_option(pins, text, NULL));
	return sbx_pin_matches(pins->pdata[0], release, "1.2-3");
}

static void test_a_release_by_all_of_its_names(void **state)
{
	assert_true(matches("release bookworm-backports", &backports));
	assert_true(matches("release oldstable-*", &backports));
	assert_true(matches("release 12*", &backports));
	assert_true(matches("release a=oldstable-backports, c=main", &backports));
	assert_true(
		matches("release o=Debian Backports,l=\"Debian Backports\",v=12.5", &backports));
	assert_true(matches("release n=/^BOOKWORM-/", &backports));
	assert_true(matches("origin deb.example", &backports));
	assert_true(matches("origin \"deb.example\"", &backports));
	assert_true(matches("version 1.2*", NULL));
	assert_false(matches("release a=oldstable-backports, c=contrib", &backports));
	assert_false(matches("release bookworm", &backports));
	assert_false(matches("release n=bookworm", NULL));
	assert_false(matches("origin \"\"", &backports));
	assert_false(matches("version 1.3*", &backports));
}

static void put(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_apt_s_files_in_apt_s_order(void **state)
{
	g_autofree char *folder = g_dir_make_tmp("sbx-pins-XXXXXX", NULL);
	g_autofree char *parts = g_build_filename(folder, "preferences.d", NULL);
	static const char *const names[] = {"20-b.pref", "10-a", "c.pref.bak"};
	g_autoptr(GError) error = NULL;
	assert_int_equal(g_mkdir(parts, 0755), 0);
	put(folder, "preferences",
	    "# ours\nExplanation: why\nPackage: *\nPin: release n=x\nPin-Priority: -10\n\n\n"
	    "Package: a b:any\n  c?\nPin: version 2.*\nPin-Priority: 1001\n");
	put(parts, names[0], "Package: z\nPin: origin \"\"\nPin-Priority: 9\n");
	put(parts, names[1], "Package: y\nPin: release a=x\nPin-Priority: 8\n");
	put(parts, names[2], "what\n");
	g_autoptr(GPtrArray) pins = sbx_pins_new();
	assert_true(sbx_pins_read(pins, folder, &error));
	assert_int_equal(pins->len, 4);
	const struct sbx_pin *general = pins->pdata[0], *some = pins->pdata[1];
	assert_null(general->packages);
	assert_int_equal(general->priority, -10);
	assert_true(general->only_host);
	assert_true(sbx_pin_has_name(some, "b", "amd64") && sbx_pin_has_name(some, "cc", "amd64"));
	assert_false(sbx_pin_has_name(some, "c", "amd64"));
	assert_int_equal(((struct sbx_pin *)pins->pdata[2])->priority, 8);
	assert_int_equal(((struct sbx_pin *)pins->pdata[3])->priority, 9);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(parts, names[i], NULL);
		g_unlink(path);
	}
	g_autofree char *path = g_build_filename(folder, "preferences", NULL);
	g_unlink(path);
	g_rmdir(parts);
	assert_int_equal(g_rmdir(folder), 0);
}

static void test_malformed_files_name_the_line(void **state)
{
	static const char *const texts[] = {
		"\nPackage: a\nPin: release n=x\n",
		"\nPackage:\nPin: release n=x\nPin-Priority: 1\n",
		"\nPackage: a\nPin: x\nPin-Priority: 1\n",
		"\nPackage: a\nPin: release\nPin-Priority: 1\n",
		"\nPackage: a\nPin: release x\nPin-Priority: 1e9\n",
		"\nPackage: a\nPin: release x\nPin-Priority: 99999999999999999999\n",
		"\nPackage: src:a\nPin: release x\nPin-Priority: 1\n",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) pins = sbx_pins_new();
		if (sbx_pins_parse(pins, texts[i], strlen(texts[i]), "f", &error))
			fail_msg("text %zu was read", i);
		assert_int_equal(error->code, SBX_E_INPUT);
		assert_true(g_str_has_prefix(error->message, "f:2: "));
	}
}

/* What is not from apt's own sources, apt's own preferences say nothing of. */
static void test_the_machine_s_pins_are_for_its_own_sources(void **state)
{
	struct sbx_release other = backports;
	g_autoptr(GPtrArray) pins = sbx_pins_new();
	other.is_host = FALSE;
	assert_true(sbx_pins_add_option(pins, "* version * 1", NULL));
	struct sbx_pin *pin = pins->pdata[0];
	assert_true(sbx_pin_matches(pin, &other, "1"));
	pin->only_host = TRUE;
	assert_false(sbx_pin_matches(pin, &other, "1"));
	assert_true(sbx_pin_matches(pin, &backports, "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_release_by_all_of_its_names),
		cmocka_unit_test(test_apt_s_files_in_apt_s_order),
		cmocka_unit_test(test_malformed_files_name_the_line),
		cmocka_unit_test(test_the_machine_s_pins_are_for_its_own_sources),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
