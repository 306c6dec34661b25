/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json_read.h"
#include "profiler/parts.h"

struct cell {
	size_t start, n_bytes; /* in the text */
	size_t row;	       /* its first */
};

/* While a notebook is read: its code cells one after the other, and where each row comes from. */
struct reading {
	struct sbx_json_reader json;
	struct sbx_parts *out;
	struct sbx_buffer text;
	struct cell *cells;
	size_t n_cells, cells_room;
	unsigned cell;	   /* number of the cell, all kinds counted, from 1 */
	unsigned cell_row; /* rows of this cell so far */
	bool in_row;	   /* the text does not end with a line end */
	bool is_code, in_kernel, has_cells;
	char language[32];   /* of the kernel; "": it does not say */
	const char *problem; /* of the form, not of the JSON */
	bool no_memory;
};

typedef bool (*member_func)(struct reading *r);

static bool misfit(struct reading *r, const char *problem)
{
	if (!r->problem)
		r->problem = problem;
	return false;
}

/* Call `member` behind each key of the object that the next event begins. */
static bool each_member(struct reading *r, member_func member, const char *problem)
{
	enum sbx_json_event event = sbx_json_next(&r->json);
	if (event != SBX_JSON_BEGIN_OBJECT)
		return misfit(r, problem);
	while ((event = sbx_json_next(&r->json)) == SBX_JSON_KEY)
		if (!member(r))
			return false;
	return event == SBX_JSON_END_OBJECT;
}

/* Call `item` for each item of the list that the next event begins; it reads the item. */
static bool each_item(struct reading *r, member_func item, const char *problem)
{
	if (sbx_json_next(&r->json) != SBX_JSON_BEGIN_ARRAY)
		return misfit(r, problem);
	for (;;) {
		struct sbx_json_reader before = r->json;
		enum sbx_json_event event = sbx_json_next(&r->json);
		if (event == SBX_JSON_END_ARRAY)
			return true;
		if (event == SBX_JSON_FAILED)
			return false;
		r->json = before;
		if (!item(r))
			return false;
	}
}

static void begin_row(struct reading *r)
{
	struct sbx_line_place *place =
		sbx_grow(&r->out->places, &r->out->n_places, &r->out->places_room, sizeof(*place));
	r->no_memory |= !place;
	if (place)
		*place = (struct sbx_line_place){r->json.line, r->cell, ++r->cell_row};
	r->in_row = true;
}

/* A string of the source, which need not be one line. */
static void add_source(struct reading *r)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer value = SBX_BUFFER_INIT;
	sbx_json_add_value(&r->json, &value);
	r->no_memory |= value.failed;
	for (size_t i = 0; i < value.n_bytes; i++) {
		char c = value.data[i] ? value.data[i] : ' ';
		if (c == '\r' && i + 1 < value.n_bytes && value.data[i + 1] == '\n')
			continue;
		if (!r->in_row)
			begin_row(r);
		sbx_buffer_add(&r->text, &c, 1);
		r->in_row = c != '\n';
	}
}

static bool read_source_item(struct reading *r)
{
	enum sbx_json_event event = sbx_json_next(&r->json);
	if (event == SBX_JSON_STRING)
		add_source(r);
	return event == SBX_JSON_STRING || misfit(r, "a cell's source is no text");
}

static bool read_source(struct reading *r)
{
	struct sbx_json_reader before = r->json;
	if (sbx_json_next(&r->json) == SBX_JSON_STRING) {
		add_source(r);
		return true;
	}
	r->json = before;
	return each_item(r, read_source_item, "a cell's source is neither text nor a list");
}

/* nbformat 3 calls a code cell's source "input". */
static bool read_cell_member(struct reading *r)
{
	if (sbx_json_value_is(&r->json, "source") || sbx_json_value_is(&r->json, "input"))
		return read_source(r);
	if (!sbx_json_value_is(&r->json, "cell_type"))
		return sbx_json_skip(&r->json);
	if (sbx_json_next(&r->json) != SBX_JSON_STRING)
		return misfit(r, "a cell's type is no text");
	r->is_code = sbx_json_value_is(&r->json, "code");
	return true;
}

/* What kind a cell is of may stand behind its source: text that is no code is taken back. */
static bool read_cell(struct reading *r)
{
	size_t n_bytes = r->text.n_bytes, n_places = r->out->n_places;
	r->cell++;
	r->cell_row = 0;
	r->is_code = false;
	if (!each_member(r, read_cell_member, "a cell is no object"))
		return false;
	if (!r->is_code) {
		r->text.n_bytes = n_bytes;
		r->out->n_places = n_places;
		r->in_row = false;
		return true;
	}
	if (r->in_row)
		sbx_buffer_add(&r->text, "\n", 1);
	r->in_row = false;
	struct cell *cell = sbx_grow(&r->cells, &r->n_cells, &r->cells_room, sizeof(*cell));
	r->no_memory |= !cell;
	if (cell)
		*cell = (struct cell){n_bytes, r->text.n_bytes - n_bytes, n_places};
	return true;
}

