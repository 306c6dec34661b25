/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/archive/release.h"
#include "builder/archive/verify.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
#define RELEASE                                                                                    \
	"Suite: oldstable\nCodename: bookworm\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"              \
	"Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\nAcquire-By-Hash: yes\n"                       \
	"No-Support-for-Architecture-all: Packages\nArchitectures: all amd64\n"                    \
	"Components: main contrib\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 x\n"               \
	"SHA256:\n " SHA " 100 main/binary-amd64/Packages\n " SHA                                  \
	"   30 main/binary-amd64/Packages.gz\n"                                                    \
	" " SHA " 20 main/binary-amd64/Packages.xz\n"

static struct sbx_release_file *parse(const char *text, char **out_problem)
{
	g_autoptr(GError) error = NULL;
	struct sbx_release_file *release = sbx_release_file_parse(text, strlen(text), "R", &error);
	assert_int_equal(release == NULL, error != NULL);
	if (error)
		assert_true(g_error_matches(error, SBX_ERROR, SBX_E_UNTRUSTED));
	*out_problem = error ? g_strdup(error->message) : NULL;
	return release;
}

static void a_release_is_read(void **state)
{
	g_autofree char *problem = NULL;
	SBX_AUTO(sbx_release_file) r = parse(RELEASE, &problem);
	assert_null(problem);
	assert_string_equal(r->suite, "oldstable");
	assert_string_equal(r->codename, "bookworm");
	assert_true(r->by_hash && r->all_in_each);
	assert_false(r->not_automatic);
	assert_string_equal(r->components[1], "contrib");
	g_autofree char *date = sbx_format_time(r->date);
	assert_string_equal(date, "2026-07-11T10:16:37Z");
	assert_int_equal(r->valid_until - r->date, 7 * 86400);
	const char *suffix = NULL;
	const struct sbx_release_entry *entry =
		sbx_release_file_find_smallest(r, "main/binary-amd64/Packages", &suffix);
	assert_string_equal(suffix, ".xz");
	assert_int_equal(entry->size, 20);
	g_autofree char *lower = g_ascii_strdown(SHA, -1);
	assert_string_equal(entry->sha256, lower);
	assert_null(sbx_release_file_find(r, "x")); /* MD5 alone does not list it */
}

static void who_has_packages_for_all_is_told(void **state)
{
	static const struct {
		const char *fields;
		gboolean all_in_each;
	} cases[] = {
		{"Architectures: all amd64\n", FALSE},
		{"Architectures: amd64\n", TRUE},
		{"Architectures: all amd64\nNo-Support-for-Architecture-all: Packages\n", TRUE},
		{"", FALSE},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(cases[i].fields, "SHA256:\n", NULL);
		g_autofree char *problem = NULL;
		SBX_AUTO(sbx_release_file) r = parse(text, &problem);
		assert_null(problem);
		assert_int_equal(r->all_in_each, cases[i].all_in_each);
	}
}

static void hostile_releases_are_refused(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"", "R: not one stanza"},
		{"Suite: x\n\nSuite: y\n", "R: not one stanza"},
		{"Suite: x\nMD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 x\n",
		 "R: lists no SHA256"},
		{"Suite: x\nSHA1:\n a 0 x\n", "R: lists no SHA256"},
		{"SHA256:\n beef 1 x\n", "R: \"beef 1 x\" is not"},
		{"SHA256:\n " SHA " x x\n", "R: "},
		{"SHA256:\n " SHA " -1 x\n", "R: "},
		{"SHA256:\n " SHA " 1\n", "R: "},
		{"SHA256:\n " SHA " 1 ../x\n", "R: "},
		{"SHA256:\n " SHA " 1 /x\n", "R: "},
		{"SHA256:\n " SHA " 1 x y\n", "R: "},
		{"Date: yesterday\nSHA256:\n", "R: \"yesterday\" is not a date"},
		{"Valid-Until: \nSHA256:\n", "R: \"\" is not a date"},
		{"<html>\n", "R:1: not a field"},
		{"SHA256:\nSHA256:\n", "R:2: a field is given twice"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *problem = NULL;
		SBX_AUTO(sbx_release_file) r = parse(cases[i].text, &problem);
		if (!problem || !g_str_has_prefix(problem, cases[i].problem))
			fail_msg("case %zu: %s", i, problem ? problem : "accepted");
		sbx_release_file_free(g_steal_pointer(&r));
	}
}

static void check(const char *suite, gint64 now, gboolean lenient, const char *problem)
{
	g_autofree char *parse_problem = NULL;
	SBX_AUTO(sbx_release_file) r = parse(RELEASE, &parse_problem);
	assert_null(parse_problem);
	struct sbx_release_policy policy = {
		.now = now, .keeps_expired = lenient, .keeps_future = lenient};
	g_autoptr(GError) error = NULL;
	gboolean ok = sbx_release_file_check(r, suite, &policy, "R", &error);
	assert_int_equal(ok, problem == NULL);
	if (error && (!g_error_matches(error, SBX_ERROR, SBX_E_UNTRUSTED) ||
		      !strstr(error->message, problem)))
		fail_msg("%s", error->message);
}

