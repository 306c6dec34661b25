/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <solv/solver.h>
#include <stdlib.h>
#include <string.h>

/*
 * The choice is made twice. sbx_resolver_mark() goes about it as apt does, since libsolv alone
 * knows no "first alternative" and would choose otherwise. libsolv then proves that choice: every
 * dependency served, nothing in conflict, first over just these packages (under a millisecond).
 * Where apt's way leads nowhere, libsolv searches among all candidates, staying as near as
 * possible to what was marked.
 */

static Solver *run(struct sbx_resolver *resolver, const Queue *wanted, const Queue *marked,
		   Map *considered, int *out_n_problems)
{
	Queue jobs;
	queue_init(&jobs);
	for (int i = 0; i < wanted->count; i++)
		queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, wanted->elements[i]);
	for (int i = 0; i < marked->count; i++)
		queue_push2(&jobs, SOLVER_FAVOR | SOLVER_SOLVABLE, marked->elements[i]);
	/*
	 * apt installs an alternative that it took even when a later choice serves the dependency
	 * too: favouring is not enough.
	 */
	for (int i = 0; i < marked->count; i++)
		queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE | SOLVER_WEAK,
			    marked->elements[i]);
	Solver *solver = solver_create(resolver->pool);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	resolver->pool->considered = considered;
	*out_n_problems = solver_solve(solver, &jobs);
	resolver->pool->considered = &resolver->considered;
	queue_free(&jobs);
	return solver;
}

static void take_decisions(Solver *solver, Queue *out)
{
	Queue decisions;
	queue_init(&decisions);
	solver_get_decisionqueue(solver, &decisions);
	queue_empty(out);
	for (int i = 0; i < decisions.count; i++)
		if (decisions.elements[i] > SYSTEMSOLVABLE)
			queue_push(out, decisions.elements[i]);
	queue_free(&decisions);
}

static int compare_ids(const void *a, const void *b, void *data)
{
	const Id x = *(const Id *)a, y = *(const Id *)b;
	return (x > y) - (x < y);
}

static void sort_ids(Queue *queue)
{
	if (queue->count > 1)
		solv_sort(queue->elements, (size_t)queue->count, sizeof(Id), compare_ids, NULL);
}

/* Does libsolv agree that the marked packages are whole and can be together? */
static gboolean prove(struct sbx_resolver *resolver, const Queue *wanted, const Queue *marked,
		      Queue *out)
{
	Map only;
	int n_problems;
	map_init(&only, resolver->pool->nsolvables);
	for (int i = 0; i < marked->count; i++)
		MAPSET(&only, marked->elements[i]);
	Solver *solver = run(resolver, wanted, marked, &only, &n_problems);
	map_free(&only);
	if (n_problems == 0)
		take_decisions(solver, out);
	solver_free(solver);
	return n_problems == 0 && out->count == marked->count;
}

struct sweep {
	struct sbx_resolver *resolver;
	const Map *present;
	Map reached;
	Queue todo;
};

static void reach(struct sweep *sweep, Id p)
{
	if (!MAPTST(sweep->present, p) || MAPTST(&sweep->reached, p))
		return;
	MAPSET(&sweep->reached, p);
	queue_push(&sweep->todo, p);
}

static void reach_field(struct sweep *sweep, Id p, enum sbx_field field)
{
	Pool *pool = sweep->resolver->pool;
	Queue groups;
	queue_init(&groups);
	sbx_resolver_read_field(sweep->resolver, p, field, &groups);
	for (int i = 0; i < groups.count; i++) {
		Id q, pp;
		if (!groups.elements[i])
			continue;
		FOR_PROVIDES(q, pp, groups.elements[i])
		reach(sweep, q);
	}
	queue_free(&groups);
}

/*
 * A search leaves packages behind that were marked for something which then was not taken. As
 * apt, keep what anything kept mentions as a dependency, whichever alternative serves it.
 */
