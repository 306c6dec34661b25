/* SPDX-License-Identifier: Apache-2.0 */
#include "base/completion.h"

#include <stdio.h>
#include <string.h>

static void add_word(struct sbx_buffer *list, const char *word)
{
	sbx_buffer_printf(list, "%s%s", list->n_bytes ? " " : "", word);
}

static const char *text_of(const struct sbx_buffer *b)
{
	return b->data ? b->data : "";
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* The shell function: a '-' in its name would have to be quoted by whoever mentions it. */
static void add_function(struct sbx_completion *c)
{
	sbx_buffer_add_string(c->out, "_");
	for (const char *p = c->program; *p; p++)
		sbx_buffer_add(c->out, *p == '-' ? "_" : p, 1);
}

void sbx_completion_begin(struct sbx_completion *c, const char *program, struct sbx_buffer *out)
{
	*c = (struct sbx_completion){.out = out, .program = program};
	sbx_buffer_printf(out, "# bash completion for %s, made from its tables of options\n",
			  program);
	add_function(c);
	/* Bash parts words at '='. */
	sbx_buffer_add_string(
		out, "()\n{\n"
		     "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		     "\tlocal options= words= take=()\n"
		     "\t[[ $word == = ]] && word=\n"
		     "\t[[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}\n"
		     "\tcase ${COMP_WORDS[1]} in\n");
}

static void end_verb(struct sbx_completion *c)
{
	if (!c->verbs.n_bytes)
		return;
	sbx_buffer_printf(c->out, "\t\toptions='%s'\n\t\twords='%s'\n", text_of(&c->options),
			  text_of(&c->words));
	if (c->values.n_bytes)
		sbx_buffer_printf(c->out, "\t\tcase $before in\n%s\t\tesac\n", text_of(&c->values));
	sbx_buffer_add_string(c->out, "\t\t;;\n");
	c->out->failed |= c->options.failed | c->values.failed | c->words.failed;
	sbx_buffer_release(&c->options);
	sbx_buffer_release(&c->values);
	sbx_buffer_release(&c->words);
}

void sbx_completion_verb(struct sbx_completion *c, const char *name)
{
	end_verb(c);
	add_word(&c->verbs, name);
	sbx_buffer_printf(c->out, "\t%s)\n", name);
}

static bool is_one_of(const char *word, size_t n, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == n && memcmp(*list, word, n) == 0)
			return true;
	return false;
}

/* A value's name in capitals stands for something, all else is the word itself. */
static void add_value(struct sbx_buffer *out, const char *arg, const char *words)
{
	static const char *const files[] = {"FILE", "PATH", "SRC", NULL};
	static const char *const folders[] = {"DIR", NULL};
	struct sbx_buffer literal = SBX_BUFFER_INIT;
	const char *kind = "";
	if (words)
		add_word(&literal, words);
	for (const char *p = arg; *p; p += *p != '\0') {
		size_t n = strcspn(p, "|:");
		if (is_one_of(p, n, files))
			kind = " -f";
		else if (is_one_of(p, n, folders))
			kind = " -d";
		else if (n && strspn(p, "abcdefghijklmnopqrstuvwxyz-") == n && p[0] != '-')
			sbx_buffer_printf(&literal, "%s%.*s", literal.n_bytes ? " " : "", (int)n,
					  p);
		p += n;
	}
	sbx_buffer_printf(out, "take=(-W '%s'%s) ;;\n", text_of(&literal), kind);
	out->failed |= literal.failed;
	sbx_buffer_release(&literal);
}

void sbx_completion_option(struct sbx_completion *c, char letter, const char *name, const char *arg,
			   const char *words)
{
	char word[64];
	snprintf(word, sizeof(word), "--%s", name);
	if (has_word(text_of(&c->options), word))
		return;
	add_word(&c->options, word);
	if (!arg)
		return;
	if (letter)
		sbx_buffer_printf(&c->values, "\t\t-%c | --%s) ", letter, name);
	else
		sbx_buffer_printf(&c->values, "\t\t--%s) ", name);
	add_value(&c->values, arg, words);
}

void sbx_completion_mentioned(struct sbx_completion *c, const char *text)
{
	for (const char *p = text; (p = strstr(p, "--")) != NULL; p += 2) {
		char name[32];
		size_t n = strspn(p + 2, "abcdefghijklmnopqrstuvwxyz-");
		if (n == 0 || n >= sizeof(name))
			continue;
		memcpy(name, p + 2, n);
		name[n] = '\0';
		/* "[--input FILE]": what follows a blank there is the value. */
		char value[32] = "";
		size_t n_value = p[2 + n] == ' ' ? strcspn(p + 3 + n, " ]") : 0;
		if (n_value < sizeof(value))
			memcpy(value, p + 3 + n, n_value);
		sbx_completion_option(c, 0, name, n_value ? value : NULL, NULL);
		p += n;
	}
}

void sbx_completion_word(struct sbx_completion *c, const char *word)
{
	add_word(&c->words, word);
}

void sbx_completion_end(struct sbx_completion *c, const char *others)
{
	end_verb(c);
	sbx_buffer_printf(
		c->out,
		"\tesac\n"
		"\tif [[ $COMP_CWORD == 1 ]]; then\n\t\ttake=(-W '%s %s')\n"
		"\telif [[ ${#take[@]} == 0 && $word == -* ]]; then\n\t\ttake=(-W \"$options\")\n"
		"\telif [[ ${#take[@]} == 0 ]]; then\n\t\ttake=(-f -W \"$words\")\n\tfi\n"
		"\tmapfile -t COMPREPLY < <(compgen \"${take[@]}\" -- \"$word\")\n}\n"
		"complete -o filenames -F ",
		text_of(&c->verbs), others);
	add_function(c);
	sbx_buffer_printf(c->out, " %s\n", c->program);
	c->out->failed |= c->verbs.failed;
	sbx_buffer_release(&c->verbs);
}
