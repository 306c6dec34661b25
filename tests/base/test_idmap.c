/* SPDX-License-Identifier: Apache-2.0 */
/* The file that says in which ids a store's owners are. To enter them is tests/e2e/ids.py's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/idmap.h"

static char path[] = "/tmp/sbx-idmap-XXXXXX";

static int set_up(void **state)
{
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	return unlink(path);
}

static void put(const char *text)
{
	SBX_CLEANUP_FD int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(sbx_write_all(fd, text, strlen(text)), 0);
}

static void test_what_is_written_is_read(void **state)
{
	const struct sbx_idmap map = {1000, 1001, 100000, 200000, SBX_IDMAP_COUNT};
	struct sbx_idmap read;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_idmap_add_text(&map, &text);
	put(text.data);
	assert_int_equal(sbx_idmap_read(AT_FDCWD, path, &read, NULL), 1);
	assert_memory_equal(&read, &map, sizeof(map));
	assert_int_equal(sbx_idmap_read(AT_FDCWD, "/nonexistent/ids", &read, NULL), 0);
	assert_false(sbx_idmap_is_entered(&map));
	assert_null(sbx_idmap_entered());
}

static void test_malformed_files(void **state)
{
	static const char *const texts[] = {
		"",
		"[ids]\n",
		"[ids]\nuid=1\ngid=1\nfirst_uid=1\nfirst_gid=1\n",
		"[ids]\nuid=1\ngid=1\nfirst_uid=1\nfirst_gid=1\ncount=\n",
		"[ids]\nuid=-1\ngid=1\nfirst_uid=1\nfirst_gid=1\ncount=1\n",
		"[ids]\nuid= 1x\ngid=1\nfirst_uid=1\nfirst_gid=1\ncount=1\n",
		"[ids]\nuid=1\ngid=1\nfirst_uid=4294967295\nfirst_gid=1\ncount=1\n",
		"[ids]\nuid=99999999999999999999\ngid=1\nfirst_uid=1\nfirst_gid=1\ncount=1\n",
		"uid=1\n",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sbx_idmap map = {.uid = 7};
		struct sbx_error err = SBX_ERROR_INIT;
		put(texts[i]);
		assert_int_equal(sbx_idmap_read(AT_FDCWD, path, &map, &err), -1);
		assert_int_not_equal(err.code, SBX_OK);
		assert_non_null(strstr(err.message, path));
		assert_int_equal(map.uid, 7);
	}
}

static void test_the_map_of_another_user_is_refused(void **state)
{
	const struct sbx_idmap map = {geteuid() + 1, getegid(), 100000, 100000, SBX_IDMAP_COUNT};
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_idmap_enter(&map, &err), -1);
	assert_int_equal(err.code, SBX_E_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_malformed_files),
		cmocka_unit_test(test_the_map_of_another_user_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
