/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/standing.h"

#include <stdio.h>
#include <string.h>

#include "provisioner/task.h"

struct sbx_mark sbx_mark_of(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return (struct sbx_mark){.is_there = false};
	return (struct sbx_mark){
		.is_there = true,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.size = st.st_size,
		.modified = st.st_mtim,
		.changed = st.st_ctim,
	};
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_file(const struct sbx_mark *a, const struct sbx_mark *b)
{
	return a->is_there == b->is_there && a->dev == b->dev && a->ino == b->ino;
}

static bool is_unchanged(const struct sbx_mark *a, const struct sbx_mark *b)
{
	return is_same_file(a, b) && a->size == b->size && is_same_time(a->modified, b->modified) &&
	       is_same_time(a->changed, b->changed);
}

/* The value of --env in this word: all of it, or what is behind "--env=". */
static const char *variable_in(const char *word)
{
	return strncmp(word, "--env=", 6) == 0 ? word + 6 : word;
}

/* The variables are pointed to where they lie in the words; one may look like an --env itself. */
static bool find_env(const struct sbx_options *o, char *const *words, uint32_t n, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < o->n_env; i++) {
		uint32_t w = 0;
		while (w < n && o->env[i] != variable_in(words[w]))
			w++;
		if (w == n)
			return false;
		*out |= UINT64_C(1) << w;
	}
	return true;
}

/* Those before the command; -1: a "--" is among them, or an empty command. */
static int count_before(const struct sbx_options *o, char **words, uint32_t n_words)
{
	uint32_t n = 0;
	if (o->command >= words && o->command < words + n_words)
		return (int)(o->command - words) - 1;
	while (n < n_words && strcmp(words[n], "--") != 0)
		n++;
	return n < n_words ? -1 : (int)n;
}

bool sbx_standing_describe(struct sbx_standing *s, const struct sbx_task *task, char **words,
			   uint32_t n_words)
{
	const struct sbx_options *o = &task->options;
	int n = count_before(o, words, n_words);
	if (n < 0 || n > SBX_MAX_ENV_WORDS || !find_env(o, words, (uint32_t)n, &s->env))
		return false;
	s->n_before = (uint32_t)n;
	s->policy = o->policy;
	s->policy.hidden = s->policy.read_only = s->policy.writable = s->policy.patterns =
		(struct sbx_paths){0};
	s->reduced = o->reduced;
	s->unenforced = task->plan.unenforced;
	sbx_plan_take_limits(&task->plan, &s->limits);
	int length = snprintf(s->template, sizeof(s->template), "%s", task->lower.asked);
	s->template_mark = sbx_mark_of(s->template);
	const struct sbx_mark used = sbx_mark_of(task->lower.path);
	s->is_comparable = length < (int)sizeof(s->template) && !o->reads_policies &&
			   used.is_there && is_same_file(&s->template_mark, &used);
	return true;
}

/* The word at *at, of those that end at `end`; *at moves behind it. NULL: there is none. */
static const char *take_word(const char **at, const char *end)
{
	const char *word = *at;
	const char *nul = word < end ? memchr(word, '\0', (size_t)(end - word)) : NULL;
	if (!nul)
		return NULL;
	*at = nul + 1;
	return word;
}

void sbx_standing_remember(struct sbx_buffer *out, const char *words, size_t n_bytes)
{
	const char *end = words + n_bytes, *word;
	bool is_value = false;
	while ((word = take_word(&words, end)) && (is_value || strcmp(word, "--") != 0)) {
		const char *value = is_value ? word : variable_in(word);
		bool is_variable = is_value || value != word;
		is_value = !is_value && strcmp(word, "--env") == 0;
		size_t at = out->n_bytes;
		sbx_buffer_add(out, word, strlen(word) + 1);
		if (is_variable && !out->failed)
			memset(out->data + at + (value - word), '-', strlen(value));
	}
}

/* As --env itself would have it; anything else is for the keeper to refuse. */
static bool is_same_but_for_value(const char *made, const char *word)
{
	const char *was = variable_in(made), *is = variable_in(word);
	return (was == made) == (is == word) && sbx_env_is_valid(is);
}

bool sbx_standing_is_for(const struct sbx_standing *s, const char *made_for, size_t n_made_for,
			 const char *words, size_t n_bytes)
{
	const char *made_end = made_for + n_made_for, *end = words + n_bytes;
	for (uint32_t i = 0; i < s->n_before; i++) {
		const char *made = take_word(&made_for, made_end), *word = take_word(&words, end);
		if (!made || !word)
			return false;
		if (s->env >> i & 1 ? !is_same_but_for_value(made, word) : strcmp(made, word) != 0)
			return false;
	}
	const char *dashes = take_word(&words, end);
	if (dashes && strcmp(dashes, "--") != 0)
		return false;
	if (!memchr(s->template, '\0', sizeof(s->template)))
		return false;
	const struct sbx_mark template = sbx_mark_of(s->template),
			      policy = sbx_mark_of(SBX_HOST_POLICY);
	return is_same_file(&s->template_mark, &template) && is_unchanged(&s->policy_mark, &policy);
}

bool sbx_standing_split(const struct sbx_standing *s, const char *words, size_t n_bytes,
			struct sbx_buffer *env, struct sbx_spoken *out)
{
	const char *end = words + n_bytes;
	*out = (struct sbx_spoken){0};
	for (uint32_t i = 0; i < s->n_before; i++) {
		const char *word = take_word(&words, end);
		if (!word)
			return false;
		const char *variable = s->env >> i & 1 ? variable_in(word) : NULL;
		if (variable)
			sbx_buffer_add(env, variable, strlen(variable) + 1);
		out->n_env += variable != NULL;
	}
	take_word(&words, end);
	out->command = words;
	out->n_command_bytes = (size_t)(end - words);
	while (take_word(&words, end))
		out->n_words++;
	/* An empty command is none. */
	if (out->n_words && !*out->command)
		out->n_words = 0, out->n_command_bytes = 0;
	return !env->failed;
}
