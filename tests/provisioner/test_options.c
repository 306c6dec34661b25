/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "provisioner/options.h"
#include "provisioner/values.h"

#define PARSE(o, err, ...)                                                                         \
	({                                                                                         \
		static const char *words[] = {__VA_ARGS__, NULL};                                  \
		sbx_options_parse(o, (int)(sizeof(words) / sizeof(words[0])) - 1, (char **)words,  \
				  err);                                                            \
	})

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t value; /* 0: refused */
	} cases[] = {
		{"1", 1},
		{"65536", 65536},
		{"1K", 1024},
		{"512M", 512ULL << 20},
		{"2g", 2ULL << 30},
		{"1T", 1ULL << 40},
		{"9223372036854775807", INT64_MAX},
		{"0", 0},
		{"", 0},
		{"-1", 0},
		{"+1", 0},
		{" 1", 0},
		{"1 ", 0},
		{"1KB", 0},
		{"1P", 0},
		{"K", 0},
		{"1.5G", 0},
		{"0x10", 0},
		{"9223372036854775808", 0},
		{"99999999999999999999", 0},
		{"8388608T", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sbx_error err = SBX_ERROR_INIT;
		uint64_t value = 42;
		int status = sbx_parse_bytes(cases[i].text, &value, &err);
		assert_int_equal(status, cases[i].value ? 0 : -1);
		assert_int_equal(value, cases[i].value ? cases[i].value : 42);
		assert_int_equal(err.code, cases[i].value ? SBX_OK : SBX_E_USAGE);
	}
}

static void test_decimals(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} cases[] = {
		{"1", 1000000},
		{"0.5", 500000},
		{"1.25", 1250000},
		{"0.000001", 1},
		{"10.", 0},
		{".5", 0},
		{"0", 0},
		{"0.0000001", 0},
		{"1e3", 0},
		{"1,5", 0},
		{"", 0},
		{"18446744073709551615", 0},
		{"1.9999999", 1999999},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 42;
		int status = sbx_parse_decimal(cases[i].text, 1000000, &value, NULL);
		assert_int_equal(status, cases[i].value ? 0 : -1);
		assert_int_equal(value, cases[i].value ? cases[i].value : 42);
	}
}

static void test_counts_have_a_ceiling(void **state)
{
	uint64_t value = 0;
	assert_int_equal(sbx_parse_count("10", 10, &value, NULL), 0);
	assert_int_equal(value, 10);
	assert_int_equal(sbx_parse_count("11", 10, &value, NULL), -1);
}

static void test_everything_is_taken(void **state)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	int status = PARSE(&o, &err, "--memory=1M", "--cpus", "0.5", "--pids", "7", "--timeout",
			   "1.5", "--grace", "0", "--output-limit", "2K", "--nofile", "50",
			   "--fsize", "6", "--bind", "/a:b:/c", "--ro-bind", "rel:/d", "--overlay",
			   "/e:/f", "--env", "A=b=c", "--layer", "/l", "--disk", "3K", "--workdir",
			   "/w", "--hostname", "h", "--net", "host", "--user", "8", "--root", "/r",
			   "--best-effort", "--sys", "--syscalls", "python3,net.client", "template",
			   "--", "cmd", "--memory", "--");
	assert_int_equal(status, 0);
	assert_int_equal(o.policy.limit[SBX_LIMIT_MEMORY], 1 << 20);
	assert_int_equal(o.policy.limit[SBX_LIMIT_CPUS], SBX_CPU_PERIOD_USEC / 2);
	assert_int_equal(o.policy.limit[SBX_LIMIT_PIDS], 7);
	assert_int_equal(o.policy.limit[SBX_LIMIT_TIMEOUT], 1500000);
	assert_int_equal(o.policy.limit[SBX_LIMIT_GRACE], 1); /* at once */
	assert_int_equal(o.policy.limit[SBX_LIMIT_OUTPUT], 2048);
	assert_int_equal(o.n_binds, 3);
	assert_int_equal(o.binds[0].kind, SBX_BIND_WRITABLE);
	assert_string_equal(o.binds[0].source, "/a:b");
	assert_string_equal(o.binds[0].target, "/c");
	assert_int_equal(o.binds[1].kind, SBX_BIND_READ_ONLY);
	assert_string_equal(o.binds[1].source, "rel");
	assert_int_equal(o.binds[2].kind, SBX_BIND_OVERLAY);
	assert_int_equal(o.n_env, 1);
	assert_string_equal(o.env[0], "A=b=c");
	assert_int_equal(o.policy.net, SBX_NET_HOST);
	assert_int_equal(o.uid, 8);
	assert_true(o.policy.has_classes);
	assert_true(o.policy.classes & 1); /* base is in every set */
	assert_true(o.best_effort && o.sys && !o.dry_run);
	assert_string_equal(o.template, "template");
	/* What stands behind -- is the command's, whatever it looks like. */
	assert_string_equal(o.command[1], "--memory");
	assert_string_equal(o.command[2], "--");
	assert_null(o.command[3]);
}

static void test_options_may_follow_the_template(void **state)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	assert_int_equal(PARSE(&o, NULL, "t", "--sys", "--", "true"), 0);
	assert_true(o.sys);
}

static void test_help_needs_nothing_else(void **state)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	assert_int_equal(PARSE(&o, NULL, "--help", "--bogus"), 0);
	assert_true(o.help);
}

static void test_errors_name_the_option(void **state)
{
	static const char *const cases[][2] = {
		{"--memory=x", "--memory"},
		{"--bind=/a:/proc/x", "/proc"},
		{"--bind=/a:/b/../../c", ".."},
		{"--bind=/a:/", "cannot be mounted over"},
		{"--bogus", "--bogus"},
		{"-m", "-m"},
		{"--hostname=a/b", "--hostname"},
		{"--best-effort=1", "--best-effort"},
		{"--status-fd=1000", "descriptor"},
		{"--syscalls=base,nothing", "nothing"},
		{"--=x", "no such option"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
		struct sbx_error err = SBX_ERROR_INIT;
		const char *words[] = {cases[i][0], "t", "--", "true"};
		assert_int_equal(sbx_options_parse(&o, 4, (char **)words, &err), -1);
		assert_int_equal(err.code, SBX_E_USAGE);
		assert_non_null(strstr(err.message, cases[i][1]));
	}
}

static void test_syscalls_are_for_tasks(void **state)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(
		PARSE(&o, &err, "--profile", "build", "--syscalls", "base", "t", "--", "true"), -1);
	assert_non_null(strstr(err.message, "--syscalls"));
}

/* Help, manual and completion are made from the table; a row that breaks one shows here. */
static void test_table_is_complete(void **state)
{
	for (const struct sbx_option *row = sbx_option_table; row->name; row++) {
		assert_non_null(row->help);
		assert_non_null(row->group);
		assert_non_null(row->set);
		assert_true(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-") == strlen(row->name));
		assert_true(row->help[strlen(row->help) - 1] != '.');
		for (const struct sbx_option *other = row + 1; other->name; other++)
			assert_string_not_equal(row->name, other->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_decimals),
		cmocka_unit_test(test_counts_have_a_ceiling),
		cmocka_unit_test(test_everything_is_taken),
		cmocka_unit_test(test_options_may_follow_the_template),
		cmocka_unit_test(test_help_needs_nothing_else),
		cmocka_unit_test(test_errors_name_the_option),
		cmocka_unit_test(test_syscalls_are_for_tasks),
		cmocka_unit_test(test_table_is_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
