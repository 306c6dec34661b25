/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/parts.h"

/* What is open at the end of a line: only where nothing is, a statement begins. */
struct openness {
	int depth;	/* of brackets */
	char quote;	/* of a string that goes on, 0: none */
	bool is_triple; /* that string ends with three of them */
	bool is_joined; /* a backslash ended the line */
};

static bool begins_statement(const struct openness *open)
{
	return open->depth <= 0 && !open->quote && !open->is_joined;
}

static bool is_tripled(const char *p, const char *end)
{
	return end - p >= 3 && p[1] == *p && p[2] == *p;
}

static void follow(struct openness *open, const char *line, size_t n)
{
	const char *end = line + n;
	open->is_joined = n && end[-1] == '\\';
	for (const char *p = line; p < end; p++) {
		if (*p == '\\') {
			p++;
		} else if (open->quote) {
			if (*p != open->quote || (open->is_triple && !is_tripled(p, end)))
				continue;
			p += open->is_triple ? 2 : 0;
			open->quote = 0;
		} else if (*p == '#') {
			open->is_joined = false;
			break;
		} else if (*p == '"' || *p == '\'') {
			open->quote = *p;
			open->is_triple = is_tripled(p, end);
			p += open->is_triple ? 2 : 0;
		} else if (strchr("([{", *p)) {
			open->depth++;
		} else if (strchr(")]}", *p)) {
			open->depth--;
		}
	}
	if (!open->is_triple && !open->is_joined)
		open->quote = 0; /* an ordinary string ends with its line, closed or not */
}

/* name = !command, a, b = %magic: where the right side begins; NULL: it is no such line. */
static const char *find_assigned(const char *p, const char *end)
{
	if (p == end || !(isalpha((unsigned char)*p) || *p == '_'))
		return NULL;
	while (p < end && (isalnum((unsigned char)*p) || strchr("_,. \t", *p)))
		p++;
	if (p == end || *p != '=')
		return NULL;
	for (p++; p < end && (*p == ' ' || *p == '\t');)
		p++;
	return p < end && (*p == '!' || *p == '%') ? p : NULL;
}

/* ?name, name?, name??: asks for help. */
static bool is_question(const char *p, const char *end)
{
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	if (p == end || (*p != '?' && end[-1] != '?'))
		return false;
	while (p < end && (isalnum((unsigned char)*p) || strchr("_.?*%", *p)))
		p++;
	return p == end;
}

static size_t word_length(const char *p, const char *end)
{
	size_t n = 0;
	while (p + n < end && !isspace((unsigned char)p[n]))
		n++;
	return n;
}

static bool has_word(const char *const *list, const char *word, size_t n)
{
	for (; list && *list; list++)
		if (strlen(*list) == n && !strncmp(*list, word, n))
			return true;
	return false;
}

/* "!command" and the magics that are commands, as shell text at their row. */
static void put_command(struct sbx_parts *parts, const struct sbx_rules *rules, size_t row,
			const char *p, const char *end)
{
	bool is_shell = *p == '!';
	while (p < end && (*p == '!' || *p == '%'))
		p++;
	if (!is_shell && !has_word(rules->command_magics, p, word_length(p, end)))
		return;
	const struct sbx_language *shell = sbx_language_by_name(rules->command_language);
	struct sbx_part *part = shell ? sbx_parts_get(parts, shell, true) : NULL;
	if (part)
		sbx_part_put(part, row, p, (size_t)(end - p));
}

/* What Python gets in place of a line that is not for it. */
static void put_stand_in(struct sbx_part *part, size_t row, const char *line, const char *text,
			 const char *assigned)
{
	char stand_in[200];
	size_t n = assigned ? (size_t)(assigned - line) : (size_t)(text - line);
	const char *rest = assigned ? "None" : n ? "pass" : "";
	if (n + 5 > sizeof(stand_in)) {
		n = 0;
		rest = "";
	}
	memcpy(stand_in, line, n);
	strcpy(stand_in + n, rest);
	sbx_part_put(part, row, stand_in, strlen(stand_in));
}

/* The language of the rows below %%name; *out_is_own: they are this cell's language after all. */
static const struct sbx_language *language_of_cell(const struct sbx_rules *rules, const char *p,
						   const char *end, bool *out_is_own)
{
	char name[64];
	size_t n = word_length(p, end);
	*out_is_own = has_word(rules->body_magics, p, n);
	if (n == strlen("script") && !strncmp(p, "script", n)) {
		for (p += n; p < end && isspace((unsigned char)*p);)
			p++;
		n = word_length(p, end);
	}
	if (n == 0 || n >= sizeof(name))
		return NULL;
	memcpy(name, p, n);
	name[n] = '\0';
	return *name == '!' ? sbx_language_by_name(rules->command_language)
			    : sbx_language_by_shebang(name);
}

/* A cell that begins with %%: where its further rows go. NULL: nowhere. */
static struct sbx_part *choose_part(struct sbx_parts *parts, const struct sbx_rules *rules,
				    const char *cell, const char *end)
{
	while (cell < end && isspace((unsigned char)*cell))
		cell++;
	if (end - cell < 3 || memcmp(cell, "%%", 2) != 0)
		return &parts->parts[0];
	const char *line_end = memchr(cell, '\n', (size_t)(end - cell));
	bool is_own;
	const struct sbx_language *language =
		language_of_cell(rules, cell + 2, line_end ? line_end : end, &is_own);
	if (is_own)
		return &parts->parts[0];
	return language ? sbx_parts_get(parts, language, true) : NULL;
}

void sbx_magics_divide(struct sbx_parts *parts, const struct sbx_rules *rules, const char *cell,
		       size_t n_bytes, size_t row)
{
	const char *end = cell + n_bytes, *line = cell;
	struct sbx_part *own = &parts->parts[0], *part = choose_part(parts, rules, cell, end);
	struct openness open = {0};
	bool goes_on = false; /* the line before was taken out and ends with a backslash */
	for (; line < end; row++) {
		const char *line_end = memchr(line, '\n', (size_t)(end - line)), *text = line;
		line_end = line_end ? line_end : end;
		while (text < line_end && isspace((unsigned char)*text))
			text++;
		bool is_magic =
			goes_on || (begins_statement(&open) && text < line_end &&
				    (*text == '%' || *text == '!' || is_question(text, line_end)));
		const char *assigned =
			is_magic || !begins_statement(&open) ? NULL : find_assigned(text, line_end);
		if (part != own) {
			if (part && (*text != '%' || text[1] != '%'))
				sbx_part_put(part, row, line, (size_t)(line_end - line));
		} else if (is_magic || assigned) {
			if (!goes_on)
				put_command(parts, rules, row, assigned ? assigned : text,
					    line_end);
			put_stand_in(own, row, line, text, assigned);
			goes_on = line_end > line && line_end[-1] == '\\';
		} else {
			follow(&open, line, (size_t)(line_end - line));
			sbx_part_put(own, row, line, (size_t)(line_end - line));
		}
		line = line_end + 1;
	}
}
