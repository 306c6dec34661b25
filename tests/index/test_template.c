/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/index/fixture.h"

#include <string.h>

#include "builder/index/template.h"

static gboolean matches(const char *text, const char *path)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_template) t = sbx_template_new(FIXTURE_LANGUAGE, text, &error);
	if (!t)
		fail_msg("%s", error->message);
	return sbx_template_matches(t, path, strlen(path));
}

static char *expand(const char *text, const char *folder, const char *name)
{
	SBX_AUTO(sbx_template) t = sbx_template_new(FIXTURE_LANGUAGE, text, NULL);
	assert_non_null(t);
	g_auto(GStrv) parts = g_strsplit(name, ".", -1);
	return sbx_template_expand(t, folder, parts, g_strv_length(parts));
}

static void tells_which_paths_a_language_asks_for(void **state)
{
	assert_true(matches("{dist}/{path}.sn", "a.sn"));
	assert_true(matches("{dist}/{path}.sn", "a/b/c.sn"));
	assert_true(matches("{dist}/{path}.*.so", "a/b.snake-311.so"));
	assert_true(matches("usr/bin/{name}", "usr/bin/x.y-z"));
	assert_true(matches("{gir}/{last}-*.typelib", "Gtk-3.0.typelib"));
	assert_true(matches("{dist}/{path}/__init__.sn", "a/__init__.sn"));
	assert_true(matches("usr/crates/{name}-{version}/C.toml", "usr/crates/a-b-1.0/C.toml"));
	assert_false(matches("usr/crates/{name}-{version}/C.toml", "usr/crates/a-b/C.toml"));

	assert_false(matches("{dist}/{path}.sn", ".sn"));
	assert_false(matches("{dist}/{path}.sn", "a.txt"));
	assert_false(matches("{dist}/{path}.sn", "a//b.sn"));
	/* A part of the name cannot hold the separator: nothing in it can be asked for. */
	assert_false(matches("{dist}/{path}.sn", "foo-1.0.egg-info/a.sn"));
	assert_false(matches("{dist}/{path}.*.so", "a/b.so"));
	assert_false(matches("usr/bin/{name}", "usr/bin/sub/x"));
	assert_false(matches("usr/bin/{name}", "usr/bin/"));
	assert_false(matches("{gir}/{last}-*.typelib", "a/Gtk-3.0.typelib"));
	assert_false(matches("{dist}/{path}", "a"));
}

static void puts_names_into_templates(void **state)
{
	g_autofree char *module =
		expand("{dist}/{path}/__init__.sn", "usr/lib/snake3/packages", "a.b");
	assert_string_equal(module, "usr/lib/snake3/packages/a/b/__init__.sn");
	g_autofree char *last = expand("{gir}/{last}-*.typelib", "g", "gi.repository.Gtk");
	assert_string_equal(last, "g/Gtk-\001.typelib");
	assert_true(sbx_template_fits(last, "g/Gtk-3.0.typelib"));
	assert_true(sbx_template_fits(last, "g/Gtk-.typelib"));
	assert_false(sbx_template_fits(last, "g/Gtk-3/0.typelib"));
	assert_false(sbx_template_fits(last, "g/Gtk-3.0.typelib.bak"));
	g_autofree char *crate = expand("usr/crates/{name}-{version}/C.toml", NULL, "serde");
	assert_true(sbx_template_fits(crate, "usr/crates/serde-1.0.1/C.toml"));
	assert_false(sbx_template_fits(crate, "usr/crates/serde-json-1.0/C.toml"));
	assert_false(sbx_template_fits(crate, "usr/crates/serde-1/src/C.toml"));
	g_autofree char *dashed = expand("usr/crates/{dashed}.toml", NULL, "tokio_util");
	assert_string_equal(dashed, "usr/crates/tokio-util.toml");
	g_autofree char *last2 = expand("usr/jars/{last2}.jar", NULL, "org.apache.commons.io");
	assert_string_equal(last2, "usr/jars/commons-io.jar");
	g_autofree char *last3 = expand("usr/jars/{last3}.jar", NULL, "org.json");
	assert_false(sbx_template_fits(last3, "usr/jars/org-json.jar"));
	/* A star that stands in the task's own words is a plain character. */
	g_autofree char *hostile = expand("{dist}/{path}.sn", "d", "*");
	assert_false(sbx_template_fits(hostile, "d/a.sn"));
}

static void finds_the_folder_a_root_stands_for(void **state)
{
	const struct {
		const char *pattern, *path;
		gsize n;
	} rows[] = {
		{"usr/lib/snake3.[0-9]*", "usr/lib/snake3.11/a.sn", 17},
		{"usr/lib/snake3.[0-9]*", "usr/lib/snake3/a.sn", 0},
		{"usr/lib/*/gir", "usr/lib/x86_64/gir/Gtk.typelib", 18},
		{"usr/lib/*/gir", "usr/lib/x86_64/sub/gir/Gtk.typelib", 0},
		{"usr/lib/snake3/packages", "usr/lib/snake3/packages", 0},
		{"usr/lib/snake3/packages", "usr/lib/snake3/packages/a.sn", 23},
		{"usr/lib/snake3/packages", "usr/lib/snake3/packagesx/a.sn", 0},
	};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_int_equal(
			sbx_root_match(rows[i].pattern, rows[i].path, strlen(rows[i].path)),
			rows[i].n);
}

static void refuses_templates_that_would_search_everything(void **state)
{
	static const char *const bad[] = {"usr/*/{name}",
					  "{nowhere}/{path}",
					  "{dist}{path}",
					  "usr/lib/{dist}/{path}",
					  "{path",
					  "{dist}/*/{path}.sn",
					  ""};
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		SBX_AUTO(sbx_template) t = sbx_template_new(FIXTURE_LANGUAGE, bad[i], &error);
		if (t)
			fail_msg("taken as a template: %s", bad[i]);
		assert_error(error, SBX_E_FAILED, "snake");
	}
}

/* Whatever a language's data says must be of use to the index. */
static gboolean take(const struct sbx_language *language, const char *text, gpointer data,
		     GError **error)
{
	SBX_AUTO(sbx_template) t = sbx_template_new(language, text, error);
	return t != NULL;
}

static void takes_the_templates_of_all_languages(void **state)
{
	g_autofree char *path = g_build_filename(fixture_folder(), "languages.db", NULL);
	for (const struct sbx_language *const *l = sbx_languages(); *l; l++)
		for (const char *const *text = (*l)->module_paths; text && *text; text++) {
			g_autoptr(GError) error = NULL;
			if (!take(*l, *text, NULL, &error))
				fail_msg("%s", error->message);
		}
	SBX_AUTO(sbx_provider_writer) writer = sbx_provider_writer_new(path, NULL);
	assert_non_null(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_which_paths_a_language_asks_for),
		cmocka_unit_test(puts_names_into_templates),
		cmocka_unit_test(finds_the_folder_a_root_stands_for),
		cmocka_unit_test(refuses_templates_that_would_search_everything),
		cmocka_unit_test(takes_the_templates_of_all_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