static void suite_and_dates_are_checked(void **state)
{
	const gint64 date = 1783764997; /* RELEASE's Date */
	check("bookworm", date + 60, FALSE, NULL);
	check("oldstable", date + 60, FALSE, NULL);
	check("bookworm/updates", date + 60, FALSE, NULL);
	check("book", date + 60, FALSE, "not for book");
	check("trixie", date + 60, FALSE, "is for bookworm (oldstable), not for trixie");
	check("bookworm", date + 7 * 86400 - 1, FALSE, NULL);
	check("bookworm", date + 7 * 86400 + 1, FALSE, "valid until 2026-07-18T10:16:37Z");
	check("bookworm", date + 7 * 86400 + 1, TRUE, NULL);
	check("bookworm", date - 3600, FALSE, NULL);
	check("bookworm", date - 2 * 86400, FALSE, "is dated 2026-07-11T10:16:37Z");
	check("bookworm", date - 2 * 86400, TRUE, NULL);
}

#define G "[GNUPG:] "
#define GOOD                                                                                       \
	G "NEWSIG\n" G "GOODSIG AA1 Somebody\n" G                                                  \
	  "VALIDSIG F00AA1 2026-01-01 0 0 4 0 1 8 01 F00BB1\n"
#define UNKNOWN G "NEWSIG\n" G "ERRSIG CC1 1 8 01 0 9 F00CC1\n" G "NO_PUBKEY CC1\n"
#define BAD	G "NEWSIG\n" G "BADSIG DD1 Somebody\n"
#define EXPIRED                                                                                    \
	G "NEWSIG\n" G "EXPKEYSIG EE1 Somebody\n" G                                                \
	  "VALIDSIG F00EE1 2026-01-01 0 0 4 0 1 8 01 F00EE1\n"
#define REVOKED                                                                                    \
	G "NEWSIG\n" G "REVKEYSIG FF1 Somebody\n" G                                                \
	  "VALIDSIG F00FF1 2026-01-01 0 0 4 0 1 8 01 F00FF1\n"

static void signatures_are_judged(void **state)
{
	static const struct {
		const char *status, *fingerprint, *problem;
	} cases[] = {
		{GOOD, NULL, NULL},
		{UNKNOWN GOOD UNKNOWN, NULL, NULL},
		{EXPIRED GOOD, NULL, NULL},
		{GOOD BAD, NULL, "DD1"},
		{BAD GOOD, NULL, "DD1"},
		{EXPIRED, NULL, "expired; key EE1"},
		{REVOKED, NULL, "revoked key; key FF1"},
		{GOOD EXPIRED, "F00EE1", "expired"},
		{UNKNOWN, NULL, "no signature by a key of ring, but by CC1"},
		{G "NODATA 1\n", NULL, "has no signature"},
		{GOOD G "UNEXPECTED 0\n", NULL, "beside what is signed"},
		{"", NULL, "has no signature"},
		{"gpgv: GOODSIG x\nGOODSIG x\nVALIDSIG x\n", NULL, "has no signature"},
		{G "VALIDSIG F00AA1 x x F00BB1\n", NULL, "has no signature"},
		{GOOD, "F00AA1", NULL},
		{GOOD, "F00BB1", NULL},
		{GOOD, "F00CC1", "no signature by a key"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sbx_keyring keyring = {
			.fd = -1, .fingerprints = g_ptr_array_new(), .shown = g_string_new("ring")};
		if (cases[i].fingerprint)
			g_ptr_array_add(keyring.fingerprints, (gpointer)cases[i].fingerprint);
		g_autoptr(GError) error = NULL;
		gboolean ok = sbx_verify_judge(cases[i].status, &keyring, "R", &error);
		if (ok != (cases[i].problem == NULL) ||
		    (error && !strstr(error->message, cases[i].problem)))
			fail_msg("case %zu: %s", i, error ? error->message : "accepted");
		if (error)
			assert_true(g_error_matches(error, SBX_ERROR, SBX_E_UNTRUSTED));
		sbx_keyring_release(&keyring);
	}
}

static void armour_comes_off(void **state)
{
	g_autoptr(GByteArray) bytes = sbx_keyring_unarmour(
		"Comment\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x\n\nYWJj\nZGVm\n=abcd\n"
		"-----END PGP PUBLIC KEY BLOCK-----\n\n"
		"  -----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nZ2hp\r\n"
		"-----END PGP PUBLIC KEY BLOCK-----\r\n");
	assert_int_equal(bytes->len, 9);
	assert_memory_equal(bytes->data, "abcdefghi", 9);
	assert_null(sbx_keyring_unarmour("no key"));
	assert_null(sbx_keyring_unarmour("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_is_read),
		cmocka_unit_test(who_has_packages_for_all_is_told),
		cmocka_unit_test(hostile_releases_are_refused),
		cmocka_unit_test(suite_and_dates_are_checked),
		cmocka_unit_test(signatures_are_judged),
		cmocka_unit_test(armour_comes_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
