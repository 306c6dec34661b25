/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/run/collect.h"
#include "tests/store/fixture.h"

static void plain_files_come_out_and_tricks_stay(void **state)
{
	struct fixture *f = *state;
	struct sbx_context ctx = {0};
	g_autofree char *from = g_build_filename(f->root, "tmp", "from", NULL);
	g_autofree char *to = g_build_filename(f->root, "tmp", "to", NULL);
	g_autofree char *deep = g_build_filename(from, "a", "b", NULL);
	g_autofree char *file = g_build_filename(deep, "x", NULL);
	g_autofree char *setuid = g_build_filename(from, "tool", NULL);
	g_autofree char *link = g_build_filename(from, "passwd", NULL);
	g_autofree char *out_file = g_build_filename(to, "a", "b", "x", NULL);
	g_autofree char *out_tool = g_build_filename(to, "tool", NULL);
	g_autofree char *out_link = g_build_filename(to, "passwd", NULL);
	g_autofree char *pipe_path = g_build_filename(from, "pipe", NULL);
	g_autofree char *text = NULL;
	struct stat st;
	guint n = 0;
	g_mkdir_with_parents(deep, 0755);
	assert_ok(g_file_set_contents(file, "result", -1, error));
	assert_ok(g_file_set_contents(setuid, "x", -1, error));
	assert_int_equal(chmod(setuid, 06777), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(mkfifo(pipe_path, 0666), 0);
	assert_ok(sbx_collect(&ctx, from, to, &n, error));
	assert_int_equal(n, 2);
	assert_ok(g_file_get_contents(out_file, &text, NULL, error));
	assert_string_equal(text, "result");
	assert_int_equal(stat(out_tool, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_not_equal(lstat(out_link, &st), 0);
}

static void a_link_in_the_target_is_not_followed(void **state)
{
	struct fixture *f = *state;
	struct sbx_context ctx = {0};
	g_autofree char *from = g_build_filename(f->root, "tmp", "from", NULL);
	g_autofree char *to = g_build_filename(f->root, "tmp", "to", NULL);
	g_autofree char *victim = g_build_filename(f->root, "tmp", "victim", NULL);
	g_autofree char *file = g_build_filename(from, "x", NULL);
	g_autofree char *planted = g_build_filename(to, "x", NULL);
	g_autofree char *text = NULL;
	guint n = 0;
	g_mkdir(from, 0755);
	g_mkdir(to, 0755);
	assert_ok(g_file_set_contents(file, "new", -1, error));
	assert_ok(g_file_set_contents(victim, "untouched", -1, error));
	assert_int_equal(symlink(victim, planted), 0);
	assert_ok(sbx_collect(&ctx, from, to, &n, error));
	assert_ok(g_file_get_contents(victim, &text, NULL, error));
	assert_string_equal(text, "untouched");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		T(plain_files_come_out_and_tricks_stay),
		T(a_link_in_the_target_is_not_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
