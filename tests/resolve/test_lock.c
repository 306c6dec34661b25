/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/resolve/lock.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

static void add_package(struct sbx_lock *lock, const char *name, const char *version)
{
	struct sbx_lock_package *p = g_new0(struct sbx_lock_package, 1);
	p->name = g_strdup(name);
	p->version = g_strdup(version);
	p->architecture = g_strdup("amd64");
	p->origin = g_strdup("stable/main");
	p->path = g_strdup_printf("pool/main/%s_%s_amd64.deb", name, version);
	p->sha256 = g_strdup(HEX "f");
	p->size = 1234;
	p->installed_bytes = 1024 * 1024;
	g_ptr_array_add(lock->packages, p);
}

static struct sbx_lock *make_lock(void)
{
	struct sbx_lock *lock = sbx_lock_new("stable", "amd64");
	struct sbx_lock_release *release = g_new0(struct sbx_lock_release, 1);
	release->origin = g_strdup("stable/main");
	release->date = g_strdup("2026-05-16T09:30:00Z");
	release->sha256 = g_strdup(HEX "0");
	g_ptr_array_add(lock->releases, release);
	add_package(lock, "app", "1:2.0~rc1-3+b1");
	add_package(lock, "zlib1g", "1.2.13");
	((struct sbx_lock_package *)lock->packages->pdata[0])->manual = TRUE;
	return lock;
}

static struct sbx_lock_package *package(struct sbx_lock *lock, guint i)
{
	return lock->packages->pdata[i];
}

static void test_what_is_written_is_read_again(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autofree char *json = sbx_lock_to_json(lock);
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_lock) again = sbx_lock_from_json(json, -1, "x.lock", &error);
	assert_null(error);
	g_autofree char *json_again = sbx_lock_to_json(again);
	assert_string_equal(json, json_again);
	assert_int_equal(json[strlen(json) - 1], '\n');
	assert_string_equal(package(again, 0)->version, "1:2.0~rc1-3+b1");
	assert_true(package(again, 0)->manual);
	assert_int_equal(package(again, 1)->size, 1234);
}

static void test_reading_sorts(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	add_package(lock, "aaa", "1");
	g_autofree char *json = sbx_lock_to_json(lock);
	SBX_AUTO(sbx_lock) again = sbx_lock_from_json(json, -1, "x.lock", NULL);
	assert_non_null(again);
	assert_string_equal(package(again, 0)->name, "aaa");
}

/* The id is on disk and in registries: it must never change by accident. */
static void test_the_id_is_what_it_always_was(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autofree char *id = sbx_lock_id(lock);
	/* printf 'builder-format ...' | sha256sum, of the text in docs/resolve.md */
	assert_string_equal(id, "a5d8156d3e6dbe816b17e9bd0ed04858d83860d25251cfaa1dae62c5dbd30732");
}

static void replace(char **text, const char *with)
{
	g_free(*text);
	*text = g_strdup(with);
}

static void test_where_and_when_are_no_content(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autofree char *before = sbx_lock_id(lock);
	replace(&lock->suite, "testing");
	replace(&package(lock, 0)->path, "elsewhere/app.deb");
	replace(&package(lock, 0)->origin, "testing/main");
	package(lock, 0)->base = TRUE;
	g_ptr_array_set_size(lock->releases, 0);
	gpointer first = lock->packages->pdata[0];
	lock->packages->pdata[0] = lock->packages->pdata[1];
	lock->packages->pdata[1] = first;
	g_autofree char *after = sbx_lock_id(lock);
	assert_string_equal(before, after);
}

static void test_what_decides_the_tree_is_content(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_add(ids, sbx_lock_id(lock));
	package(lock, 1)->manual = TRUE;
	assert_true(g_hash_table_add(ids, sbx_lock_id(lock)));
	replace(&package(lock, 0)->sha256, HEX "1");
	assert_true(g_hash_table_add(ids, sbx_lock_id(lock)));
	replace(&package(lock, 0)->version, "3");
	assert_true(g_hash_table_add(ids, sbx_lock_id(lock)));
	replace(&lock->architecture, "arm64");
	assert_true(g_hash_table_add(ids, sbx_lock_id(lock)));
	lock->recommends = TRUE;
	assert_true(g_hash_table_add(ids, sbx_lock_id(lock)));
	add_package(lock, "more", "1");
	assert_true(g_hash_table_add(ids, sbx_lock_id(lock)));
}

static GPtrArray *list(const char *folder)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *path = g_build_filename(SBX_TEST_DIR, folder, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	assert_non_null(dir);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_ptr_array_add(paths, g_build_filename(path, name, NULL));
	return paths;
}

static void test_good_locks_are_read(void **state)
{
	g_autoptr(GPtrArray) paths = list("good-locks");
	assert_true(paths->len >= 3);
	for (guint i = 0; i < paths->len; i++) {
		g_autofree char *text = NULL;
		gsize n;
		g_autoptr(GError) error = NULL;
		assert_true(g_file_get_contents(paths->pdata[i], &text, &n, NULL));
		SBX_AUTO(sbx_lock)
		lock = sbx_lock_from_json(text, (gssize)n, paths->pdata[i], &error);
		if (!lock)
			fail_msg("%s", error->message);
	}
}

