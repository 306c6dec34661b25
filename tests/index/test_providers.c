/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/index/fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "builder/index/graph.h"

#define P(name, rest) "Package: " name "\nVersion: 1\nArchitecture: all\n" rest "\n"

/* clang-format off */
static const char packages[] =
	P("base-files", "Essential: yes\nPriority: required\nPre-Depends: awk\n")
	P("sed", "Essential: yes\nPriority: required\n")
	P("mawk", "Priority: required\nProvides: awk\n")
	P("gawk", "Priority: optional\nProvides: awk\n")
	P("init", "Essential: yes\nDepends: usrmerge | usr-is-merged, libc (>= 2) | libc-odd\n")
	P("usrmerge", "") P("usr-is-merged", "") P("libc", "")
	P("snake3", "Section: snake\nDepends: snake3.11 (>= 3), libsnake3-stdlib\n")
	P("snake3.11", "Section: snake\n")
	P("libsnake3-stdlib", "Section: snake\nDepends: libsnake3.11-stdlib\n")
	P("libsnake3.11-stdlib", "Section: snake\n")
	P("snake3-yaml", "Section: snake\nDepends: snake3:any\n")
	P("snake3-yaml-dbg", "Section: debug\n")
	P("snake3-tool", "Section: snake\nDepends: snake3-yaml\n")
	P("snake3-other", "Section: snake\nDepends: snake3-yaml, popular\n")
	P("snake3-zoo", "Section: snake\n") P("snake3-proto", "Section: snake\n")
	P("popular", "") P("user1", "Depends: popular\n") P("user2", "Recommends: popular | gawk\n")
	P("gir1.2-gtk-3.0", "") P("gir1.2-gtk-4.0", "")
	P("app1", "Depends: gir1.2-gtk-3.0\n") P("app2", "Depends: gir1.2-gtk-3.0\n")
	P("magick", "Depends: magick-6.q16\n") P("magick-6.q16", "") P("magick-look-alike", "Provides: magick\n")
	P("viewer", "")
	P("app3", "Depends: magick\n") P("app4", "Depends: magick\n")
	P("default-jre", "") P("snake3-active", "") P("snake3-deep", "");
/* clang-format on */

static const char contents[] =
	"bin/sed                                      utils/sed\n"
	"usr/bin/convert                              graphics/magick-look-alike\n"
	"usr/bin/convert-im6.q16                      graphics/magick-6.q16\n"
	"usr/bin/convert-other                        utils/popular\n"
	"usr/bin/view-v7                              utils/viewer\n"
	"usr/bin/gawk                                 interpreters/gawk\n"
	"usr/bin/mawk                                 interpreters/mawk\n"
	"usr/bin/shared                               utils/snake3-zoo,misc/popular\n"
	"usr/bin/snake3                               snake/snake3.11\n"
	"usr/lib/snake3.11/json/__init__.sn           snake/libsnake3.11-stdlib\n"
	"usr/lib/snake3.11/os.sn                      snake/libsnake3.11-stdlib\n"
	"usr/lib/snake3/packages/cv.snake-311.so      snake/snake3-zoo\n"
	"usr/lib/snake3/packages/gi/__init__.sn       snake/snake3-other\n"
	"usr/lib/snake3/packages/google/proto/__init__.sn snake/snake3-proto\n"
	"usr/lib/snake3/packages/multi.sn             snake/snake3-zoo,popular\n"
	"usr/lib/snake3/packages/yaml/__init__.sn     snake/snake3-yaml,debug/snake3-yaml-dbg\n"
	"usr/lib/snake3/packages/yaml/README          snake/snake3-yaml\n"
	"usr/lib/snake3/packages/yaml/nodes.sn        snake/snake3-yaml\n"
	"usr/lib/snake3/packages/yaml/extra.sn        snake/snake3-zoo\n"
	"usr/lib/x86/girepository-1.0/Gtk-3.0.typelib introspection/gir1.2-gtk-3.0\n"
	"usr/lib/x86/girepository-1.0/Gtk-4.0.typelib introspection/gir1.2-gtk-4.0\n"
	"usr/lib/snake3/packages/gone.sn              snake/not-in-packages\n"
	"usr/share/gems/active-1.0/lib/active/core.sn snake/snake3-active\n"
	"usr/share/gems/deep-2.1/lib/below.sn         snake/snake3-deep\n";

static char *whole_index(void)
{
	static char *index;
	if (!index)
		index = fixture_index(packages, contents, NULL);
	return index;
}

static void assert_module(const char *name, const char *wanted, const char *wanted_match)
{
	g_autofree char *matched = NULL;
	g_autofree char *got = fixture_module(whole_index(), name, &matched);
	assert_string_equal(got, wanted);
	if (wanted_match)
		assert_string_equal(matched, wanted_match);
	else
		assert_null(matched);
}

