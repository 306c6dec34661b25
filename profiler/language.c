/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/language.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "profiler/rules.h"
#include "profiler/source.h"

/* As much of a text as decides about its language. */
#define N_DETECT_BYTES 4096
#define N_DETECT_LINE  200

const struct sbx_language *sbx_language_by_name(const char *name)
{
	for (const struct sbx_language *const *l = sbx_languages(); *l; l++)
		if (!strcmp((*l)->name, name))
			return *l;
	return NULL;
}

const char *sbx_language_title(const char *name)
{
	for (const struct sbx_language *const *l = sbx_languages_by_names(); *l; l++)
		if (!strcmp((*l)->name, name))
			return (*l)->title;
	return name;
}

bool sbx_language_includes(const struct sbx_language *language, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	return language && dot && sbx_list_has(language->included, dot + 1);
}

const struct sbx_language *sbx_language_by_command(const char *command)
{
	for (const struct sbx_language *const *l = sbx_languages(); *l; l++)
		if (sbx_list_has((*l)->commands, command))
			return *l;
	return NULL;
}

const char *const *sbx_language_command_targets(const struct sbx_language *language,
						const char *command)
{
	for (const struct sbx_alias *a = language->command_aliases; a && a->name; a++)
		if (!strcmp(a->name, command))
			return a->targets;
	return NULL;
}

bool sbx_language_has_builtin(const struct sbx_language *language, const char *name)
{
	for (const char *const *b = language->builtin_modules; b && *b; b++) {
		size_t n = strlen(*b);
		if (n && (*b)[n - 1] == '*' ? !strncmp(name, *b, n - 1) : !strcmp(name, *b))
			return true;
	}
	return false;
}

const struct sbx_language *sbx_language_by_shebang(const char *program)
{
	size_t n = strlen(program);
	while (n && (isdigit((unsigned char)program[n - 1]) || program[n - 1] == '.'))
		n--;
	for (const struct sbx_language *const *l = sbx_languages_by_names(); *l; l++)
		for (const char *const *s = (*l)->shebangs; *s; s++)
			if (strlen(*s) == n && !strncmp(*s, program, n))
				return *l;
	return NULL;
}

/* The next blank-separated word of *at up to `end`; false when there is none. */
static bool next_word(const char **at, const char *end, const char **out_word, size_t *out_n)
{
	const char *p = *at;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	const char *start = p;
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	*at = p;
	*out_word = start;
	*out_n = (size_t)(p - start);
	return p > start;
}

static void cut_folder(const char **word, size_t *n)
{
	const char *slash = memrchr(*word, '/', *n);
	if (!slash)
		return;
	*n -= (size_t)(slash + 1 - *word);
	*word = slash + 1;
}

/* No program has control characters in its name, and names reach terminals. */
static bool is_program_name(const char *name)
{
	for (; *name; name++)
		if (iscntrl((unsigned char)*name))
			return false;
	return true;
}

