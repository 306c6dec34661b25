/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_NATIVE_PARSER_H
#define SBX_BUILDER_BUILD_NATIVE_PARSER_H

#include "builder/build/native/shell.h"

/* What shell.c and words.c share: a script being read. */
struct sbx_sh_parser {
	const char *at;
	const char *failed; /* why, once it has */
	guint depth, n_nodes, n_subshells;
};

void sbx_sh_fail(struct sbx_sh_parser *p, const char *why);
/* Blanks, a comment, a line that goes on. */
void sbx_sh_skip_blanks(struct sbx_sh_parser *p);
gboolean sbx_sh_ends_word(char c);
/* The word at the cursor: GArray of struct sbx_sh_piece, empty where there is none. */
GArray *sbx_sh_parse_word(struct sbx_sh_parser *p);

#endif
