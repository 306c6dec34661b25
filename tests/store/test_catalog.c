/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/catalog.h"
#include "store/gc.h"
#include "store/template.h"
#include "tests/store/fixture.h"

#define ID_A "aaaa000000000000000000000000000000000000000000000000000000000001"
#define ID_B "aaaa000000000000000000000000000000000000000000000000000000000002"

static void add(struct fixture *f, const char *id, const char *const *refs)
{
	struct sbx_template row = {.id = (char *)id,
				   .commit = (char *)"c",
				   .suite = (char *)"s",
				   .architecture = (char *)"amd64",
				   .n_packages = 3,
				   .n_bytes = 9,
				   .created_usec = g_get_real_time(),
				   .refs = (char **)refs};
	assert_ok(sbx_catalog_add_template(f->store, &row, error));
}

static void templates_are_found_by_id_prefix_and_name(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	add(f, ID_B, NULL);
	assert_ok(sbx_catalog_set_name(f->store, "reports", ID_B, error));
	SBX_AUTO(sbx_template) by_id = sbx_catalog_find(f->store, ID_A, NULL);
	SBX_AUTO(sbx_template) by_name = sbx_catalog_find(f->store, "reports", NULL);
	assert_string_equal(by_id->id, ID_A);
	assert_string_equal(by_name->id, ID_B);
	assert_string_equal(by_name->names[0], "reports");
	assert_fails(sbx_catalog_find(f->store, "aaaa", error), SBX_E_USAGE, "2 templates");
	assert_fails(sbx_catalog_find(f->store, "aaa", error), SBX_E_NOT_FOUND, "sbx-build ls");
	assert_fails(sbx_catalog_find(f->store, "bbbb", error), SBX_E_NOT_FOUND, "bbbb");
	/* Neither LIKE patterns nor SQL. */
	assert_fails(sbx_catalog_find(f->store, "%", error), SBX_E_NOT_FOUND, "%");
	assert_fails(sbx_catalog_find(f->store, "' OR 1=1 --", error), SBX_E_NOT_FOUND, "OR");
}

static void names_have_rules_and_move(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	add(f, ID_B, NULL);
	const char *bad[] = {"", "Upper", "a/b", "../x", "-x", "abcd", "with space", "1x"};
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_fails(sbx_catalog_check_name(bad[i], error), SBX_E_USAGE, "a name has");
	assert_ok(sbx_catalog_set_name(f->store, "web", ID_A, error));
	assert_ok(sbx_catalog_set_name(f->store, "web", ID_B, error));
	SBX_AUTO(sbx_template) found = sbx_catalog_find(f->store, "web", NULL);
	assert_string_equal(found->id, ID_B);
	/* A rebuilt template keeps its names. */
	add(f, ID_B, NULL);
	SBX_AUTO(sbx_template) again = sbx_catalog_find(f->store, "web", NULL);
	assert_string_equal(again->id, ID_B);
	/* The recipe's until somebody gives it to something. */
	gboolean of_recipe = TRUE;
	assert_ok(sbx_catalog_is_name_of_recipe(f->store, "web", &of_recipe, error));
	assert_false(of_recipe);
	assert_ok(sbx_catalog_set_name_of_recipe(f->store, "web", error));
	assert_ok(sbx_catalog_is_name_of_recipe(f->store, "web", &of_recipe, error));
	assert_true(of_recipe);
	assert_ok(sbx_catalog_set_name(f->store, "web", ID_A, error));
	assert_ok(sbx_catalog_is_name_of_recipe(f->store, "web", &of_recipe, error));
	assert_false(of_recipe);
}

static void uses_are_counted(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	struct sbx_use use = {
		.template_id = ID_A, .task = "a.py", .reason = "exited", .started_usec = 1234};
	assert_ok(sbx_catalog_record_use(f->store, &use, error));
	assert_ok(sbx_catalog_record_use(f->store, &use, error));
	SBX_AUTO(sbx_template) row = sbx_catalog_template(f->store, ID_A, NULL);
	assert_int_equal(row->n_uses, 2);
	assert_int_equal(row->last_used_usec, 1234);
}

