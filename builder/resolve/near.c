/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <string.h>

#define N_NEAR	  3
#define MAX_BYTES 64 /* of a name that is compared */

/*
 * Edit distance (insert, delete, replace, swap neighbours), or `limit` as soon as it cannot be
 * less.
 */
static guint distance(const char *a, gsize n_a, const char *b, gsize n_b, guint limit)
{
	guint rows[3][MAX_BYTES + 1];
	guint *before = rows[0], *last = rows[1], *row = rows[2];
	if ((n_a > n_b ? n_a - n_b : n_b - n_a) >= limit)
		return limit;
	for (gsize j = 0; j <= n_b; j++)
		last[j] = (guint)j;
	for (gsize i = 1; i <= n_a; i++) {
		guint least = row[0] = (guint)i;
		for (gsize j = 1; j <= n_b; j++) {
			guint best = last[j - 1] + (a[i - 1] != b[j - 1]);
			best = MIN(best, MIN(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, before[j - 2] + 1);
			row[j] = best;
			least = MIN(least, best);
		}
		if (least >= limit)
			return limit;
		guint *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return MIN(last[n_b], limit);
}

struct near {
	const char *name;
	guint distance;
};

static gboolean is_nearer(const struct near *a, const struct near *b)
{
	if (!b->name)
		return TRUE;
	return a->distance != b->distance ? a->distance < b->distance
					  : strcmp(a->name, b->name) < 0;
}

/*
 * How far a known name is from what was typed, twice the edits; at least `limit` when too far. A
 * name that people know from elsewhere often is the end of Debian's: "pandas" is python3-pandas,
 * which no edit distance of the whole would find.
 */
static guint how_far(const char *typed, gsize n_typed, const char *name, guint limit)
{
	guint far = limit;
	for (const char *end = name; end; end = strchr(end, '-')) {
		guint is_end = end != name;
		end += is_end;
		gsize n_end = strlen(end);
		if (n_end > MAX_BYTES || (is_end && n_typed < 4))
			continue;
		guint edits = distance(typed, n_typed, end, n_end, limit / 2);
		far = MIN(far, 2 * edits + is_end);
	}
	return far;
}

char **sbx_resolver_near_names(struct sbx_resolver *resolver, const char *name)
{
	struct near nearest[N_NEAR + 1] = {0};
	gsize n_bytes = strlen(name);
	/* One edit for three letters still looks like a slip. */
	guint limit = 2 * (CLAMP(n_bytes / 3, 1, 3) + 1);
	guint32 n_names = sbx_package_map_n_names(resolver->map);
	for (guint32 i = 0; n_bytes <= MAX_BYTES && i < n_names; i++) {
		struct near found = {.name = sbx_package_map_borne_name(resolver->map, i)};
		if (!found.name)
			continue;
		found.distance = how_far(name, n_bytes, found.name, limit);
		if (found.distance >= limit)
			continue;
		guint at = N_NEAR;
		for (; at > 0 && is_nearer(&found, &nearest[at - 1]); at--)
			nearest[at] = nearest[at - 1];
		nearest[at] = found;
	}
	char **names = g_new0(char *, N_NEAR + 1);
	for (guint i = 0; i < N_NEAR && nearest[i].name; i++)
		names[i] = g_strdup(nearest[i].name);
	return names;
}
