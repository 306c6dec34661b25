/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/archive/package.h"
#include "store/gerror.h"

struct seen {
	guint n;
	GString *text; /* "name version arch|" each */
	struct sbx_package last;
};

static gboolean collect(const struct sbx_package *p, gpointer data, GError **error)
{
	struct seen *seen = data;
	seen->n++;
	g_string_append_printf(seen->text, "%s %s %s|", p->name, p->version, p->architecture);
	seen->last = *p;
	return TRUE;
}

/* The text is copied to a block of exactly its size, so that a sanitizer sees one byte too far. */
static char *parse(const char *text, struct seen *seen, char **out_error)
{
	gsize n = strlen(text);
	char *copy = g_malloc(n ? n : 1);
	memcpy(copy, text, n);
	*seen = (struct seen){.text = g_string_new(NULL)};
	g_autoptr(GError) error = NULL;
	gboolean ok = sbx_packages_parse(copy, n, "Packages", collect, seen, &error);
	assert_int_equal(ok, error == NULL);
	if (error)
		assert_true(g_error_matches(error, SBX_ERROR, SBX_E_ARCHIVE));
	*out_error = error ? g_strdup(error->message) : NULL;
	return copy;
}

#define MINIMAL "Package: a\nVersion: 1\nArchitecture: all\n"

static void stanzas_are_read(void **state)
{
	const char *text =
		"\n\nPackage: libc6\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u10\n"
		"Architecture: amd64\nEssential: yes\nProtected: yes\nInstalled-Size: 12988\n"
		"Unknown-Field: x\nDepends: libgcc-s1,\n libcrypt1 (>= 1:4.4.10-10~)  \n"
		"Description: C library:\tshared\r\nFilename: pool/main/g/glibc/x.deb\n"
		"Size: 2757420\nMulti-Arch: same\n"
		"sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF\n"
		"\n \t\nPackage: b\nVersion: 2\nArchitecture: all\nSuggests:\n";
	struct seen seen;
	g_autofree char *problem = NULL;
	g_autofree char *copy = parse("", &seen, &problem);
	assert_null(problem);
	assert_int_equal(seen.n, 0);
	g_string_free(seen.text, TRUE);
	g_free(copy);
	copy = parse(text, &seen, &problem);
	assert_null(problem);
	assert_string_equal(seen.text->str, "libc6 2.36-9+deb12u10 amd64|b 2 all|");
	assert_string_equal(seen.last.suggests, "");
	assert_false(seen.last.essential);
	g_string_free(seen.text, TRUE);
	g_free(copy);

	g_autofree char *first = g_strndup(text, (gsize)(strstr(text, "\n \t\n") - text));
	copy = parse(first, &seen, &problem);
	assert_null(problem);
	const struct sbx_package *p = &seen.last;
	assert_string_equal(p->source, "glibc (2.36-9)");
	assert_string_equal(p->depends, "libgcc-s1,  libcrypt1 (>= 1:4.4.10-10~)");
	assert_string_equal(p->description, "C library:\tshared");
	assert_string_equal(p->filename, "pool/main/g/glibc/x.deb");
	assert_int_equal(p->size, 2757420);
	assert_int_equal(p->installed_kib, 12988);
	assert_true(p->essential && p->important);
	assert_int_equal(strlen(p->sha256), 64);
	assert_null(p->recommends);
	g_string_free(seen.text, TRUE);
}

static void hostile_indexes_are_refused(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"Package: a\nVersion: 1\n", "Packages:1: a stanza without"},
		{MINIMAL "\nVersion: 1\nArchitecture: all\n\n", "Packages:5: a stanza without"},
		{"Package: a\nVersion: 1\nArchitecture: all", "Packages:3: the index is cut short"},
		{MINIMAL "Depends: x,\n y", "Packages:5: the index is cut short"},
		{MINIMAL "no colon here\n", "Packages:4: not a field"},
		{MINIMAL ": empty name\n", "Packages:4: not a field"},
		{" begins with a blank\n" MINIMAL, "Packages:1: not a field"},
		{"<html>\n", "Packages:1: not a field"},
		{MINIMAL "Version: 2\n", "Packages:4: a field is given twice"},
		{MINIMAL "Size: 12x\n", "Packages:4: a size is not a number"},
		{MINIMAL "Size: -1\n", "Packages:4: a size is not a number"},
		{MINIMAL "Size:\n", "Packages:4: a size is not a number"},
		{MINIMAL "Size: 99999999999999999999\n", "Packages:4: a size is not a number"},
		{MINIMAL "SHA256: beef\n", "Packages:1: a SHA256 is not"},
		{"Package: ../a\nVersion: 1\nArchitecture: all\n", "Packages:1: a package's name"},
		{"Package: a/b\nVersion: 1\nArchitecture: all\n", "Packages:1: a package's name"},
		{"Package: a b\nVersion: 1\nArchitecture: all\n", "Packages:1: a package's name"},
		{"Package:\nVersion: 1\nArchitecture: all\n", "Packages:1: a package's name"},
		{"Package: a\nVersion: 1/2\nArchitecture: all\n", "Packages:1: a version"},
		{"Package: a\nVersion: 1\nArchitecture: a/../b\n", "Packages:1: an architecture"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen seen;
		g_autofree char *problem = NULL;
		g_autofree char *copy = parse(cases[i].text, &seen, &problem);
		if (!problem || !g_str_has_prefix(problem, cases[i].problem))
			fail_msg("case %zu: \"%s\", wanted \"%s\"", i,
				 problem ? problem : "accepted", cases[i].problem);
		g_string_free(seen.text, TRUE);
	}
}

