/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/archive/stream.h"
#include "store/gerror.h"

/* A few megabytes: more than the buffers between the two threads hold. */
static char *make_text(gsize *out_n, guint64 *out_n_lines)
{
	GString *text = g_string_new(NULL);
	for (*out_n_lines = 0; *out_n_lines < 250000; (*out_n_lines)++)
		g_string_append_printf(text, "usr/bin/program-%u  utils/package\n",
				       (guint)*out_n_lines);
	*out_n = text->len;
	return g_string_free(text, FALSE);
}

static char *compress(const char *text, gsize n, int filter)
{
	g_autoptr(GError) error = NULL;
	char *path;
	int fd = g_file_open_tmp("sbx-stream-XXXXXX", &path, &error);
	assert_true(fd >= 0);
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	archive_write_set_format_raw(a);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	archive_write_set_options(a, "compression-level=1"); /* plain has none: no matter */
	archive_write_open_fd(a, fd);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_write_header(a, entry);
	archive_write_data(a, text, n);
	archive_entry_free(entry);
	archive_write_free(a);
	close(fd);
	return path;
}

static gssize read_to_end(GInputStream *stream, GString *out, GCancellable *cancellable,
			  GError **error)
{
	char buffer[70000];
	for (;;) {
		gssize n = g_input_stream_read(stream, buffer, sizeof(buffer), cancellable, error);
		if (n <= 0)
			return n;
		g_string_append_len(out, buffer, n);
	}
}

static void every_compression_is_read(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD,
				      ARCHIVE_FILTER_NONE};
	gsize n;
	guint64 n_lines;
	g_autofree char *text = make_text(&n, &n_lines);
	for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autofree char *path = compress(text, n, filters[i]), *whole = NULL;
		g_autoptr(GInputStream) stream = sbx_index_stream_new(path, n, "w");
		g_autoptr(GString) got = g_string_new(NULL);
		gsize n_whole;
		assert_int_equal(read_to_end(stream, got, NULL, NULL), 0);
		assert_int_equal(got->len, n);
		assert_memory_equal(got->str, text, n);
		assert_int_equal(sbx_index_stream_n_lines(stream), n_lines);
		assert_true(sbx_index_read(path, n, 1, "w", &whole, &n_whole, NULL));
		assert_int_equal(n_whole, n);
		assert_memory_equal(whole, text, n);
		g_free(whole);
		assert_true(sbx_index_read(path, 0, n, "w", &whole, &n_whole, NULL));
		assert_memory_equal(whole, text, n);
		unlink(path);
	}
}

static void an_empty_index_is_read(void **state)
{
	g_autofree char *path = compress("", 0, ARCHIVE_FILTER_GZIP), *whole = NULL;
	g_autoptr(GInputStream) stream = sbx_index_stream_new(path, 10, "w");
	g_autoptr(GString) got = g_string_new(NULL);
	gsize n;
	assert_int_equal(read_to_end(stream, got, NULL, NULL), 0);
	assert_int_equal(got->len, 0);
	assert_true(sbx_index_read(path, 0, 10, "w", &whole, &n, NULL));
	assert_int_equal(n, 0);
	unlink(path);
}

static void expect_failure(const char *path, guint64 limit, const char *word)
{
	g_autoptr(GInputStream) stream = sbx_index_stream_new(path, limit, "w");
	g_autoptr(GString) got = g_string_new(NULL);
	g_autoptr(GError) error = NULL, again = NULL;
	g_autofree char *whole = NULL;
	gsize n;
	assert_int_equal(read_to_end(stream, got, NULL, &error), -1);
	assert_true(g_error_matches(error, SBX_ERROR, SBX_E_ARCHIVE));
	if (!g_str_has_prefix(error->message, "w: ") || !strstr(error->message, word))
		fail_msg("%s", error->message);
	assert_false(sbx_index_read(path, 0, limit, "w", &whole, &n, &again));
	assert_true(g_error_matches(again, SBX_ERROR, SBX_E_ARCHIVE));
}

static void too_much_text_is_refused(void **state)
{
	gsize n;
	guint64 n_lines;
	g_autofree char *text = make_text(&n, &n_lines);
	g_autofree char *path = compress(text, n, ARCHIVE_FILTER_XZ), *whole = NULL;
	expect_failure(path, n - 1, "more than");
	g_autoptr(GError) error = NULL;
	assert_false(sbx_index_read(path, n + 1, 1, "w", &whole, &n, &error));
	assert_non_null(strstr(error->message, "less than"));
	unlink(path);
}

static void damaged_data_is_refused(void **state)
{
	gsize n, n_packed;
	guint64 n_lines;
	g_autofree char *text = make_text(&n, &n_lines);
	g_autofree char *path = compress(text, n, ARCHIVE_FILTER_XZ), *packed = NULL;
	assert_true(g_file_get_contents(path, &packed, &n_packed, NULL));
	packed[n_packed / 2] ^= 1;
	assert_true(g_file_set_contents(path, packed, (gssize)n_packed, NULL));
	expect_failure(path, n, "decompressed");
	assert_int_equal(truncate(path, (off_t)n_packed / 3), 0);
	expect_failure(path, n, "decompressed");
	unlink(path);
	expect_failure("/nowhere", 10, "decompressed");
}

static void a_reader_may_leave_early(void **state)
{
	gsize n;
	guint64 n_lines;
	g_autofree char *text = make_text(&n, &n_lines);
	g_autofree char *path = compress(text, n, ARCHIVE_FILTER_GZIP);
	for (guint i = 0; i < 20; i++) {
		g_autoptr(GInputStream) stream = sbx_index_stream_new(path, n, "w");
		char byte;
		if (i % 2)
			assert_int_equal(g_input_stream_read(stream, &byte, 1, NULL, NULL), 1);
	}
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GInputStream) stream = sbx_index_stream_new(path, n, "w");
	g_autoptr(GString) got = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_cancellable_cancel(cancellable);
	assert_int_equal(read_to_end(stream, got, cancellable, &error), -1);
	assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_compression_is_read),
		cmocka_unit_test(an_empty_index_is_read),
		cmocka_unit_test(too_much_text_is_refused),
		cmocka_unit_test(damaged_data_is_refused),
		cmocka_unit_test(a_reader_may_leave_early),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