void sbx_resolver_sweep(struct sbx_resolver *resolver, const Queue *roots, gboolean recommends,
			Queue *packages)
{
	Map present;
	map_init(&present, resolver->pool->nsolvables);
	for (int i = 0; i < packages->count; i++)
		MAPSET(&present, packages->elements[i]);
	struct sweep sweep = {.resolver = resolver, .present = &present};
	map_init(&sweep.reached, resolver->pool->nsolvables);
	queue_init(&sweep.todo);
	for (int i = 0; i < roots->count; i++)
		reach(&sweep, roots->elements[i]);
	for (int i = 0; i < sweep.todo.count; i++) {
		reach_field(&sweep, sweep.todo.elements[i], SBX_FIELD_PRE_DEPENDS);
		reach_field(&sweep, sweep.todo.elements[i], SBX_FIELD_DEPENDS);
		if (recommends)
			reach_field(&sweep, sweep.todo.elements[i], SBX_FIELD_RECOMMENDS);
	}
	queue_empty(packages);
	for (int i = 0; i < sweep.todo.count; i++)
		queue_push(packages, sweep.todo.elements[i]);
	queue_free(&sweep.todo);
	map_free(&sweep.reached);
	map_free(&present);
}

/*
 * Choose `wanted` and what it takes, on top of `base` (may be empty), all into `out`, sorted.
 */
gboolean sbx_resolver_choose(struct sbx_resolver *resolver, const Queue *wanted, const Queue *base,
			     gboolean recommends, Queue *out, GError **error)
{
	Queue marked;
	int n_problems = 0;
	queue_init_clone(&marked, base);
	gboolean ok = sbx_resolver_mark(resolver, wanted, recommends, &marked);
	/* libsolv's answer depends on the order of its jobs: give it the same one always. */
	sort_ids(&marked);
	ok = ok && prove(resolver, wanted, &marked, out);
	if (!ok) {
		Solver *solver = run(resolver, wanted, &marked, &resolver->considered, &n_problems);
		if (n_problems) {
			sbx_resolver_explain(resolver, solver, wanted, error);
		} else {
			Queue roots;
			take_decisions(solver, out);
			queue_init_clone(&roots, base);
			queue_insertn(&roots, roots.count, wanted->count, wanted->elements);
			sbx_resolver_sweep(resolver, &roots, recommends, out);
			queue_free(&roots);
		}
		solver_free(solver);
	}
	queue_free(&marked);
	sort_ids(out);
	return n_problems == 0;
}

static gboolean has(const Queue *queue, Id id)
{
	for (int i = 0; i < queue->count; i++)
		if (queue->elements[i] == id)
			return TRUE;
	return FALSE;
}