bool sbx_shebang_parse(struct sbx_arena *arena, const char *text, size_t n_bytes,
		       struct sbx_shebang *out_shebang)
{
	if (n_bytes >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		n_bytes -= 3;
	}
	if (n_bytes < 3 || text[0] != '#' || text[1] != '!')
		return false;
	const char *at = text + 2, *word, *end = memchr(text, '\n', n_bytes);
	end = end ? end : text + n_bytes;
	while (end > at && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	if (end - at > N_DETECT_BYTES)
		end = at + N_DETECT_BYTES;
	size_t n;
	if (!next_word(&at, end, &word, &n))
		return false;
	cut_folder(&word, &n);
	if (n == 3 && !memcmp(word, "env", 3)) {
		/* env(1): options and assignments come before the program; -S splits the rest. */
		do {
			if (!next_word(&at, end, &word, &n))
				return false;
			if (n > 2 && !memcmp(word, "-S", 2)) {
				word += 2;
				n -= 2;
			}
		} while (*word == '-' || memchr(word, '=', n));
		cut_folder(&word, &n);
	}
	struct sbx_shebang shebang = {.program = sbx_arena_string(arena, word, n)};
	size_t n_max = (size_t)(end - at) / 2 + 2, n_options = 0;
	shebang.options = sbx_arena_alloc(arena, n_max * sizeof(char *));
	while (shebang.options && next_word(&at, end, &word, &n))
		shebang.options[n_options++] = sbx_arena_string(arena, word, n);
	*out_shebang = shebang;
	return shebang.program && shebang.options && *shebang.program &&
	       is_program_name(shebang.program);
}

static const struct sbx_language *by_extension(const char *extension)
{
	for (const struct sbx_language *const *l = sbx_languages_by_names(); *l; l++)
		for (const char *const *e = (*l)->extensions; *e; e++)
			if (!strcasecmp(*e, extension))
				return *l;
	return NULL;
}

/* By the whole name: Makefile, requirements-dev.txt. */
static const struct sbx_language *by_name(const char *name)
{
	for (const struct sbx_language *const *l = sbx_languages_by_names(); *l; l++)
		for (const char *const *g = sbx_rules_of(*l)->names; g && *g; g++)
			if (fnmatch(*g, name, 0) == 0)
				return *l;
	return NULL;
}

bool sbx_language_is_program(const struct sbx_language *language)
{
	return language && language->run && *language->run && !sbx_rules_of(language)->is_evidence;
}

/* By the first line that says anything: further down, prose looks like a program too easily. */
static const struct sbx_language *by_content(const char *text, size_t n_bytes)
{
	char line[N_DETECT_LINE + 1];
	const char *end = text + (n_bytes < N_DETECT_BYTES ? n_bytes : N_DETECT_BYTES);
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		line_end = line_end ? line_end : end;
		size_t n = (size_t)(line_end - text) < N_DETECT_LINE ? (size_t)(line_end - text)
								     : N_DETECT_LINE;
		memcpy(line, text, n);
		line[n] = '\0';
		text = line_end + 1;
		if (*line == '#' || line[strspn(line, " \t\r")] == '\0')
			continue;
		for (const struct sbx_language *const *l = sbx_languages_by_names(); *l; l++) {
			struct sbx_rules *r = (struct sbx_rules *)sbx_rules_of(*l);
			const regex_t *detect =
				*r->detect ? sbx_regex_once(&r->detect_regex, r->detect, 0) : NULL;
			if (detect && regexec(detect, line, 0, NULL, 0) == 0)
				return *l;
		}
		return NULL;
	}
	return NULL;
}

static const struct sbx_language *detect_utf16(const char *file_name, const char *text,
					       size_t n_bytes)
{
	enum sbx_utf16 order = sbx_source_utf16(text, n_bytes);
	size_t n;
	char *utf8 =
		order == SBX_UTF16_NOT ? NULL : sbx_source_from_utf16(text, n_bytes, order, &n);
	const struct sbx_language *found =
		utf8 && !memchr(utf8, '\0', n) ? sbx_language_detect(file_name, utf8, n) : NULL;
	free(utf8);
	return found;
}

const struct sbx_language *sbx_language_detect(const char *file_name, const char *text,
					       size_t n_bytes)
{
	size_t n_head = n_bytes < N_DETECT_BYTES ? n_bytes : N_DETECT_BYTES;
	if (memchr(text, '\0', n_head))
		return detect_utf16(file_name, text, n_head);
	struct sbx_arena arena = {0};
	struct sbx_shebang shebang;
	bool has_shebang = sbx_shebang_parse(&arena, text, n_bytes, &shebang);
	const struct sbx_language *language =
		has_shebang ? sbx_language_by_shebang(shebang.program) : NULL;
	sbx_arena_release(&arena);
	if (language)
		return language;
	const char *slash = strrchr(file_name, '/'), *name = slash ? slash + 1 : file_name;
	const char *dot = strrchr(name, '.');
	language = by_name(name);
	if (language)
		return language;
	language = dot && dot > name ? by_extension(dot + 1) : NULL;
	if (language)
		return language;
	/* A program of a language that we do not know is not to be guessed at. */
	if (has_shebang)
		return sbx_language_by_shebang(SBX_ANY_PROGRAM);
	return dot && dot > name ? NULL : by_content(text, n_bytes);
}