static void assert_command(const char *name, const char *wanted)
{
	g_autofree char *got = fixture_command(whole_index(), name);
	assert_string_equal(got, wanted);
}

static void longest_prefix_decides(void **state)
{
	assert_module("yaml", "snake3-yaml snake3-yaml-dbg", "yaml");
	assert_module("yaml.nodes", "snake3-yaml", "yaml.nodes");
	assert_module("yaml.extra", "snake3-zoo", "yaml.extra");
	assert_module("yaml.nodes.Attribute", "snake3-yaml", "yaml.nodes");
	assert_module("yaml.README", "snake3-yaml snake3-yaml-dbg", "yaml");
	assert_module("json.decoder", "libsnake3.11-stdlib", "json");
	assert_module("cv", "snake3-zoo", "cv");
	assert_module("nobody", "", NULL);
	assert_module("gone", "", NULL);
}

static void namespace_folder_has_no_attributes(void **state)
{
	assert_module("google", "snake3-proto", "google");
	assert_module("google.proto", "snake3-proto", "google.proto");
	assert_module("google.proto.x", "snake3-proto", "google.proto");
	assert_module("google.cloud", "", NULL);
}

static void many_folders_of_a_root_are_looked_into_at_once(void **state)
{
	assert_module("active.core", "snake3-active", "active.core");
	assert_module("below", "snake3-deep", "below");
	assert_module("lib.below", "", NULL);
}

static void whole_names_are_served_by_no_prefix(void **state)
{
	g_autoptr(GError) error = NULL;
	struct sbx_language whole = *FIXTURE_LANGUAGE;
	whole.whole_modules = true;
	SBX_AUTO(sbx_providers)
	p = sbx_providers_open_for(whole_index(), fixture_languages, &error);
	assert_non_null(p);
	g_autoptr(GPtrArray) prefix =
		sbx_providers_find_module(p, &whole, "yaml.nodes.Attribute", NULL, NULL, &error);
	assert_non_null(prefix);
	assert_int_equal(prefix->len, 0);
	g_autoptr(GPtrArray) file =
		sbx_providers_find_module(p, &whole, "yaml.nodes", NULL, NULL, &error);
	assert_non_null(file);
	assert_int_equal(file->len, 1);
}

static void scoped_names_have_their_own_template(void **state)
{
	assert_module("gi.repository.Gtk", "gir1.2-gtk-3.0 gir1.2-gtk-4.0", "gi.repository.Gtk");
	assert_module("gi.repository.Gtk.Window", "gir1.2-gtk-3.0 gir1.2-gtk-4.0",
		      "gi.repository.Gtk");
	assert_module("gi.repository.Nope", "", NULL);
	assert_module("gi.repository", "snake3-other", "gi");
	assert_string_equal(sbx_providers_scope_of(FIXTURE_LANGUAGE, "gi.repository.Gtk"),
			    "gi.repository");
	assert_null(sbx_providers_scope_of(FIXTURE_LANGUAGE, "gi.repository"));
	assert_null(sbx_providers_scope_of(FIXTURE_LANGUAGE, "gi.repositoryGtk"));
}

static void compiled_in_modules_are_the_interpreters(void **state)
{
	assert_module("sys", "snake3", "sys");
	assert_module("sys.path", "snake3", "sys");
}

static void what_others_need_ranks_first_and_what_is_chosen_before_it(void **state)
{
	g_autoptr(GError) error = NULL;
	assert_module("multi", "popular snake3-zoo", "multi");
	g_autoptr(GHashTable) chosen = g_hash_table_new(g_str_hash, g_str_equal);
	static char zoo[] = "snake3-zoo";
	g_hash_table_add(chosen, zoo);
	SBX_AUTO(sbx_providers)
	providers = sbx_providers_open_for(whole_index(), fixture_languages, &error);
	assert_non_null(providers);
	g_autoptr(GPtrArray) found = sbx_providers_find_module(providers, FIXTURE_LANGUAGE, "multi",
							       chosen, NULL, &error);
	assert_int_equal(found->len, 2);
	assert_string_equal(((struct sbx_provider *)found->pdata[0])->package, "snake3-zoo");
}

static void hostile_names_find_nothing(void **state)
{
	static const char *const names[] = {
		"",  ".",    "..",    "...",	"a/b",	     "../../etc/passwd",
		"*", "\001", "y\001", "yaml\n", "yaml extra"};
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		assert_module(names[i], "", NULL);
		assert_command(names[i], "");
	}
}

