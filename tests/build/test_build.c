/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/compose.h"
#include "builder/build/control.h"
#include "builder/build/delta.h"
#include "builder/build/order.h"
#include "builder/build/triggers.h"
#include "tests/store/fixture.h"

/* "a b c": the names in the order that sbx_order_packages() gives. */
static char *ordered(const struct sbx_order_package *packages, guint n)
{
	g_autofree guint *order = sbx_order_packages(packages, n);
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < n; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "", packages[order[i]].name);
	return g_string_free(out, FALSE);
}

static void what_is_depended_on_comes_first(void **state)
{
	(void)state;
	const struct sbx_order_package packages[] = {
		{"app", "1", "", "libz (>= 1), awk | other, virtual", "", FALSE},
		{"libz", "1", "", "", "", FALSE},
		{"mawk", "1", "", "", "awk", FALSE},
		{"provider", "1", "", "", "virtual (= 2)", FALSE},
		{"base", "1", "", "", "", TRUE},
	};
	g_autofree char *order = ordered(packages, G_N_ELEMENTS(packages));
	assert_string_equal(order, "base libz mawk provider app");
}

static void cycles_end_and_the_order_is_stable(void **state)
{
	(void)state;
	const struct sbx_order_package one[] = {{"b", "1", "", "a", "", FALSE},
						{"a", "1", "", "b", "", FALSE},
						{"c", "1", "b", "b", "", FALSE}};
	const struct sbx_order_package two[] = {{"c", "1", "b", "b", "", FALSE},
						{"a", "1", "", "b", "", FALSE},
						{"b", "1", "", "a", "", FALSE}};
	g_autofree char *first = ordered(one, 3);
	g_autofree char *second = ordered(two, 3);
	assert_string_equal(first, "b a c");
	assert_string_equal(first, second);
}

static void a_status_stanza_is_as_dpkg_writes_it(void **state)
{
	(void)state;
	SBX_AUTO(sbx_control) control = NULL;
	assert_ok(control = sbx_control_parse("Package: x\nVersion: 1\nArchitecture: all\n"
					      "Depends: y\nMaintainer: M\nHomepage: h\n"
					      "Description: short\n long\n .\n more\n",
					      "x", error));
	g_autofree char *stanza = sbx_control_status_stanza(control, " /etc/x 0123\n");
	assert_string_equal(stanza,
			    "Package: x\nStatus: install ok installed\nMaintainer: M\n"
			    "Architecture: all\nVersion: 1\nDepends: y\n"
			    "Conffiles:\n /etc/x 0123\nDescription: short\n long\n .\n more\n"
			    "Homepage: h\n");
	assert_string_equal(sbx_control_get(control, "dePENDS"), "y");
	assert_fails(sbx_control_parse(" leading\n", "x", error), SBX_E_ARCHIVE, "continuation");
	assert_fails(sbx_control_parse("Package: x\nno field here\n", "x", error), SBX_E_ARCHIVE,
		     "line 2");
}

static void diversions_come_in_threes(void **state)
{
	(void)state;
	const char text[] = "/bin/a\n/bin/a.real\npkg\n/etc/b\n/etc/b.old\n:\n";
	g_autoptr(GPtrArray) list = NULL;
	assert_ok(list = sbx_diversions_parse(text, strlen(text), error));
	assert_int_equal(list->len, 2);
	assert_string_equal(((struct sbx_diversion *)list->pdata[1])->to, "/etc/b.old");
	assert_fails(sbx_diversions_parse("/a\nrelative\npkg\n", 16, error), SBX_E_SCRIPT,
		     "line 1");
}

/* A unit as if loaded from the store, with these files ("path" holds its own path as text). */
static struct sbx_unit *unit(struct fixture *f, struct sbx_lock_package *package,
			     const char *const *paths, const char *replaces)
{
	struct sbx_unit *u = g_new0(struct sbx_unit, 1);
	u->lock = package;
	u->data = empty_tree(f);
	u->control = empty_tree(f);
	u->status = "";
	u->depends = u->pre_depends = u->provides = u->multi_arch = "";
	u->replaces = replaces;
	u->info_name = g_strdup(package->name);
	GString *list = g_string_new("/.\n");
	for (; *paths; paths++) {
		g_autofree char *text = g_strconcat(package->name, ":", *paths, NULL);
		put(f, u->data, *paths, text, 0644);
		g_string_append_printf(list, "/%s\n", *paths);
	}
	u->list = g_string_free(list, FALSE);
	return u;
}

