/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_NATIVE_SHELL_H
#define SBX_BUILDER_BUILD_NATIVE_SHELL_H

#include <glib.h>

/*
 * A maintainer script as a tree. Known is the part of sh (POSIX 2.9) that debhelper writes its
 * snippets in: simple commands with quotes, `if`, `case`, `&&`, `||`, `!`. A script with anything
 * else in it (a loop, a function, a pipe, a substitution, a here-document) is not read at all, and
 * is run. What is written but need not be understood unless it comes to be executed (a redirection,
 * an odd expansion, a subshell) is kept as unknown.
 */
enum sbx_sh_piece_kind {
	SBX_SH_TEXT,
	SBX_SH_VARIABLE, /* $1, ${NAME}, ${NAME:-} */
	SBX_SH_FOUND,	 /* $(command -v NAME): the name */
	SBX_SH_UNKNOWN,	 /* any other expansion, or a pattern of file names */
};

struct sbx_sh_piece {
	enum sbx_sh_piece_kind kind;
	gboolean is_quoted;
	char *text;
};

enum sbx_sh_kind {
	SBX_SH_COMMAND,
	SBX_SH_LIST, /* children one after the other */
	SBX_SH_AND,
	SBX_SH_OR,
	SBX_SH_NOT,
	SBX_SH_IF, /* children: condition, list, condition, list ...; an odd last one is `else` */
	SBX_SH_CASE,
	SBX_SH_SUBSHELL, /* one child; not carried out */
};

struct sbx_sh_node {
	enum sbx_sh_kind kind;
	GPtrArray
		*words; /* GArray of struct sbx_sh_piece each; of `case` the one that is compared */
	GPtrArray *children; /* struct sbx_sh_node * */
	GPtrArray *patterns; /* `case`: char ** for each child; "*" matches everything */
	gboolean is_unknown; /* a command that writes to a file or sets a variable */
	gboolean is_logged;  /* a command that writes to /var/log, which is not kept */
};

/* NULL when it is not of this kind; then *out_reason says why (a constant). */
struct sbx_sh_node *sbx_sh_parse(const char *script, const char **out_reason);
void sbx_sh_free(struct sbx_sh_node *node);

#endif