static void commands_by_file_alias_and_package(void **state)
{
	assert_command("sed", "sed");
	assert_command("/bin/sed", "sed");
	assert_command("/usr/bin/sed", "sed");
	assert_command("/opt/bin/sed", "");
	assert_command("./sed", "");
	assert_command("awk", "mawk gawk");
	assert_command("java", "default-jre");
	assert_command("shared", "popular snake3-zoo");
}

static void front_stands_for_the_versioned_package(void **state)
{
	assert_command("convert", "magick magick-look-alike");
	assert_command("view", "viewer");
	/* Who names the version gets it. */
	assert_command("convert-im6.q16", "magick-6.q16");
}

static const struct sbx_provider *first(GPtrArray *found)
{
	return found->pdata[0];
}

static void tells_what_is_there_anyway(void **state)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_providers)
	p = sbx_providers_open_for(whole_index(), fixture_languages, &error);
	assert_non_null(p);
	g_autoptr(GPtrArray) json =
		sbx_providers_find_module(p, FIXTURE_LANGUAGE, "json", NULL, NULL, &error);
	assert_true(first(json)->in_interpreter);
	assert_false(first(json)->in_base);
	g_autoptr(GPtrArray) sed =
		sbx_providers_find_command(p, FIXTURE_LANGUAGE, "sed", NULL, &error);
	assert_true(first(sed)->in_base);
	g_autoptr(GPtrArray) yaml =
		sbx_providers_find_module(p, FIXTURE_LANGUAGE, "yaml", NULL, NULL, &error);
	assert_false(first(yaml)->in_base || first(yaml)->in_interpreter);
	assert_int_equal(first(yaml)->n_reverse_depends, 2);

	g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	assert_true(sbx_providers_add_closure(p, "snake3-tool", set, &error));
	assert_true(g_hash_table_contains(set, "libsnake3.11-stdlib"));
	assert_int_equal(g_hash_table_size(set), 6);
}

static gboolean add_to_graph(const struct sbx_package *package, gpointer graph, GError **error)
{
	sbx_graph_add(graph, package);
	return TRUE;
}

static struct sbx_graph *graph_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *copy = g_strdup(text);
	struct sbx_graph *graph = sbx_graph_new();
	if (!sbx_packages_parse(copy, strlen(copy), "Packages", add_to_graph, graph, &error))
		fail_msg("%s", error->message);
	sbx_graph_finish(graph);
	return graph;
}

static const struct sbx_graph_node *node_of(const struct sbx_graph *graph, const char *name)
{
	guint32 number = sbx_graph_find(graph, name);
	assert_int_not_equal(number, SBX_GRAPH_NONE);
	return sbx_graph_node(graph, number);
}

static void base_holds_only_what_is_sure(void **state)
{
	SBX_AUTO(sbx_graph) graph = graph_of(packages);
	assert_true(node_of(graph, "mawk")->in_base);
	assert_false(node_of(graph, "gawk")->in_base);
	/* Either of two real packages would do: neither is sure. A missing one leaves no choice. */
	assert_false(node_of(graph, "usrmerge")->in_base);
	assert_false(node_of(graph, "usr-is-merged")->in_base);
	assert_true(node_of(graph, "libc")->in_base);
	assert_int_equal(sbx_graph_find(graph, "awk"), SBX_GRAPH_NONE);
	assert_int_equal(node_of(graph, "popular")->n_reverse_depends, 3);
}

static void newest_version_of_a_package_counts(void **state)
{
	/* clang-format off */
	SBX_AUTO(sbx_graph) graph =
		graph_of("Package: a\nVersion: 2\nArchitecture: all\nDepends: new\n\n"
			 "Package: a\nVersion: 10\nArchitecture: all\nDepends: newer\n\n"
			 "Package: a\nVersion: 1\nArchitecture: all\nDepends: old\n\n"
			 P("old", "") P("new", "") P("newer", ""));
	/* clang-format on */
	assert_int_equal(node_of(graph, "newer")->n_reverse_depends, 1);
	assert_int_equal(node_of(graph, "new")->n_reverse_depends, 0);
	assert_int_equal(node_of(graph, "old")->n_reverse_depends, 0);
}

