/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/store/fixture.h"

/* libostree itself must find the checksum that we computed right, for files and links. */
static void our_checksums_are_libostrees(void **state)
{
	struct fixture *f = *state;
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	struct sbx_file_meta metas[] = {
		{.mode = S_IFREG | 0644},
		{.mode = S_IFREG | 04755, .uid = 3, .gid = 42},
		{.mode = S_IFREG | 0600},
		{.mode = S_IFLNK | 0777, .target = "../some/where"},
	};
	const char *texts[] = {"", "hello\n", "x", NULL};
	for (guint i = 0; i < G_N_ELEMENTS(metas); i++) {
		guint8 checksum[SBX_CHECKSUM_BYTES];
		assert_ok(sbx_object_write(f->store, &metas[i], texts[i],
					   texts[i] ? strlen(texts[i]) : 0, checksum, NULL, error));
		g_autofree char *hex = ostree_checksum_from_bytes(checksum);
		assert_ok(ostree_repo_fsck_object(f->store->repo, OSTREE_OBJECT_TYPE_FILE, hex,
						  NULL, error));
	}
	assert_ok(sbx_transaction_commit(&transaction, NULL, error));
}

static void a_tree_comes_back_from_its_commit(void **state)
{
	struct fixture *f = *state;
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	SBX_AUTO(sbx_tree) loaded = NULL;
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	SBX_AUTO(sbx_tree) tree = empty_tree(f);
	put(f, tree, "usr/bin/a", "a", 0755);
	put(f, tree, "usr/share/b", "b", 0644);
	assert_ok(sbx_tree_commit(tree, "test/one", NULL, NULL, NULL, error));
	assert_ok(sbx_transaction_commit(&transaction, NULL, error));
	assert_ok(sbx_tree_load_ref(f->store, "test/one", 7, &loaded, NULL, NULL, error));
	struct sbx_entry *entry = sbx_tree_find(loaded, "usr/bin/a", NULL);
	assert_non_null(entry);
	assert_int_equal(entry->owner, 7);
	assert_null(sbx_tree_find(loaded, "usr/bin/b", NULL));
	gsize n;
	g_autofree char *text = sbx_object_read(f->store, entry->checksum, 10, &n, NULL);
	assert_string_equal(text, "a");
}

static char *commit_of(struct fixture *f, gboolean other_order)
{
	char *commit = NULL;
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	SBX_AUTO(sbx_tree) tree = empty_tree(f);
	put(f, tree, other_order ? "z" : "a/b", other_order ? "2" : "1", 0644);
	put(f, tree, other_order ? "a/b" : "z", other_order ? "1" : "2", 0644);
	assert_ok(sbx_tree_commit(tree, NULL, NULL, &commit, NULL, error));
	assert_ok(sbx_transaction_commit(&transaction, NULL, error));
	return commit;
}

static void the_same_tree_is_the_same_commit(void **state)
{
	g_autofree char *one = commit_of(*state, FALSE);
	g_autofree char *two = commit_of(*state, TRUE);
	assert_string_equal(one, two);
}

static struct sbx_tree *stored_tree(struct fixture *f)
{
	struct sbx_tree *tree = NULL;
	g_autofree char *commit = NULL;
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	SBX_AUTO(sbx_tree) made = empty_tree(f);
	put(f, made, "a/b", "1", 0644);
	put(f, made, "a/tool", "run", 0755);
	put(f, made, "usr/share/doc/x/y/z", "deep", 0600);
	assert_ok(sbx_tree_commit(made, "test/out", NULL, NULL, NULL, error));
	assert_ok(sbx_transaction_commit(&transaction, NULL, error));
	assert_ok(sbx_tree_load_ref(f->store, "test/out", 0, &tree, NULL, NULL, error));
	return tree;
}

static void assert_file(const char *root, const char *name, const char *expected, mode_t mode)
{
	g_autofree char *path = g_build_filename(root, name, NULL);
	g_autofree char *text = NULL;
	struct stat st;
	assert_ok(g_file_get_contents(path, &text, NULL, error));
	assert_string_equal(text, expected);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_mtime, 0);
}

static nlink_t n_links(const char *root, const char *name)
{
	g_autofree char *path = g_build_filename(root, name, NULL);
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_nlink;
}

