/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/archive/choose.h"
#include "builder/archive/sources.h"
#include "store/gerror.h"

/* "uri suite component,component" a line */
static char *show(GPtrArray *sources)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < sources->len; i++) {
		const struct sbx_apt_source *s = sources->pdata[i];
		g_autofree char *components = g_strjoinv(",", s->components);
		g_string_append_printf(text, "%s %s %s\n", s->uri, s->suite, components);
	}
	return g_string_free(text, FALSE);
}

static GPtrArray *read_list(const char *text)
{
	GPtrArray *sources = sbx_apt_sources_new();
	g_autoptr(GError) error = NULL;
	if (!sbx_apt_sources_parse_list(text, strlen(text), "l", "amd64", sources, &error))
		fail_msg("%s", error->message);
	return sources;
}

static GPtrArray *read_deb822(const char *text)
{
	GPtrArray *sources = sbx_apt_sources_new();
	g_autoptr(GError) error = NULL;
	if (!sbx_apt_sources_parse_deb822(text, strlen(text), "s", "amd64", sources, &error))
		fail_msg("%s", error->message);
	return sources;
}

static void one_line_style_is_read(void **state)
{
	g_autoptr(GPtrArray) sources =
		read_list("# a comment\n"
			  "\n"
			  "deb http://a/debian/ bookworm main contrib # and more\n"
			  "deb-src http://a/debian bookworm main\n"
			  "#deb http://off/ bookworm main\n"
			  "\tdeb [ arch=amd64,i386 signed-by=/k/a.gpg,/k/b.asc trusted=yes ] "
			  "https://b/$(ARCH) x main\n"
			  "deb [check-valid-until=no lang=en]\thttp://c y main\n"
			  "deb cdrom:[Debian GNU/Linux 12 _Bookworm_ 20240101]/ bookworm main\n"
			  "deb http://flat/ ./\n"
			  "deb http://flat/ stable/\n");
	g_autofree char *text = show(sources);
	assert_string_equal(text, "http://a/debian bookworm main,contrib\n"
				  "https://b/amd64 x main\n"
				  "http://c y main\n");
	const struct sbx_apt_source *a = sources->pdata[0], *b = sources->pdata[1],
				    *c = sources->pdata[2];
	assert_null(a->architectures);
	assert_null(a->signed_by);
	assert_false(a->trusted || a->keeps_expired);
	assert_string_equal(a->where, "l:3");
	assert_string_equal(b->architectures[1], "i386");
	assert_string_equal(b->signed_by, "/k/a.gpg /k/b.asc");
	assert_true(b->trusted);
	assert_true(c->keeps_expired);
}

static void deb822_style_is_read(void **state)
{
	g_autoptr(GPtrArray) sources = read_deb822(
		"# a comment\n"
		"Types: deb deb-src\n"
		"URIs: http://a/debian\n"
		"# in between\n"
		" http://b/debian/\n"
		"Suites: bookworm bookworm-updates\n"
		"Components: main\n"
		" contrib\n"
		"Signed-By: /usr/share/keyrings/k.gpg\n"
		"\n\n"
		"types: deb\nuris: http://c\nsuites: x\ncomponents: main\n"
		"Architectures: amd64 arm64\nTrusted: yes\nCheck-Valid-Until: no\n"
		"Signed-By:\n"
		" -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
		" .\n"
		" mDMEZ\n"
		" -----END PGP PUBLIC KEY BLOCK-----\n"
		"\n"
		"Enabled: no\nTypes: deb\nURIs: http://off\nSuites: x\nComponents: main\n"
		"\n"
		"Types: deb-src\nURIs: http://off\nSuites: x\nComponents: main\n");
	g_autofree char *text = show(sources);
	assert_string_equal(text, "http://a/debian bookworm main,contrib\n"
				  "http://a/debian bookworm-updates main,contrib\n"
				  "http://b/debian bookworm main,contrib\n"
				  "http://b/debian bookworm-updates main,contrib\n"
				  "http://c x main\n");
	const struct sbx_apt_source *a = sources->pdata[0], *c = sources->pdata[4];
	assert_string_equal(a->signed_by, "/usr/share/keyrings/k.gpg");
	assert_string_equal(a->where, "s:2");
	assert_string_equal(c->signed_by, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n"
					  "-----END PGP PUBLIC KEY BLOCK-----");
	assert_string_equal(c->architectures[1], "arm64");
	assert_true(c->trusted && c->keeps_expired);
}

