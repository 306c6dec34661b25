/* SPDX-License-Identifier: Apache-2.0 */
/* The table of capability classes against libseccomp's of system calls. */
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/classes.h"
#include "base/fd.h"

#define ALL (~UINT64_C(0) >> (64 - SBX_N_CLASSES))

static uint64_t set(const char *list)
{
	struct sbx_error err = SBX_ERROR_INIT;
	uint64_t classes = 0;
	assert_int_equal(sbx_classes_parse(list, &classes, &err), 0);
	return classes;
}

static bool has(const char *list, const char *architecture, const char *call)
{
	SBX_CLEANUP_FREE char **calls = sbx_classes_calls(set(list), architecture);
	bool found = false;
	for (char **each = calls; *each; each++)
		found = found || strcmp(*each, call) == 0;
	return found;
}

/* Calls younger than the libseccomp here stand with their numbers in the provisioner's table. */
static bool has_number(const char *call)
{
	SBX_CLEANUP_FILE FILE *table = fopen(SBX_SECCOMP_CALLS, "re");
	SBX_CLEANUP_FREE char *line = NULL;
	char pattern[64];
	bool found = false;
	assert_non_null(table);
	snprintf(pattern, sizeof(pattern), " %s=4", call);
	for (size_t room = 0; getline(&line, &room, table) >= 0;)
		found = found || strstr(line, pattern);
	return found;
}

static void test_every_call_exists_where_the_table_says(void **state)
{
	static const struct {
		const char *name;
		uint32_t token;
	} architectures[] = {{"amd64", SCMP_ARCH_X86_64}, {"arm64", SCMP_ARCH_AARCH64}};
	SBX_CLEANUP_FREE char **all = sbx_classes_calls(ALL, "amd64");
	size_t n = 0;
	for (char **call = all; *call; call++, n++) {
		char name[64] = "";
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*call, "("), *call);
		for (size_t i = 0; i < 2; i++) {
			int number =
				seccomp_syscall_resolve_name_arch(architectures[i].token, name);
			bool exists =
				number >= 0 || (number == __NR_SCMP_ERROR && has_number(name));
			SBX_CLEANUP_FREE char **listed =
				sbx_classes_calls(ALL, architectures[i].name);
			bool is_listed = false;
			for (char **each = listed; *each; each++)
				is_listed = is_listed || strcmp(*each, *call) == 0;
			if (exists != is_listed)
				fail_msg("%s: %s on %s", name, exists ? "exists" : "is unknown",
					 architectures[i].name);
		}
	}
	assert_true(n > 300);
}

static void test_no_name_and_no_call_twice(void **state)
{
	for (int i = 0; i < SBX_N_CLASSES; i++) {
		const struct sbx_class *row = &sbx_classes[i];
		const char *list = row->calls, *word;
		size_t n;
		assert_int_equal(sbx_class_find(row->name, strlen(row->name)), i);
		assert_int_equal(row->title == NULL, row->programs != NULL);
		while (sbx_class_next_word(&list, &word, &n)) {
			const char *rest = list, *other;
			size_t n_other;
			while (sbx_class_next_word(&rest, &other, &n_other))
				if (n == n_other && memcmp(word, other, n) == 0)
					fail_msg("%s: %.*s twice", row->name, (int)n, word);
		}
		list = row->includes;
		while (sbx_class_next_word(&list, &word, &n))
			assert_true(sbx_class_find(word, n) >= 0);
	}
}

static void test_conditions_are_known(void **state)
{
	static const char *const known[] = {
#define X(call, name, argument, mask, value) call "(" name ")",
		SBX_CALL_CONDITIONS(X)
#undef X
	};
	for (int i = 0; i < SBX_N_CLASSES; i++) {
		const char *list = sbx_classes[i].calls, *word;
		size_t n;
		while (sbx_class_next_word(&list, &word, &n)) {
			bool found = !memchr(word, '(', n);
			for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
				found = found ||
					(strlen(known[k]) == n && !memcmp(known[k], word, n));
			if (!found)
				fail_msg("%.*s", (int)n, word);
		}
	}
}

/* Sorted, so that the same set gives the same bytes; the plain call stands for its conditions. */
static void test_lists(void **state)
{
	SBX_CLEANUP_FREE char **calls = sbx_classes_calls(set("proc.spawn,threads"), "amd64");
	for (char **call = calls; call[0] && call[1]; call++)
		assert_true(strcmp(call[0], call[1]) < 0);
	assert_true(has("proc.spawn,threads", "amd64", "clone"));
	assert_false(has("proc.spawn,threads", "amd64", "clone(CLONE_THREAD)"));
	assert_true(has("threads", "amd64", "clone(CLONE_THREAD)"));
	assert_false(has("threads", "amd64", "clone"));
	assert_true(has("base", "amd64", "open") && !has("base", "arm64", "open"));
	assert_true(has("base", "x86_64", "open") && has("base", "aarch64", "openat"));
	SBX_CLEANUP_FREE char **none = sbx_classes_calls(0, "amd64");
	assert_null(none[0]);
}

/* No class but those of the network, and what includes them, may make a socket that leaves. */
static void test_only_network_classes_have_internet_sockets(void **state)
{
	for (int i = 0; i < SBX_N_CLASSES; i++) {
		const char *name = sbx_classes[i].name;
		bool is_network = strncmp(name, "net.", 4) == 0 && strcmp(name, "net.unix") != 0;
		bool found = has(name, "amd64", "socket(AF_INET)") || has(name, "amd64", "socket");
		/* Java tries them out by itself. */
		if (found != (is_network || strcmp(name, "java") == 0))
			fail_msg("%s", name);
	}
}

static void test_parsing(void **state)
{
	struct sbx_error err = SBX_ERROR_INIT;
	uint64_t classes = 7;
	assert_true(set("fs.write") & 1);
	assert_true(set("net.server") == (set("net.server") | set("net.client")));
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = {"", "base,", "fs.writ", "base, fs.read"};
		err = (struct sbx_error)SBX_ERROR_INIT;
		assert_int_equal(sbx_classes_parse(bad[i], &classes, &err), -1);
		assert_int_equal(err.code, SBX_E_USAGE);
		assert_int_equal(classes, 7);
	}
	assert_non_null(strstr(err.message, "' fs.read'"));
}

static void test_programs(void **state)
{
	static const struct {
		const char *program, *class;
	} rows[] = {
		{"python3", "python3"}, {"/usr/bin/python3.11", "python3"},
		{"bash", "sh"},		{"lua5.4", "lua"},
		{"Rscript", "R"},	{"php8.2", "php"},
		{"gcc-12", "gcc"},	{"g++-12", "gcc"},
		{"nodejs", "node"},	{"jq", NULL},
		{"7z", NULL},		{"", NULL},
		{"pythonista", NULL},	{"shred", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int found = sbx_class_of_program(rows[i].program);
		if (rows[i].class)
			assert_string_equal(found < 0 ? "none" : sbx_classes[found].name,
					    rows[i].class);
		else
			assert_int_equal(found, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call_exists_where_the_table_says),
		cmocka_unit_test(test_no_name_and_no_call_twice),
		cmocka_unit_test(test_conditions_are_known),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_only_network_classes_have_internet_sockets),
		cmocka_unit_test(test_parsing),
		cmocka_unit_test(test_programs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
