/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled filters say of every call what the tables say that people read: seccomp_calls.def
 * line by line, and the classes as `sbx-provision --classes` prints them. The tables are read here
 * once more, by other code, and the numbers are libseccomp's.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/classes.h"
#include "base/fd.h"
#include "provisioner/compile/generate.h"
#include "provisioner/filter.h"
#include "provisioner/options.h"
#include "tests/provisioner/filter_simulation.h"

#define MAX_LINES  200
#define MAX_VALUES 24
#define N_ARGS	   4
#define N_CALLS	   (SBX_MAX_CALLS + 20)

static char *text; /* of the table; lines point into it */

/* "verdict profiles [if ...]: calls", cut at the colon. */
static struct line {
	char *head;
	bool has[N_CALLS]; /* by number */
} lines[MAX_LINES];
static size_t n_lines;

/* Numbers that the table gives itself, for calls that are younger than libseccomp. */
static struct {
	char name[32];
	int number;
} young[32];
static size_t n_young;

static int number_of(const char *name)
{
	for (size_t i = 0; i < n_young; i++)
		if (strcmp(young[i].name, name) == 0)
			return young[i].number;
	return seccomp_syscall_resolve_name(name);
}

static void mark_calls(bool has[N_CALLS], const char *words)
{
	while (*(words += strspn(words, " "))) {
		size_t n = strcspn(words, " ="), all = strcspn(words, " ");
		char name[48];
		snprintf(name, sizeof(name), "%.*s", (int)n, words);
		int number = number_of(name);
		if (number >= 0 && number < N_CALLS)
			has[number] = true;
		words += all;
	}
}

static void remember_young(const char *calls)
{
	for (const char *e = calls; (e = strchr(e, '=')) != NULL; e++) {
		const char *word = e;
		while (word[-1] != ' ')
			word--;
		assert_true(n_young < 32);
		snprintf(young[n_young].name, sizeof(young[0].name), "%.*s", (int)(e - word), word);
		young[n_young++].number = atoi(e + 1);
	}
}

static void read_table(void)
{
	text = sbx_read_file(AT_FDCWD, SBX_CALLS_TABLE, 1 << 20, NULL, NULL);
	assert_non_null(text);
	char *state;
	for (char *l = strtok_r(text, "\n", &state); l; l = strtok_r(NULL, "\n", &state)) {
		char *colon = strchr(l, ':');
		if (*l == '#')
			continue;
		assert_non_null(colon);
		assert_true(n_lines < MAX_LINES);
		*colon = '\0';
		remember_young(colon + 1);
		lines[n_lines].head = l;
		mark_calls(lines[n_lines++].has, colon + 1);
	}
	assert_true(n_lines > 50);
}

static bool has_profile(const char *head, const char *profile)
{
	/* The word behind "allow" or "refuse ERROR". */
	const char *p = head + strcspn(head, " ") + 1;
	if (strncmp(head, "refuse", 6) == 0)
		p += strcspn(p, " ") + 1;
	size_t n = strcspn(p, " "), length = strlen(profile);
	if (n == 3 && strncmp(p, "all", 3) == 0)
		return true;
	for (const char *end = p + n; p < end; p += strcspn(p, ", ") + 1)
		if (strncmp(p, profile, length) == 0 && !isalnum((unsigned char)p[length]))
			return true;
	return false;
}

/* "argN [& MASK] OPERATOR VALUE"; `args` NULL: only tell the argument and the value. */
static bool holds(const char *condition, const uint64_t *args, int *out_arg, uint64_t *out_value)
{
	uint64_t mask = ~UINT64_C(0);
	char *p;
	*out_arg = (int)strtoul(condition + 3, &p, 10);
	p += strspn(p, " ");
	if (*p == '&') {
		mask = strtoull(p + 1, &p, 0);
		p += strspn(p, " ");
	}
	char sign = *p;
	*out_value = strtoull(p + 2, NULL, 0);
	if (!args)
		return true;
	uint64_t value = args[*out_arg] & mask;
	if (sign == '=')
		return value == *out_value;
	return sign == '!' ? value != *out_value : value >= *out_value;
}

static bool all_hold(const char *head, const uint64_t *args)
{
	const char *p = strstr(head, " if ");
	int arg;
	uint64_t value;
	for (; p; p = strstr(p + 4, " and "))
		if (!holds(strstr(p, "arg"), args, &arg, &value))
			return false;
	return true;
}

