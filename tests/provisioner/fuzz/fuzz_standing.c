/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two command lines of `run`, a word on each line, the second behind a line "====". When words are
 * said to mean what others meant, parsing them must come to the same but for the command and the
 * values of variables, and splitting them to what parsing makes of those.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/plan.h"
#include "provisioner/standing.h"
#include "provisioner/task.h"
#include "tests/lib/fuzz/fuzz.h"

#define MAX_WORDS 200

struct line {
	struct sbx_buffer text; /* each word with its NUL */
	char *words[MAX_WORDS + 1];
	int n;
	struct sbx_task task;
	bool is_parsed;
};

/* The host's files are none of a fuzzer's business. */
static bool names_policy(const struct line *l)
{
	for (int i = 0; i < l->n; i++)
		if (strstr(l->words[i], "policy") || strstr(l->words[i], "defaults"))
			return true;
	return false;
}

static bool read_line(struct line *l, char *text)
{
	struct sbx_error err = SBX_ERROR_INIT;
	*l = (struct line){.text = SBX_BUFFER_INIT, .task = SBX_TASK_INIT};
	char *word;
	size_t lengths[MAX_WORDS];
	for (; l->n < MAX_WORDS && (word = strsep(&text, "\n")) != NULL; l->n++) {
		lengths[l->n] = strlen(word) + 1;
		sbx_buffer_add(&l->text, word, lengths[l->n]);
	}
	char *at = l->text.data;
	for (int i = 0; i < l->n; at += lengths[i++])
		l->words[i] = at;
	l->task.options.is_live = true;
	if (names_policy(l))
		return false;
	l->is_parsed = sbx_options_parse(&l->task.options, l->n, l->words, &err) == 0 &&
		       !l->task.options.help;
	return true;
}

static void release(struct line *l)
{
	sbx_task_release(&l->task);
	sbx_buffer_release(&l->text);
}

static struct sbx_buffer plan_of(const struct sbx_options *o)
{
	static char *no_command[] = {NULL};
	struct sbx_buffer text = SBX_BUFFER_INIT;
	SBX_CLEANUP_PLAN struct sbx_plan made = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_options bare = *o;
	const struct sbx_places places = {0};
	const struct sbx_host host = {.privileged = true,
				      .lower = "/template",
				      .places = &places,
				      .has_landlock = true,
				      .makes_nodes = true};
	bare.command = no_command;
	if (sbx_plan_make(&made, &bare, &host, &err) < 0)
		sbx_buffer_add_string(&text, err.message);
	else
		sbx_plan_add_text(&made, &text);
	sbx_buffer_printf(&text, "%s %s %d %u", o->template, o->base ? o->base : "", o->best_effort,
			  o->record);
	return text;
}

static void check_split(const struct sbx_standing *s, const struct line *l)
{
	const struct sbx_options *o = &l->task.options;
	SBX_CLEANUP_BUFFER struct sbx_buffer env = SBX_BUFFER_INIT;
	struct sbx_spoken spoken;
	if (!sbx_standing_split(s, l->text.data, l->text.n_bytes, &env, &spoken))
		abort();
	const char *at = env.data;
	if (spoken.n_env != o->n_env)
		abort();
	for (size_t i = 0; i < o->n_env; at += strlen(at) + 1, i++)
		if (strcmp(at, o->env[i]) != 0)
			abort();
	const char *word = spoken.command;
	for (uint32_t i = 0; i < spoken.n_words; word += strlen(word) + 1, i++)
		if (!o->command[i] || strcmp(word, o->command[i]) != 0)
			abort();
	if (o->command[spoken.n_words] || word != spoken.command + spoken.n_command_bytes)
		abort();
}

static void compare(struct line *made, struct line *asked)
{
	struct sbx_standing s = {.policy_mark = sbx_mark_of(SBX_HOST_POLICY)};
	if (!made->is_parsed)
		return;
	made->task.lower.path = strdup("/");
	made->task.lower.asked = strdup("/");
	if (!sbx_standing_describe(&s, &made->task, made->words, (uint32_t)made->n))
		return;
	check_split(&s, made);
	SBX_CLEANUP_BUFFER struct sbx_buffer kept = SBX_BUFFER_INIT;
	sbx_standing_remember(&kept, made->text.data, made->text.n_bytes);
	bool is_for_kept = sbx_standing_is_for(&s, kept.data, kept.n_bytes, asked->text.data,
					       asked->text.n_bytes);
	if (is_for_kept && !sbx_standing_is_for(&s, made->text.data, made->text.n_bytes,
						asked->text.data, asked->text.n_bytes))
		abort();
	if (!sbx_standing_is_for(&s, made->text.data, made->text.n_bytes, asked->text.data,
				 asked->text.n_bytes))
		return;
	if (!asked->is_parsed)
		abort();
	SBX_CLEANUP_BUFFER struct sbx_buffer a = plan_of(&made->task.options);
	SBX_CLEANUP_BUFFER struct sbx_buffer b = plan_of(&asked->task.options);
	if (a.n_bytes != b.n_bytes || memcmp(a.data, b.data, a.n_bytes) != 0)
		abort();
	check_split(&s, asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	SBX_CLEANUP_FREE char *text = malloc(n_bytes + 1);
	struct line made, asked;
	memcpy(text, data, n_bytes);
	text[n_bytes] = '\0';
	char *second = strstr(text, "\n====\n");
	if (!second)
		return 0;
	*second = '\0';
	bool is_ours = read_line(&made, text);
	is_ours = read_line(&asked, second + 6) && is_ours;
	if (is_ours)
		compare(&made, &asked);
	release(&made);
	release(&asked);
	return 0;
}
