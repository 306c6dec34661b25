/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/native/parser.h"

static void piece_clear(gpointer data)
{
	g_free(((struct sbx_sh_piece *)data)->text);
}

void sbx_sh_fail(struct sbx_sh_parser *p, const char *why)
{
	if (!p->failed)
		p->failed = why;
}

void sbx_sh_skip_blanks(struct sbx_sh_parser *p)
{
	for (;;) {
		if (*p->at == ' ' || *p->at == '\t')
			p->at++;
		else if (p->at[0] == '\\' && p->at[1] == '\n')
			p->at += 2;
		else
			break;
	}
	if (*p->at == '#')
		p->at += strcspn(p->at, "\n");
}

gboolean sbx_sh_ends_word(char c)
{
	return c == '\0' || strchr(" \t\n;&|<>()", c) != NULL;
}

static void add_piece(GArray *word, enum sbx_sh_piece_kind kind, gboolean is_quoted,
		      const char *text, gsize n)
{
	struct sbx_sh_piece piece = {kind, is_quoted, g_strndup(text, n)};
	g_array_append_val(word, piece);
}

/* $(command -v NAME), with or without silence. */
static void parse_substitution(struct sbx_sh_parser *p, GArray *word, gboolean is_quoted)
{
	static GRegex *regex;
	if (g_once_init_enter(&regex)) {
		GRegex *made = g_regex_new(
			"^\\$\\(command -v ([A-Za-z0-9][A-Za-z0-9._+-]*)( 2>/dev/null)?( \\|\\| "
			"true)?\\)",
			0, 0, NULL);
		g_once_init_leave(&regex, made);
	}
	g_autoptr(GMatchInfo) match = NULL;
	if (!g_regex_match(regex, p->at, 0, &match)) {
		sbx_sh_fail(p, "it substitutes a command");
		return;
	}
	g_autofree char *name = g_match_info_fetch(match, 1);
	int end = 0;
	g_match_info_fetch_pos(match, 0, NULL, &end);
	add_piece(word, SBX_SH_FOUND, is_quoted, name, strlen(name));
	p->at += end;
}

/* Behind "${": NAME} or NAME:-} is a variable's value, anything else is not known. */
static void parse_braces(struct sbx_sh_parser *p, GArray *word, gboolean is_quoted)
{
	const char *start = p->at + 2, *end = strchr(start, '}');
	if (!end || memchr(start, '{', (gsize)(end - start)) ||
	    memchr(start, '\n', (gsize)(end - start)) || memchr(start, '`', (gsize)(end - start))) {
		sbx_sh_fail(p, "it has a nested expansion");
		return;
	}
	gsize n = strspn(start, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
	gboolean is_plain = n > 0 && (start + n == end || (end - start == (long)n + 2 &&
							   start[n] == ':' && start[n + 1] == '-'));
	add_piece(word, is_plain ? SBX_SH_VARIABLE : SBX_SH_UNKNOWN, is_quoted, start, n);
	p->at = end + 1;
}

static void parse_dollar(struct sbx_sh_parser *p, GArray *word, gboolean is_quoted)
{
	if (p->at[1] == '(') {
		parse_substitution(p, word, is_quoted);
	} else if (p->at[1] == '{') {
		parse_braces(p, word, is_quoted);
	} else if (g_ascii_isalpha(p->at[1]) || p->at[1] == '_') {
		gsize n = 1;
		while (g_ascii_isalnum(p->at[n]) || p->at[n] == '_')
			n++;
		add_piece(word, SBX_SH_VARIABLE, is_quoted, p->at + 1, n - 1);
		p->at += n;
	} else if (p->at[1] && strchr("123456789@", p->at[1])) {
		add_piece(word, SBX_SH_VARIABLE, is_quoted, p->at + 1, 1);
		p->at += 2;
	} else {
		sbx_sh_fail(p, "it has an expansion of another kind");
	}
}

static void parse_double_quotes(struct sbx_sh_parser *p, GArray *word)
{
	add_piece(word, SBX_SH_TEXT, TRUE, "", 0);
	p->at++;
	while (!p->failed && *p->at != '"') {
		gsize n = strcspn(p->at, "\"\\$`");
		add_piece(word, SBX_SH_TEXT, TRUE, p->at, n);
		p->at += n;
		if (*p->at == '$') {
			parse_dollar(p, word, TRUE);
		} else if (*p->at == '\\' && p->at[1]) {
			gboolean is_escape = strchr("$`\"\\\n", p->at[1]) != NULL;
			if (p->at[1] != '\n')
				add_piece(word, SBX_SH_TEXT, TRUE, p->at + is_escape,
					  is_escape ? 1 : 2);
			p->at += 2;
		} else if (*p->at != '"') {
			sbx_sh_fail(p, "a quote does not end");
		}
	}
	if (!p->failed)
		p->at++;
}

/* One piece of a word, or several. */
static void parse_piece(struct sbx_sh_parser *p, GArray *word)
{
	char c = *p->at;
	if (c == '\'') {
		const char *end = strchr(p->at + 1, '\'');
		if (!end) {
			sbx_sh_fail(p, "a quote does not end");
			return;
		}
		add_piece(word, SBX_SH_TEXT, TRUE, p->at + 1, (gsize)(end - p->at - 1));
		p->at = end + 1;
	} else if (c == '"') {
		parse_double_quotes(p, word);
	} else if (c == '\\') {
		if (!p->at[1]) {
			sbx_sh_fail(p, "it ends within a word");
			return;
		}
		if (p->at[1] != '\n')
			add_piece(word, SBX_SH_TEXT, TRUE, p->at + 1, 1);
		p->at += 2;
	} else if (c == '$') {
		parse_dollar(p, word, FALSE);
	} else if (c == '`') {
		sbx_sh_fail(p, "it substitutes a command");
	} else if (strchr("*?[~", c) &&
		   !(c == '[' && word->len == 0 && sbx_sh_ends_word(p->at[1]))) {
		add_piece(word, SBX_SH_UNKNOWN, FALSE, p->at++, 1);
	} else {
		gsize n = 1;
		while (!sbx_sh_ends_word(p->at[n]) && !strchr("'\"\\$`*?[~", p->at[n]))
			n++;
		add_piece(word, SBX_SH_TEXT, FALSE, p->at, n);
		p->at += n;
	}
}

GArray *sbx_sh_parse_word(struct sbx_sh_parser *p)
{
	GArray *word = g_array_new(FALSE, FALSE, sizeof(struct sbx_sh_piece));
	g_array_set_clear_func(word, piece_clear);
	while (!p->failed && !sbx_sh_ends_word(*p->at))
		parse_piece(p, word);
	return word;
}