/*
 * "packages-0-sha256.short.json" must be refused naming packages[0].sha256: the name's part before
 * the first dot is the field.
 */
static void check_refused(const char *path)
{
	g_autofree char *text = NULL, *name = g_path_get_basename(path);
	g_auto(GStrv) parts = g_strsplit(name, ".", 2);
	gsize n;
	g_autoptr(GError) error = NULL;
	assert_true(g_file_get_contents(path, &text, &n, NULL));
	SBX_AUTO(sbx_lock) lock = sbx_lock_from_json(text, (gssize)n, "it", &error);
	if (lock)
		fail_msg("%s was read", name);
	assert_int_equal(error->domain, SBX_ERROR);
	assert_int_equal(error->code, SBX_E_INPUT);
	assert_true(g_str_has_prefix(error->message, "it: "));
	assert_null(strchr(error->message, '\n'));
	g_auto(GStrv) field = g_strsplit(parts[0], "-", 3);
	g_autofree char *place = g_strv_length(field) == 3 ? g_strdup_printf("%s[%s].%s:", field[0],
									     field[1], field[2])
							   : g_strdup(field[0]);
	if (!g_str_equal(place, "whole") && !strstr(error->message, place))
		fail_msg("%s: \"%s\" is not in \"%s\"", name, place, error->message);
}

static void test_bad_locks_are_refused(void **state)
{
	g_autoptr(GPtrArray) paths = list("bad-locks");
	assert_true(paths->len >= 30);
	for (guint i = 0; i < paths->len; i++)
		check_refused(paths->pdata[i]);
}

static void test_deep_nesting_is_refused_before_it_is_parsed(void **state)
{
	g_autoptr(GString) text = g_string_new("{\"format\": ");
	for (int i = 0; i < 1000000; i++)
		g_string_append_c(text, '[');
	g_autoptr(GError) error = NULL;
	assert_null(sbx_lock_from_json(text->str, (gssize)text->len, "it", &error));
	assert_int_equal(error->code, SBX_E_INPUT);
}

static void test_every_cut_is_refused(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autofree char *json = sbx_lock_to_json(lock);
	gssize n = (gssize)strlen(json) - 1; /* without its line end it still is whole */
	for (gssize i = 0; i < n; i++)
		assert_null(sbx_lock_from_json(json, i, "it", NULL));
}

static void assert_holds(const char *path, const char *expected)
{
	g_autofree char *text = NULL;
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, expected);
}

/* As root a rename onto /dev/full or /dev/stdout would take these from the whole machine. */
static void test_saving_replaces_plain_files_only(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autofree char *json = sbx_lock_to_json(lock);
	g_autofree char *folder = g_dir_make_tmp("sbx-lock-XXXXXX", NULL);
	g_autofree char *plain = g_build_filename(folder, "plain", NULL);
	g_autofree char *link = g_build_filename(folder, "link", NULL);
	g_autofree char *pipe = g_build_filename(folder, "pipe", NULL);
	struct stat st;
	assert_true(sbx_lock_save(lock, plain, NULL));
	assert_holds(plain, json);
	assert_true(g_file_set_contents(plain, "old", -1, NULL));
	assert_int_equal(symlink("plain", link), 0);
	assert_true(sbx_lock_save(lock, link, NULL));
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_holds(plain, json);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	int reader = open(pipe, O_RDONLY | O_NONBLOCK);
	assert_true(sbx_lock_save(lock, pipe, NULL)); /* less than a pipe holds */
	close(reader);
	assert_int_equal(lstat(pipe, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	g_unlink(plain);
	g_unlink(link);
	g_unlink(pipe);
	assert_int_equal(g_rmdir(folder), 0);
}

static void test_saving_where_it_cannot_be(void **state)
{
	SBX_AUTO(sbx_lock) lock = make_lock();
	g_autofree char *folder = g_dir_make_tmp("sbx-lock-XXXXXX", NULL);
	g_autofree char *full = g_build_filename(folder, "full", NULL);
	g_autofree char *nowhere = g_build_filename(folder, "no-such-folder", "x", NULL);
	g_autoptr(GError) error = NULL, error_full = NULL;
	assert_false(sbx_lock_save(lock, nowhere, &error));
	assert_int_equal(error->code, SBX_E_FAILED);
	/* A link of our own: were it replaced, the device would still be there. */
	assert_int_equal(symlink("/dev/full", full), 0);
	assert_false(sbx_lock_save(lock, full, &error_full));
	assert_int_equal(error_full->code, SBX_E_NO_SPACE);
	g_unlink(full);
	assert_int_equal(g_rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read_again),
		cmocka_unit_test(test_reading_sorts),
		cmocka_unit_test(test_the_id_is_what_it_always_was),
		cmocka_unit_test(test_where_and_when_are_no_content),
		cmocka_unit_test(test_what_decides_the_tree_is_content),
		cmocka_unit_test(test_good_locks_are_read),
		cmocka_unit_test(test_bad_locks_are_refused),
		cmocka_unit_test(test_deep_nesting_is_refused_before_it_is_parsed),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_saving_replaces_plain_files_only),
		cmocka_unit_test(test_saving_where_it_cannot_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