static bool read_language(struct reading *r)
{
	bool is_name = sbx_json_value_is(&r->json, r->in_kernel ? "language" : "name");
	if (!is_name)
		return sbx_json_skip(&r->json);
	if (sbx_json_next(&r->json) != SBX_JSON_STRING)
		return misfit(r, "the name of the kernel's language is no text");
	size_t n = r->json.n_value;
	/* What the kernel is said to be stands before what it said of itself when it ran. */
	if (n < sizeof(r->language) && (r->in_kernel || !*r->language)) {
		for (size_t i = 0; i < n; i++)
			r->language[i] = (char)tolower((unsigned char)r->json.value[i]);
		r->language[n] = '\0';
	}
	return true;
}

static bool read_metadata_member(struct reading *r)
{
	r->in_kernel = sbx_json_value_is(&r->json, "kernelspec");
	if (r->in_kernel || sbx_json_value_is(&r->json, "language_info"))
		return each_member(r, read_language, "the kernel's description is no object");
	return sbx_json_skip(&r->json);
}

static bool read_sheet_member(struct reading *r)
{
	return sbx_json_value_is(&r->json, "cells")
		       ? each_item(r, read_cell, "the cells are no list")
		       : sbx_json_skip(&r->json);
}

static bool read_sheet(struct reading *r)
{
	return each_member(r, read_sheet_member, "a worksheet is no object");
}

static bool read_notebook_member(struct reading *r)
{
	if (sbx_json_value_is(&r->json, "cells")) {
		r->has_cells = true;
		return each_item(r, read_cell, "the cells are no list");
	}
	if (sbx_json_value_is(&r->json, "worksheets")) {
		r->has_cells = true;
		return each_item(r, read_sheet, "the worksheets are no list");
	}
	return sbx_json_value_is(&r->json, "metadata")
		       ? each_member(r, read_metadata_member, "the metadata are no object")
		       : sbx_json_skip(&r->json);
}

static void reading_release(struct reading *r)
{
	sbx_buffer_release(&r->text);
	free(r->cells);
}

/* "python", "R", "bash", "c++": by a language's name, else as an interpreter's. */
static const struct sbx_language *find_language(const struct reading *r,
						const struct sbx_rules *rules)
{
	if (!*r->language)
		return sbx_language_by_name(rules->kernel);
	const struct sbx_language *found = sbx_language_by_name(r->language);
	return found ? found : sbx_language_by_shebang(r->language);
}

static void divide(const struct reading *r, const struct sbx_rules *rules)
{
	const struct sbx_language *language = r->out->parts[0].language;
	bool has_magics = !strcmp(language->name, rules->kernel);
	for (size_t i = 0; i < r->n_cells; i++) {
		const struct cell *cell = &r->cells[i];
		/* No cell of a notebook without text has a place in it. */
		if (!cell->n_bytes)
			continue;
		const char *text = r->text.data + cell->start, *end = text + cell->n_bytes;
		if (has_magics) {
			sbx_magics_divide(r->out, rules, text, cell->n_bytes, cell->row);
			continue;
		}
		for (size_t row = cell->row; text < end; row++) {
			const char *line_end = memchr(text, '\n', (size_t)(end - text));
			sbx_part_put(&r->out->parts[0], row, text, (size_t)(line_end - text));
			text = line_end + 1;
		}
	}
}

int sbx_notebook_read(struct sbx_parts *out, const struct sbx_rules *rules, const char *file,
		      const char *text, size_t n_bytes, struct sbx_error *err)
{
	__attribute__((cleanup(reading_release))) struct reading r = {.out = out};
	sbx_json_reader_init(&r.json, text, n_bytes);
	bool fine = each_member(&r, read_notebook_member, "it is no object") &&
		    sbx_json_next(&r.json) == SBX_JSON_END;
	if (!fine)
		return sbx_fail(err, SBX_E_INPUT, "%s:%u: is no whole notebook: %s", file,
				r.json.line, r.problem ? r.problem : r.json.problem);
	if (!r.has_cells)
		return sbx_fail(err, SBX_E_INPUT, "%s: is no notebook: it has no cells", file);
	const struct sbx_language *language = find_language(&r, rules);
	if (!language)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: the language of its kernel, '%s', is not known here", file,
				r.language);
	if (r.no_memory || r.text.failed || !sbx_parts_get(out, language, false))
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	divide(&r, rules);
	for (size_t i = 0; i < out->n_parts; i++)
		if (out->parts[i].text.failed)
			return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	return 0;
}
