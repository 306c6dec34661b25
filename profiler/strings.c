/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/strings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct sbx_arena_chunk {
	struct sbx_arena_chunk *next;
	size_t n_used, n_bytes;
	_Alignas(max_align_t) char data[];
};

struct sbx_map_slot {
	const char *key;
	const void *value;
	uint64_t hash;
};

void *sbx_arena_alloc(struct sbx_arena *arena, size_t n_bytes)
{
	if (arena->failed)
		return NULL;
	size_t n = (n_bytes + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	struct sbx_arena_chunk *chunk = arena->chunks;
	if (!chunk || chunk->n_bytes - chunk->n_used < n) {
		size_t room = n > 4096 ? n : 16384;
		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk) {
			arena->failed = true;
			return NULL;
		}
		*chunk = (struct sbx_arena_chunk){arena->chunks, 0, room};
		arena->chunks = chunk;
	}
	void *p = chunk->data + chunk->n_used;
	chunk->n_used += n;
	return memset(p, 0, n);
}

char *sbx_arena_string(struct sbx_arena *arena, const char *s, size_t n_bytes)
{
	char *copy = sbx_arena_alloc(arena, n_bytes + 1);
	if (copy && n_bytes)
		memcpy(copy, s, n_bytes);
	return copy;
}

void sbx_arena_release(struct sbx_arena *arena)
{
	while (arena->chunks) {
		struct sbx_arena_chunk *next = arena->chunks->next;
		free(arena->chunks);
		arena->chunks = next;
	}
	arena->failed = false;
}

static uint64_t hash_of(const char *s)
{
	static uint64_t seed;
	uint64_t h = __atomic_load_n(&seed, __ATOMIC_RELAXED);
	if (!h) {
		uint64_t fresh = 0;
		if (getrandom(&fresh, sizeof(fresh), GRND_NONBLOCK) != sizeof(fresh))
			fresh = (uint64_t)(uintptr_t)&fresh;
		fresh |= 1;
		/* The first thread's seed is everybody's. */
		if (__atomic_compare_exchange_n(&seed, &h, fresh, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			h = fresh;
	}
	for (; *s; s++) {
		h = (h ^ (unsigned char)*s) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

static struct sbx_map_slot *find_slot(const struct sbx_map *map, const char *key, uint64_t hash)
{
	for (size_t i = hash & (map->n_slots - 1);; i = (i + 1) & (map->n_slots - 1)) {
		struct sbx_map_slot *slot = &map->slots[i];
		if (!slot->key || (slot->hash == hash && !strcmp(slot->key, key)))
			return slot;
	}
}

static bool enlarge(struct sbx_map *map)
{
	struct sbx_map bigger = {.n_slots = map->n_slots ? 2 * map->n_slots : 64};
	bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].key)
			*find_slot(&bigger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
	bigger.n_used = map->n_used;
	free(map->slots);
	*map = bigger;
	return true;
}

void sbx_map_add(struct sbx_map *map, const char *key, const void *value)
{
	if (map->failed || !key)
		return;
	if (2 * (map->n_used + 1) > map->n_slots && !enlarge(map)) {
		map->failed = true;
		return;
	}
	uint64_t hash = hash_of(key);
	struct sbx_map_slot *slot = find_slot(map, key, hash);
	if (slot->key)
		return;
	*slot = (struct sbx_map_slot){key, value, hash};
	map->n_used++;
}

void sbx_map_replace(struct sbx_map *map, const char *key, const void *value)
{
	struct sbx_map_slot *slot = map->n_slots && key ? find_slot(map, key, hash_of(key)) : NULL;
	if (slot && slot->key)
		slot->value = value;
	else
		sbx_map_add(map, key, value);
}

const void *sbx_map_get(const struct sbx_map *map, const char *key)
{
	return map->n_slots && key ? find_slot(map, key, hash_of(key))->value : NULL;
}

void sbx_map_release(struct sbx_map *map)
{
	free(map->slots);
	*map = (struct sbx_map){0};
}

bool sbx_list_has(const char *const *list, const char *s)
{
	for (; list && *list; list++)
		if (!strcmp(*list, s))
			return true;
	return false;
}

void *sbx_grow(void *array_at, size_t *n, size_t *room, size_t size)
{
	char **array = array_at;
	if (*n == *room) {
		size_t more = *room ? 2 * *room : 16;
		char *bigger = reallocarray(*array, more, size);
		if (!bigger)
			return NULL;
		*array = bigger;
		*room = more;
	}
	return memset(*array + (*n)++ * size, 0, size);
}
