/* SPDX-License-Identifier: Apache-2.0 */
/* Each test runs twice: with openat2(2), and as on a kernel without it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"

static char folder[64];
static int outer_dfd = -1, root_dfd = -1;

static void put(int dfd, const char *name, const char *text)
{
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_int_equal(sbx_write_all(fd, text, strlen(text)), 0);
}

/* outside/ and root/ side by side; links in root/ that try to get from one to the other. */
static int set_up(void **state)
{
	strcpy(folder, "/tmp/sbx-path-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	outer_dfd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(outer_dfd, "root", 0755);
	put(outer_dfd, "secret", "outside");
	root_dfd = openat(outer_dfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(root_dfd, "a", 0755);
	mkdirat(root_dfd, "a/b", 0755);
	put(root_dfd, "a/b/file", "inside");
	put(root_dfd, "secret", "in the root");
	char absolute[128];
	snprintf(absolute, sizeof(absolute), "%s/secret", folder);
	static const char *const links[][2] = {
		{"../../secret", "a/up"},
		{"/secret", "a/absolute"},
		{"/../../../../secret", "a/above"},
		{"b/file", "a/relative"},
		{"b", "a/folder"},
		{"loop2", "loop1"},
		{"loop1", "loop2"},
		{"nowhere", "dangling"},
		{"..", "parent"},
		{"/a/folder/../b/file", "chain"},
	};
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		symlinkat(links[i][0], root_dfd, links[i][1]);
	symlinkat(absolute, root_dfd, "outside");
	sbx_path_force_fallback = *state != NULL;
	return 0;
}

static int tear_down(void **state)
{
	char command[128];
	sbx_close(&root_dfd);
	sbx_close(&outer_dfd);
	sbx_path_force_fallback = false;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void reads(const char *path, const char *expected)
{
	struct sbx_error err = SBX_ERROR_INIT;
	SBX_CLEANUP_FD int fd = sbx_open_in_root(root_dfd, path, O_RDONLY, 0, &err);
	char text[64] = "";
	if (fd < 0)
		fail_msg("%s: %s", path, err.message);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_string_equal(text, expected);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void refuses(const char *path, int flags, int os_errno)
{
	struct sbx_error err = SBX_ERROR_INIT;
	int fd = sbx_open_in_root(root_dfd, path, flags, 0644, &err);
	if (fd >= 0 || err.os_errno != os_errno)
		fail_msg("%s: %d, %s", path, fd, err.message);
	assert_non_null(strstr(err.message, path));
}

static void test_paths_stay_inside(void **state)
{
	reads("a/b/file", "inside");
	reads("/a/b/file", "inside");
	reads("a//b/./file", "inside");
	reads("../secret", "in the root");
	reads("../../../../secret", "in the root");
	reads("a/../../secret", "in the root");
	reads("a/b/../../../secret", "in the root");
}

static void test_links_stay_inside(void **state)
{
	reads("a/up", "in the root");
	reads("a/absolute", "in the root");
	reads("a/above", "in the root");
	reads("a/relative", "inside");
	reads("a/folder/file", "inside");
	reads("chain", "inside");
	reads("parent/secret", "in the root");
	reads("parent/parent/a/absolute", "in the root");
	refuses("outside", O_RDONLY, ENOENT);
	refuses("loop1", O_RDONLY, ELOOP);
	refuses("loop1/x", O_RDONLY, ELOOP);
	refuses("dangling", O_RDONLY, ENOENT);
	refuses("secret/x", O_RDONLY, ENOTDIR);
	refuses("a/relative/", O_RDONLY, ENOTDIR);
	refuses("a/relative", O_RDONLY | O_NOFOLLOW, ELOOP);
	refuses("a", O_WRONLY, EISDIR);
}

static void test_the_root_itself(void **state)
{
	static const char *const names[] = {"/", ".", "..", "/..", "a/..", "parent"};
	struct stat root, st;
	assert_int_equal(fstat(root_dfd, &root), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		SBX_CLEANUP_FD int fd =
			sbx_open_in_root(root_dfd, names[i], O_PATH | O_DIRECTORY, 0, NULL);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_ino, root.st_ino);
	}
}

static void test_creating_stays_inside(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	int fd = sbx_open_in_root(root_dfd, "parent/../a/new", O_CREAT | O_WRONLY, 0640, &err);
	assert_true(fd >= 0);
	sbx_close(&fd);
	struct stat st;
	assert_int_equal(fstatat(root_dfd, "a/new", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* A dangling link: made where it points to, and that is inside. */
	symlinkat("/a/behind-link", root_dfd, "to-be-made");
	fd = sbx_open_in_root(root_dfd, "to-be-made", O_CREAT | O_WRONLY, 0644, &err);
	assert_true(fd >= 0);
	sbx_close(&fd);
	assert_int_equal(fstatat(root_dfd, "a/behind-link", &st, 0), 0);
	refuses("to-be-made", O_CREAT | O_EXCL | O_WRONLY, EEXIST);
}

static void test_folders(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct stat st;
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, "/x/y//z/", 0750, &err), 0);
	assert_int_equal(fstatat(root_dfd, "x/y/z", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, "x/y/z", 0700, &err), 0);
	assert_int_equal(fstatat(root_dfd, "x/y/z", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, "a/folder/new", 0755, &err), 0);
	assert_int_equal(fstatat(root_dfd, "a/b/new", &st, 0), 0);
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, "../../up", 0755, &err), 0);
	assert_int_equal(fstatat(root_dfd, "up", &st, 0), 0);
	assert_int_equal(fstatat(outer_dfd, "up", &st, 0), -1);
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, "/", 0755, &err), 0);
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, "a/folder", 0755, &err), 0);
}

