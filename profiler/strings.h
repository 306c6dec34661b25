/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_STRINGS_H
#define SBX_PROFILER_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory that is freed all at once. Running out of it sticks: `failed` is set and every later
 * call returns NULL.
 */
struct sbx_arena {
	struct sbx_arena_chunk *chunks;
	bool failed;
};

void *sbx_arena_alloc(struct sbx_arena *arena, size_t n_bytes); /* zeroed */
char *sbx_arena_string(struct sbx_arena *arena, const char *s, size_t n_bytes);
void sbx_arena_release(struct sbx_arena *arena);

/*
 * From a string to a pointer (open addressing). Keys and values are the caller's; adding a key
 * that is there already keeps the old value. The hash is seeded, so that a hostile text cannot
 * choose colliding names.
 */
struct sbx_map {
	struct sbx_map_slot *slots;
	size_t n_slots, n_used;
	bool failed;
};

void sbx_map_add(struct sbx_map *map, const char *key, const void *value);
/* The same, but the new value holds. */
void sbx_map_replace(struct sbx_map *map, const char *key, const void *value);
const void *sbx_map_get(const struct sbx_map *map, const char *key); /* NULL: not there */
void sbx_map_release(struct sbx_map *map);

/* Is it in the NULL-ended list? NULL is an empty list. */
bool sbx_list_has(const char *const *list, const char *s);

/*
 * Make room for one more element of `size` bytes in a malloc'd array; returns the new element,
 * zeroed, or NULL. Doubles, so that adding n costs O(n).
 */
void *sbx_grow(void *array_at, size_t *n, size_t *room, size_t size);

#endif
