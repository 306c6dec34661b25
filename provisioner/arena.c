/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/arena.h"

#ifdef SBX_HAS_ARENA

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ROOM  (96 << 10)
#define ALIGN 16

/* The linker's --wrap: who calls malloc() gets ours, and here is the C library's. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

/* No threads, and what a vfork'ed child runs allocates nothing. */
static struct {
	bool is_used;
	size_t n_used;
	_Alignas(ALIGN) unsigned char room[ROOM];
} arena __attribute__((aligned(4096)));

static bool is_ours(const void *p)
{
	return (uintptr_t)p - (uintptr_t)arena.room < ROOM;
}

/* Each piece has its size before it, which is of use to realloc() alone. */
static size_t size_of(const void *p)
{
	size_t n;
	memcpy(&n, (const unsigned char *)p - ALIGN, sizeof(n));
	return n;
}

/* Never what was used before: it is all zeros. NULL: there is no room. */
static void *take(size_t n)
{
	if (!arena.is_used || n > ROOM - arena.n_used || ROOM - arena.n_used - n < 2 * ALIGN)
		return NULL;
	unsigned char *p = arena.room + arena.n_used + ALIGN;
	memcpy(p - ALIGN, &n, sizeof(n));
	arena.n_used += ALIGN + (n + ALIGN - 1) / ALIGN * ALIGN;
	return p;
}

void sbx_arena_use(void)
{
	arena.is_used = true;
}

void *__wrap_malloc(size_t n)
{
	void *p = take(n);
	return p ? p : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	size_t n_bytes;
	void *p = __builtin_mul_overflow(n, size, &n_bytes) ? NULL : take(n_bytes);
	return p ? p : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	if (p && !is_ours(p))
		return __real_realloc(p, n);
	void *bigger = __wrap_malloc(n);
	if (p && bigger) {
		size_t n_old = size_of(p);
		memcpy(bigger, p, n_old < n ? n_old : n);
	}
	return bigger;
}

void __wrap_free(void *p)
{
	if (!is_ours(p))
		__real_free(p);
}

#else

void sbx_arena_use(void)
{
}

#endif