static struct sbx_lock_package *lock_package(struct sbx_resolver *resolver, Id p)
{
	Pool *pool = resolver->pool;
	const Solvable *s = pool_id2solvable(pool, p);
	const struct sbx_entry *entry = sbx_resolver_entry(resolver, p);
	struct sbx_lock_package *package = g_new0(struct sbx_lock_package, 1);
	package->name = g_strdup(pool_id2str(pool, s->name));
	package->version = g_strdup(pool_id2str(pool, s->evr));
	package->architecture = g_strdup(pool_id2str(pool, s->arch));
	package->path = g_strdup(entry->package.filename);
	package->sha256 = g_strdup(entry->package.sha256);
	package->origin = g_strdup(entry->origin);
	package->size = entry->package.size;
	package->installed_bytes = entry->package.installed_kib * 1024;
	package->essential = sbx_resolver_is_essential(resolver, s->name);
	return package;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same bounds are the same lock, in whatever order they are given. */
static char **sorted(const char *const *list)
{
	char **copy = g_strdupv((char **)list);
	if (copy)
		qsort(copy, g_strv_length(copy), sizeof(*copy), compare_texts);
	return copy;
}

struct sbx_lock *sbx_resolver_make_lock(struct sbx_resolver *resolver, const Queue *packages,
					const Queue *base, const Queue *wanted,
					const struct sbx_resolve_options *options)
{
	const struct sbx_archive *archive = resolver->archive;
	struct sbx_lock *lock = sbx_lock_new(archive->suite, archive->architecture);
	lock->recommends = options->recommends;
	lock->hold = sorted(options->hold);
	lock->forbid = sorted(options->forbid);
	lock->pins = g_strdupv((char **)options->pins);
	if (options->content)
		sbx_content_copy(&lock->content, options->content);
	for (guint i = 0; archive->releases && i < archive->releases->len; i++) {
		const struct sbx_release *from = archive->releases->pdata[i];
		struct sbx_lock_release *release = g_new0(struct sbx_lock_release, 1);
		release->origin = g_strdup(from->origin);
		release->date = g_strdup(from->date);
		release->sha256 = g_strdup(from->sha256);
		g_ptr_array_add(lock->releases, release);
	}
	for (int i = 0; i < packages->count; i++) {
		struct sbx_lock_package *package = lock_package(resolver, packages->elements[i]);
		package->base = package->essential || has(base, packages->elements[i]);
		package->manual = has(wanted, packages->elements[i]);
		g_ptr_array_add(lock->packages, package);
	}
	sbx_lock_sort(lock);
	return lock;
}

void sbx_resolver_find_essential(struct sbx_resolver *resolver, Queue *out)
{
	for (int i = 0; i < resolver->essential.count; i++) {
		Id p = resolver->candidate[resolver->essential.elements[i]];
		if (p)
			queue_push(out, p);
	}
}

/* The Essential packages first, then what is asked for on top of these: docs/resolve.md. */
static gboolean choose_in_steps(struct sbx_resolver *resolver, const Queue *wanted,
				const struct sbx_resolve_options *options, Queue *base, Queue *out,
				GError **error)
{
	Queue essential, nothing, all;
	queue_init(&essential);
	queue_init(&nothing);
	if (!options->no_base)
		sbx_resolver_find_essential(resolver, &essential);
	gboolean ok = sbx_resolver_choose(resolver, &essential, &nothing, FALSE, base, error);
	queue_init_clone(&all, &essential);
	for (int i = 0; i < wanted->count; i++)
		queue_pushunique(&all, wanted->elements[i]);
	ok = ok && sbx_resolver_choose(resolver, &all, base, options->recommends, out, error);
	queue_free(&all);
	queue_free(&nothing);
	queue_free(&essential);
	return ok;
}

struct sbx_resolve_options sbx_lock_options(const struct sbx_lock *lock)
{
	return (struct sbx_resolve_options){
		.recommends = lock->recommends,
		.hold = (const char *const *)lock->hold,
		.forbid = (const char *const *)lock->forbid,
		.pins = (const char *const *)lock->pins,
		.content = &lock->content,
	};
}

/* Who asked for one version gets no other later, from `lock update` or `refresh`: it is held. */
static void hold_exact(struct sbx_lock *lock, const char *const *names)
{
	g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func(g_free);
	for (; names && *names; names++) {
		char *exact = sbx_resolver_exact_request(*names);
		if (exact &&
		    !(lock->hold && g_strv_contains((const char *const *)lock->hold, exact)))
			g_ptr_array_add(held, exact);
		else
			g_free(exact);
	}
	if (held->len == 0)
		return;
	for (char **before = lock->hold; before && *before; before++)
		g_ptr_array_add(held, g_strdup(*before));
	g_ptr_array_add(held, NULL);
	char **all = sorted((const char *const *)held->pdata);
	g_strfreev(lock->hold);
	lock->hold = all;
}

struct sbx_lock *sbx_resolver_solve(struct sbx_resolver *resolver, const char *const *names,
				    const struct sbx_resolve_options *options, GError **error)
{
	static const struct sbx_resolve_options defaults;
	struct sbx_lock *lock = NULL;
	Queue wanted, base, packages;
	queue_init(&wanted);
	queue_init(&base);
	queue_init(&packages);
	options = options ? options : &defaults;
	if (sbx_resolver_load(resolver, names, options->recommends, error) &&
	    sbx_resolver_reset(resolver, options, error) &&
	    sbx_resolver_look_up(resolver, names, &wanted, error) &&
	    choose_in_steps(resolver, &wanted, options, &base, &packages, error)) {
		lock = sbx_resolver_make_lock(resolver, &packages, &base, &wanted, options);
		hold_exact(lock, names);
	}
	queue_free(&wanted);
	queue_free(&base);
	queue_free(&packages);
	return lock;
}