static void malformed_sources_are_named(void **state)
{
	static const struct {
		gboolean (*parse)(const char *, gsize, const char *, const char *, GPtrArray *,
				  GError **);
		const char *text, *problem;
	} cases[] = {
		{sbx_apt_sources_parse_list, "\nrpm http://a b c\n", "f:2: begins neither"},
		{sbx_apt_sources_parse_list, "debx http://a b c\n", "f:1: begins neither"},
		{sbx_apt_sources_parse_list, "d http://a b c\n", "f:1: begins neither"},
		{sbx_apt_sources_parse_list, "deb http://a\n", "f:1: an entry is"},
		{sbx_apt_sources_parse_list, "deb\n", "f:1: an entry is"},
		{sbx_apt_sources_parse_list, "deb http://a bookworm\n", "f:1: names no component"},
		{sbx_apt_sources_parse_list, "deb [arch=x http://a b c\n", "f:1: a [ without"},
		{sbx_apt_sources_parse_list, "deb [arch] http://a b c\n", "f:1: \"arch\" is not"},
		{sbx_apt_sources_parse_list, "deb http://a ../../etc main\n", "f:1: \"../../etc\""},
		{sbx_apt_sources_parse_list, "deb http://a a?b main\n", "f:1: \"a?b\""},
		{sbx_apt_sources_parse_deb822, "Types: deb\nURIs: http://a\n",
		 "f:1: an entry needs"},
		{sbx_apt_sources_parse_deb822, "Types: deb\nURIs: http://a\nSuites: x\n",
		 "f:1: names no component"},
		{sbx_apt_sources_parse_deb822, "\nTypes deb\n", "f:2: not a field"},
		{sbx_apt_sources_parse_deb822, " x\n", "f:1: a continued line"},
		{sbx_apt_sources_parse_deb822, "Types: deb\nTypes: deb\n", "f:2: a field is given"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) sources = sbx_apt_sources_new();
		g_autoptr(GError) error = NULL;
		if (cases[i].parse(cases[i].text, strlen(cases[i].text), "f", "amd64", sources,
				   &error))
			fail_msg("case %zu was accepted", i);
		assert_true(g_error_matches(error, SBX_ERROR, SBX_E_INPUT));
		if (!g_str_has_prefix(error->message, cases[i].problem))
			fail_msg("case %zu: %s", i, error->message);
	}
}

#define HOST                                                                                       \
	"deb http://other/ sid main\n"                                                             \
	"deb http://a bookworm-security main\n"                                                    \
	"deb http://a bookworm-backports main\n"                                                   \
	"deb http://a bookworm main\n"                                                             \
	"deb http://a bookworm contrib main\n"                                                     \
	"deb http://vendor bookworm stable\n"                                                      \
	"deb [arch=arm64] http://ports bookworm main\n"                                            \
	"deb http://a bookworm-updates main\n"

static void the_suite_and_its_updates_are_picked(void **state)
{
	g_autoptr(GPtrArray) host = read_list(HOST);
	g_autoptr(GPtrArray) picked = sbx_pick_sources(host, "bookworm", "amd64");
	g_autofree char *text = show(picked);
	assert_string_equal(text, "http://a bookworm main,contrib\n"
				  "http://vendor bookworm stable\n"
				  "http://a bookworm-security main\n"
				  "http://a bookworm-updates main\n");
}

