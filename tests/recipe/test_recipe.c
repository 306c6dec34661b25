/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "builder/recipe/recipe.h"

#define HEAD "[recipe]\ndescription=A thing\ncategory=things\n"
#define BODY "[packages]\ninstall=hello;libx:any;y=1.0-1\n"
#define TEST "[test]\ncommand=true\n"

static struct sbx_recipe *parse(const char *text, GError **error)
{
	return sbx_recipe_parse(text, strlen(text), "some/where/a-name.recipe", error);
}

static void test_what_is_not_said_has_a_default(void **state)
{
	SBX_AUTO(sbx_recipe) r = parse(HEAD BODY TEST, NULL);
	assert_non_null(r);
	assert_string_equal(r->name, "a-name");
	assert_string_equal(r->category, "things");
	assert_int_equal(g_strv_length(r->packages), 3);
	assert_null(r->suite);
	assert_false(r->recommends);
	assert_int_equal(r->content.without, 0);
	assert_string_equal(r->posture, "high");
	assert_int_equal(r->timeout_sec, 120);
}

static void test_single_options_change_the_class_wherever_they_stand(void **state)
{
	SBX_AUTO(sbx_recipe)
	r = parse(HEAD BODY TEST "[content]\ndocs=yes\nlocales=fr;de;fr\nslim=docs\n", NULL);
	assert_non_null(r);
	assert_int_equal(r->content.without, 1u << SBX_CONTENT_MAN | 1u << SBX_CONTENT_LOCALES);
	assert_int_equal(g_strv_length(r->content.locales), 2);
	assert_string_equal(r->content.locales[0], "de");
}

static const struct {
	const char *text, *reason;
} wrong[] = {
	{"", "description is missing"},
	{HEAD TEST, "install is missing"},
	{HEAD BODY, "command is missing"},
	{"[recipe]\ndescription=x\n" BODY TEST, "category is missing"},
	{HEAD HEAD BODY TEST, "description"},
	{HEAD BODY TEST "[recipe]\ncolour=red\n", ":9: [recipe] colour=red: is no key"},
	{HEAD BODY TEST "[recipes]\nsuite=sid\n", "is no key"},
	{HEAD BODY TEST "[recipe]\nsuite=../x\n", "must be a word"},
	{HEAD "[packages]\ninstall=hello world\n" TEST, "must be names of packages"},
	{HEAD "[packages]\ninstall=hello;-o\n" TEST, "must be names of packages"},
	{HEAD BODY TEST "[packages]\nrecommends=maybe\n", "must be yes or no"},
	{HEAD BODY TEST "[content]\nslim=thin\n", "must be none, docs or runtime"},
	{HEAD BODY TEST "[content]\nlocales=de;../etc\n", "languages"},
	{HEAD BODY TEST "[content]\nlocales=\n", "must be all, none"},
	{HEAD BODY TEST "[content]\nman=1\n", "must be yes or no"},
	{HEAD BODY TEST "[test]\ntimeout=0\n", "must be seconds"},
	{HEAD BODY TEST "[test]\ntimeout=3601\n", "must be seconds"},
	{HEAD BODY TEST "[test]\noutput=(\n", "[test] output"},
	{HEAD BODY TEST "[test]\nposture=/etc/x\n", "must be a word"},
	{"[recipe]\ndescription=\033[2J\ncategory=x\n" BODY TEST, "control characters"},
	{"[recipe]\ndescription=\xff\ncategory=x\n" BODY TEST, "UTF-8"},
	{HEAD "[packages]\ninstall=\n" TEST, "[packages] install=: must name a package"},
	{HEAD BODY TEST "no equals sign\n", "a-name.recipe"},
};

static void test_bad_recipes_are_refused(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		SBX_AUTO(sbx_recipe) r = parse(wrong[i].text, &error);
		if (r || !error || error->code != SBX_E_INPUT ||
		    !strstr(error->message, wrong[i].reason))
			fail_msg("case %zu: %s", i, error ? error->message : "was read");
	}
}

static void test_the_name_must_do_for_a_template(void **state)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_recipe)
	r = sbx_recipe_parse(HEAD BODY TEST, strlen(HEAD BODY TEST), "Big Name.recipe", &error);
	assert_null(r);
	assert_non_null(strstr(error->message, "Big Name"));
}

/* All that we ship, and none that is missing. */
static void test_ours_can_be_read(void **state)
{
	static const char *const names[] = {"base",
					    "python",
					    "python-data-science",
					    "python-web",
					    "node",
					    "java-web-server",
					    "cpp-build",
					    "cpp-machine-learning",
					    "perl",
					    "ruby",
					    "r-statistics",
					    "shell-tools",
					    "media-tools"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *path = g_strdup_printf("%s/%s.recipe", SBX_RECIPES_DIR, names[i]);
		g_autofree char *text = NULL;
		gsize n = 0;
		assert_true(g_file_get_contents(path, &text, &n, NULL));
		SBX_AUTO(sbx_recipe) r = sbx_recipe_parse(text, n, path, &error);
		if (!r)
			fail_msg("%s", error->message);
		assert_string_equal(r->name, names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_not_said_has_a_default),
		cmocka_unit_test(test_single_options_change_the_class_wherever_they_stand),
		cmocka_unit_test(test_bad_recipes_are_refused),
		cmocka_unit_test(test_the_name_must_do_for_a_template),
		cmocka_unit_test(test_ours_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