static void assert_task(struct fixture *f, const char *key, const char *profile, const char *id)
{
	g_autofree char *got_profile = NULL, *got_id = NULL;
	assert_ok(sbx_catalog_recall_task(f->store, key, &got_profile, &got_id, error));
	assert_int_equal(g_strcmp0(got_profile, profile), 0);
	assert_int_equal(g_strcmp0(got_id, id), 0);
}

static void a_task_is_recalled_and_its_template_while_that_lives(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	assert_task(f, "key", NULL, NULL);
	assert_ok(sbx_catalog_remember_task(f->store, "key", "{}", NULL, error));
	assert_task(f, "key", "{}", NULL);
	assert_ok(sbx_catalog_remember_task(f->store, "key", "{}", ID_A, error));
	assert_ok(sbx_catalog_remember_task(f->store, "key", "{ }", NULL, error));
	assert_task(f, "key", "{ }", ID_A);
	assert_task(f, "other", NULL, NULL);
	assert_ok(sbx_catalog_remove_template(f->store, ID_A, error));
	assert_task(f, "key", "{ }", NULL);
}

static void the_memory_of_tasks_has_a_size(void **state)
{
	struct fixture *f = *state;
	g_autofree char *large = g_strnfill(4000000, 'x');
	for (guint i = 0; i < 20; i++) {
		g_autofree char *key = g_strdup_printf("key%u", i);
		assert_ok(sbx_catalog_remember_task(f->store, key, large, NULL, error));
	}
	assert_task(f, "key0", NULL, NULL);
	assert_task(f, "key3", NULL, NULL);
	assert_task(f, "key4", large, NULL);
	assert_task(f, "key19", large, NULL);
	/* One that is larger than a sixteenth of it is not kept at all. */
	g_autofree char *huge = g_strnfill(5000000, 'x');
	assert_ok(sbx_catalog_remember_task(f->store, "huge", huge, NULL, error));
	assert_task(f, "huge", NULL, NULL);
	guint n = 0;
	assert_ok(sbx_catalog_forget_tasks(f->store, G_MAXINT64, TRUE, &n, error));
	assert_int_equal(n, 16);
	assert_ok(sbx_catalog_forget_tasks(f->store, 1, FALSE, &n, error));
	assert_int_equal(n, 0);
	assert_ok(sbx_catalog_forget_tasks(f->store, G_MAXINT64, FALSE, &n, error));
	assert_task(f, "key19", NULL, NULL);
}

static void commit_file(struct fixture *f, const char *ref, const char *text)
{
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	assert_ok(sbx_transaction_begin(&transaction, f->store, NULL, error));
	SBX_AUTO(sbx_tree) tree = empty_tree(f);
	put(f, tree, "file", text, 0644);
	assert_ok(sbx_tree_commit(tree, ref, NULL, NULL, NULL, error));
	assert_ok(sbx_transaction_commit(&transaction, NULL, error));
}

static gboolean has_ref(struct fixture *f, const char *ref)
{
	g_autofree char *commit = NULL;
	assert_ok(ostree_repo_resolve_rev(f->store->repo, ref, TRUE, &commit, error));
	return commit != NULL;
}

