/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

static char folder[64];

static int set_up(void **state)
{
	strcpy(folder, "/tmp/sbx-fd-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static int write_file(int dfd, const char *name, const void *data, size_t n)
{
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	return sbx_write_all(fd, data, n);
}

static void test_close_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), same = fd;
	errno = EDOM;
	sbx_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, EDOM);
	assert_int_equal(fcntl(same, F_GETFD), -1);
	sbx_close(&fd);
}

static void test_steal(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int taken;
	{
		SBX_CLEANUP_FD int mine = fd;
		taken = sbx_steal_fd(&mine);
	}
	assert_int_equal(taken, fd);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	sbx_close(&fd);
	SBX_CLEANUP_FREE char *text = strdup("x");
	char *stolen = sbx_steal(text);
	assert_null(text);
	assert_string_equal(stolen, "x");
	free(stolen);
}

static void test_read_what_was_written(void **state)
{
	SBX_CLEANUP_FD int dfd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const size_t sizes[] = {0, 1, 4095, 4096, 65536, 1 << 20};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		SBX_CLEANUP_FREE char *data = calloc(1, sizes[i] + 1);
		memset(data, 'd', sizes[i]);
		assert_int_equal(write_file(dfd, "file", data, sizes[i]), 0);
		size_t n = 42;
		SBX_CLEANUP_FREE char *read = sbx_read_file(dfd, "file", sizes[i], &n, NULL);
		assert_non_null(read);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(read, data, n + 1);
	}
}

/* Files of /proc say that they are empty. */
static void test_read_a_file_of_unknown_size(void **state)
{
	size_t n;
	SBX_CLEANUP_FREE char *text =
		sbx_read_file(AT_FDCWD, "/proc/self/status", 1 << 20, &n, NULL);
	assert_non_null(text);
	assert_true(n > 100 && strlen(text) == n);
	assert_null(sbx_read_file(AT_FDCWD, "/proc/self/status", 100, &n, NULL));
}

static void test_limits(void **state)
{
	SBX_CLEANUP_FD int dfd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(write_file(dfd, "big", "0123456789", 10), 0);
	assert_null(sbx_read_file(dfd, "big", 9, NULL, &err));
	assert_int_equal(err.code, SBX_E_INPUT);
	assert_non_null(strstr(err.message, "big"));
	SBX_CLEANUP_FREE char *all = sbx_read_file(dfd, "big", 10, NULL, NULL);
	assert_string_equal(all, "0123456789");
}

static void test_what_is_no_file(void **state)
{
	SBX_CLEANUP_FD int dfd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(dfd, "sub", 0755), 0);
	struct sbx_error err = SBX_ERROR_INIT;
	assert_null(sbx_read_file(dfd, "sub", 100, NULL, &err));
	assert_non_null(strstr(err.message, "folder"));
	sbx_error_clear(&err);
	assert_null(sbx_read_file(dfd, "missing", 100, NULL, &err));
	assert_int_equal(err.os_errno, ENOENT);
	/* A pipe that nobody writes to must not hold us up, nor be an empty file. */
	assert_int_equal(mkfifoat(dfd, "pipe", 0644), 0);
	sbx_error_clear(&err);
	assert_null(sbx_read_file(dfd, "pipe", 100, NULL, &err));
	assert_non_null(strstr(err.message, "pipe: is a pipe"));
	static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/tty"};
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		sbx_error_clear(&err);
		assert_null(sbx_read_file(AT_FDCWD, devices[i], 100, NULL, &err));
		assert_non_null(strstr(err.message, "device"));
	}
}

static void test_write_errors_are_seen(void **state)
{
	SBX_CLEANUP_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(sbx_write_all(full, "x", 1), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(sbx_write_all(-1, "x", 1), -1);
	assert_int_equal(sbx_write_all(-1, "", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_keeps_errno),
		cmocka_unit_test(test_steal),
		cmocka_unit_test(test_read_what_was_written),
		cmocka_unit_test(test_read_a_file_of_unknown_size),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_what_is_no_file),
		cmocka_unit_test(test_write_errors_are_seen),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