static void only_a_wider_version_is_a_front(void **state)
{
	/* clang-format off */
	SBX_AUTO(sbx_graph) graph = graph_of(
		P("gcc", "Depends: gcc-12\n") P("gcc-12", "")
		P("x3-venv", "Depends: x3.11-venv\n") P("x3.11-venv", "")
		P("x3-qt5", "Depends: x3-qt5.sip\n") P("x3-qt5.sip", "")
		P("lib5gui5", "Depends: lib5net5\n") P("lib5net5", "")
		P("old", "Section: oldlibs\nDepends: old2\n") P("old2", "")
		P("rare", "Depends: rare-1\n") P("rare-1", "") P("fan", "Depends: rare-1\n")
		P("user", "Depends: gcc, x3-venv, x3-qt5, lib5gui5, old\n"));
	/* clang-format on */
	const struct {
		const char *name, *front;
	} rows[] = {{"gcc-12", "gcc"},	  {"x3.11-venv", "x3-venv"},
		    {"x3-qt5.sip", NULL}, {"lib5net5", NULL},
		    {"old2", NULL},	  {"rare-1", NULL}};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint32 front = node_of(graph, rows[i].name)->front;
		const char *got =
			front == SBX_GRAPH_NONE ? NULL : sbx_graph_node(graph, front)->name;
		if (g_strcmp0(got, rows[i].front) != 0)
			fail_msg("front of %s: %s", rows[i].name, got ? got : "none");
	}
}

static void same_path_of_two_suites_is_one(void **state)
{
	g_autofree char *index =
		fixture_index(packages, "usr/lib/snake3/packages/a.sn snake/snake3-yaml\n",
			      "usr/lib/snake3/packages/a.sn snake/snake3-yaml\n"
			      "usr/lib/snake3/packages/b.sn snake/snake3-zoo\n");
	g_autofree char *a = fixture_module(index, "a", NULL),
			*b = fixture_module(index, "b", NULL);
	assert_string_equal(a, "snake3-yaml");
	assert_string_equal(b, "snake3-zoo");
}

static void contents_errors_name_the_line(void **state)
{
	g_autoptr(GError) error =
		fixture_contents_error("usr/bin/a utils/a\nusr/bin/b utils/b,\n", -1);
	assert_error(error, SBX_E_ARCHIVE, "Contents: line 2: ");
	/* What no language asks for is not looked at closely. */
	g_autoptr(GError) other = fixture_contents_error("etc/b utils/b,\n", -1);
	assert_null(other);
}

static void assert_cannot_open(const char *path, enum sbx_code code, const char *text)
{
	g_autoptr(GError) error = NULL;
	assert_null(sbx_providers_open_for(path, fixture_languages, &error));
	assert_error(error, code, text);
}

static void unusable_indexes_say_what_to_do(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *missing = g_build_filename(fixture_folder(), "missing.db", NULL);
	assert_cannot_open(missing, SBX_E_NOT_FOUND, "sbx-build update");
	g_autofree char *garbage = g_build_filename(fixture_folder(), "garbage.db", NULL);
	g_autofree char *text = g_strnfill(8192, 'x');
	assert_true(g_file_set_contents(garbage, text, -1, NULL));
	assert_cannot_open(garbage, SBX_E_DAMAGED, "sbx-build update");
	assert_true(g_file_set_contents(garbage, "", -1, NULL));
	assert_cannot_open(garbage, SBX_E_DAMAGED, "sbx-build update");
	/* Made for other languages: what these ask for may not be in it. */
	assert_null(sbx_providers_open(whole_index(), &error));
	assert_error(error, SBX_E_NOT_FOUND, "sbx-build update");
}

static void names_with_odd_characters_in_the_path_open(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *odd = g_build_filename(fixture_folder(), "odd ?#%41.db", NULL);
	assert_int_equal(g_rename(whole_index(), odd), 0);
	SBX_AUTO(sbx_providers) p = sbx_providers_open_for(odd, fixture_languages, &error);
	if (!p)
		fail_msg("%s", error->message);
	assert_int_equal(g_rename(odd, whole_index()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_prefix_decides),
		cmocka_unit_test(namespace_folder_has_no_attributes),
		cmocka_unit_test(many_folders_of_a_root_are_looked_into_at_once),
		cmocka_unit_test(whole_names_are_served_by_no_prefix),
		cmocka_unit_test(scoped_names_have_their_own_template),
		cmocka_unit_test(compiled_in_modules_are_the_interpreters),
		cmocka_unit_test(what_others_need_ranks_first_and_what_is_chosen_before_it),
		cmocka_unit_test(hostile_names_find_nothing),
		cmocka_unit_test(commands_by_file_alias_and_package),
		cmocka_unit_test(front_stands_for_the_versioned_package),
		cmocka_unit_test(tells_what_is_there_anyway),
		cmocka_unit_test(base_holds_only_what_is_sure),
		cmocka_unit_test(newest_version_of_a_package_counts),
		cmocka_unit_test(only_a_wider_version_is_a_front),
		cmocka_unit_test(same_path_of_two_suites_is_one),
		cmocka_unit_test(contents_errors_name_the_line),
		cmocka_unit_test(unusable_indexes_say_what_to_do),
		cmocka_unit_test(names_with_odd_characters_in_the_path_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
