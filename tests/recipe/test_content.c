/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "builder/resolve/lock.h"

#define ALL ((1u << SBX_N_CONTENT_CLASSES) - 1)

static void test_which_paths_go(void **state)
{
	struct sbx_content content = {.without = ALL};
	const char *const locales[] = {"pt_BR", "de", NULL};
	sbx_content_set_locales(&content, locales);
	static const char *const gone[] = {"/usr/share/doc/x/changelog.gz",
					   "/usr/share/man/man1/x.1.gz",
					   "/usr/share/locale/fr/LC_MESSAGES/x.mo",
					   "/usr/share/locale/dezz",
					   "/usr/lib/x86_64-linux-gnu/libx.a",
					   "/lib/libx.a",
					   "/usr/share/info/x.info"};
	static const char *const kept[] = {"/usr/share/doc/x/copyright",
					   "/usr/share/locale/de/LC_MESSAGES/x.mo",
					   "/usr/share/locale/pt_BR/x",
					   "/usr/share/locale/locale.alias",
					   "/usr/share/doc",
					   "/usr/bin/doc",
					   "/usr/lib/libx.so",
					   "/usr/share/documents/x"};
	for (size_t i = 0; i < G_N_ELEMENTS(gone); i++)
		if (!sbx_content_leaves_out(&content, gone[i]))
			fail_msg("%s stays", gone[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		if (sbx_content_leaves_out(&content, kept[i]))
			fail_msg("%s goes", kept[i]);
	sbx_content_release(&content);
}

static void test_a_way_to_what_is_included_stays(void **state)
{
	struct sbx_content content = {.without = ALL};
	assert_true(sbx_content_keeps_way(&content, "/usr/share/doc/link"));
	assert_true(sbx_content_keeps_way(&content, "/usr/share/doc/a/b"));
	assert_false(sbx_content_keeps_way(&content, "/usr/share/man/de"));
	/* update-alternatives fails when it finds no folder for its links to manual pages. */
	assert_false(sbx_content_leaves_out(&content, "/usr/share/man/man1"));
	/* A link to a page would lead nowhere. */
	assert_true(sbx_content_leaves_out(&content, "/usr/share/man/man1/link.1.gz"));
	assert_false(sbx_content_keeps_way(&content, "/usr/share/man/man1/link.1.gz"));
	assert_false(sbx_content_keeps_way(&content, "/usr/share/locale/locale.alias/x"));
}

static void test_covers(void **state)
{
	struct sbx_content all = {0}, slim = {.without = 1u << SBX_CONTENT_LOCALES}, german = slim;
	const char *const locales[] = {"de", NULL};
	sbx_content_set_locales(&german, locales);
	assert_true(sbx_content_covers(&all, &slim));
	assert_false(sbx_content_covers(&slim, &all));
	assert_true(sbx_content_covers(&german, &slim));
	assert_false(sbx_content_covers(&slim, &german));
	assert_true(sbx_content_covers(&all, &german));
	sbx_content_release(&german);
}

static char *id_of(const char *options, char **out_json)
{
	g_autofree char *text = g_strdup_printf(
		"{\"format\": \"sbx-lock-1\", \"suite\": \"s\", \"architecture\": \"amd64\","
		" \"options\": {\"recommends\": false%s}, \"releases\": [], \"packages\": []}",
		options);
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_lock) lock = sbx_lock_from_json(text, -1, "x", &error);
	if (!lock) {
		*out_json = NULL;
		return g_strdup(error->message);
	}
	*out_json = sbx_lock_to_json(lock);
	return sbx_lock_id(lock);
}

static void test_content_is_part_of_the_id_and_of_the_text(void **state)
{
	static const char *const options[] = {
		"", ", \"without\": [\"docs\"]", ", \"without\": [\"docs\", \"locales\"]",
		", \"without\": [\"locales\", \"docs\"], \"locales\": [\"de\"]"};
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		g_autofree char *json = NULL, *again_json = NULL;
		char *id = id_of(options[i], &json);
		assert_non_null(json);
		SBX_AUTO(sbx_lock) again = sbx_lock_from_json(json, -1, "x", NULL);
		again_json = sbx_lock_to_json(again);
		assert_string_equal(json, again_json);
		g_autofree char *again_id = sbx_lock_id(again);
		assert_string_equal(id, again_id);
		assert_true(g_hash_table_add(ids, id));
	}
}

static void test_bad_content_is_refused(void **state)
{
	static const char *const options[] = {
		", \"without\": []",
		", \"without\": \"docs\"",
		", \"without\": [\"music\"]",
		", \"without\": [\"docs\", \"docs\"]",
		", \"locales\": [\"de\"]",
		", \"without\": [\"locales\"], \"locales\": [\"../etc\"]",
		", \"without\": [\"locales\"], \"locales\": [1]"};
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		g_autofree char *json = NULL;
		g_autofree char *message = id_of(options[i], &json);
		if (json)
			fail_msg("%s was read", options[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_paths_go),
		cmocka_unit_test(test_a_way_to_what_is_included_stays),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_content_is_part_of_the_id_and_of_the_text),
		cmocka_unit_test(test_bad_content_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