static uint32_t verdict_of(const char *head)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {{"0", 0},
		      {"EPERM", EPERM},
		      {"ENOSYS", ENOSYS},
		      {"ENOMEM", ENOMEM},
		      {"EAFNOSUPPORT", EAFNOSUPPORT},
		      {"EPROTONOSUPPORT", EPROTONOSUPPORT}};
	if (strncmp(head, "allow ", 6) == 0)
		return SECCOMP_RET_ALLOW;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		size_t n = strlen(errors[i].name);
		if (strncmp(head + 7, errors[i].name, n) == 0 && head[7 + n] == ' ')
			return REFUSED(errors[i].error);
	}
	fail_msg("what is '%s'?", head);
	return 0;
}

/* What the table says: the first line that fits. */
static uint32_t expected(const char *profile, int number, const uint64_t *args)
{
	for (size_t i = 0; i < n_lines; i++)
		if (has_profile(lines[i].head, profile) && lines[i].has[number] &&
		    all_hold(lines[i].head, args))
			return verdict_of(lines[i].head);
	return REFUSED(ENOSYS);
}

/* Arguments that may make a difference: what conditions name, and what lies around it. */
static size_t values_of(int number, int arg, uint64_t values[MAX_VALUES])
{
	size_t n = 0;
	values[n++] = 0;
	values[n++] = ~UINT64_C(0);
	for (size_t i = 0; i < n_lines; i++) {
		const char *p = strstr(lines[i].head, " if ");
		for (; p && lines[i].has[number]; p = strstr(p + 4, " and ")) {
			int at;
			uint64_t value;
			holds(strstr(p, "arg"), NULL, &at, &value);
			const uint64_t near[] = {value, value + 1, value - 1, value | 1ULL << 32,
						 value << 32};
			for (size_t k = 0; at == arg && k < 5 && n < MAX_VALUES; k++)
				values[n++] = near[k];
		}
	}
	return n;
}

static void check_call(enum sbx_filter filter, const struct sock_filter *code, size_t n, int number)
{
	uint64_t values[N_ARGS][MAX_VALUES], args[6] = {0};
	size_t n_values[N_ARGS];
	for (int a = 0; a < N_ARGS; a++)
		n_values[a] = values_of(number, a, values[a]);
	for (size_t i = 0; i < n_values[0] * n_values[1] * n_values[2] * n_values[3]; i++) {
		size_t rest = i;
		for (int a = 0; a < N_ARGS; rest /= n_values[a], a++)
			args[a] = values[a][rest % n_values[a]];
		struct seccomp_data data = {.nr = number, .arch = NATIVE};
		memcpy(data.args, args, sizeof(args));
		uint32_t got = run_code(code, n, &data);
		uint32_t wanted = expected(sbx_filter_name(filter), number, args);
		if (got != wanted)
			fail_msg(
				"%s: call %d (%#llx, %#llx, %#llx, %#llx): %#x, the table says %#x",
				sbx_filter_name(filter), number, (unsigned long long)args[0],
				(unsigned long long)args[1], (unsigned long long)args[2],
				(unsigned long long)args[3], got, wanted);
	}
}

static void test_filters_are_the_table_s(void **state)
{
	for (int f = 0; f < SBX_N_FILTERS; f++) {
		size_t n;
		const struct sock_filter *code = sbx_filter_program((enum sbx_filter)f, 0, &n);
		for (int number = 0; number < N_CALLS; number++)
			check_call((enum sbx_filter)f, code, n, number);
	}
}

/* What a posture makes of refusals: the same, but for what it says of unknown and dangerous ones.
 */
static void test_refusals_change_nothing_else(void **state)
{
	size_t n;
	static struct sock_filter plain[BPF_MAXINSNS];
	const struct sock_filter *code = sbx_filter_program(SBX_FILTER_TASK, 0, &n);
	memcpy(plain, code, n * sizeof(code[0]));
	code = sbx_filter_program(SBX_FILTER_TASK,
				  sbx_filter_refusals(SBX_REFUSAL_KILL, SBX_REFUSAL_KILL), &n);
	for (int number = 0; number < SBX_MAX_CALLS; number++) {
		struct seccomp_data data = {.nr = number, .arch = NATIVE};
		uint32_t was = run_code(plain, n, &data), is = run_code(code, n, &data);
		bool is_listed = false;
		for (size_t i = 0; i < n_lines; i++)
			is_listed = is_listed ||
				    (has_profile(lines[i].head, "task") && lines[i].has[number]);
		bool killed = was == REFUSED(EPERM) || !is_listed;
		assert_int_equal(is, killed ? SECCOMP_RET_KILL_PROCESS : was);
	}
}

