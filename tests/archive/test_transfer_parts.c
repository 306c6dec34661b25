/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/fetch/apt_config.h"
#include "builder/fetch/uri.h"
#include "store/gerror.h"

static void credentials_are_taken_out(void **state)
{
	static const char *const cases[][2] = {
		{"http://a/b", "http://a/b"},
		{"http://u:p@a/b", "http://a/b"},
		{"http://u:p%40x@a:8/b?c@d", "http://a:8/b?c@d"},
		{"http://u:p@x@a/b", "http://a/b"},
		{"http://a/u:p@b", "http://a/u:p@b"},
		{"http://u@a", "http://a"},
		{"file:/a@b", "file:/a@b"},
		{"nothing", "nothing"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *shown = sbx_uri_without_credentials(cases[i][0]);
		assert_string_equal(shown, cases[i][1]);
	}
}

static void uris_are_taken_apart(void **state)
{
	SBX_CLEANUP_URI struct sbx_uri u = {0};
	assert_true(sbx_uri_parse(&u, "HTTPS://jo%40x:s%3a@Host:81/p/q", NULL));
	assert_string_equal(u.scheme, "https");
	assert_string_equal(u.host, "Host");
	assert_string_equal(u.port, "81");
	assert_string_equal(u.path, "/p/q");
	assert_string_equal(u.user, "jo@x");
	assert_string_equal(u.password, "s:");
	assert_string_equal(u.target, "HTTPS://Host:81/p/q");
	sbx_uri_release(&u);
	assert_true(sbx_uri_parse(&u, "http://[::1]:8/x", NULL));
	assert_string_equal(u.host, "[::1]");
	assert_string_equal(u.port, "8");
	assert_null(u.user);
	sbx_uri_release(&u);
	assert_true(sbx_uri_parse(&u, "copy:///srv/m", NULL));
	assert_string_equal(u.target, "file:///srv/m");
}

static void odd_uris_are_refused(void **state)
{
	static const char *const odd[] = {"",
					  "x",
					  "http:/a",
					  "http://",
					  "ftp://a/",
					  "mirror://a/b",
					  "file:a",
					  "file://host/a",
					  "javascript:x",
					  "http:///a",
					  "tor+http://a"};
	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
		SBX_CLEANUP_URI struct sbx_uri u = {0};
		g_autoptr(GError) error = NULL;
		if (sbx_uri_parse(&u, odd[i], &error))
			fail_msg("%s was accepted", odd[i]);
		assert_true(g_error_matches(error, SBX_ERROR, SBX_E_USAGE));
	}
}

static void find(const char *uri, const char *conf, const char *user, const char *password)
{
	SBX_CLEANUP_URI struct sbx_uri u = {0};
	g_autofree char *got_user = NULL, *got_password = NULL;
	assert_true(sbx_uri_parse(&u, uri, NULL));
	assert_int_equal(sbx_uri_find_login(&u, conf, &got_user, &got_password), user != NULL);
	if (user) {
		assert_string_equal(got_user, user);
		assert_string_equal(got_password, password);
	}
}

static void logins_are_found(void **state)
{
	find("https://h/x", "machine h login a password b", "a", "b");
	find("https://h/x", "machine h\nlogin a\npassword b\n", "a", "b");
	find("https://h/x", "machine h password b login a", "a", "b");
	find("http://h/x", "machine h login a password b", NULL, NULL); /* in the clear */
	find("http://h/x", "machine http://h login a password b", "a", "b");
	find("https://h/x", "machine http://h login a password b", NULL, NULL);
	find("https://h/x/y", "machine h/z login a password b machine h/x login c password d", "c",
	     "d");
	find("https://h:8/x", "machine h:9 login a password b machine h:8 login c password d", "c",
	     "d");
	find("https://hh/x", "machine h login a password b", NULL, NULL);
	find("https://h/x", "# machine h login a password b\n", NULL, NULL);
	find("https://h/x", "machine h login a machine i password b", NULL, NULL);
	find("https://h/x", "machine h login", NULL, NULL);
	find("https://h/x", "", NULL, NULL);
}

static void apt_s_settings_are_read(void **state)
{
	g_autoptr(GHashTable) t = sbx_apt_config_parse(
		"APT \"\";\nAcquire::http::Proxy \"http://p:3128/\";\nA::B \"with \"quotes\" "
		"in\";\n"
		"List:: \"one\";\nList:: \"two\";\nnonsense\nX \"unfinished\n");
	assert_string_equal(g_hash_table_lookup(t, "acquire::http::proxy"), "http://p:3128/");
	assert_string_equal(g_hash_table_lookup(t, "a::b"), "with \"quotes\" in");
	assert_null(g_hash_table_lookup(t, "apt"));
	assert_null(g_hash_table_lookup(t, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_are_taken_out), cmocka_unit_test(uris_are_taken_apart),
		cmocka_unit_test(odd_uris_are_refused),	     cmocka_unit_test(logins_are_found),
		cmocka_unit_test(apt_s_settings_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
