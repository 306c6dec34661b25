/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_EDGE_H
#define SBX_BUILDER_INDEX_EDGE_H

#include <glib.h>
#include <string.h>

/*
 * The first or last eight bytes of a text, compared in one go: millions of paths are held against
 * a hundred patterns, and nearly all end here. A shorter text has zeros for what it lacks.
 */
struct sbx_edge {
	guint64 bytes, mask;
};

static inline guint64 sbx_head_bytes(const char *text, gsize n)
{
	guint64 bytes = 0;
	if (G_LIKELY(n >= 8))
		memcpy(&bytes, text, 8);
	else
		memcpy(&bytes, text, n);
	return bytes;
}

static inline guint64 sbx_tail_bytes(const char *text, gsize n)
{
	guint64 bytes = 0;
	if (G_LIKELY(n >= 8))
		memcpy(&bytes, text + n - 8, 8);
	else
		memcpy((char *)&bytes + 8 - n, text, n);
	return bytes;
}

/* What a text must have at its beginning to begin with `part`. */
static inline struct sbx_edge sbx_head_edge(const char *part, gsize n)
{
	struct sbx_edge edge = {sbx_head_bytes(part, n), 0};
	memset(&edge.mask, 0xff, MIN(n, 8));
	return edge;
}

/* What a text must have at its end to end with `part`. */
static inline struct sbx_edge sbx_tail_edge(const char *part, gsize n)
{
	struct sbx_edge edge = {sbx_tail_bytes(part, n), 0};
	gsize n_masked = MIN(n, 8);
	memset((char *)&edge.mask + 8 - n_masked, 0xff, n_masked);
	return edge;
}

/* `bytes` are sbx_head_bytes() or sbx_tail_bytes() of the text. */
static inline gboolean sbx_edge_fits(const struct sbx_edge *edge, guint64 bytes)
{
	return (bytes & edge->mask) == edge->bytes;
}

#endif
