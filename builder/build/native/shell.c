/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/native/parser.h"

#define MAX_DEPTH 40
#define MAX_NODES 5000 /* a chain of && is as deep a tree as it is long */

static struct sbx_sh_node *parse_list(struct sbx_sh_parser *p, const char *const *ends);

static struct sbx_sh_node *node_new(struct sbx_sh_parser *p, enum sbx_sh_kind kind)
{
	struct sbx_sh_node *node = g_new0(struct sbx_sh_node, 1);
	if (++p->n_nodes > MAX_NODES)
		sbx_sh_fail(p, "it is too long");
	node->kind = kind;
	node->words = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	node->children = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_sh_free);
	node->patterns = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	return node;
}

void sbx_sh_free(struct sbx_sh_node *node)
{
	if (!node)
		return;
	g_ptr_array_unref(node->words);
	g_ptr_array_unref(node->children);
	g_ptr_array_unref(node->patterns);
	g_free(node);
}

/* Between commands: blanks, comments, newlines. */
static void skip_lines(struct sbx_sh_parser *p)
{
	for (sbx_sh_skip_blanks(p); *p->at == '\n'; sbx_sh_skip_blanks(p))
		p->at++;
}

static gboolean at_word(const struct sbx_sh_parser *p, const char *word)
{
	gsize n = strlen(word);
	return strncmp(p->at, word, n) == 0 && sbx_sh_ends_word(p->at[n]);
}

static gboolean take_word(struct sbx_sh_parser *p, const char *word)
{
	skip_lines(p);
	if (!at_word(p, word))
		return FALSE;
	p->at += strlen(word);
	return TRUE;
}

static gboolean at_redirection(const struct sbx_sh_parser *p)
{
	const char *at = p->at + (g_ascii_isdigit(*p->at) ? 1 : 0);
	return *at == '>' || *at == '<';
}

/* As builder/build/delta.c leaves out. */
static gboolean is_log(const char *path)
{
	const char *name = path + strlen("/var/log/");
	return g_str_has_prefix(path, "/var/log/") && !strchr(name, '/') &&
	       g_str_has_suffix(name, ".log");
}

/* To nowhere, to another stream, to a log: nothing that the tree would show. */
static void parse_redirection(struct sbx_sh_parser *p, struct sbx_sh_node *node)
{
	p->at += g_ascii_isdigit(*p->at) ? 1 : 0;
	if (strncmp(p->at, "<<", 2) == 0 || strncmp(p->at, ">|", 2) == 0 ||
	    strncmp(p->at, "<>", 2) == 0) {
		sbx_sh_fail(p, "it has a redirection of another kind");
		return;
	}
	gboolean writes = *p->at == '>';
	p->at += p->at[1] == '>' ? 2 : 1;
	if (*p->at == '&') {
		gboolean is_stream = writes && (p->at[1] == '1' || p->at[1] == '2') &&
				     sbx_sh_ends_word(p->at[2]);
		if (!is_stream) {
			sbx_sh_fail(p, "it has a redirection of another kind");
			return;
		}
		p->at += 2;
		return;
	}
	sbx_sh_skip_blanks(p);
	g_autoptr(GArray) word = sbx_sh_parse_word(p);
	const struct sbx_sh_piece *only = (const struct sbx_sh_piece *)(void *)word->data;
	if (word->len == 0)
		sbx_sh_fail(p, "a redirection leads nowhere");
	else if (word->len == 1 && only->kind == SBX_SH_TEXT && writes && is_log(only->text))
		node->is_logged = TRUE;
	else if (word->len != 1 || only->kind != SBX_SH_TEXT ||
		 !g_str_equal(only->text, "/dev/null"))
		node->is_unknown = TRUE;
}

