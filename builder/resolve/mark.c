/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <solv/solver.h>

/* As apt: no dependency leads deeper than this, and no archive may overflow our stack. */
#define MAX_DEPTH 1000
/* Going back and trying another alternative can take exponentially long: then libsolv decides. */
#define MAX_MARKS 200000

struct marker {
	struct sbx_resolver *resolver;
	gboolean recommends;
	Queue *chosen; /* in order of marking */
	Map is_chosen;
	/* What a chosen package conflicts with, and since when: to be taken back with it. */
	Map is_barred;
	Queue barred; /* ids in the order in which they were barred */
	guint n_marks;
};

static gboolean mark(struct marker *m, Id p, guint depth);

/* Bar what p conflicts with. FALSE when something of that is chosen already. */
static gboolean bar_conflicts(struct marker *m, Id p)
{
	Pool *pool = m->resolver->pool;
	Solvable *s = pool_id2solvable(pool, p);
	if (!s->conflicts)
		return TRUE;
	for (Id *con = s->repo->idarraydata + s->conflicts; *con; con++) {
		Id q, pp;
		FOR_PROVIDES(q, pp, *con)
		{
			/* One may provide what one conflicts with (Debian policy 7.4). */
			if (q == p || !sbx_resolver_is_candidate(m->resolver, q))
				continue;
			if (MAPTST(&m->is_chosen, q))
				return FALSE;
			if (!MAPTST(&m->is_barred, q)) {
				MAPSET(&m->is_barred, q);
				queue_push(&m->barred, q);
			}
		}
	}
	return TRUE;
}

static void go_back(struct marker *m, int n_chosen, int n_barred)
{
	/* MAPCLR is a macro that looks at its second argument twice. */
	while (m->chosen->count > n_chosen) {
		Id p = queue_pop(m->chosen);
		MAPCLR(&m->is_chosen, p);
	}
	while (m->barred.count > n_barred) {
		Id p = queue_pop(&m->barred);
		MAPCLR(&m->is_barred, p);
	}
}

static gboolean is_served(struct marker *m, const Id *alternatives)
{
	Pool *pool = m->resolver->pool;
	for (; *alternatives; alternatives++) {
		Id p, pp;
		FOR_PROVIDES(p, pp, *alternatives)
		{
			if (MAPTST(&m->is_chosen, p))
				return TRUE;
		}
	}
	return FALSE;
}

static gboolean serve(struct marker *m, const Id *alternatives, guint depth)
{
	Queue providers;
	gboolean served = is_served(m, alternatives);
	queue_init(&providers);
	for (; !served && *alternatives; alternatives++) {
		sbx_resolver_providers(m->resolver, *alternatives, &providers);
		for (int i = 0; !served && i < providers.count; i++)
			served = mark(m, providers.elements[i], depth + 1);
	}
	queue_free(&providers);
	return served;
}

enum need { MUST_SERVE, MAY_SERVE };

static gboolean serve_field(struct marker *m, Id p, enum sbx_field field, enum need need,
			    guint depth)
{
	Queue groups;
	gboolean ok = TRUE;
	queue_init(&groups);
	sbx_resolver_read_field(m->resolver, p, field, &groups);
	for (int i = 0; ok && i < groups.count; i++) {
		if (!serve(m, groups.elements + i, depth) && need == MUST_SERVE)
			ok = FALSE;
		while (groups.elements[i])
			i++;
	}
	queue_free(&groups);
	return ok;
}

static gboolean choose(struct marker *m, Id p)
{
	MAPSET(&m->is_chosen, p);
	queue_push(m->chosen, p);
	return !MAPTST(&m->is_barred, p) && bar_conflicts(m, p);
}

static gboolean serve_fields(struct marker *m, Id p, guint depth)
{
	if (!serve_field(m, p, SBX_FIELD_PRE_DEPENDS, MUST_SERVE, depth) ||
	    !serve_field(m, p, SBX_FIELD_DEPENDS, MUST_SERVE, depth))
		return FALSE;
	if (m->recommends)
		serve_field(m, p, SBX_FIELD_RECOMMENDS, MAY_SERVE, depth);
	return TRUE;
}

static gboolean mark(struct marker *m, Id p, guint depth)
{
	if (MAPTST(&m->is_chosen, p))
		return TRUE;
	if (MAPTST(&m->is_barred, p) || depth > MAX_DEPTH || m->n_marks >= MAX_MARKS)
		return FALSE;
	m->n_marks++;
	int n_chosen = m->chosen->count, n_barred = m->barred.count;
	if (choose(m, p) && serve_fields(m, p, depth))
		return TRUE;
	go_back(m, n_chosen, n_barred);
	return FALSE;
}

gboolean sbx_resolver_mark(struct sbx_resolver *resolver, const Queue *wanted, gboolean recommends,
			   Queue *chosen)
{
	struct marker m = {.resolver = resolver, .recommends = recommends, .chosen = chosen};
	gboolean ok = TRUE;
	int n_before = chosen->count;
	map_init(&m.is_chosen, resolver->pool->nsolvables);
	map_init(&m.is_barred, resolver->pool->nsolvables);
	queue_init(&m.barred);
	for (int i = 0; i < n_before; i++)
		MAPSET(&m.is_chosen, chosen->elements[i]);
	for (int i = 0; i < n_before; i++)
		ok = bar_conflicts(&m, chosen->elements[i]) && ok;
	/* All that is asked for is there before the first dependency is looked at. */
	for (int i = 0; i < wanted->count; i++)
		if (!MAPTST(&m.is_chosen, wanted->elements[i]))
			ok = choose(&m, wanted->elements[i]) && ok;
	int n_asked = chosen->count;
	for (int i = n_before; i < n_asked; i++)
		ok = serve_fields(&m, chosen->elements[i], 0) && ok;
	queue_free(&m.barred);
	map_free(&m.is_chosen);
	map_free(&m.is_barred);
	return ok;
}