static void a_checkout_has_the_modes_and_bytes(void **state)
{
	struct fixture *f = *state;
	SBX_AUTO(sbx_tree) tree = stored_tree(f);
	g_autofree char *path = g_build_filename(f->root, "tmp", "out", NULL);
	assert_ok(sbx_tree_checkout(tree, f->store, path, NULL, NULL, error));
	assert_file(path, "a/b", "1", 0644);
	assert_file(path, "a/tool", "run", 0755);
	assert_file(path, "usr/share/doc/x/y/z", "deep", 0600);
	assert_int_equal(n_links(path, "a/b"), 2); /* a link to the object, not a copy */
}

static void a_checkout_replaces_what_is_in_its_way_and_leaves_the_rest(void **state)
{
	struct fixture *f = *state;
	SBX_AUTO(sbx_tree) tree = stored_tree(f);
	g_autofree char *path = g_build_filename(f->root, "tmp", "out", NULL);
	g_autofree char *folder = g_build_filename(path, "a/b/c", NULL);
	g_autofree char *file = g_build_filename(path, "usr", NULL);
	g_autofree char *kept = g_build_filename(path, "kept", NULL);
	assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
	assert_int_equal(symlink("/etc", file), 0);
	assert_ok(g_file_set_contents(kept, "mine", -1, error));
	assert_ok(sbx_tree_checkout(tree, f->store, path, NULL, NULL, error));
	assert_ok(sbx_tree_checkout(tree, f->store, path, NULL, NULL, error)); /* over itself */
	assert_file(path, "a/b", "1", 0644);
	assert_file(path, "usr/share/doc/x/y/z", "deep", 0600);
	g_autofree char *text = NULL;
	assert_ok(g_file_get_contents(kept, &text, NULL, error));
	assert_string_equal(text, "mine");
}

/* As where an object has all the links that a file system allows. */
static void a_file_that_cannot_be_linked_is_copied(void **state)
{
	struct fixture *f = *state;
	SBX_AUTO(sbx_tree) tree = stored_tree(f);
	g_autofree char *path = g_strdup("/dev/shm/sbx-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	assert_ok(sbx_tree_checkout(tree, f->store, path, NULL, NULL, error));
	assert_file(path, "a/tool", "run", 0755);
	assert_int_equal(n_links(path, "a/tool"), 1);
	assert_ok(sbx_store_remove_tree(path, error));
}

static void a_checkout_without_an_object_says_which(void **state)
{
	struct fixture *f = *state;
	SBX_AUTO(sbx_tree) tree = stored_tree(f);
	g_autofree char *path = g_build_filename(f->root, "tmp", "out", NULL);
	const struct sbx_entry *entry = sbx_tree_find(tree, "a/tool", NULL);
	g_autofree char *hex = ostree_checksum_from_bytes(entry->checksum);
	g_autofree char *object =
		g_strdup_printf("%s/repo/objects/%.2s/%s.file", f->root, hex, hex + 2);
	assert_int_equal(unlink(object), 0);
	assert_fails(sbx_tree_checkout(tree, f->store, path, NULL, NULL, error), SBX_E_DAMAGED,
		     hex + 2);
}

/* What is written again after changes is what would have been written from nothing. */
static void a_changed_tree_is_the_commit_of_one_made_anew(void **state)
{
	struct fixture *f = *state;
	struct sbx_file_meta other = {.mode = S_IFDIR | 0700};
	guint8 before[SBX_CHECKSUM_BYTES], after[SBX_CHECKSUM_BYTES], anew[SBX_CHECKSUM_BYTES];
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	SBX_AUTO(sbx_tree) tree = stored_tree(f);
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	assert_ok(sbx_object_write_dirmeta(f->store, &other, dirmeta, NULL, error));
	assert_ok(sbx_tree_write(tree, before, NULL, error));
	SBX_AUTO(sbx_tree) made = empty_tree(f);
	put(f, made, "a/b", "other", 0644);
	put(f, made, "a/tool", "run", 0755);
	put(f, made, "usr/share/doc/x/new", "new", 0644);
	sbx_tree_set_dirmeta(sbx_tree_find(made, "usr/share", NULL)->folder, dirmeta);
	put(f, tree, "a/b", "other", 0644);
	/* A folder below is written before what is above it. */
	assert_ok(sbx_tree_write(sbx_tree_find(tree, "a", NULL)->folder, after, NULL, error));
	put(f, tree, "usr/share/doc/x/new", "new", 0644);
	assert_ok(sbx_tree_write(tree, after, NULL, error));
	assert_ok(
		sbx_tree_remove(sbx_tree_find(tree, "usr/share/doc/x", NULL)->folder, "y", error));
	sbx_tree_set_dirmeta(sbx_tree_find(tree, "usr/share", NULL)->folder, dirmeta);
	assert_ok(sbx_tree_write(tree, after, NULL, error));
	assert_ok(sbx_tree_write(made, anew, NULL, error));
	assert_memory_equal(after, anew, SBX_CHECKSUM_BYTES);
	assert_memory_not_equal(after, before, SBX_CHECKSUM_BYTES);
}

static void a_file_in_the_way_of_a_folder_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct sbx_file_meta folder = {.mode = S_IFDIR | 0755};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	SBX_AUTO(sbx_tree) tree = empty_tree(f);
	put(f, tree, "etc", "a file", 0644);
	assert_ok(sbx_object_write_dirmeta(f->store, &folder, dirmeta, NULL, error));
	assert_fails(sbx_tree_make_folders(tree, "etc/deep", dirmeta, 0, error), SBX_E_ARCHIVE,
		     "'etc' is a file");
}

