/* SPDX-License-Identifier: Apache-2.0 */
/* Which words mean what those meant that a sandbox was made ahead for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "provisioner/standing.h"
#include "provisioner/task.h"

static char folder[] = "/tmp/sbx-standing-XXXXXX";
static char template[64], other[64];

static int make_folders(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(template, sizeof(template), "%s/template", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	return mkdir(template, 0755) < 0 || mkdir(other, 0755) < 0 ? -1 : 0;
}

static int remove_folders(void **state)
{
	return rmdir(template) < 0 || rmdir(other) < 0 || rmdir(folder) < 0 ? -1 : 0;
}

/* Words each with a NUL, ended by an empty text; "<>" is an empty word, "T" the template. */
static struct sbx_buffer text_of(const char *const *words, uint32_t *out_n)
{
	struct sbx_buffer text = SBX_BUFFER_INIT;
	for (*out_n = 0; words[*out_n]; ++*out_n) {
		const char *word = words[*out_n];
		word = strcmp(word, "<>") == 0 ? "" : strcmp(word, "T") == 0 ? template : word;
		sbx_buffer_add(&text, word, strlen(word) + 1);
	}
	return text;
}

#define MAX_WORDS 80

/* What a keeper describes that has settled them. */
static bool describe(const char *const *words, struct sbx_standing *s, struct sbx_buffer *text)
{
	uint32_t n;
	char *argv[MAX_WORDS + 1] = {NULL};
	SBX_CLEANUP_TASK struct sbx_task task = SBX_TASK_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	*text = text_of(words, &n);
	assert_in_range(n, 1, MAX_WORDS);
	char *at = text->data;
	for (uint32_t i = 0; i < n; i++, at += strlen(at) + 1)
		argv[i] = at;
	*s = (struct sbx_standing){.policy_mark = sbx_mark_of(SBX_HOST_POLICY)};
	task.options.is_live = true;
	if (sbx_options_parse(&task.options, (int)n, argv, &err) < 0)
		fail_msg("%s", err.message);
	task.lower.path = strdup(task.options.template);
	task.lower.asked = strdup(task.options.template);
	return sbx_standing_describe(s, &task, argv, n);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool is_for(const char *const *made_for, const char *const *words)
{
	uint32_t n;
	struct sbx_standing s;
	SBX_CLEANUP_BUFFER struct sbx_buffer made = SBX_BUFFER_INIT;
	SBX_CLEANUP_BUFFER struct sbx_buffer asked = text_of(words, &n);
	assert_true(describe(made_for, &s, &made));
	assert_true(s.is_comparable);
	return sbx_standing_is_for(&s, made.data, made.n_bytes, asked.data, asked.n_bytes);
}

static void test_commands_and_values_of_variables_may_differ(void **state)
{
	assert_true(is_for(WORDS("T"), WORDS("T")));
	assert_true(is_for(WORDS("T"), WORDS("T", "--", "/bin/true", "x")));
	assert_true(is_for(WORDS("T", "--", "a", "b"), WORDS("T", "--", "c")));
	assert_true(is_for(WORDS("T", "--", "a"), WORDS("T")));
	assert_true(is_for(WORDS("--env", "A=1", "T"), WORDS("--env", "B=", "T", "--", "c")));
	assert_true(is_for(WORDS("--env=A=1", "T"), WORDS("--env=LONG=er", "T")));
	assert_true(is_for(WORDS("--pids", "7", "T", "--env", "A=1"),
			   WORDS("--pids", "7", "T", "--env", "A=2")));
}

static void test_all_else_must_be_the_same(void **state)
{
	assert_false(is_for(WORDS("T"), WORDS("/")));
	assert_false(is_for(WORDS("T"), WORDS("T", "--pids", "7")));
	assert_false(is_for(WORDS("--pids", "7", "T"), WORDS("--pids", "8", "T")));
	assert_false(is_for(WORDS("--pids", "7", "T"), WORDS("T")));
	assert_false(is_for(WORDS("--pids", "7", "T"), WORDS("--pids=7", "T")));
	assert_false(is_for(WORDS("T"), WORDS("--env", "A=1", "T")));
	assert_false(is_for(WORDS("--env", "A=1", "T"), WORDS("T", "--env", "A=1")));
	assert_false(is_for(WORDS("--env", "A=1", "T"), WORDS("--env=A=1", "T", "x")));
	/* What --env would refuse is for the keeper to say. */
	assert_false(is_for(WORDS("--env", "A=1", "T"), WORDS("--env", "A", "T")));
	assert_false(is_for(WORDS("--env", "A=1", "T"), WORDS("--env", "=A", "T")));
	assert_false(is_for(WORDS("--env", "A=1", "T"), WORDS("--env", "<>", "T")));
}

static void test_a_dash_that_is_a_value_ends_no_options(void **state)
{
	/* The second names its template behind what looks like the command of the first. */
	assert_false(is_for(WORDS("T"), WORDS("--layer", "--", "T")));
	assert_false(is_for(WORDS("--layer", "--", "T", "--", "a"),
			    WORDS("--layer", "--", "/", "--", "a")));
	assert_true(is_for(WORDS("--layer", "--", "T", "--", "a"),
			   WORDS("--layer", "--", "T", "--", "b")));
	/* A value that looks like an option with a variable. */
	assert_false(
		is_for(WORDS("--layer", "--env=A=1", "T"), WORDS("--layer", "--env=A=2", "T")));
	assert_false(is_for(WORDS("--env", "A=1", "T"), WORDS("--env", "--env=A=1", "T")));
}

static void test_what_cannot_be_told_apart_is_not_described(void **state)
{
	struct sbx_standing s;
	const char *many[MAX_WORDS + 1] = {NULL};
	SBX_CLEANUP_BUFFER struct sbx_buffer made = SBX_BUFFER_INIT;
	/* No command, and still a "--". */
	assert_false(describe(WORDS("T", "--"), &s, &made));
	sbx_buffer_release(&made);
	assert_false(describe(WORDS("T", "--", "<>"), &s, &made));
	sbx_buffer_release(&made);
	many[0] = "T";
	for (int i = 1; i <= SBX_MAX_ENV_WORDS; i++)
		many[i] = "--env=A=1";
	assert_false(describe(many, &s, &made));
}

static void test_other_files_mean_something_else(void **state)
{
	uint32_t n;
	char link[64], renamed[80];
	struct sbx_standing s;
	SBX_CLEANUP_BUFFER struct sbx_buffer made = SBX_BUFFER_INIT;
	snprintf(link, sizeof(link), "%s/name", folder);
	snprintf(renamed, sizeof(renamed), "%s.new", link);
	assert_int_equal(symlink(template, link), 0);
	const char *const words[] = {link, "--", "a", NULL};
	SBX_CLEANUP_BUFFER struct sbx_buffer asked = text_of(words, &n);
	assert_true(describe(words, &s, &made) && s.is_comparable);
#define IS_FOR sbx_standing_is_for(&s, made.data, made.n_bytes, asked.data, asked.n_bytes)
	assert_true(IS_FOR);
	/* The host's policy was another one, or has come. */
	const struct sbx_mark policy = s.policy_mark;
	s.policy_mark.is_there = !policy.is_there;
	assert_false(IS_FOR);
	s.policy_mark = policy;
	s.policy_mark.changed.tv_nsec++;
	assert_false(IS_FOR);
	s.policy_mark = policy;
	assert_true(IS_FOR);
	/* The name is put on another template. */
	assert_int_equal(symlink(other, renamed), 0);
	assert_int_equal(rename(renamed, link), 0);
	assert_false(IS_FOR);
	assert_int_equal(unlink(link), 0);
	assert_false(IS_FOR);
}

static void test_words_are_split_as_they_were_meant(void **state)
{
	uint32_t n;
	struct sbx_standing s;
	struct sbx_spoken spoken;
	SBX_CLEANUP_BUFFER struct sbx_buffer made = SBX_BUFFER_INIT, env = SBX_BUFFER_INIT;
	SBX_CLEANUP_BUFFER struct sbx_buffer asked = text_of(
		WORDS("--env", "A=new", "T", "--env=B=2", "--", "echo", "<>", "--", "x"), &n);
	assert_true(describe(WORDS("--env", "A=1", "T", "--env=B=1"), &s, &made));
	assert_true(sbx_standing_split(&s, asked.data, asked.n_bytes, &env, &spoken));
	assert_int_equal(spoken.n_env, 2);
	assert_int_equal(env.n_bytes, sizeof("A=new\0B=2"));
	assert_memory_equal(env.data, "A=new\0B=2", sizeof("A=new\0B=2"));
	assert_int_equal(spoken.n_words, 4);
	assert_memory_equal(spoken.command, "echo\0\0--\0x", sizeof("echo\0\0--\0x"));
	assert_int_equal(spoken.n_command_bytes, sizeof("echo\0\0--\0x"));
	/* Fewer words than described, and one that does not end. */
	sbx_buffer_release(&env);
	assert_false(sbx_standing_split(&s, asked.data, 6, &env, &spoken));
	sbx_buffer_release(&env);
	assert_false(sbx_standing_split(&s, asked.data, 9, &env, &spoken));
}

static void test_what_is_kept_tells_no_command_and_no_value(void **state)
{
	uint32_t n;
	struct sbx_standing s;
	SBX_CLEANUP_BUFFER struct sbx_buffer made = SBX_BUFFER_INIT, kept = SBX_BUFFER_INIT;
	SBX_CLEANUP_BUFFER struct sbx_buffer asked =
		text_of(WORDS("--env", "A=2", "--env=B=2", "T", "--", "b"), &n);
	assert_true(describe(WORDS("--env", "A=1", "--env=B=1", "T", "--", "a"), &s, &made));
	sbx_standing_remember(&kept, made.data, made.n_bytes);
	const char expected[] = "--env\0---\0--env=---";
	assert_memory_equal(kept.data, expected, sizeof(expected));
	assert_string_equal(kept.data + sizeof(expected), template);
	assert_int_equal(kept.n_bytes, sizeof(expected) + strlen(template) + 1);
	assert_true(sbx_standing_is_for(&s, kept.data, kept.n_bytes, asked.data, asked.n_bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_and_values_of_variables_may_differ),
		cmocka_unit_test(test_all_else_must_be_the_same),
		cmocka_unit_test(test_a_dash_that_is_a_value_ends_no_options),
		cmocka_unit_test(test_what_cannot_be_told_apart_is_not_described),
		cmocka_unit_test(test_other_files_mean_something_else),
		cmocka_unit_test(test_words_are_split_as_they_were_meant),
		cmocka_unit_test(test_what_is_kept_tells_no_command_and_no_value),
	};
	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
