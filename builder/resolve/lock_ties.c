/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/lock_ties.h"

/* Does `from` need the name of `now` in just the version that `now` has, and `goal` has not? */
static gboolean is_bound(Pool *pool, const Solvable *from, Id now, Id goal)
{
	const Solvable *s = pool_id2solvable(pool, now), *other = pool_id2solvable(pool, goal);
	Id *dep = from->requires ? from->repo->idarraydata + from->requires : NULL;
	for (; dep && *dep; dep++) {
		if (!ISRELDEP(*dep))
			continue;
		const Reldep *rel = GETRELDEP(pool, *dep);
		Id name = rel->name;
		/* name:arch */
		if (ISRELDEP(name) && (GETRELDEP(pool, name)->flags == REL_ARCH ||
				       GETRELDEP(pool, name)->flags == REL_MULTIARCH))
			name = GETRELDEP(pool, name)->name;
		if (rel->flags == REL_EQ && name == s->name && rel->evr == s->evr &&
		    rel->evr != other->evr)
			return TRUE;
	}
	return FALSE;
}

/* When i moves: does j, as it is, hold on to the old one, or does the new one want a new j? */
static gboolean is_tied(const struct sbx_lock_ties *ties, guint i, guint j)
{
	Pool *pool = ties->pool;
	return is_bound(pool, pool_id2solvable(pool, ties->there[j]), ties->there[i],
			ties->goal[i]) ||
	       is_bound(pool, pool_id2solvable(pool, ties->goal[i]), ties->goal[j], ties->there[j]);
}

gboolean sbx_lock_ties_spread(const struct sbx_lock_ties *ties, gboolean *moves)
{
	gboolean found = FALSE;
	for (gboolean more = TRUE; more;) {
		more = FALSE;
		for (guint i = 0; i < ties->n; i++) {
			if (!moves[i] || !ties->there[i] || !ties->goal[i])
				continue;
			for (guint j = 0; j < ties->n; j++)
				if (!moves[j] && ties->there[j] && ties->goal[j] &&
				    is_tied(ties, i, j))
					more = found = moves[j] = TRUE;
		}
	}
	return found;
}
