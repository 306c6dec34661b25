/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/contents.h"

#include <string.h>

#define BUFFER_BYTES (1024 * 1024) /* also the longest line that is taken */
#define MAX_PREFIXES 64

#define EDGE_BYTES 16

/* The first bytes of a prefix, compared in two goes; nearly all lines end here. */
struct prefix {
	const char *text;
	gsize n;
	guint64 head[2], mask[2];
};

struct reader {
	const char *where;
	struct prefix prefixes[MAX_PREFIXES];
	guint n_prefixes;
	guint64 line;
	sbx_contents_func func;
	gpointer data;
};

gboolean sbx_contents_fail(const char *where, guint64 line, const char *reason, GError **error)
{
	return sbx_set_error(error, SBX_E_ARCHIVE,
			     "%s: line %" G_GUINT64_FORMAT ": %s; run `sbx-build update` again",
			     where, line, reason);
}

static gboolean set_prefixes(struct reader *r, const char *const *prefixes, GError **error)
{
	for (; *prefixes; prefixes++) {
		if (r->n_prefixes == MAX_PREFIXES)
			return sbx_set_error(error, SBX_E_FAILED,
					     "the languages ask for more than %d kinds of path",
					     MAX_PREFIXES);
		struct prefix *p = &r->prefixes[r->n_prefixes++];
		p->text = *prefixes;
		p->n = strlen(*prefixes);
		memcpy(p->head, p->text, MIN(p->n, EDGE_BYTES));
		memset(p->mask, 0xff, MIN(p->n, EDGE_BYTES));
	}
	return TRUE;
}

static gboolean is_wanted(const struct reader *r, const char *path, gsize n)
{
	guint64 head[2];
	memcpy(head, path, EDGE_BYTES); /* the buffer has room behind its last line */
	for (guint i = 0; i < r->n_prefixes; i++) {
		const struct prefix *p = &r->prefixes[i];
		if ((head[0] & p->mask[0]) == p->head[0] && (head[1] & p->mask[1]) == p->head[1] &&
		    n >= p->n &&
		    (p->n <= EDGE_BYTES ||
		     memcmp(path + EDGE_BYTES, p->text + EDGE_BYTES, p->n - EDGE_BYTES) == 0))
			return TRUE;
	}
	return FALSE;
}

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static gboolean read_line(struct reader *r, const char *at, const char *end, GError **error)
{
	if (end - at >= 2 && at[0] == '.' && at[1] == '/')
		at += 2;
	/* The list is the last word: a path may hold blanks, the list does not. */
	const char *list = end;
	while (list > at && !is_blank(list[-1]))
		list--;
	if (list == end || list == at || is_blank(*at))
		return sbx_contents_fail(r->where, r->line, "not a path and its packages", error);
	if (!is_wanted(r, at, (gsize)(end - at)))
		return TRUE;
	const char *stop = list;
	while (is_blank(stop[-1])) /* ends at the path's first byte */
		stop--;
	if (memchr(at, '\0', (gsize)(end - at)))
		return sbx_contents_fail(r->where, r->line, "not a path and its packages", error);
	const struct sbx_contents_line line = {
		.path = at,
		.n_path = (gsize)(stop - at),
		.packages = list,
		.n_packages = (gsize)(end - list),
		.number = r->line,
	};
	return r->func(&line, r->data, error);
}

/* "FILE   LOCATION": what stands above it is prose. */
static gboolean is_heading(const char *at, const char *end)
{
	if (end - at < 13 || memcmp(at, "FILE", 4) != 0 || !is_blank(at[4]))
		return FALSE;
	for (at += 4; at < end && is_blank(*at);)
		at++;
	return end - at == 8 && memcmp(at, "LOCATION", 8) == 0;
}

/* How many bytes of the first buffer are prose; their lines are counted. */
static gsize skip_prose(struct reader *r, const char *text, gsize n)
{
	guint64 lines = 0;
	for (const char *at = text, *end; (end = memchr(at, '\n', n - (gsize)(at - text)));
	     at = end + 1) {
		lines++;
		if (lines > 1000)
			break;
		if (is_heading(at, end)) {
			r->line = lines;
			return (gsize)(end + 1 - text);
		}
	}
	return 0;
}

/* Read all whole lines of the buffer; *out_used says how many bytes they are. */
static gboolean read_lines(struct reader *r, const char *text, gsize n, gsize *out_used,
			   GError **error)
{
	const char *at = text, *stop = text + n, *end;
	while ((end = memchr(at, '\n', (gsize)(stop - at)))) {
		r->line++;
		if (!read_line(r, at, end, error))
			return FALSE;
		at = end + 1;
	}
	*out_used = (gsize)(at - text);
	return TRUE;
}

static gboolean read_stream(struct reader *r, GInputStream *stream, char *buffer,
			    GCancellable *cancellable, GError **error)
{
	gsize n = 0;
	gboolean begun = FALSE;
	for (;;) {
		gssize got = g_input_stream_read(stream, buffer + n, BUFFER_BYTES - n, cancellable,
						 error);
		if (got < 0) {
			g_prefix_error(error, "%s: ", r->where);
			return FALSE;
		}
		n += (gsize)got;
		/* A converter hands out small pieces; prose is looked for in a whole buffer. */
		if (got > 0 && n < BUFFER_BYTES)
			continue;
		gsize used = 0, prose = begun ? 0 : skip_prose(r, buffer, n);
		begun = TRUE;
		if (!read_lines(r, buffer + prose, n - prose, &used, error))
			return FALSE;
		used += prose;
		n -= used;
		if (n == BUFFER_BYTES)
			return sbx_contents_fail(r->where, r->line + 1, "is far too long", error);
		memmove(buffer, buffer + used, n);
		if (got == 0)
			break;
	}
	if (n > 0)
		return sbx_contents_fail(r->where, r->line + 1, "the index is cut short", error);
	return TRUE;
}

gboolean sbx_contents_read(GInputStream *stream, const char *where, const char *const *prefixes,
			   sbx_contents_func func, gpointer data, GCancellable *cancellable,
			   GError **error)
{
	struct reader r = {.where = where, .func = func, .data = data};
	if (!set_prefixes(&r, prefixes, error))
		return FALSE;
	g_autofree char *buffer = g_malloc0(BUFFER_BYTES + EDGE_BYTES);
	return read_stream(&r, stream, buffer, cancellable, error);
}

gssize sbx_contents_next_package(const char **packages, gsize *n_packages, const char **out_name)
{
	if (*n_packages == 0)
		return 0;
	const char *at = *packages, *end = at + *n_packages;
	const char *comma = memchr(at, ',', *n_packages);
	const char *stop = comma ? comma : end;
	const char *name = stop;
	while (name > at && name[-1] != '/')
		name--;
	gssize n = stop - name;
	if (n == 0 || !g_ascii_isalnum(*name))
		return -1;
	for (const char *p = name; p < stop; p++)
		if (!g_ascii_isalnum(*p) && !strchr("+-._", *p))
			return -1;
	*n_packages = comma ? (gsize)(end - comma - 1) : 0;
	*packages = comma ? comma + 1 : end;
	if (comma && *n_packages == 0)
		return -1;
	*out_name = name;
	return n;
}
