/* SPDX-License-Identifier: Apache-2.0 */
/* Templates that lie on others: what a layer has, whether it is still so, and which base is best.
 */
#include <string.h>
#include <sys/sysmacros.h>

#include "store/catalog.h"
#include "store/layer.h"
#include "tests/store/fixture.h"

struct pair {
	struct sbx_tree *base, *tree;
};

static void keep(struct sbx_tree *made, const char *ref)
{
	assert_ok(sbx_tree_commit(made, ref, NULL, NULL, NULL, error));
	sbx_tree_free(made);
}

/* Of each kind of difference one, and much that is the same. */
static struct pair two_trees(struct fixture *f)
{
	struct pair pair = {NULL, NULL};
	struct sbx_file_meta other = {.mode = S_IFDIR | 0700};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	struct sbx_tree *base = empty_tree(f), *tree = empty_tree(f);
	for (int i = 0; i < 2; i++) {
		struct sbx_tree *both = i ? tree : base;
		put(f, both, "same/a/b", "1", 0644);
		put(f, both, "changed/same", "1", 0644);
		put(f, both, "mode/file", "1", 0644);
	}
	put(f, base, "changed/file", "old", 0644);
	put(f, base, "changed/gone", "old", 0644);
	put(f, base, "gone/a/b", "old", 0644);
	put(f, base, "folder/a", "old", 0644);
	put(f, base, "file", "old", 0644);
	put(f, tree, "changed/file", "new", 0644);
	put(f, tree, "changed/come", "new", 0644);
	put(f, tree, "folder", "a file", 0644);
	put(f, tree, "file/a", "a folder", 0644);
	assert_ok(sbx_object_write_dirmeta(f->store, &other, dirmeta, NULL, error));
	sbx_tree_set_dirmeta(sbx_tree_find(tree, "mode", NULL)->folder, dirmeta);
	keep(base, "test/base");
	keep(tree, "test/tree");
	assert_ok(sbx_transaction_commit(&transaction, NULL, error));
	assert_ok(sbx_tree_load_ref(f->store, "test/base", 0, &pair.base, NULL, NULL, error));
	assert_ok(sbx_tree_load_ref(f->store, "test/tree", 0, &pair.tree, NULL, NULL, error));
	return pair;
}

static char *below(const char *path, const char *name)
{
	return g_build_filename(path, name, NULL);
}

static mode_t mode_of(const char *path, const char *name)
{
	struct stat st;
	g_autofree char *full = below(path, name);
	return lstat(full, &st) == 0 ? st.st_mode : 0;
}

static void assert_whiteout(const char *path, const char *name)
{
	struct stat st;
	g_autofree char *full = below(path, name);
	assert_int_equal(lstat(full, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_rdev, makedev(0, 0));
}

static void a_layer_has_what_differs_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct pair pair = two_trees(f);
	SBX_AUTO(sbx_tree) base = pair.base;
	SBX_AUTO(sbx_tree) tree = pair.tree;
	SBX_AUTO(sbx_tree) layer = NULL;
	guint n = 0;
	g_autofree char *path = g_build_filename(f->root, "tmp", "layer", NULL);
	assert_ok(sbx_layer_make(f->store, base, tree, 100, &layer, &n, error));
	/* changed/, its three, file/, file/a, folder, gone, mode/ */
	assert_int_equal(n, 9);
	assert_ok(sbx_tree_checkout(layer, f->store, path, NULL, NULL, error));
	assert_whiteout(path, "changed/gone");
	assert_whiteout(path, "gone");
	assert_true(S_ISREG(mode_of(path, "changed/file")));
	assert_true(S_ISREG(mode_of(path, "changed/come")));
	assert_true(S_ISREG(mode_of(path, "folder")));
	assert_true(S_ISREG(mode_of(path, "file/a")));
	assert_int_equal(mode_of(path, "mode"), S_IFDIR | 0700);
	assert_int_equal(mode_of(path, "mode/file"), 0);
	assert_int_equal(mode_of(path, "changed/same"), 0);
	assert_int_equal(mode_of(path, "same"), 0);
}

static void a_layer_that_comes_to_too_much_is_none(void **state)
{
	struct fixture *f = *state;
	struct pair pair = two_trees(f);
	SBX_AUTO(sbx_tree) base = pair.base;
	SBX_AUTO(sbx_tree) tree = pair.tree;
	struct sbx_tree *layer = NULL;
	guint n = 0;
	assert_ok(sbx_layer_make(f->store, base, tree, 8, &layer, &n, error));
	assert_null(layer);
	assert_true(n > 8);
	assert_ok(sbx_layer_make(f->store, base, base, 0, &layer, &n, error));
	assert_non_null(layer);
	assert_int_equal(n, 0);
	sbx_tree_free(layer);
}

static void replace_file(const char *path)
{
	g_unlink(path);
	assert_ok(g_file_set_contents(path, "ne!", -1, error));
	g_chmod(path, 0644);
}

static void make_folder_of(const char *path)
{
	g_unlink(path);
	g_mkdir(path, 0755);
}

static void give_mode(const char *path)
{
	g_chmod(path, 0711);
}

static void remove_it(const char *path)
{
	g_unlink(path);
}