static char *text_at(struct fixture *f, struct sbx_tree *root, const char *path)
{
	struct sbx_entry *entry = sbx_tree_find(root, path, NULL);
	return entry ? sbx_object_read(f->store, entry->checksum, 1000, NULL, NULL) : NULL;
}

static struct sbx_lock_package pkg_a = {
	.name = (char *)"a", .version = (char *)"1", .architecture = (char *)"amd64"};
static struct sbx_lock_package pkg_b = {
	.name = (char *)"b", .version = (char *)"2", .architecture = (char *)"all"};

static struct sbx_tree *merge(struct fixture *f, const char *const *in_a, const char *const *in_b,
			      const char *b_replaces, const GPtrArray *diversions,
			      GError **merge_error)
{
	struct sbx_transaction transaction;
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_unit_free);
	g_ptr_array_add(units, unit(f, &pkg_a, in_a, ""));
	g_ptr_array_add(units, unit(f, &pkg_b, in_b, b_replaces));
	struct sbx_tree *root = sbx_compose_merge(f->store, units, diversions, NULL, merge_error);
	sbx_transaction_commit(&transaction, NULL, NULL);
	return root;
}

static void slash_bin_becomes_a_link_to_usr(void **state)
{
	struct fixture *f = *state;
	const char *in_a[] = {"bin/sh", "lib/libx.so", NULL}, *in_b[] = {"usr/bin/other", NULL};
	SBX_AUTO(sbx_tree) root = NULL;
	assert_ok(root = merge(f, in_a, in_b, "", NULL, error));
	g_autofree char *sh = text_at(f, root, "usr/bin/sh");
	g_autofree char *lib = text_at(f, root, "usr/lib/libx.so");
	assert_string_equal(sh, "a:bin/sh");
	assert_string_equal(lib, "a:lib/libx.so");
	struct sbx_entry *link = sbx_tree_find(root, "bin", NULL);
	assert_non_null(link);
	g_autoptr(GFileInfo) info = sbx_object_info(f->store, link->checksum, NULL);
	assert_string_equal(g_file_info_get_symlink_target(info), "usr/bin");
	assert_null(sbx_tree_find(root, "lib32", NULL));
}

static void the_same_path_in_two_packages_names_both(void **state)
{
	const char *in_a[] = {"bin/x", NULL}, *in_b[] = {"usr/bin/x", NULL};
	assert_fails(merge(*state, in_a, in_b, "", NULL, error), SBX_E_ARCHIVE,
		     "/usr/bin/x is in a 1 and in b 2");
	assert_fails(merge(*state, in_a, in_b, "a (<< 1)", NULL, error), SBX_E_ARCHIVE, "a 1");
	const char *deeper[] = {"usr/bin/x/y", NULL};
	assert_fails(merge(*state, in_a, deeper, "", NULL, error), SBX_E_ARCHIVE, "usr/bin/x");
}

static void replaces_lets_a_file_be_taken_over(void **state)
{
	struct fixture *f = *state;
	const char *in_a[] = {"usr/bin/x", NULL}, *in_b[] = {"usr/bin/x", NULL};
	const char *fields[] = {"a", "other, a (<< 2)", "a (= 1), z"};
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		SBX_AUTO(sbx_tree) root = NULL;
		assert_ok(root = merge(f, in_a, in_b, fields[i], NULL, error));
		g_autofree char *text = text_at(f, root, "usr/bin/x");
		assert_string_equal(text, "b:usr/bin/x");
	}
}

static void a_diverted_file_goes_where_it_is_sent(void **state)
{
	struct fixture *f = *state;
	const char *in_a[] = {"bin/x", NULL}, *in_b[] = {"usr/bin/x", NULL};
	struct sbx_diversion diversion = {(char *)"/bin/x", (char *)"/bin/x.distrib", (char *)"b",
					  FALSE};
	g_autoptr(GPtrArray) diversions = g_ptr_array_new();
	g_ptr_array_add(diversions, &diversion);
	SBX_AUTO(sbx_tree) root = NULL;
	assert_ok(root = merge(f, in_a, in_b, "", diversions, error));
	g_autofree char *diverted = text_at(f, root, "usr/bin/x.distrib");
	g_autofree char *diverting = text_at(f, root, "usr/bin/x");
	assert_string_equal(diverted, "a:bin/x");
	assert_string_equal(diverting, "b:usr/bin/x");
}

