/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

#include "base/sanitized.h"
#include "profiler/scan.h"

/*
 * The parser takes and returns some ten thousand small blocks for a text of 8 KB: a tenth of its
 * work, done by the C library. Here they come from lists by size, a list for each thread, and go
 * back to the list of the thread that returns them; memory is kept for the next text.
 */

#define STEP	    16 /* bytes between sizes; also the alignment */
#define N_SIZES	    32 /* larger blocks come from the C library */
#define CHUNK_BYTES (64 * 1024)

union block {
	struct {
		union block *next; /* in its list, while nobody has it */
		size_t n_steps;	   /* of what follows; 0: from the C library */
	};
	char start[STEP];
};
_Static_assert(sizeof(union block) == STEP, "what follows a block's head is aligned");

static _Thread_local union block *unused[N_SIZES + 1];
static _Thread_local char *chunk;
static _Thread_local size_t n_chunk_bytes;

/* As the parser's own functions end: a parser without memory cannot go on, nor say so. */
static void *or_abort(void *memory)
{
	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

static union block *cut(size_t n_steps)
{
	size_t n_bytes = (n_steps + 1) * STEP;
	if (n_chunk_bytes < n_bytes) {
		chunk = or_abort(malloc(CHUNK_BYTES));
		n_chunk_bytes = CHUNK_BYTES;
	}
	union block *block = (union block *)chunk;
	chunk += n_bytes;
	n_chunk_bytes -= n_bytes;
	block->n_steps = n_steps;
	return block;
}

static void *take(size_t n_bytes)
{
	size_t n_steps = n_bytes / STEP + (n_bytes % STEP || !n_bytes);
	union block *block;
	if (n_steps > N_SIZES) {
		block = or_abort(n_bytes <= SIZE_MAX - STEP ? malloc(n_bytes + STEP) : NULL);
		block->n_steps = 0;
	} else if ((block = unused[n_steps])) {
		unused[n_steps] = block->next;
	} else {
		block = cut(n_steps);
	}
	return block + 1;
}

static void give_back(void *memory)
{
	if (!memory)
		return;
	union block *block = (union block *)memory - 1;
	if (block->n_steps == 0) {
		free(block);
		return;
	}
	block->next = unused[block->n_steps];
	unused[block->n_steps] = block;
}

static void *take_zeroed(size_t n, size_t n_bytes)
{
	size_t n_all;
	if (__builtin_mul_overflow(n, n_bytes, &n_all))
		or_abort(NULL);
	return memset(take(n_all), 0, n_all);
}

static void *resize(void *memory, size_t n_bytes)
{
	if (!memory)
		return take(n_bytes);
	union block *block = (union block *)memory - 1;
	if (block->n_steps == 0) {
		block = or_abort(n_bytes <= SIZE_MAX - STEP ? realloc(block, n_bytes + STEP)
							    : NULL);
		return block + 1;
	}
	size_t n_had = block->n_steps * STEP;
	if (n_bytes <= n_had)
		return memory;
	void *larger = take(n_bytes);
	memcpy(larger, memory, n_had);
	give_back(memory);
	return larger;
}

void sbx_parser_use_memory(void)
{
	/* A sanitizer is to see each block for itself. */
	if (!SBX_IS_SANITIZED)
		ts_set_allocator(take, take_zeroed, resize, give_back);
}
