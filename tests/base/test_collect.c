/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/collect.h"
#include "base/fd.h"

/* A folder of what a task left, and one for what comes out. */
struct folders {
	char path[64];
	int from, to;
};

static int make_folders(void **state)
{
	static struct folders f;
	strcpy(f.path, "/tmp/sbx-collect-XXXXXX");
	assert_non_null(mkdtemp(f.path));
	assert_int_equal(chdir(f.path), 0);
	assert_int_equal(mkdir("from", 0755) | mkdir("to", 0755), 0);
	f.from = open("from", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f.to = open("to", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &f;
	return 0;
}

static int remove_folders(void **state)
{
	struct folders *f = *state;
	char command[96];
	close(f->from);
	close(f->to);
	snprintf(command, sizeof(command), "rm -rf %s", f->path);
	return chdir("/") | system(command);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(sbx_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_text(const char *path, const char *expected)
{
	SBX_CLEANUP_FREE char *text = sbx_read_file(AT_FDCWD, path, 1 << 20, NULL, NULL);
	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void plain_files_come_out_and_tricks_stay(void **state)
{
	struct folders *f = *state;
	struct sbx_collect c = {0};
	struct stat st;
	assert_int_equal(mkdir("from/a", 0700) | mkdir("from/a/b", 0700), 0);
	write_file("from/a/b/x", "result", 0600);
	write_file("from/tool", "x", 06777);
	assert_int_equal(symlink("/etc/passwd", "from/passwd"), 0);
	assert_int_equal(symlink("/", "from/all"), 0);
	assert_int_equal(mkfifo("from/pipe", 0666), 0);
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, NULL), 0);
	assert_int_equal(c.n_files, 2);
	assert_int_equal(c.n_folders, 2);
	assert_int_equal(c.n_bytes, 7);
	assert_int_equal(c.n_left_out, 3);
	assert_text("to/a/b/x", "result");
	assert_int_equal(stat("to/tool", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_not_equal(lstat("to/passwd", &st) & lstat("to/all", &st) & lstat("to/pipe", &st),
			     0);
}

static void a_link_in_the_target_is_not_followed(void **state)
{
	struct folders *f = *state;
	struct sbx_collect c = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	write_file("from/x", "new", 0644);
	write_file("victim", "untouched", 0644);
	assert_int_equal(symlink("../victim", "to/x"), 0);
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, NULL), 0);
	assert_text("victim", "untouched");
	assert_text("to/x", "new");
	/* Nor a folder that is a link. */
	assert_int_equal(mkdir("from/d", 0755) | mkdir("elsewhere", 0755), 0);
	write_file("from/d/y", "new", 0644);
	assert_int_equal(symlink("../elsewhere", "to/d"), 0);
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, &err), -1);
	assert_int_equal(access("elsewhere/y", F_OK), -1);
}

static void a_hole_stays_a_hole_and_counts_in_full(void **state)
{
	struct folders *f = *state;
	struct sbx_collect c = {.max_bytes = 1 << 30};
	struct sbx_error err = SBX_ERROR_INIT;
	struct stat st;
	write_file("from/sparse", "head", 0644);
	assert_int_equal(truncate("from/sparse", 64 << 20), 0);
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, &err), 0);
	assert_int_equal(stat("to/sparse", &st), 0);
	assert_int_equal(st.st_size, 64 << 20);
	assert_true(st.st_blocks * 512 < 1 << 20);
	assert_int_equal(truncate("from/sparse", INT64_C(1) << 40), 0);
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, &err), -1);
	assert_int_equal(err.code, SBX_E_NO_SPACE);
}

/* A file of many names takes its size once inside, and each time outside. */
static void hard_links_and_many_files_meet_the_limits(void **state)
{
	struct folders *f = *state;
	struct sbx_collect c = {.max_bytes = 95};
	struct sbx_error err = SBX_ERROR_INIT;
	write_file("from/0", "0123456789", 0644);
	for (int i = 1; i < 10; i++) {
		char name[32];
		snprintf(name, sizeof(name), "from/%d", i);
		assert_int_equal(link("from/0", name), 0);
	}
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, &err), -1);
	assert_int_equal(err.code, SBX_E_NO_SPACE);
	assert_true(c.n_bytes <= 95);
	sbx_error_clear(&err);
	c = (struct sbx_collect){.max_files = 9};
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, &err), -1);
	assert_int_equal(err.code, SBX_E_NO_SPACE);
	c.max_files = 10;
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, NULL), 0);
}

static void what_is_nested_too_deep_is_left_out(void **state)
{
	struct folders *f = *state;
	struct sbx_collect c = {0};
	int dfd = dup(f->from);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(mkdirat(dfd, "d", 0755), 0);
		int below = openat(dfd, "d", O_RDONLY | O_DIRECTORY);
		close(dfd);
		dfd = below;
	}
	close(dfd);
	assert_int_equal(sbx_collect_below(f->from, f->to, &c, NULL), 0);
	assert_int_equal(c.n_left_out, 1);
	assert_int_equal(c.n_folders, 64);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_folders, remove_folders)
	const struct CMUnitTest tests[] = {
		T(plain_files_come_out_and_tricks_stay),
		T(a_link_in_the_target_is_not_followed),
		T(a_hole_stays_a_hole_and_counts_in_full),
		T(hard_links_and_many_files_meet_the_limits),
		T(what_is_nested_too_deep_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