static void triggers_are_set_off_by_paths_and_by_name(void **state)
{
	struct fixture *f = *state;
	const char *in_a[] = {"usr/share/icons/x.png", NULL},
		   *in_b[] = {"usr/share/iconsets/y", NULL};
	g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_unit_free);
	struct sbx_transaction transaction;
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	struct sbx_unit *a = unit(f, &pkg_a, in_a, ""), *b = unit(f, &pkg_b, in_b, "");
	g_ptr_array_add(units, a);
	g_ptr_array_add(units, b);
	b->triggers = g_strdup("# icons\ninterest-noawait /usr/share/icons\ninterest refresh\n"
			       "interest /usr/share/nothing\n");
	a->triggers = g_strdup("activate-noawait refresh\n");
	GArray *interests = sbx_triggers_interests(units);
	assert_int_equal(interests->len, 3);
	GHashTable **pending = sbx_triggers_pending(units, interests, 0);
	assert_null(pending[0]);
	assert_int_equal(g_hash_table_size(pending[1]), 2);
	assert_true(g_hash_table_contains(pending[1], "/usr/share/icons"));
	assert_true(g_hash_table_contains(pending[1], "refresh"));
	sbx_triggers_pending_free(pending, 2);
	/* What configured packages ship sets off nothing again. */
	pending = sbx_triggers_pending(units, interests, 1);
	assert_null(pending[1]);
	sbx_triggers_pending_free(pending, 2);
	sbx_triggers_interests_free(interests);
	sbx_transaction_commit(&transaction, NULL, NULL);
}

static void a_delta_adds_changes_and_removes(void **state)
{
	struct fixture *f = *state;
	const char *in_a[] = {"etc/kept", "etc/changed", "etc/gone", NULL},
		   *in_b[] = {"usr/b", NULL};
	SBX_AUTO(sbx_tree) root = NULL;
	SBX_AUTO(sbx_delta) delta = NULL;
	assert_ok(root = merge(f, in_a, in_b, "", NULL, error));
	g_autofree char *upper = g_build_filename(f->root, "tmp", "upper", NULL);
	g_autofree char *etc = g_build_filename(upper, "etc", NULL);
	g_autofree char *log = g_build_filename(upper, "var/log", NULL);
	g_mkdir_with_parents(etc, 0755);
	g_mkdir_with_parents(log, 0755);
	const char *files[] = {"etc/changed", "etc/new", "var/log/apt.log", "etc/passwd-"};
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(upper, files[i], NULL);
		assert_ok(g_file_set_contents(path, "now", -1, error));
	}
	struct sbx_transaction transaction;
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	assert_ok(delta = sbx_delta_read(f->store, upper, NULL, NULL, error));
	g_ptr_array_add(delta->removed, g_strdup("etc/gone"));
	assert_ok(sbx_delta_commit(delta, "base/test", NULL, error));
	sbx_transaction_commit(&transaction, NULL, NULL);
	g_clear_pointer(&delta, sbx_delta_free);
	assert_ok(sbx_delta_load(f->store, "base/test", &delta, error));
	assert_ok(sbx_delta_apply(delta, root, error));
	g_autofree char *changed = text_at(f, root, "etc/changed");
	g_autofree char *kept = text_at(f, root, "etc/kept");
	g_autofree char *new = text_at(f, root, "etc/new");
	assert_string_equal(changed, "now");
	assert_string_equal(kept, "a:etc/kept");
	assert_string_equal(new, "now");
	assert_null(sbx_tree_find(root, "etc/gone", NULL));
	/* What differs from build to build stays out. */
	assert_null(sbx_tree_find(root, "var/log/apt.log", NULL));
	assert_null(sbx_tree_find(root, "etc/passwd-", NULL));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_depended_on_comes_first),
		cmocka_unit_test(cycles_end_and_the_order_is_stable),
		cmocka_unit_test(a_status_stanza_is_as_dpkg_writes_it),
		cmocka_unit_test(diversions_come_in_threes),
		T(slash_bin_becomes_a_link_to_usr),
		T(the_same_path_in_two_packages_names_both),
		T(replaces_lets_a_file_be_taken_over),
		T(a_diverted_file_goes_where_it_is_sent),
		T(triggers_are_set_off_by_paths_and_by_name),
		T(a_delta_adds_changes_and_removes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