/* The classes as they are printed: a line "name  what it is", then an indented line of calls. */
static struct row {
	int number;
	bool is_conditional;
	unsigned argument;
	uint64_t mask, value;
} rows[SBX_N_CLASSES][300];
static size_t n_rows[SBX_N_CLASSES];
static bool is_in_any[SBX_MAX_CALLS];

static void add_row(int class, const char *word, size_t n)
{
	char name[64];
	struct row *row = &rows[class][n_rows[class]++];
	assert_true(n_rows[class] <= 300 && n < sizeof(name));
	snprintf(name, sizeof(name), "%.*s", (int)n, word);
	char *open = strchr(name, '(');
	if (open)
		*open = '\0';
	*row = (struct row){.number = number_of(name), .is_conditional = open};
	if (row->number >= 0 && row->number < SBX_MAX_CALLS)
		is_in_any[row->number] = true;
	if (!open)
		return;
	open[1 + strcspn(open + 1, ")")] = '\0';
	row->argument = 9;
#define X(call, condition, where, bits, is)                                                        \
	if (strcmp(name, call) == 0 && strcmp(open + 1, condition) == 0)                           \
		*row = (struct row){row->number, true, where, bits, is};
	SBX_CALL_CONDITIONS(X)
#undef X
	assert_true(row->argument < 6);
}

static void read_classes(void)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	sbx_help_add_classes(&out);
	assert_false(out.failed);
	char *state, *line = strtok_r(out.data, "\n", &state);
	for (int i = 0; i < SBX_N_CLASSES; i++, line = strtok_r(NULL, "\n", &state)) {
		assert_non_null(line);
		assert_memory_equal(line, sbx_classes[i].name, strlen(sbx_classes[i].name));
		line = strtok_r(NULL, "\n", &state);
		assert_non_null(line);
		for (size_t n; *(line += strspn(line, " ")); line += n)
			add_row(i, line, n = strcspn(line, " "));
	}
}

static bool lets_through(uint64_t classes, int number, const uint64_t *args)
{
	for (int c = 0; c < SBX_N_CLASSES; c++)
		for (size_t i = 0; classes & UINT64_C(1) << c && i < n_rows[c]; i++) {
			const struct row *row = &rows[c][i];
			if (row->number == number &&
			    (!row->is_conditional ||
			     (args[row->argument] & row->mask) == row->value))
				return true;
		}
	return false;
}

static void check_classes(uint64_t asked)
{
	static const uint64_t first[] = {0, 1, 2, 10, 16, 17, 0x10000, 0x10001, 1ULL << 32 | 2};
	uint64_t classes = sbx_classes_complete(asked | 1);
	size_t n;
	const struct sock_filter *code = sbx_filter_classes_program(classes, 0, &n);
	for (int number = 0; number < SBX_MAX_CALLS; number++)
		for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
			struct seccomp_data data = {
				.nr = number, .arch = NATIVE, .args = {first[i], first[i]}};
			const uint64_t args[6] = {first[i], first[i]};
			int error = number == SYS_socket ? EAFNOSUPPORT : EPERM;
			uint32_t wanted = lets_through(classes, number, args) ? SECCOMP_RET_ALLOW
					  : is_in_any[number]		      ? REFUSED(error)
									      : REFUSED(ENOSYS);
			assert_int_equal(run_code(code, n, &data), wanted);
		}
}

static void test_class_filters_are_what_is_printed(void **state)
{
	read_classes();
	for (int c = 0; c < SBX_N_CLASSES; c++)
		check_classes(UINT64_C(1) << c);
	/* Sets of them, the same ones each time. */
	unsigned seed = 1;
	for (int i = 0; i < 12; i++)
		check_classes((uint64_t)rand_r(&seed) & ((UINT64_C(1) << SBX_N_CLASSES) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters_are_the_table_s),
		cmocka_unit_test(test_refusals_change_nothing_else),
		cmocka_unit_test(test_class_filters_are_what_is_printed),
	};
	read_table();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(text);
	return failed;
}
