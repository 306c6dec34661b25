/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals of resources, and the classes of system calls that a profile predicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/classes.h"
#include "builder/index/behaviours.h"
#include "builder/index/capabilities.h"
#include "builder/index/needs.h"

#define MIB (1024.0 * 1024)

static struct sbx_resources defaults(void)
{
	struct sbx_resources r;
	sbx_resources_default(&r, FALSE, FALSE);
	return r;
}

static void check(const struct sbx_resources *r, enum sbx_resource which, double low, double high,
		  enum sbx_basis basis)
{
	assert_float_equal(r->of[which].low, low, 0.0001 * (1 + low));
	assert_float_equal(r->of[which].high, high, 0.0001 * (1 + high));
	assert_int_equal(r->of[which].basis, basis);
}

static void test_intervals_are_never_upside_down(void **state)
{
	for (int threads = 0; threads < 2; threads++)
		for (int gpu = 0; gpu < 2; gpu++) {
			struct sbx_resources r;
			sbx_resources_default(&r, threads, gpu);
			for (int i = 0; i < SBX_N_RESOURCES; i++) {
				assert_true(r.of[i].low >= 0 && r.of[i].low <= r.of[i].high);
				assert_int_equal(r.of[i].basis, SBX_BASIS_DEFAULT);
			}
			assert_int_equal(r.of[SBX_RESOURCE_GPU_MEMORY].high > 0, gpu);
			assert_int_equal(r.of[SBX_RESOURCE_CPU].high > 1, threads);
		}
}

static void test_disk_is_at_least_what_the_packages_take(void **state)
{
	struct sbx_resources r = defaults();
	sbx_resources_add_size(&r, 0);
	assert_int_equal(r.of[SBX_RESOURCE_DISK].basis, SBX_BASIS_DEFAULT);
	sbx_resources_add_size(&r, (guint64)(300 * MIB));
	check(&r, SBX_RESOURCE_DISK, 300 * MIB, (300 + 1024) * MIB, SBX_BASIS_PACKAGES);
}

static GArray *costs_of(guint n, const struct sbx_import_cost *costs)
{
	GArray *array = g_array_new(FALSE, FALSE, sizeof(*costs));
	g_array_append_vals(array, costs, n);
	return array;
}

/* Two modules may import the same, or nothing in common. */
static void test_imports_lie_between_the_dearest_and_the_sum(void **state)
{
	static const struct sbx_import_cost costs[] = {
		{(guint64)(60 << 20), (guint64)(10 << 20), 800000, 100000},
		{(guint64)(40 << 20), (guint64)(10 << 20), 300000, 100000},
	};
	struct sbx_resources r = defaults(), before = r;
	g_autoptr(GArray) none = costs_of(0, costs);
	sbx_resources_add_imports(&r, none);
	assert_memory_equal(&r, &before, sizeof(r));
	g_autoptr(GArray) both = costs_of(2, costs);
	sbx_resources_add_imports(&r, both);
	check(&r, SBX_RESOURCE_MEMORY, 60 * MIB, (10 + 50 + 30 + 512) * MIB, SBX_BASIS_PACKAGES);
	check(&r, SBX_RESOURCE_TIME, 0.8, 0.1 + 0.7 + 0.2 + 60, SBX_BASIS_PACKAGES);
	check(&r, SBX_RESOURCE_CPU, before.of[0].low, before.of[0].high, SBX_BASIS_DEFAULT);
	/* Noise: an import that was measured cheaper than none takes nothing away. */
	static const struct sbx_import_cost cheap = {5 << 20, 10 << 20, 90000, 100000};
	g_autoptr(GArray) one = costs_of(1, &cheap);
	sbx_resources_add_imports(&r, one);
	check(&r, SBX_RESOURCE_MEMORY, 5 * MIB, (10 + 512) * MIB, SBX_BASIS_PACKAGES);
}

static GArray *runs_of(guint n, const struct sbx_run_cost *runs)
{
	GArray *array = g_array_new(FALSE, FALSE, sizeof(*runs));
	g_array_append_vals(array, runs, n);
	return array;
}

static void test_history_replaces_guesses_and_its_margin_shrinks(void **state)
{
	static const struct sbx_run_cost runs[] = {
		{(guint64)(100 << 20), 2000000, 1000000, TRUE},
		{(guint64)(120 << 20), 1000000, 1500000, TRUE},
	};
	struct sbx_resources r = defaults();
	g_autoptr(GArray) one = runs_of(1, runs);
	sbx_resources_add_history(&r, one);
	check(&r, SBX_RESOURCE_MEMORY, 100 * MIB, 200 * MIB, SBX_BASIS_HISTORY);
	check(&r, SBX_RESOURCE_TIME, 2, 4, SBX_BASIS_HISTORY);
	check(&r, SBX_RESOURCE_CPU, 0.5, 1, SBX_BASIS_HISTORY);
	g_autoptr(GArray) two = runs_of(2, runs);
	sbx_resources_add_history(&r, two);
	check(&r, SBX_RESOURCE_MEMORY, 100 * MIB, 120 * 1.75 * MIB, SBX_BASIS_HISTORY);
	check(&r, SBX_RESOURCE_TIME, 1, 2 * 1.75, SBX_BASIS_HISTORY);
	check(&r, SBX_RESOURCE_CPU, 0.5, 1.5 * 1.75, SBX_BASIS_HISTORY);
	assert_int_equal(r.of[SBX_RESOURCE_DISK].basis, SBX_BASIS_DEFAULT);
}