/* What is there must be a folder, or the caller would go on without one. */
static void test_folders_where_something_else_is(void **state)
{
	static const char *const cases[] = {"secret", "secret/x", "dangling", "dangling/x",
					    "loop1"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sbx_error err = SBX_ERROR_INIT;
		if (sbx_mkdirs_in_root(root_dfd, cases[i], 0755, &err) == 0)
			fail_msg("%s: taken for a folder", cases[i]);
		assert_int_not_equal(err.os_errno, 0);
	}
}

static void test_deep_and_long(void **state)
{
	char path[4000] = "";
	for (int i = 0; i < 60; i++)
		strcat(path, "deep/");
	assert_int_equal(sbx_mkdirs_in_root(root_dfd, path, 0755, NULL), 0);
	SBX_CLEANUP_FD int fd = sbx_open_in_root(root_dfd, path, O_PATH | O_DIRECTORY, 0, NULL);
	assert_true(fd >= 0);
	char name[400];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	refuses(name, O_RDONLY, ENAMETOOLONG);
}

static void test_relative_paths_of_archives(void **state)
{
	static const struct {
		const char *path, *result;
	} cases[] = {
		{"./usr/bin/x", "usr/bin/x"},
		{"usr", "usr"},
		{"./", "."},
		{".", "."},
		{"", "."},
		{".//a", "a"},
		{"././a", "a"},
		{"a/./b", "a/./b"},
		{"..a/b..", "..a/b.."},
		{"...", "..."},
		{"/etc", NULL},
		{".//../x", NULL},
		{"..", NULL},
		{"../a", NULL},
		{"a/../b", NULL},
		{"a/..", NULL},
		{"./..", NULL},
		{"a//../b", NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *result = sbx_path_check_relative(cases[i].path);
		if (!cases[i].result)
			assert_null(result);
		else
			assert_string_equal(result, cases[i].result);
	}
}

#define BOTH(test)                                                                                 \
	{#test, test, set_up, tear_down, NULL},                                                    \
	{                                                                                          \
#test " without openat2", test, set_up, tear_down, (void *)1                       \
	}

int main(void)
{
	umask(022);
	const struct CMUnitTest tests[] = {
		BOTH(test_paths_stay_inside), BOTH(test_links_stay_inside),
		BOTH(test_the_root_itself),   BOTH(test_creating_stays_inside),
		BOTH(test_folders),	      BOTH(test_folders_where_something_else_is),
		BOTH(test_deep_and_long),     cmocka_unit_test(test_relative_paths_of_archives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
