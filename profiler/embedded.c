/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/parts.h"

/* Text in a source's comments that speaks of what it needs. */

static bool line_is(const char *line, size_t n, const char *text)
{
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	return n == strlen(text) && !memcmp(line, text, n);
}

/* The line without the mark and the blank behind it; NULL: it is no comment line. */
static const char *strip(const char *line, size_t *n, const char *mark)
{
	size_t n_mark = strlen(mark);
	if (*n < n_mark || memcmp(line, mark, n_mark) != 0)
		return NULL;
	line += n_mark;
	*n -= n_mark;
	if (*n && *line == ' ') {
		line++;
		--*n;
	}
	return line;
}

struct lines {
	const char *at, *end;
	size_t row;
};

static bool next(struct lines *in, const char **line, size_t *n)
{
	if (in->at >= in->end)
		return false;
	const char *line_end = memchr(in->at, '\n', (size_t)(in->end - in->at));
	line_end = line_end ? line_end : in->end;
	*line = in->at;
	*n = (size_t)(line_end - in->at);
	in->at = line_end + 1;
	in->row++;
	return true;
}

bool sbx_embedded_block(struct sbx_parts *parts, const struct sbx_rules *rules, const char *text,
			size_t n_bytes)
{
	struct lines in = {text, text + n_bytes, 0};
	const struct sbx_language *language = sbx_language_by_name(rules->block_language);
	struct sbx_part *part = NULL;
	const char *line;
	size_t n;
	if (!language || !memmem(text, n_bytes, rules->block_begin, strlen(rules->block_begin)))
		return false;
	while (next(&in, &line, &n)) {
		if (!part && line_is(line, n, rules->block_begin)) {
			part = sbx_parts_get(parts, language, false);
			continue;
		}
		if (!part)
			continue;
		if (line_is(line, n, rules->block_end))
			return true;
		const char *inner = strip(line, &n, rules->comment_mark);
		if (!inner)
			break;
		sbx_part_put(part, in.row - 1, inner, n);
	}
	/* Without its end it is an ordinary comment. */
	sbx_parts_release(parts);
	return false;
}

/* Words that may stand before a command in a comment that is about nothing but installing. */
static const char *skip_preface(const char *p, const char *end)
{
	while (p < end && (isspace((unsigned char)*p) || strchr("#/*;%-$>`'\"", *p)))
		p++;
	if (end - p > 5 && !strncmp(p, "sudo ", 5))
		p += 5;
	return p;
}

/* From the command to where its words end: a closing quote, a full stop, the line's end. */
static size_t command_length(const char *p, const char *end)
{
	size_t n = 0;
	while (p + n < end && !strchr("`'\"();&|#<>", p[n]) &&
	       !(strchr(".,:", p[n]) && (p + n + 1 == end || p[n + 1] == ' ')))
		n++;
	return n;
}

static bool begins_install(const struct sbx_rules *shell, const char *p, const char *end)
{
	char name[32];
	size_t n = 0;
	while (p + n < end && !isspace((unsigned char)p[n]) && n < sizeof(name) - 1) {
		name[n] = p[n];
		n++;
	}
	name[n] = '\0';
	return n && sbx_map_get(&shell->installs, name) && p + n < end && p[n] == ' ';
}

void sbx_embedded_installs(struct sbx_parts *parts, const struct sbx_rules *rules, const char *text,
			   size_t n_bytes)
{
	const struct sbx_language *shell = sbx_language_by_name(rules->install_language);
	struct lines in = {text, text + n_bytes, 0};
	size_t n_mark = strlen(rules->comment_mark), n;
	const char *line;
	if (!shell || !n_mark || !memmem(text, n_bytes, " install ", 9))
		return;
	while (next(&in, &line, &n)) {
		const char *end = line + n, *mark = memmem(line, n, rules->comment_mark, n_mark);
		if (!mark || !memmem(mark, (size_t)(end - mark), " install ", 9))
			continue;
		/* A comment of its own, or the command in back quotes somewhere in one. */
		const char *quoted = memchr(mark, '`', (size_t)(end - mark));
		const char *p = skip_preface(quoted ? quoted : mark, end);
		struct sbx_part *part = begins_install(sbx_rules_of(shell), p, end)
						? sbx_parts_get(parts, shell, true)
						: NULL;
		if (part)
			sbx_part_put(part, in.row - 1, p, command_length(p, end));
	}
}
