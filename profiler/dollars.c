/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/records.h"

/* $(NAME) as make means it, in formats whose rules say dollars=yes. */

#define N_MAX_NESTING	8	   /* variables in variables */
#define N_MAX_EXPANSION (64 << 10) /* bytes; a few variables can double each other without end */

/* A record that is NAME = VALUE, NAME := VALUE, NAME += VALUE. */
void sbx_dollars_note(struct sbx_map *variables, struct sbx_arena *arena, const char *record)
{
	const char *p = record;
	while (*p == ' ')
		p++;
	const char *name = p;
	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	size_t n_name = (size_t)(p - name);
	while (*p == ' ' || *p == '\t')
		p++;
	const char *sign = p;
	while (strchr(":?+", *p) && *p)
		p++;
	if (n_name == 0 || *p != '=')
		return;
	char *key = sbx_arena_string(arena, name, n_name);
	const char *old = *sign == '+' ? sbx_map_get(variables, key) : NULL;
	size_t n_old = old ? strlen(old) : 0, n_value = strlen(p + 1);
	char *value = n_old + n_value < N_MAX_EXPANSION
			      ? sbx_arena_alloc(arena, n_old + n_value + 2)
			      : NULL;
	if (!key || !value)
		return;
	if (old)
		strcat(strcpy(value, old), " ");
	strcat(value, p + 1);
	/* The last one that stands here is what recipes get; a map keeps the first. */
	sbx_map_replace(variables, key, value);
}

struct expansion {
	const struct sbx_map *variables;
	struct sbx_buffer *out;
	unsigned depth;
};

static void add_hole(struct expansion *e)
{
	static const char hole = SBX_HOLE;
	sbx_buffer_add(e->out, &hole, 1);
}

static void expand(struct expansion *e, const char *text, size_t n);

/* What stands between the brackets: a variable, or a call of one of make's functions. */
static void expand_name(struct expansion *e, const char *name, size_t n)
{
	char key[128];
	if (n > 6 && !strncmp(name, "shell ", 6)) {
		sbx_buffer_add_string(e->out, "$(");
		expand(e, name + 6, n - 6);
		sbx_buffer_add_string(e->out, ")");
		return;
	}
	const char *value = NULL;
	if (n < sizeof(key)) {
		memcpy(key, name, n);
		key[n] = '\0';
		value = sbx_map_get(e->variables, key);
	}
	if (!value || e->depth == N_MAX_NESTING || e->out->n_bytes > N_MAX_EXPANSION) {
		add_hole(e);
		return;
	}
	e->depth++;
	expand(e, value, strlen(value));
	e->depth--;
}

/* The bracket that closes the one at p; `end` when there is none. */
static const char *find_close(const char *p, const char *end)
{
	char open = *p, close = *p == '(' ? ')' : '}';
	for (int depth = 0; p < end; p++) {
		depth += *p == open;
		depth -= *p == close;
		if (depth == 0)
			return p;
	}
	return end;
}

static void expand(struct expansion *e, const char *text, size_t n)
{
	const char *end = text + n;
	while (text < end) {
		const char *dollar = memchr(text, '$', (size_t)(end - text));
		sbx_buffer_add(e->out, text, (size_t)((dollar ? dollar : end) - text));
		if (!dollar)
			return;
		text = dollar + 2;
		if (dollar + 1 == end || dollar[1] == '$') {
			sbx_buffer_add(e->out, "$", 1);
		} else if (dollar[1] == '(' || dollar[1] == '{') {
			const char *close = find_close(dollar + 1, end);
			expand_name(e, dollar + 2, close > text ? (size_t)(close - text) : 0);
			text = close < end ? close + 1 : end;
		} else {
			expand_name(e, dollar + 1, 1);
		}
	}
}

void sbx_dollars_expand(const struct sbx_map *variables, const char *text, struct sbx_buffer *out)
{
	struct expansion e = {variables, out, 0};
	expand(&e, text, strlen(text));
}
