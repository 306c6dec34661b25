/* SPDX-License-Identifier: Apache-2.0 */
/* The set of paths that were named. */
#include "builder/observe/observe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	char *path; /* NULL: free */
	char how;
};

static struct seen *table;
static size_t n_slots, n_used;
static const char *unclear;

static size_t hash(const char *text)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (size_t)h;
}

static struct seen *slot_of(const char *path)
{
	size_t at = hash(path) & (n_slots - 1);
	while (table[at].path && strcmp(table[at].path, path) != 0)
		at = (at + 1) & (n_slots - 1);
	return &table[at];
}

static bool grow(void)
{
	struct seen *old = table;
	size_t n_old = n_slots;
	n_slots = n_slots ? 2 * n_slots : 4096;
	table = calloc(n_slots, sizeof(*table));
	if (!table) {
		table = old;
		n_slots = n_old;
		return false;
	}
	for (size_t i = 0; i < n_old; i++)
		if (old[i].path)
			*slot_of(old[i].path) = old[i];
	free(old);
	return true;
}

void sbx_seen_unclear(const char *reason)
{
	if (!unclear)
		unclear = strdup(reason);
}

bool sbx_seen_add(const char *path, char how)
{
	if (2 * (n_used + 1) > n_slots && !grow()) {
		unclear = "out of memory";
		return false;
	}
	struct seen *seen = slot_of(path);
	if (!seen->path) {
		seen->path = strdup(path);
		if (!seen->path) {
			unclear = "out of memory";
			return false;
		}
		seen->how = how;
		n_used++;
		return true;
	}
	if (seen->how == how || how == SBX_OBSERVED_NAMED)
		return false;
	seen->how = how;
	return true;
}

int sbx_seen_write(const char *path)
{
	FILE *out = fopen(path, "we");
	if (!out)
		return -1;
	if (unclear)
		fprintf(out, "%c%s%c", SBX_OBSERVED_UNCLEAR, unclear, 0);
	for (size_t i = 0; i < n_slots; i++)
		if (table[i].path)
			fprintf(out, "%c%s%c", table[i].how, table[i].path, 0);
	bool failed = ferror(out) != 0;
	return fclose(out) != 0 || failed ? -1 : 0;
}
