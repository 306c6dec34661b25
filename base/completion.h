/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_COMPLETION_H
#define SBX_BASE_COMPLETION_H

#include "base/buffer.h"

/*
 * A script by which bash completes a program's verbs, options and their values, made of the tables
 * that its help is made of: begin, then each verb with what it takes, then end. It goes to `out`,
 * whose `failed` is to be looked at.
 */
struct sbx_completion {
	struct sbx_buffer *out;
	const char *program;
	struct sbx_buffer verbs, options, values, words; /* the last three: of the verb at hand */
};

void sbx_completion_begin(struct sbx_completion *c, const char *program, struct sbx_buffer *out);

void sbx_completion_verb(struct sbx_completion *c, const char *name);

/*
 * An option of that verb. `letter` is its short form, 0: none. `arg` is what the help calls its
 * value, NULL: it is a switch: "none|host" completes to these words, and where FILE, PATH, SRC or
 * DIR is in it, to names of files or folders. `words` are more that it may be, NULL: none.
 */
void sbx_completion_option(struct sbx_completion *c, char letter, const char *name, const char *arg,
			   const char *words);

/* All options "--name" that are mentioned in a text. */
void sbx_completion_mentioned(struct sbx_completion *c, const char *text);

/* What may stand behind the verb, besides names of files. */
void sbx_completion_word(struct sbx_completion *c, const char *word);

/* `others` go with the verbs: what may be the first word besides. */
void sbx_completion_end(struct sbx_completion *c, const char *others);

#endif
