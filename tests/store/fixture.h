/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_STORE_FIXTURE_H
#define SBX_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/checkout.h"
#include "store/transaction.h"
#include "store/tree.h"

/* A store of its own for each test, removed afterwards. */
struct fixture {
	char *root;
	struct sbx_store *store;
};

static inline int open_fixture(void **state)
{
	g_autoptr(GError) error = NULL;
	struct fixture *f = g_new0(struct fixture, 1);
	f->root = g_dir_make_tmp("sbx-test-XXXXXX", NULL);
	f->store = sbx_store_open(f->root, SBX_STORE_SHARED, NULL, &error);
	*state = f;
	if (!f->store)
		print_error("%s\n", error->message);
	return f->store ? 0 : -1;
}

static inline int close_fixture(void **state)
{
	struct fixture *f = *state;
	sbx_store_free(f->store);
	sbx_store_remove_tree(f->root, NULL);
	g_free(f->root);
	g_free(f);
	return 0;
}

#define assert_ok(call)                                                                            \
	do {                                                                                       \
		g_autoptr(GError) failed_ = NULL;                                                  \
		GError **error = &failed_;                                                         \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, failed_ ? failed_->message : "no error set");    \
	} while (0)

#define assert_fails(call, expected_code, part)                                                    \
	do {                                                                                       \
		g_autoptr(GError) failed_ = NULL;                                                  \
		GError **error = &failed_;                                                         \
		assert_false(call);                                                                \
		assert_non_null(failed_);                                                          \
		assert_int_equal(sbx_gerror_code(failed_), expected_code);                         \
		if (!strstr(failed_->message, part))                                               \
			fail_msg("'%s' does not say '%s'", failed_->message, part);                \
	} while (0)

static inline void put(struct fixture *f, struct sbx_tree *tree, const char *path, const char *text,
		       guint32 mode)
{
	struct sbx_file_meta file = {.mode = S_IFREG | mode}, folder = {.mode = S_IFDIR | 0755};
	guint8 checksum[SBX_CHECKSUM_BYTES], dirmeta[SBX_CHECKSUM_BYTES];
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	assert_ok(sbx_object_write_dirmeta(f->store, &folder, dirmeta, NULL, error));
	assert_ok(sbx_object_write(f->store, &file, text, strlen(text), checksum, NULL, error));
	struct sbx_tree *into = tree;
	if (strcmp(parent, "."))
		assert_ok(into = sbx_tree_make_folders(tree, parent, dirmeta, 0, error));
	assert_ok(sbx_tree_put_file(into, name, checksum, 0, error));
}

static inline struct sbx_tree *empty_tree(struct fixture *f)
{
	struct sbx_file_meta folder = {.mode = S_IFDIR | 0755};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	assert_ok(sbx_object_write_dirmeta(f->store, &folder, dirmeta, NULL, error));
	return sbx_tree_new(f->store, dirmeta);
}

#endif
