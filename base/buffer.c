/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sbx_buffer_release(struct sbx_buffer *b)
{
	free(b->data);
	*b = (struct sbx_buffer)SBX_BUFFER_INIT;
}

static bool make_room(struct sbx_buffer *b, size_t more)
{
	if (b->failed)
		return false;
	if (b->n_bytes + more + 1 <= b->room)
		return true;
	size_t room = b->room ? b->room : 256;
	while (room < b->n_bytes + more + 1)
		room *= 2;
	char *bigger = realloc(b->data, room);
	if (!bigger) {
		b->failed = true;
		return false;
	}
	b->data = bigger;
	b->room = room;
	return true;
}

void sbx_buffer_add(struct sbx_buffer *b, const void *data, size_t n_bytes)
{
	if (!make_room(b, n_bytes))
		return;
	if (n_bytes)
		memcpy(b->data + b->n_bytes, data, n_bytes);
	b->n_bytes += n_bytes;
	b->data[b->n_bytes] = '\0';
}

void sbx_buffer_add_string(struct sbx_buffer *b, const char *s)
{
	sbx_buffer_add(b, s, strlen(s));
}

void sbx_buffer_printf(struct sbx_buffer *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	else if (make_room(b, (size_t)n)) {
		vsnprintf(b->data + b->n_bytes, (size_t)n + 1, fmt, again);
		b->n_bytes += (size_t)n;
	}
	va_end(again);
}