static void nul_bytes_are_refused(void **state)
{
	char text[] = MINIMAL "Depends: a\0b\n";
	struct seen seen = {.text = g_string_new(NULL)};
	g_autoptr(GError) error = NULL;
	assert_false(sbx_packages_parse(text, sizeof(text) - 1, "P", collect, &seen, &error));
	assert_true(g_error_matches(error, SBX_ERROR, SBX_E_ARCHIVE));
	g_string_free(seen.text, TRUE);
}

static gboolean refuse(const struct sbx_package *p, gpointer data, GError **error)
{
	return sbx_set_error(error, SBX_E_NO_SPACE, "enough of %s", p->name);
}

static void a_callback_can_stop_the_reading(void **state)
{
	char text[] = MINIMAL "\n" MINIMAL;
	g_autoptr(GError) error = NULL;
	assert_false(sbx_packages_parse(text, strlen(text), "P", refuse, NULL, &error));
	assert_string_equal(error->message, "enough of a");
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void versions_compare_as_documented(void **state)
{
	static const struct {
		const char *a, *b;
		int want;
	} cases[] = {
		{"1", "1", 0},
		{"1", "2", -1},
		{"10", "9", 1},
		{"1.0", "1.0-0", 0},
		{"1.0~rc1", "1.0", -1},
		{"1.0~~", "1.0~~a", -1},
		{"1.0~~a", "1.0~", -1},
		{"1.0~", "1.0", -1},
		{"1.0", "1.0a", -1},
		{"1.0a", "1.0+", -1},
		{"1:0", "2", 1},
		{"0:1", "1", 0},
		{"00:1", "1", 0},
		{"1-1-1", "1-1-2", -1},
		{"1-1", "1-1-0", -1},
		{"1.001", "1.1", 0},
		{"", "0", 0},
		{"", "", 0},
		{"1.0-1", "1.0-1+b1", -1},
		{"99999999999999999999999", "99999999999999999999998", 1},
		{"99999999999999999999:1", "1:1", 1},
		{"a:1", "1", 1},
		{":1", "1", 1},
		{"2.36-9+deb12u10", "2.36-9+deb12u9", 1},
		{"\xff", "z", 1},
		{"1.", "1", 1},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		int got = sign(sbx_version_compare(cases[i].a, cases[i].b));
		int back = sign(sbx_version_compare(cases[i].b, cases[i].a));
		if (got != cases[i].want || back != -cases[i].want)
			fail_msg("%s %s: %d %d, wanted %d", cases[i].a, cases[i].b, got, back,
				 cases[i].want);
	}
}

static char *make_part(GRand *random, const char *alphabet, int most)
{
	GString *s = g_string_new(NULL);
	int n = g_rand_int_range(random, 0, most);
	for (int i = 0; i < n; i++)
		g_string_append_c(s, alphabet[g_rand_int_range(random, 0, (int)strlen(alphabet))]);
	return g_string_free(s, FALSE);
}

static char *make_version(GRand *random)
{
	GString *s = g_string_new(NULL);
	if (g_rand_int_range(random, 0, 4) == 0)
		g_string_append_printf(s, "%d:", g_rand_int_range(random, 0, 3));
	g_autofree char *upstream = make_part(random, "0012~~+.ab", 5);
	g_string_append_printf(s, "%d%s", g_rand_int_range(random, 0, 3), upstream);
	if (g_rand_boolean(random)) {
		g_autofree char *revision = make_part(random, "01~+.a", 4);
		g_string_append_printf(s, "-%s%s", g_rand_boolean(random) ? "0" : "1", revision);
	}
	return g_string_free(s, FALSE);
}

/* Another spelling, of the same version mostly. */
static char *respell(const char *version)
{
	return g_strconcat(strchr(version, ':') ? "" : "0:", version,
			   strchr(version, '-') ? "" : "-0", NULL);
}

static gboolean dpkg_says(const char *a, const char *relation, const char *b)
{
	const char *argv[] = {"dpkg", "--compare-versions", a, relation, b, NULL};
	int status = 0;
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				 NULL, &status, NULL));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 0;
}

static void versions_compare_as_dpkg_does(void **state)
{
	g_autofree char *dpkg = g_find_program_in_path("dpkg");
	if (!dpkg) {
		print_message("skipped: there is no dpkg to compare with\n");
		skip();
	}
	GRand *random = g_rand_new_with_seed(20240607);
	int n_of[3] = {0};
	for (int i = 0; i < 500; i++) {
		g_autofree char *a = make_version(random);
		g_autofree char *b = i % 8 == 0 ? respell(a) : make_version(random);
		int got = sign(sbx_version_compare(a, b));
		n_of[got + 1]++;
		if (!dpkg_says(a, got < 0 ? "lt" : got > 0 ? "gt" : "eq", b))
			fail_msg("%s %s: dpkg does not say %d", a, b, got);
		assert_int_equal(sign(sbx_version_compare(b, a)), -got);
	}
	/* The pairs are worth something only when all three answers come up. */
	assert_true(n_of[0] > 50 && n_of[1] > 10 && n_of[2] > 50);
	g_rand_free(random);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanzas_are_read),
		cmocka_unit_test(hostile_indexes_are_refused),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(a_callback_can_stop_the_reading),
		cmocka_unit_test(versions_compare_as_documented),
		cmocka_unit_test(versions_compare_as_dpkg_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