/* It wanted more than it got: the limit that ended it says only how much was too little. */
static void test_a_run_that_was_cut_short_took_more(void **state)
{
	static const struct sbx_run_cost runs[] = {
		{(guint64)(100 << 20), 1000000, 0, TRUE},
		{(guint64)(512 << 20), 600000000, 0, FALSE},
	};
	struct sbx_resources r = defaults();
	g_autoptr(GArray) both = runs_of(2, runs);
	sbx_resources_add_history(&r, both);
	check(&r, SBX_RESOURCE_MEMORY, 100 * MIB, 1024 * MIB, SBX_BASIS_HISTORY);
	check(&r, SBX_RESOURCE_TIME, 1, 1200, SBX_BASIS_HISTORY);
	/* Without a memory cgroup there is no peak: nothing is known of that. */
	assert_int_equal(r.of[SBX_RESOURCE_CPU].basis, SBX_BASIS_DEFAULT);
}

static void add_need(struct sbx_profile *profile, enum sbx_fact_kind kind, const char *name,
		     enum sbx_need_status status)
{
	struct sbx_need *need = sbx_profile_add_need(profile);
	need->kind = kind;
	need->name = g_strdup(name);
	need->language = g_strdup("python");
	need->status = status;
}

/* The classes of a Python script with these needs and behaviours. */
static struct sbx_profile *python_profile(const char *command, enum sbx_need_status status,
					  const char *behaviour)
{
	struct sbx_profile *profile = sbx_profile_new();
	const struct sbx_facts facts = {.language = sbx_language_by_name("python")};
	profile->architecture = g_strdup("amd64");
	profile->run = g_strsplit("python3 app.py", " ", -1);
	if (command)
		add_need(profile, SBX_FACT_COMMAND, command, status);
	if (behaviour)
		sbx_profile_add_behaviour(profile)->class = g_strdup(behaviour);
	sbx_capabilities_predict(profile, &facts);
	return profile;
}

static gboolean has(char *const *list, const char *word)
{
	return g_strv_contains((const char *const *)list, word);
}

static void test_a_script_alone_may_neither_spawn_nor_connect(void **state)
{
	SBX_AUTO(sbx_profile) p = python_profile(NULL, SBX_NEED_BASE, NULL);
	assert_true(has(p->classes, "base") && has(p->classes, "python3"));
	assert_true(has(p->classes, "fs.write"));
	assert_false(has(p->classes, "proc.spawn") || has(p->classes, "threads"));
	assert_true(has(p->syscalls, "openat"));
	assert_false(has(p->syscalls, "socket(AF_INET)") || has(p->syscalls, "socket"));
	assert_false(has(p->syscalls, "clone") || has(p->syscalls, "listen"));
}

static void test_commands_bring_their_run_times(void **state)
{
	SBX_AUTO(sbx_profile) ruby = python_profile("ruby3.1", SBX_NEED_PACKAGE, NULL);
	assert_true(has(ruby->classes, "ruby") && has(ruby->classes, "proc.spawn"));
	assert_false(has(ruby->classes, "ipc"));
	SBX_AUTO(sbx_profile) unknown = python_profile("ffmpeg", SBX_NEED_PACKAGE, NULL);
	assert_true(has(unknown->classes, "threads") && has(unknown->classes, "ipc"));
	assert_false(has(unknown->syscalls, "socket(AF_INET)"));
	SBX_AUTO(sbx_profile) optional = python_profile("ffmpeg", SBX_NEED_OPTIONAL, NULL);
	assert_false(has(optional->classes, "proc.spawn"));
}

static void test_behaviours_are_classes(void **state)
{
	SBX_AUTO(sbx_profile) server = python_profile(NULL, SBX_NEED_BASE, "net.server");
	assert_true(has(server->classes, "net.client") && has(server->classes, "net.server"));
	assert_true(has(server->syscalls, "socket(AF_INET)") && has(server->syscalls, "listen"));
	SBX_AUTO(sbx_profile) plain = python_profile(NULL, SBX_NEED_BASE, NULL);
	SBX_AUTO(sbx_profile) feature = python_profile(NULL, SBX_NEED_BASE, "cpu.avx2");
	assert_int_equal(g_strv_length(feature->classes), g_strv_length(plain->classes));
}

/* What the languages' rules call a behaviour is a class, or a feature of the processor. */
static void test_behaviours_of_rules_are_known(void **state)
{
	g_autoptr(GDir) grammars = g_dir_open(SBX_GRAMMARS, 0, NULL);
	const char *name;
	guint n = 0;
	assert_non_null(grammars);
	while ((name = g_dir_read_name(grammars))) {
		g_autofree char *path = g_build_filename(SBX_GRAMMARS, name, "calls.conf", NULL);
		g_autofree char *text = NULL;
		if (!g_file_get_contents(path, &text, NULL, NULL))
			continue;
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++) {
			if (!g_str_has_prefix(*line, "behaviour="))
				continue;
			g_auto(GStrv) classes = g_strsplit(strchr(*line, '=') + 1, ";", -1);
			for (char **c = classes; *c; c++, n++)
				if (!g_str_has_prefix(*c, "cpu.") &&
				    sbx_class_find(*c, strlen(*c)) < 0)
					fail_msg("%s: %s", path, *line);
		}
	}
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intervals_are_never_upside_down),
		cmocka_unit_test(test_disk_is_at_least_what_the_packages_take),
		cmocka_unit_test(test_imports_lie_between_the_dearest_and_the_sum),
		cmocka_unit_test(test_history_replaces_guesses_and_its_margin_shrinks),
		cmocka_unit_test(test_a_run_that_was_cut_short_took_more),
		cmocka_unit_test(test_a_script_alone_may_neither_spawn_nor_connect),
		cmocka_unit_test(test_commands_bring_their_run_times),
		cmocka_unit_test(test_behaviours_are_classes),
		cmocka_unit_test(test_behaviours_of_rules_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
