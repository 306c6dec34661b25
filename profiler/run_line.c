/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/rules.h"

/* The line of a program's first comment that tells how it is built and started. */

#define N_MAX_RUN_BYTES 4096

struct comment {
	const char *opens, *closes; /* closes NULL: it ends with its line */
};

/* The kind of comment that begins at `at`. */
static bool find_comment(struct sbx_rules *r, const char *at, const char *end, struct comment *out)
{
	for (const char *const *c = r->comments; c && *c; c++) {
		size_t n = strcspn(*c, " ");
		if ((size_t)(end - at) < n || strncmp(at, *c, n) != 0)
			continue;
		*out = (struct comment){*c, (*c)[n] ? *c + n + 1 : NULL};
		return true;
	}
	return false;
}

/* "run: CMD" behind whatever decorates a comment's line; the command, cut at `closes`. */
static char *command_in(struct sbx_rules *r, struct sbx_arena *arena, const char *line,
			const char *end, const char *closes)
{
	size_t n = strlen(r->run_mark);
	while (line < end && (isspace((unsigned char)*line) || strchr("*/#;!-", *line)))
		line++;
	if ((size_t)(end - line) <= n || strncasecmp(line, r->run_mark, n) != 0)
		return NULL;
	line += n;
	const char *close =
		closes ? memmem(line, (size_t)(end - line), closes, strlen(closes)) : NULL;
	end = close ? close : end;
	while (line < end && isspace((unsigned char)*line))
		line++;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	return end > line && end - line <= N_MAX_RUN_BYTES
		       ? sbx_arena_string(arena, line, (size_t)(end - line))
		       : NULL;
}

char *sbx_rules_find_run_line(const struct sbx_rules *rules, struct sbx_arena *arena,
			      const char *text, size_t n_bytes, size_t *out_row)
{
	struct sbx_rules *r = (struct sbx_rules *)rules;
	const char *at = text, *end = text + n_bytes;
	const char *closes = NULL; /* of the block comment that is open */
	bool is_open = false;
	for (size_t row = 0; *r->run_mark && at < end; row++) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		line_end = line_end ? line_end : end;
		const char *p = at;
		struct comment comment = {NULL, closes};
		while (p < line_end && isspace((unsigned char)*p))
			p++;
		bool is_blank = p == line_end || (row == 0 && !strncmp(p, "#!", 2));
		if (!is_open && !is_blank && !find_comment(r, p, line_end, &comment))
			return NULL; /* the program begins */
		char *command = is_blank ? NULL : command_in(r, arena, p, line_end, comment.closes);
		if (command) {
			*out_row = row;
			return command;
		}
		if (comment.closes) {
			closes = comment.closes;
			const char *from = is_open ? p : p + strcspn(comment.opens, " ");
			is_open = !memmem(from, (size_t)(line_end - from), closes, strlen(closes));
			closes = is_open ? closes : NULL;
		}
		at = line_end + 1;
	}
	return NULL;
}