static void gc_keeps_what_a_template_needs_and_frees_the_rest(void **state)
{
	struct fixture *f = *state;
	const char *refs[] = {"pkg/deb/kept/1/all", NULL};
	g_autofree char *folder = sbx_template_path(f->store, ID_A, "root");
	g_autofree char *lock = sbx_template_path(f->store, ID_A, "lock");
	g_autofree char *scratch = g_build_filename(f->root, "tmp", "build-x", NULL);
	struct sbx_gc_result result;
	commit_file(f, "pkg/deb/kept/1/all", "kept");
	commit_file(f, "pkg/deb/gone/1/all", "gone");
	g_mkdir_with_parents(folder, 0755);
	g_mkdir(scratch, 0755);
	assert_ok(g_file_set_contents(lock, "", 0, error));
	add(f, ID_A, refs);
	/* dry_run counts and leaves everything. */
	assert_ok(sbx_gc_run(f->store, 86400, TRUE, &result, NULL, error));
	assert_int_equal(result.n_refs, 1);
	assert_true(has_ref(f, "pkg/deb/gone/1/all"));
	assert_ok(sbx_gc_run(f->store, 86400, FALSE, &result, NULL, error));
	assert_int_equal(result.n_templates, 0);
	assert_int_equal(result.n_refs, 1);
	assert_true(result.n_objects >= 2);
	assert_true(has_ref(f, "pkg/deb/kept/1/all"));
	assert_false(has_ref(f, "pkg/deb/gone/1/all"));
	assert_int_not_equal(access(scratch, F_OK), 0);
	/* Unused for long enough, the template goes as well. */
	assert_ok(sbx_gc_run(f->store, 0, FALSE, &result, NULL, error));
	assert_int_equal(result.n_templates, 1);
	assert_false(has_ref(f, "pkg/deb/kept/1/all"));
	assert_int_not_equal(access(folder, F_OK), 0);
}

static void uses_of_a_task_tell_what_it_took(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	static const char *const reasons[] = {"exited", "oom", "failed", "exited"};
	for (gint64 i = 0; i < 4; i++) {
		struct sbx_use use = {.template_id = ID_A,
				      .task = "a.py",
				      .reason = reasons[i],
				      .content_id = i < 3 ? "this" : "other",
				      .started_usec = 1000 + i,
				      .wall_usec = 10 + i,
				      .cpu_usec = 20 + i,
				      .peak_bytes = 30 + i};
		assert_ok(sbx_catalog_record_use(f->store, &use, error));
	}
	g_autoptr(GArray) uses = sbx_catalog_uses_of(f->store, "this", NULL);
	assert_int_equal(uses->len, 2); /* one that could not be started tells nothing */
	const struct sbx_use_cost *young = &g_array_index(uses, struct sbx_use_cost, 0);
	assert_int_equal(young->wall_usec, 11);
	assert_int_equal(young->cpu_usec, 21);
	assert_int_equal(young->peak_bytes, 31);
	assert_false(young->ended);
	assert_true(g_array_index(uses, struct sbx_use_cost, 1).ended);
	g_autoptr(GArray) none = sbx_catalog_uses_of(f->store, "unheard of", NULL);
	assert_int_equal(none->len, 0);
}

static void a_template_knows_the_profiles_of_its_tasks(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	assert_ok(sbx_catalog_remember_task(f->store, "two", "{2}", ID_A, error));
	assert_ok(sbx_catalog_remember_task(f->store, "one", "{1}", ID_A, error));
	assert_ok(sbx_catalog_remember_task(f->store, "only profiled", "{3}", NULL, error));
	g_autoptr(GPtrArray) profiles = sbx_catalog_profiles_of(f->store, ID_A, NULL);
	assert_int_equal(profiles->len, 2);
	assert_string_equal(profiles->pdata[0], "{1}");
	assert_string_equal(profiles->pdata[1], "{2}");
	g_autoptr(GPtrArray) none = sbx_catalog_profiles_of(f->store, ID_B, NULL);
	assert_int_equal(none->len, 0);
}

