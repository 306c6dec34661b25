/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "provisioner/zygote/park.h"

#define LARGEST	 (64 << 10) /* what is larger than some 128 KiB is mapped, not cut from the heap */
#define SMALL	 1024
#define SMALLEST 24

/* The next smaller size: each that small pieces are kept by, of large ones every second. */
static size_t next_size(size_t size)
{
	return size > SMALL ? size / 2 : size - 16;
}

void sbx_heap_plug(void)
{
	malloc_trim(0);
	const struct mallinfo2 info = mallinfo2();
	const char *end = (const char *)sbrk(0) - info.keepcost;
	size_t left = info.fordblks;
	for (size_t size = LARGEST; size >= SMALLEST && left > info.keepcost;
	     size = next_size(size)) {
		for (;;) {
			char *piece = malloc(size);
			if (!piece || piece >= end || left < size) {
				free(piece);
				break;
			}
			left -= size;
		}
	}
}