static void an_aborted_transaction_leaves_no_ref(void **state)
{
	struct fixture *f = *state;
	{
		SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
		assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
		SBX_AUTO(sbx_tree) tree = empty_tree(f);
		put(f, tree, "a", "a", 0644);
		assert_ok(sbx_tree_commit(tree, "test/gone", NULL, NULL, NULL, error));
	}
	g_autofree char *commit = NULL;
	assert_ok(ostree_repo_resolve_rev(f->store->repo, "test/gone", TRUE, &commit, error));
	assert_null(commit);
}

static void ref_parts_hold_any_version(void **state)
{
	(void)state;
	g_autofree char *part = sbx_store_ref_part("1:2.3~rc1+dfsg_4-.5");
	assert_string_equal(part, "1_3a2.3_7erc1_2bdfsg_5f4-.5");
	g_autofree char *ref = g_strconcat("pkg/deb/", part, "/x", NULL);
	assert_ok(ostree_validate_rev(ref, error));
	g_autofree char *leading = sbx_store_ref_part(".x");
	assert_string_equal(leading, "_2ex");
}

static void removing_a_tree_follows_no_link(void **state)
{
	struct fixture *f = *state;
	g_autofree char *outside = g_build_filename(f->root, "tmp", "outside", NULL);
	g_autofree char *kept = g_build_filename(outside, "kept", NULL);
	g_autofree char *inside = g_build_filename(f->root, "tmp", "inside", NULL);
	g_autofree char *locked = g_build_filename(inside, "locked", NULL);
	g_autofree char *deep = g_build_filename(locked, "deep", NULL);
	g_autofree char *link = g_build_filename(inside, "link", NULL);
	g_mkdir(outside, 0755);
	g_mkdir(inside, 0755);
	g_mkdir(locked, 0755);
	assert_ok(g_file_set_contents(kept, "x", 1, error));
	assert_ok(g_file_set_contents(deep, "x", 1, error));
	g_chmod(locked, 0);
	assert_int_equal(symlink(outside, link), 0);
	assert_ok(sbx_store_remove_tree(inside, error));
	assert_int_not_equal(access(inside, F_OK), 0);
	assert_int_equal(access(kept, F_OK), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		T(our_checksums_are_libostrees),
		T(a_tree_comes_back_from_its_commit),
		T(the_same_tree_is_the_same_commit),
		T(a_checkout_has_the_modes_and_bytes),
		T(a_checkout_replaces_what_is_in_its_way_and_leaves_the_rest),
		T(a_file_that_cannot_be_linked_is_copied),
		T(a_checkout_without_an_object_says_which),
		T(a_changed_tree_is_the_commit_of_one_made_anew),
		T(a_file_in_the_way_of_a_folder_is_an_error),
		T(an_aborted_transaction_leaves_no_ref),
		T(ref_parts_hold_any_version),
		T(removing_a_tree_follows_no_link),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