static void a_check_names_what_is_not_as_it_was(void **state)
{
	static const struct {
		const char *name;
		void (*damage)(const char *path);
		const char *problem; /* NULL: it is as it was */
	} cases[] = {
		{"same", NULL, NULL},
		{"changed/file", replace_file, "changed/file is another file than it was"},
		{"changed/file", remove_it, "changed/file is gone"},
		{"changed/gone", remove_it, "changed/gone is gone"},
		{"changed/gone", replace_file, "changed/gone is no whiteout any more"},
		{"changed/more", replace_file, "changed/more is not of the template"},
		{"folder", make_folder_of, "folder is another file than it was"},
		{"mode", give_mode, "mode has another owner or mode"},
		{"changed", give_mode, "changed has another owner or mode"},
	};
	struct fixture *f = *state;
	struct pair pair = two_trees(f);
	SBX_AUTO(sbx_tree) base = pair.base;
	SBX_AUTO(sbx_tree) tree = pair.tree;
	SBX_AUTO(sbx_tree) layer = NULL;
	guint n = 0;
	assert_ok(sbx_layer_make(f->store, base, tree, 100, &layer, &n, error));
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("%s/tmp/layer-%u", f->root, i);
		g_autofree char *damaged = below(path, cases[i].name);
		g_autofree char *problem = NULL;
		assert_ok(sbx_tree_checkout(layer, f->store, path, NULL, NULL, error));
		if (cases[i].damage)
			cases[i].damage(damaged);
		assert_ok(sbx_tree_check(layer, f->store, path, &problem, NULL, error));
		if (g_strcmp0(problem, cases[i].problem))
			fail_msg("expected '%s', got '%s'", cases[i].problem, problem);
	}
}

static void a_copy_of_an_object_is_as_good_as_a_link(void **state)
{
	struct fixture *f = *state;
	struct pair pair = two_trees(f);
	SBX_AUTO(sbx_tree) base = pair.base;
	SBX_AUTO(sbx_tree) tree = pair.tree;
	g_autofree char *problem = NULL;
	g_autofree char *path = g_strdup("/dev/shm/sbx-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	assert_ok(sbx_tree_checkout(tree, f->store, path, NULL, NULL, error));
	assert_ok(sbx_tree_check(tree, f->store, path, &problem, NULL, error));
	assert_null(problem);
	assert_ok(sbx_store_remove_tree(path, error));
}

#define ID(digit) "aaaa00000000000000000000000000000000000000000000000000000000000" digit

static void add(struct fixture *f, const char *id, const char *base, guint64 n_entries,
		const char *const *refs)
{
	struct sbx_template row = {.id = (char *)id,
				   .commit = (char *)"c",
				   .suite = (char *)"s",
				   .architecture = (char *)"amd64",
				   .base = (char *)base,
				   .n_entries = n_entries,
				   .created_usec = g_get_real_time(),
				   .refs = (char **)refs};
	assert_ok(sbx_catalog_add_template(f->store, &row, error));
}

static char *nearest(struct fixture *f, guint64 least_entries)
{
	const char *refs[] = {"base/x", "pkg/a", "pkg/b", "pkg/c", NULL};
	const struct sbx_catalog_wish wish = {.except = ID("9"),
					      .must = "base/x",
					      .prefix = "pkg/",
					      .refs = (char **)refs,
					      .least_entries = least_entries};
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_template) row = sbx_catalog_nearest(f->store, &wish, &error);
	assert_null(error);
	return row ? g_strdup(row->id + 63) : g_strdup("none");
}

static void the_nearest_base_has_most_in_common(void **state)
{
	struct fixture *f = *state;
	const char *const all[] = {"base/x", "pkg/a", "pkg/b", "pkg/c", NULL};
	const char *const two[] = {"base/x", "pkg/a", "pkg/b", "pyc/q", "pyc/r", NULL};
	const char *const many[] = {"base/x", "pkg/a", "pkg/b", "pkg/c", "pkg/d", "pkg/e", NULL};
	const char *const other[] = {"base/y", "pkg/a", "pkg/b", "pkg/c", NULL};
	g_autofree char *at_first = nearest(f, 100);
	assert_string_equal(at_first, "none");
	add(f, ID("9"), NULL, 1000, all); /* itself */
	add(f, ID("8"), ID("1"), 0, all); /* a layer */
	add(f, ID("7"), NULL, 1000, other);
	add(f, ID("6"), NULL, 50, all);
	add(f, ID("2"), NULL, 1000, many);
	add(f, ID("1"), NULL, 1000, two);
	g_autofree char *found = nearest(f, 100);
	assert_string_equal(found, "1");
	g_autofree char *small = nearest(f, 10);
	assert_string_equal(small, "6");
	g_auto(GStrv) upper = sbx_catalog_upper(f->store, ID("1"), NULL);
	assert_int_equal(g_strv_length(upper), 1);
	assert_string_equal(upper[0], ID("8"));
	assert_ok(sbx_catalog_set_whole(f->store, ID("8"), 1000, error));
	g_autofree char *whole = nearest(f, 100);
	assert_string_equal(whole, "8");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		T(a_layer_has_what_differs_and_nothing_else),
		T(a_layer_that_comes_to_too_much_is_none),
		T(a_check_names_what_is_not_as_it_was),
		T(a_copy_of_an_object_is_as_good_as_a_link),
		T(the_nearest_base_has_most_in_common),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
