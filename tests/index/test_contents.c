/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/index/fixture.h"

#include <string.h>

#include "builder/index/contents.h"

static const char *const prefixes[] = {"usr/bin/", "usr/lib/snake3", NULL};

/* The wanted lines as "number path packages\n". */
static gboolean note_line(const struct sbx_contents_line *line, gpointer data, GError **error)
{
	g_string_append_printf(data, "%d %.*s %.*s\n", (int)line->number, (int)line->n_path,
			       line->path, (int)line->n_packages, line->packages);
	return TRUE;
}

static char *read_text(const char *text, gsize n_bytes, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GInputStream) stream =
		g_memory_input_stream_new_from_data(text, (gssize)n_bytes, NULL);
	if (!sbx_contents_read(stream, "Contents-test", prefixes, note_line, out, NULL, error))
		return NULL;
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void assert_read(const char *text, const char *wanted)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *got = read_text(text, strlen(text), &error);
	if (!got)
		fail_msg("%s", error->message);
	assert_string_equal(got, wanted);
}

static void keeps_what_begins_with_a_prefix(void **state)
{
	assert_read("etc/passwd admin/base\n"
		    "usr/bin/jq   utils/jq\n"
		    "usr/games/x  games/x\n"
		    "usr/lib/snake3/packages/a.sn\tsnake/snake3-a\n",
		    "2 usr/bin/jq utils/jq\n"
		    "4 usr/lib/snake3/packages/a.sn snake/snake3-a\n");
}

static void takes_blanks_in_paths_and_a_leading_dot(void **state)
{
	assert_read("./usr/bin/two words  utils/a,contrib/utils/b\n",
		    "1 usr/bin/two words utils/a,contrib/utils/b\n");
}

static void skips_prose_above_the_heading(void **state)
{
	assert_read("This file maps each file to the package.\n\nFILE         LOCATION\n"
		    "usr/bin/jq utils/jq\n",
		    "4 usr/bin/jq utils/jq\n");
	/* Without prose there is no heading; a file may be called FILE. */
	assert_read("usr/bin/FILE LOCATION\n", "1 usr/bin/FILE LOCATION\n");
}

static void reads_an_empty_index(void **state)
{
	assert_read("", "");
}

static void joins_lines_across_buffers(void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) wanted = g_string_new(NULL);
	for (int i = 1; text->len < 3 * 1024 * 1024 + 17; i++) {
		g_string_append_printf(text, "usr/bin/command-%d   utils/package%d\n", i, i);
		g_string_append_printf(wanted, "%d usr/bin/command-%d utils/package%d\n", i, i, i);
	}
	assert_read(text->str, wanted->str);
}

static void assert_refused(const char *text, gsize n_bytes, const char *line)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *got = read_text(text, n_bytes, &error);
	assert_null(got);
	assert_error(error, SBX_E_ARCHIVE, line);
	assert_error(error, SBX_E_ARCHIVE, "Contents-test: ");
}

static void names_the_malformed_line(void **state)
{
	static const char *const bad[] = {"word\n",	 "path \n", " list\n", "\n",
					  "usr/bin/x\n", "   \n",   "\t\n"};
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strconcat("usr/bin/a utils/a\n", bad[i], NULL);
		assert_refused(text, strlen(text), "line 2: ");
	}
	assert_refused("usr/bin/\0x utils/x\n", 19, "line 1: ");
}

static void refuses_an_index_that_is_cut_short(void **state)
{
	assert_refused("usr/bin/a utils/a\nusr/bin/b uti", 32, "line 2: the index is cut short");
}

static void refuses_an_endless_line(void **state)
{
	g_autofree char *text = g_strnfill(2 * 1024 * 1024, 'x');
	assert_refused(text, strlen(text), "line 1: ");
}

static void reads_lists_of_packages(void **state)
{
	const char *list = "utils/a,contrib/net/b-1+x,c", *name = NULL;
	gsize n = strlen(list);
	assert_int_equal(sbx_contents_next_package(&list, &n, &name), 1);
	assert_memory_equal(name, "a", 1);
	assert_int_equal(sbx_contents_next_package(&list, &n, &name), 5);
	assert_memory_equal(name, "b-1+x", 5);
	assert_int_equal(sbx_contents_next_package(&list, &n, &name), 1);
	assert_int_equal(sbx_contents_next_package(&list, &n, &name), 0);
	static const char *const bad[] = {"utils/", ",a", "a,", "utils/-x", "utils/a b", "u/a;b"};
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		gssize got;
		list = bad[i];
		n = strlen(list);
		while ((got = sbx_contents_next_package(&list, &n, &name)) > 0)
			;
		if (got != -1)
			fail_msg("taken as a list: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_begins_with_a_prefix),
		cmocka_unit_test(takes_blanks_in_paths_and_a_leading_dot),
		cmocka_unit_test(skips_prose_above_the_heading),
		cmocka_unit_test(reads_an_empty_index),
		cmocka_unit_test(joins_lines_across_buffers),
		cmocka_unit_test(names_the_malformed_line),
		cmocka_unit_test(refuses_an_index_that_is_cut_short),
		cmocka_unit_test(refuses_an_endless_line),
		cmocka_unit_test(reads_lists_of_packages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
