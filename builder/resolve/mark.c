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
	Map is_soft;   /* of the chosen: another one would have done as well */
	Map is_banned; /* found to stand in the way of what must be there: never chosen */
	Id in_the_way; /* the first of the soft that was found so; 0: none */
};

/* How often what is in the way is banned before libsolv is asked. */
#define MAX_BANS 8

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
		MAPCLR(&m->is_soft, p);
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

static gboolean conflicts_with(struct marker *m, Id p, Id q)
{
	Pool *pool = m->resolver->pool;
	const Solvable *s = pool_id2solvable(pool, p);
	for (Id *con = s->conflicts ? s->repo->idarraydata + s->conflicts : NULL; con && *con;
	     con++) {
		Id r, pp;
		FOR_PROVIDES(r, pp, *con)
		{
			if (r == q)
				return TRUE;
		}
	}
	return FALSE;
}

/* Nothing but p would do, and p cannot be: is that for something that need not be? */
static void find_in_the_way(struct marker *m, Id p)
{
	for (int i = 0; !m->in_the_way && i < m->chosen->count; i++) {
		Id q = m->chosen->elements[i];
		if (MAPTST(&m->is_soft, q) && (conflicts_with(m, p, q) || conflicts_with(m, q, p)))
			m->in_the_way = q;
	}
}

static gboolean serve(struct marker *m, const Id *alternatives, guint depth)
{
	Queue providers;
	gboolean served = is_served(m, alternatives);
	Id only = 0;
	int n_ways = 0;
	queue_init(&providers);
	for (const Id *at = alternatives; !served && *at; at++) {
		sbx_resolver_providers(m->resolver, *at, &providers);
		n_ways += providers.count;
		for (int i = 0; !served && i < providers.count; i++) {
			only = providers.elements[i];
			served = mark(m, only, depth + 1);
			if (served && (n_ways > 1 || at[1]))
				MAPSET(&m->is_soft, only);
		}
	}
	if (!served && n_ways == 1)
		find_in_the_way(m, only);
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
	if (MAPTST(&m->is_barred, p) || MAPTST(&m->is_banned, p) || depth > MAX_DEPTH ||
	    m->n_marks >= MAX_MARKS)
		return FALSE;
	m->n_marks++;
	int n_chosen = m->chosen->count, n_barred = m->barred.count;
	if (choose(m, p) && serve_fields(m, p, depth))
		return TRUE;
	go_back(m, n_chosen, n_barred);
	return FALSE;
}

/* One try, with what is banned. */
static gboolean mark_all(struct marker *m, const Queue *wanted)
{
	gboolean ok = TRUE;
	int n_before = m->chosen->count;
	m->n_marks = 0;
	m->in_the_way = 0;
	for (int i = 0; i < n_before; i++)
		MAPSET(&m->is_chosen, m->chosen->elements[i]);
	for (int i = 0; i < n_before; i++)
		ok = bar_conflicts(m, m->chosen->elements[i]) && ok;
	/* All that is asked for is there before the first dependency is looked at. */
	for (int i = 0; i < wanted->count; i++)
		if (!MAPTST(&m->is_chosen, wanted->elements[i]))
			ok = choose(m, wanted->elements[i]) && ok;
	int n_asked = m->chosen->count;
	for (int i = n_before; i < n_asked; i++)
		ok = serve_fields(m, m->chosen->elements[i], 0) && ok;
	return ok;
}

/*
 * apt takes back what it chose of several when something that has no alternative conflicts with
 * it, and goes on: what it marked besides stays. Here it is banned, and marking begins anew.
 */
static gboolean mark_with_bans(struct marker *m, const Queue *wanted)
{
	Queue before, first;
	queue_init_clone(&before, m->chosen);
	gboolean ok = mark_all(m, wanted);
	queue_init_clone(&first, m->chosen);
	for (int i = 0; !ok && m->in_the_way && i < MAX_BANS; i++) {
		Id banned = m->in_the_way;
		MAPSET(&m->is_banned, banned);
		go_back(m, 0, 0);
		queue_insertn(m->chosen, 0, before.count, before.elements);
		ok = mark_all(m, wanted);
	}
	if (!ok) {
		queue_empty(m->chosen);
		queue_insertn(m->chosen, 0, first.count, first.elements);
	}
	queue_free(&before);
	queue_free(&first);
	return ok;
}

gboolean sbx_resolver_mark(struct sbx_resolver *resolver, const Queue *wanted, gboolean recommends,
			   Queue *chosen)
{
	struct marker m = {.resolver = resolver, .recommends = recommends, .chosen = chosen};
	Map *const maps[] = {&m.is_chosen, &m.is_barred, &m.is_soft, &m.is_banned};
	for (guint i = 0; i < G_N_ELEMENTS(maps); i++)
		map_init(maps[i], resolver->pool->nsolvables);
	queue_init(&m.barred);
	gboolean ok = mark_with_bans(&m, wanted);
	queue_free(&m.barred);
	for (guint i = 0; i < G_N_ELEMENTS(maps); i++)
		map_free(maps[i]);
	return ok;
}
