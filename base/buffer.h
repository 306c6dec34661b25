/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_BUFFER_H
#define SBX_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A growing string of bytes. `data` is NUL-terminated whenever it is not NULL, `n_bytes` does not
 * count that NUL. Running out of memory sticks: `failed` is set, later calls do nothing, and the
 * caller checks once at the end.
 */
struct sbx_buffer {
	char *data;
	size_t n_bytes, room;
	bool failed;
};

#define SBX_BUFFER_INIT                                                                            \
	{                                                                                          \
		0, 0, 0, 0                                                                         \
	}

void sbx_buffer_release(struct sbx_buffer *b);
#define SBX_CLEANUP_BUFFER __attribute__((cleanup(sbx_buffer_release)))

void sbx_buffer_add(struct sbx_buffer *b, const void *data, size_t n_bytes);
void sbx_buffer_add_string(struct sbx_buffer *b, const char *s);
void sbx_buffer_printf(struct sbx_buffer *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
