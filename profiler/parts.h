/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_PARTS_H
#define SBX_PROFILER_PARTS_H

#include "base/buffer.h"
#include "profiler/source.h"
#include "profiler/task.h"

/*
 * Private to profiler/: a file that holds source text of other languages, taken apart. Every part
 * has a row for each row of the whole; those of other parts are blank in it. So whatever is found
 * in a part has its place at hand: places[row].
 */

#define N_MAX_PARTS 8 /* languages in one file; text of further ones is left out */

struct sbx_part {
	const struct sbx_language *language;
	struct sbx_buffer text;
	size_t n_rows;
	bool is_aside; /* left out when the task runs: what it starts is optional */
};

struct sbx_parts {
	struct sbx_part parts[N_MAX_PARTS]; /* the first is the text that is run */
	size_t n_parts;
	struct sbx_line_place *places;
	size_t n_places, places_room;
};
void sbx_parts_release(struct sbx_parts *parts);

/* The part of that language and kind, made when it is new; NULL: there are too many. */
struct sbx_part *sbx_parts_get(struct sbx_parts *parts, const struct sbx_language *language,
			       bool is_aside);
/* Put a line (without its end) at a row that has nothing yet in that part. */
void sbx_part_put(struct sbx_part *part, size_t row, const char *line, size_t n_bytes);

/*
 * notebook.c: the code cells of a Jupyter notebook (nbformat 3 and 4), in their order, in the
 * language of its kernel. SBX_E_INPUT names the file, the line and what is wrong there.
 */
int sbx_notebook_read(struct sbx_parts *out, const struct sbx_rules *rules, const char *file,
		      const char *text, size_t n_bytes, struct sbx_error *err);

/*
 * magics.c: what IPython takes out of a cell before Python sees it. `%` and `!` lines become blank
 * or `pass`; commands go to a part of shell text, %%bash and the like to parts of their languages.
 * `cell` are the rows of one cell, of which the first is `row`.
 */
void sbx_magics_divide(struct sbx_parts *parts, const struct sbx_rules *rules, const char *cell,
		       size_t n_bytes, size_t row);

/*
 * embedded.c: text in comments.
 *
 * The block that a language's [embedded] describes, such as PEP 723's "# /// script": its lines
 * without comment marks, as a part. False: there is none, and `parts` has nothing.
 */
bool sbx_embedded_block(struct sbx_parts *parts, const struct sbx_rules *rules, const char *text,
			size_t n_bytes);
/* Comments that are commands to install something, as a part of shell text. */
void sbx_embedded_installs(struct sbx_parts *parts, const struct sbx_rules *rules, const char *text,
			   size_t n_bytes);

#endif