static void another_architecture_has_its_own_sources(void **state)
{
	g_autoptr(GPtrArray) host = read_list(HOST);
	g_autoptr(GPtrArray) picked = sbx_pick_sources(host, "bookworm", "arm64");
	g_autofree char *text = show(picked);
	assert_true(strstr(text, "http://ports bookworm main\n") != NULL);
}

static void another_suite_comes_from_the_main_archive(void **state)
{
	g_autoptr(GPtrArray) host =
		read_list("deb [signed-by=/k] http://a bookworm main contrib\n");
	g_autoptr(GPtrArray) picked = sbx_pick_sources(host, "trixie", "amd64");
	g_autofree char *text = show(picked);
	assert_string_equal(text, "http://a trixie main,contrib\n");
	assert_string_equal(((struct sbx_apt_source *)picked->pdata[0])->signed_by, "/k");
	g_autoptr(GPtrArray) none = read_list("deb http://vendor x stable\n");
	g_autoptr(GPtrArray) nothing = sbx_pick_sources(none, "trixie", "amd64");
	assert_int_equal(nothing->len, 0);
}

/* Derived entries may not be there, but when they are they count: trixie has its own -security. */
static void another_suite_brings_its_updates(void **state)
{
	g_autoptr(GPtrArray) host = read_list("deb http://a bookworm main\n"
					      "deb http://a bookworm-updates main\n"
					      "deb http://b bookworm-security main\n"
					      "deb http://vendor bookworm-security stable\n");
	g_autoptr(GPtrArray) picked = sbx_pick_sources(host, "trixie", "amd64");
	g_autofree char *text = show(picked);
	assert_string_equal(text, "http://a trixie main\n"
				  "http://a trixie-updates main\n"
				  "http://b trixie-security main\n");
	assert_false(((struct sbx_apt_source *)picked->pdata[0])->optional);
	assert_true(((struct sbx_apt_source *)picked->pdata[2])->optional);
	g_autoptr(GPtrArray) rolling = sbx_pick_sources(host, "sid", "amd64");
	assert_int_equal(rolling->len, 1);
}

static void several_suites_are_picked_together(void **state)
{
	g_autoptr(GPtrArray) host = read_list("deb http://a bookworm main\n"
					      "deb http://a bookworm-updates main\n");
	g_autoptr(GPtrArray) picked =
		sbx_pick_sources(host, "bookworm,bookworm-backports,bookworm", "amd64");
	g_autofree char *text = show(picked);
	assert_string_equal(text, "http://a bookworm main\n"
				  "http://a bookworm-updates main\n"
				  "http://a bookworm-backports main\n");
}

static char *folder_with(const char *list, const char *sources)
{
	g_autoptr(GError) error = NULL;
	char *folder = g_dir_make_tmp("sbx-apt-XXXXXX", &error);
	assert_non_null(folder);
	g_autofree char *parts = g_build_filename(folder, "sources.list.d", NULL);
	g_autofree char *one = g_build_filename(folder, "sources.list", NULL);
	g_autofree char *two = g_build_filename(parts, "b.sources", NULL);
	g_autofree char *off = g_build_filename(parts, "a.sources.bak", NULL);
	assert_int_equal(g_mkdir_with_parents(parts, 0700), 0);
	if (list)
		assert_true(g_file_set_contents(one, list, -1, NULL));
	if (sources)
		assert_true(g_file_set_contents(two, sources, -1, NULL));
	assert_true(g_file_set_contents(off, "not read\n", -1, NULL));
	return folder;
}

static void remove_folder(const char *folder)
{
	const char *argv[] = {"rm", "-r", folder, NULL};
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				 NULL, NULL, NULL));
}

