/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/guards.h"

#include <stdlib.h>
#include <string.h>

#define TAB_COLUMNS 8
#define BLANK	    G_MAXUINT /* the column of a line without code */

/* A line of the source: how far it is indented, and its first word. */
struct line {
	const char *start;
	guint column;
	const char *word;
	gsize n_word;
};

struct layout {
	char *text;
	GArray *lines; /* struct line, the first line at index 1 */
};

static void layout_release(struct layout *layout)
{
	free(layout->text);
	g_clear_pointer(&layout->lines, g_array_unref);
}

static struct line read_line(const char *at)
{
	struct line line = {.start = at};
	for (; *at == ' ' || *at == '\t'; at++)
		line.column += *at == '\t' ? TAB_COLUMNS - line.column % TAB_COLUMNS : 1;
	if (*at == '\0' || *at == '\r' || *at == '\n' || *at == '#')
		line.column = BLANK;
	while (*at && *at != '\n' && !g_ascii_isalpha(*at))
		at++;
	line.word = at;
	while (g_ascii_isalpha(line.word[line.n_word]))
		line.n_word++;
	return line;
}

/* FALSE when the file cannot be read (any more). */
static gboolean read_layout(struct layout *layout, const struct sbx_facts *facts, const char *file)
{
	layout->text = sbx_facts_text(facts, file);
	if (!layout->text)
		return FALSE;
	layout->lines = g_array_new(FALSE, TRUE, sizeof(struct line));
	g_array_set_size(layout->lines, 1);
	for (const char *at = layout->text; at; at = strchr(at, '\n')) {
		at += layout->lines->len > 1;
		struct line line = read_line(at);
		g_array_append_val(layout->lines, line);
	}
	return TRUE;
}

static const struct line *line_at(const struct layout *layout, guint number)
{
	return &g_array_index(layout->lines, struct line, number);
}

#define MAX_BLOCK_LINES 1000 /* no further back, so that a long text costs no square of it */

/* The line that opens the block in which a line stands; NULL at the top. */
static const struct line *opener_of(const struct layout *layout, guint number)
{
	if (number >= layout->lines->len)
		return NULL;
	guint column = line_at(layout, number)->column;
	for (guint i = 1; i < number && i <= MAX_BLOCK_LINES; i++)
		if (line_at(layout, number - i)->column < column)
			return line_at(layout, number - i);
	return NULL;
}

enum between { APART, SAME_SIDE, OTHER_SIDE };

static gboolean has_word(const char *from, const char *to, const char *word, gsize n)
{
	for (const char *at = from; n && (at = memmem(at, (gsize)(to - at), word, n)); at += n)
		if (!g_ascii_isalnum(at[n]) && (at == from || !g_ascii_isalnum(at[-1])))
			return TRUE;
	return FALSE;
}

/*
 * Two on one line, where indentation says nothing: `try { a } catch { b }`. A bracket closes
 * between them, and what opened the first one does not open again.
 */
static enum between look_within(const struct line *line, const char *one, const char *other)
{
	gsize n = strcspn(line->start, "\n");
	const char *a = memmem(line->start, n, one, strlen(one));
	const char *b = memmem(line->start, n, other, strlen(other));
	if (!a || !b)
		return SAME_SIDE;
	/* Facts of one line are in the order of their names. */
	const char *first = MIN(a, b), *second = MAX(a, b);
	const char *open = memrchr(line->start, '{', (gsize)(first - line->start));
	if (!open || !memchr(first, '}', (gsize)(second - first)))
		return SAME_SIDE;
	while (open > line->start && !g_ascii_isalnum(open[-1]))
		open--;
	const char *word = open;
	while (word > line->start && g_ascii_isalnum(word[-1]))
		word--;
	return has_word(first, second, word, (gsize)(open - word)) ? APART : OTHER_SIDE;
}

/*
 * How two guarded imports, the second further down, stand to each other; `opener` opened the
 * first side of the group that the first belongs to.
 */
static enum between look_between(const struct layout *layout, const struct line *opener,
				 const struct sbx_fact *first_fact,
				 const struct sbx_fact *second_fact)
{
	unsigned first = first_fact->row, second = second_fact->row;
	if (second >= layout->lines->len)
		return APART;
	if (first == second)
		return look_within(line_at(layout, first), first_fact->name, second_fact->name);
	if (!opener)
		return APART;
	guint column = line_at(layout, first)->column;
	const struct line *less = NULL;
	if (column == BLANK || line_at(layout, second)->column != column)
		return APART;
	for (unsigned number = first + 1; number < second; number++) {
		if (line_at(layout, number)->column >= column)
			continue;
		if (less)
			return APART;
		less = line_at(layout, number);
	}
	if (!less)
		return SAME_SIDE;
	gboolean opens_again = less->n_word == opener->n_word &&
			       memcmp(less->word, opener->word, less->n_word) == 0;
	return less->column == opener->column && !opens_again ? OTHER_SIDE : APART;
}

/* The guards of one file's facts, which are sorted by line. */
static void read_file(const struct sbx_facts *facts, size_t first, size_t end,
		      struct sbx_guard *guards, guint *n_groups)
{
	__attribute__((cleanup(layout_release))) struct layout layout = {0};
	if (!read_layout(&layout, facts, facts->facts[first].file))
		return;
	const struct line *opener = NULL;
	size_t before = end, side = end;
	for (size_t i = first; i < end; i++) {
		const struct sbx_fact *fact = &facts->facts[i];
		if (fact->grade != SBX_GRADE_GUARDED || fact->kind != SBX_FACT_MODULE)
			continue;
		enum between between = APART;
		if (before != end)
			between = look_between(&layout, opener, &facts->facts[before], fact);
		if (between == APART) {
			side = i;
			opener = opener_of(&layout, fact->row);
		}
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
		for (end = first + 1;
		     end < facts->n_facts &&
		     g_str_equal(facts->facts[end].file, facts->facts[first].file);)
			end++;
		if (facts->folder && has_two_guarded(facts, first, end))
			read_file(facts, first, end, guards, &n_groups);
	}
	return guards;
}