static gboolean is_assignment(const GArray *word)
{
	const struct sbx_sh_piece *first = (const struct sbx_sh_piece *)(const void *)word->data;
	if (word->len == 0 || first->kind != SBX_SH_TEXT || first->is_quoted)
		return FALSE;
	gsize n = strspn(first->text,
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
	return n > 0 && first->text[n] == '=';
}

static struct sbx_sh_node *parse_command(struct sbx_sh_parser *p)
{
	static const char *const reserved[] = {"for",  "while", "until",    "do",   "done",
					       "{",    "}",	"function", "in",   "fi",
					       "esac", "then",	"else",	    "elif", NULL};
	struct sbx_sh_node *node = node_new(p, SBX_SH_COMMAND);
	for (const char *const *word = reserved; *word; word++)
		if (at_word(p, *word))
			sbx_sh_fail(p, "it has a loop, a function or a group");
	while (!p->failed) {
		sbx_sh_skip_blanks(p);
		if (at_redirection(p)) {
			parse_redirection(p, node);
			continue;
		}
		if (sbx_sh_ends_word(*p->at))
			break;
		GArray *word = sbx_sh_parse_word(p);
		node->is_unknown |= node->words->len == 0 && is_assignment(word);
		g_ptr_array_add(node->words, word);
	}
	if (node->words->len == 0)
		sbx_sh_fail(p, "a command is missing");
	return node;
}

/* Of one that has no command the shell says that it is wrong. */
static struct sbx_sh_node *parse_commands(struct sbx_sh_parser *p, const char *const *ends)
{
	struct sbx_sh_node *list = parse_list(p, ends);
	if (list->children->len == 0)
		sbx_sh_fail(p, "a command is missing");
	return list;
}

static struct sbx_sh_node *parse_subshell(struct sbx_sh_parser *p)
{
	static const char *const none[] = {NULL};
	struct sbx_sh_node *node = node_new(p, SBX_SH_SUBSHELL);
	p->at++;
	p->n_subshells++;
	g_ptr_array_add(node->children, parse_commands(p, none));
	p->n_subshells--;
	if (*p->at != ')')
		sbx_sh_fail(p, "a subshell does not end");
	else
		p->at++;
	sbx_sh_skip_blanks(p);
	if (at_redirection(p))
		sbx_sh_fail(p, "it has a redirection of another kind");
	return node;
}

static void expect(struct sbx_sh_parser *p, const char *word)
{
	if (!p->failed && !take_word(p, word))
		sbx_sh_fail(p, "an if or case is not complete");
}

static struct sbx_sh_node *parse_if(struct sbx_sh_parser *p)
{
	static const char *const before_then[] = {"then", NULL};
	static const char *const after_then[] = {"elif", "else", "fi", NULL};
	static const char *const after_else[] = {"fi", NULL};
	struct sbx_sh_node *node = node_new(p, SBX_SH_IF);
	do {
		g_ptr_array_add(node->children, parse_commands(p, before_then));
		expect(p, "then");
		g_ptr_array_add(node->children, parse_commands(p, after_then));
	} while (!p->failed && take_word(p, "elif"));
	if (!p->failed && take_word(p, "else"))
		g_ptr_array_add(node->children, parse_commands(p, after_else));
	expect(p, "fi");
	return node;
}

/* pattern|pattern) */
static char **parse_patterns(struct sbx_sh_parser *p)
{
	GPtrArray *all = g_ptr_array_new();
	for (gboolean more = TRUE; more && !p->failed;) {
		sbx_sh_skip_blanks(p);
		g_autoptr(GArray) word = sbx_sh_parse_word(p);
		g_autoptr(GString) text = g_string_new(NULL);
		for (guint i = 0; i < word->len; i++) {
			const struct sbx_sh_piece *piece =
				&g_array_index(word, struct sbx_sh_piece, i);
			gboolean is_star = piece->kind == SBX_SH_UNKNOWN && word->len == 1 &&
					   g_str_equal(piece->text, "*");
			if ((piece->kind != SBX_SH_TEXT && !is_star) ||
			    (piece->kind == SBX_SH_TEXT && strchr(piece->text, '*')))
				sbx_sh_fail(p, "it has a pattern of another kind");
			g_string_append(text, piece->text);
		}
		if (word->len == 0)
			sbx_sh_fail(p, "a pattern is missing");
		g_ptr_array_add(all, g_strdup(text->str));
		sbx_sh_skip_blanks(p);
		more = *p->at == '|';
		p->at += more;
	}
	if (*p->at == ')')
		p->at++;
	else
		sbx_sh_fail(p, "a pattern does not end");
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

static struct sbx_sh_node *parse_case(struct sbx_sh_parser *p)
{
	static const char *const ends[] = {"esac", NULL};
	struct sbx_sh_node *node = node_new(p, SBX_SH_CASE);
	sbx_sh_skip_blanks(p);
	g_ptr_array_add(node->words, sbx_sh_parse_word(p));
	expect(p, "in");
	while (!p->failed && !take_word(p, "esac")) {
		skip_lines(p);
		if (*p->at == '(')
			p->at++;
		g_ptr_array_add(node->patterns, parse_patterns(p));
		g_ptr_array_add(node->children, parse_list(p, ends));
		skip_lines(p);
		if (strncmp(p->at, ";;", 2) == 0)
			p->at += 2;
		else if (!at_word(p, "esac"))
			sbx_sh_fail(p, "an if or case is not complete");
	}
	return node;
}

static struct sbx_sh_node *parse_one(struct sbx_sh_parser *p)
{
	struct sbx_sh_node *node = NULL;
	skip_lines(p);
	if (++p->depth > MAX_DEPTH)
		sbx_sh_fail(p, "it is nested too deeply");
	if (p->failed) {
		node = node_new(p, SBX_SH_COMMAND);
	} else if (take_word(p, "!")) {
		node = node_new(p, SBX_SH_NOT);
		g_ptr_array_add(node->children, parse_one(p));
	} else {
		node = *p->at == '('	      ? parse_subshell(p)
		       : take_word(p, "if")   ? parse_if(p)
		       : take_word(p, "case") ? parse_case(p)
					      : parse_command(p);
	}
	p->depth--;
	return node;
}

/* Commands with && and || between: of equal rank, from the left. */
static struct sbx_sh_node *parse_and_or(struct sbx_sh_parser *p)
{
	struct sbx_sh_node *left = parse_one(p);
	while (!p->failed) {
		sbx_sh_skip_blanks(p);
		gboolean is_and = strncmp(p->at, "&&", 2) == 0;
		if (!is_and && strncmp(p->at, "||", 2) != 0)
			break;
		p->at += 2;
		struct sbx_sh_node *node = node_new(p, is_and ? SBX_SH_AND : SBX_SH_OR);
		g_ptr_array_add(node->children, left);
		g_ptr_array_add(node->children, parse_one(p));
		left = node;
	}
	return left;
}

static gboolean at_end(struct sbx_sh_parser *p, const char *const *ends)
{
	skip_lines(p);
	for (; *ends; ends++)
		if (at_word(p, *ends))
			return TRUE;
	return *p->at == '\0' || strncmp(p->at, ";;", 2) == 0 || (*p->at == ')' && p->n_subshells);
}

static struct sbx_sh_node *parse_list(struct sbx_sh_parser *p, const char *const *ends)
{
	struct sbx_sh_node *node = node_new(p, SBX_SH_LIST);
	while (!p->failed && !at_end(p, ends)) {
		g_ptr_array_add(node->children, parse_and_or(p));
		sbx_sh_skip_blanks(p);
		if (*p->at == ';' && p->at[1] != ';')
			p->at++;
		else if (*p->at != '\n' && *p->at != '\0' && strncmp(p->at, ";;", 2) != 0 &&
			 !(*p->at == ')' && p->n_subshells))
			sbx_sh_fail(p, "it has a pipe, a group or something in the background");
	}
	return node;
}

struct sbx_sh_node *sbx_sh_parse(const char *script, const char **out_reason)
{
	static const char *const none[] = {NULL};
	struct sbx_sh_parser p = {.at = script};
	struct sbx_sh_node *node = parse_list(&p, none);
	if (!p.failed && *p.at)
		sbx_sh_fail(&p, "an if or case is not complete");
	if (!p.failed)
		return node;
	*out_reason = p.failed;
	sbx_sh_free(node);
	return NULL;
}