static void the_host_s_files_are_read_in_order(void **state)
{
	g_autofree char *folder =
		folder_with("deb http://a x main\n",
			    "Types: deb\nURIs: http://b\nSuites: x\nComponents: main\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) sources = sbx_apt_sources_read(folder, "amd64", &error);
	assert_non_null(sources);
	g_autofree char *text = show(sources);
	assert_string_equal(text, "http://a x main\nhttp://b x main\n");
	assert_true(((struct sbx_apt_source *)sources->pdata[0])->is_host);
	remove_folder(folder);
}

static void choose(struct sbx_context *ctx, const char *want, enum sbx_code code, const char *word)
{
	SBX_CLEANUP_CHOICE struct sbx_choice choice = {0};
	g_autoptr(GError) error = NULL;
	gboolean ok = sbx_choose_sources(ctx, &choice, &error);
	if (!want) {
		assert_false(ok);
		if (!g_error_matches(error, SBX_ERROR, (int)code) || !strstr(error->message, word))
			fail_msg("%s", error->message);
		return;
	}
	if (!ok)
		fail_msg("%s", error->message);
	g_autofree char *text = show(choice.sources);
	assert_string_equal(text, want);
}

/* A context as the command line would make it. */
static struct sbx_context context(const char *const *mirrors, const char *suite, const char *arch)
{
	return (struct sbx_context){
		.mirrors = (char **)mirrors, .suite = (char *)suite, .architecture = (char *)arch};
}

static void mirrors_override_the_host(void **state)
{
	const char *mirrors[] = {"http://m/debian/", "[trusted=yes] http://n y main extra", NULL};
	struct sbx_context ctx = context(mirrors, "x", NULL);
	choose(&ctx, "http://m/debian x main\nhttp://n y main,extra\n", SBX_OK, NULL);
	const char *full[] = {"deb http://n y main", NULL};
	ctx = context(full, NULL, NULL);
	SBX_CLEANUP_CHOICE struct sbx_choice choice = {0};
	assert_true(sbx_choose_sources(&ctx, &choice, NULL));
	assert_string_equal(choice.suite, "y");
}

static void senseless_options_are_refused(void **state)
{
	const char *odd[] = {"ftp://a", NULL}, *flat[] = {"http://a ./", NULL};
	const char *none[] = {" ", NULL}, *fine[] = {"http://a", NULL};
	struct sbx_context ctx = context(odd, "x", NULL);
	choose(&ctx, NULL, SBX_E_USAGE, "ftp://a");
	ctx = context(flat, "x", NULL);
	choose(&ctx, NULL, SBX_E_USAGE, "--mirror");
	ctx = context(none, "x", NULL);
	choose(&ctx, NULL, SBX_E_USAGE, "--mirror");
	ctx = context(fine, "../x", NULL);
	choose(&ctx, NULL, SBX_E_USAGE, "../x");
	ctx = context(fine, "x", "a/b");
	choose(&ctx, NULL, SBX_E_USAGE, "a/b");
}

static void a_host_without_sources_is_told_the_way_out(void **state)
{
	g_autofree char *folder = folder_with(NULL, NULL);
	g_setenv("SBX_APT_DIR", folder, TRUE);
	struct sbx_context ctx = context(NULL, "x", NULL);
	choose(&ctx, NULL, SBX_E_NOT_FOUND, "--mirror URI");
	g_unsetenv("SBX_APT_DIR");
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_style_is_read),
		cmocka_unit_test(deb822_style_is_read),
		cmocka_unit_test(malformed_sources_are_named),
		cmocka_unit_test(the_suite_and_its_updates_are_picked),
		cmocka_unit_test(another_architecture_has_its_own_sources),
		cmocka_unit_test(another_suite_comes_from_the_main_archive),
		cmocka_unit_test(another_suite_brings_its_updates),
		cmocka_unit_test(several_suites_are_picked_together),
		cmocka_unit_test(the_host_s_files_are_read_in_order),
		cmocka_unit_test(mirrors_override_the_host),
		cmocka_unit_test(senseless_options_are_refused),
		cmocka_unit_test(a_host_without_sources_is_told_the_way_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