static void footprints_are_kept_by_version(void **state)
{
	struct fixture *f = *state;
	gboolean found = TRUE;
	struct sbx_footprint one = {.package = "python3-numpy",
				    .version = "1.24",
				    .architecture = "amd64",
				    .language = "python",
				    .module = "numpy",
				    .peak_bytes = 30,
				    .bare_peak_bytes = 10,
				    .wall_usec = 200,
				    .bare_wall_usec = 20,
				    .n_runs = 3,
				    .measured_usec = 1};
	struct sbx_footprint two = one;
	two.version = "1.26";
	two.peak_bytes = 40;
	two.measured_usec = 2;
	assert_ok(sbx_catalog_add_footprint(f->store, &one, error));
	assert_ok(sbx_catalog_add_footprint(f->store, &two, error));
	struct sbx_footprint asked = one;
	asked.peak_bytes = 0;
	assert_ok(sbx_catalog_find_footprint(f->store, &asked, &found, error));
	assert_true(found && asked.peak_bytes == 30 && asked.n_runs == 3);
	asked.version = NULL; /* whichever was measured last */
	assert_ok(sbx_catalog_find_footprint(f->store, &asked, &found, error));
	assert_true(found && asked.peak_bytes == 40 && asked.bare_wall_usec == 20);
	asked.module = "numpy.linalg";
	assert_ok(sbx_catalog_find_footprint(f->store, &asked, &found, error));
	assert_false(found);
	one.wall_usec = 7; /* measured again */
	assert_ok(sbx_catalog_add_footprint(f->store, &one, error));
	assert_ok(sbx_catalog_find_footprint(f->store, &one, &found, error));
	assert_true(found && one.wall_usec == 7);
}

/* What an older sbx-build left is brought up to date, nothing of it lost. */
static void an_older_catalog_is_brought_up_to_date(void **state)
{
	struct fixture *f = *state;
	add(f, ID_A, NULL);
	g_autofree char *root = g_strdup(f->store->root);
	assert_int_equal(sqlite3_exec(f->store->catalog,
				      "DROP TABLE footprint; DROP INDEX use_content;"
				      "DROP TABLE held_package; DROP TABLE holding;"
				      "ALTER TABLE use DROP COLUMN content_id;"
				      "ALTER TABLE name DROP COLUMN of_recipe;"
				      "DROP INDEX template_base; DROP INDEX template_ref_ref;"
				      "ALTER TABLE template DROP COLUMN base;"
				      "ALTER TABLE template DROP COLUMN n_entries;"
				      "INSERT INTO use(template, task) VALUES('t', 'old.py');"
				      "PRAGMA user_version=1",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	SBX_AUTO(sbx_store) again = sbx_store_open_catalog(root, NULL, NULL);
	assert_non_null(again);
	SBX_AUTO(sbx_template) row = sbx_catalog_template(again, ID_A, NULL);
	assert_non_null(row);
	struct sbx_use use = {
		.template_id = ID_A, .task = "a.py", .reason = "exited", .content_id = "this"};
	assert_ok(sbx_catalog_record_use(again, &use, error));
	g_autoptr(GArray) uses = sbx_catalog_uses_of(again, "this", NULL);
	assert_int_equal(uses->len, 1);
}

static void a_catalog_of_a_newer_version_is_refused(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(
		sqlite3_exec(f->store->catalog, "PRAGMA user_version=99", NULL, NULL, NULL),
		SQLITE_OK);
	assert_fails(sbx_store_open_catalog(f->root, NULL, error), SBX_E_UNSUPPORTED, "newer");
}

static void a_damaged_catalog_is_named(void **state)
{
	struct fixture *f = *state;
	g_autofree char *other = g_build_filename(f->root, "tmp", "other", NULL);
	g_autofree char *path = g_build_filename(other, "catalog.db", NULL);
	g_mkdir(other, 0700);
	assert_ok(g_file_set_contents(path,
				      "this is no database, nor was it ever one, it is long "
				      "enough to look at and that is all there is to it",
				      -1, error));
	assert_fails(sbx_store_open_catalog(other, NULL, error), SBX_E_DAMAGED, "catalog.db");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		T(templates_are_found_by_id_prefix_and_name),
		T(names_have_rules_and_move),
		T(uses_are_counted),
		T(a_task_is_recalled_and_its_template_while_that_lives),
		T(the_memory_of_tasks_has_a_size),
		T(gc_keeps_what_a_template_needs_and_frees_the_rest),
		T(uses_of_a_task_tell_what_it_took),
		T(a_template_knows_the_profiles_of_its_tasks),
		T(footprints_are_kept_by_version),
		T(an_older_catalog_is_brought_up_to_date),
		T(a_catalog_of_a_newer_version_is_refused),
		T(a_damaged_catalog_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
