/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/guards.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"

#define MAX_SOURCE_BYTES (16 * 1024 * 1024)
#define TAB_COLUMNS	 8
#define BLANK		 G_MAXUINT /* the indentation of a line without anything on it */

static guint indentation(const char *line)
{
	guint column = 0;
	for (;; line++) {
		if (*line == ' ')
			column++;
		else if (*line == '\t')
			column += TAB_COLUMNS - column % TAB_COLUMNS;
		else
			break;
	}
	return *line == '\0' || *line == '\r' || *line == '\n' ? BLANK : column;
}

/* The indentation of every line, the first at index 1. NULL when the file cannot be read. */
static GArray *read_layout(const char *folder, const char *file)
{
	g_autofree char *path = g_build_filename(folder, file, NULL);
	SBX_CLEANUP_FREE char *text = sbx_read_file(AT_FDCWD, path, MAX_SOURCE_BYTES, NULL, NULL);
	if (!text)
		return NULL;
	GArray *layout = g_array_new(FALSE, FALSE, sizeof(guint));
	guint column = BLANK;
	g_array_append_val(layout, column);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += layout->len > 1;
		column = indentation(line);
		g_array_append_val(layout, column);
	}
	return layout;
}

enum between { APART, SAME_SIDE, OTHER_SIDE };

/* How two guarded imports, the second further down, stand to each other. */
static enum between look_between(const GArray *layout, unsigned first, unsigned second)
{
	if (first == second)
		return SAME_SIDE;
	if (second >= layout->len)
		return APART;
	guint column = g_array_index(layout, guint, first), n_less = 0;
	if (column == BLANK || column == 0 || g_array_index(layout, guint, second) != column)
		return APART;
	for (unsigned line = first + 1; line < second; line++)
		n_less += g_array_index(layout, guint, line) < column;
	return n_less == 0 ? SAME_SIDE : n_less == 1 ? OTHER_SIDE : APART;
}

/* The guards of one file's facts, which are sorted by line. */
static void read_file(const struct sbx_facts *facts, size_t first, size_t end,
		      struct sbx_guard *guards, guint *n_groups)
{
	g_autoptr(GArray) layout = read_layout(facts->folder, facts->facts[first].file);
	size_t before = end, side = end;
	for (size_t i = first; layout && i < end; i++) {
		const struct sbx_fact *fact = &facts->facts[i];
		if (fact->grade != SBX_GRADE_GUARDED || fact->kind != SBX_FACT_MODULE)
			continue;
		enum between between =
			before == end ? APART
				      : look_between(layout, facts->facts[before].line, fact->line);
		if (between == APART)
			side = i;
		if (between == OTHER_SIDE && !guards[before].group) {
			/* Now the side before is known to be one of a group. */
			++*n_groups;
			for (size_t k = side; k < i; k++)
				if (facts->facts[k].grade == SBX_GRADE_GUARDED &&
				    facts->facts[k].kind == SBX_FACT_MODULE)
					guards[k] = (struct sbx_guard){*n_groups, 0};
		}
		if (between != APART)
			guards[i] = guards[before];
		if (between == OTHER_SIDE)
			guards[i].alternative++;
		before = i;
	}
}

static gboolean has_two_guarded(const struct sbx_facts *facts, size_t first, size_t end)
{
	guint n = 0;
	for (size_t i = first; i < end; i++)
		n += facts->facts[i].grade == SBX_GRADE_GUARDED &&
		     facts->facts[i].kind == SBX_FACT_MODULE;
	return n > 1;
}

struct sbx_guard *sbx_guards_read(const struct sbx_facts *facts)
{
	struct sbx_guard *guards = g_new0(struct sbx_guard, facts->n_facts + 1);
	guint n_groups = 0;
	for (size_t first = 0, end; first < facts->n_facts; first = end) {
		for (end = first + 1; end < facts->n_facts &&
				      g_str_equal(facts->facts[end].file, facts->facts[first].file);)
			end++;
		if (facts->folder && has_two_guarded(facts, first, end))
			read_file(facts, first, end, guards, &n_groups);
	}
	return guards;
}
