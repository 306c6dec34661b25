/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/lock_update.h"

#include <solv/evr.h>
#include <string.h>

#include "builder/resolve/lock_ties.h"
#include "builder/resolve/pool.h"

/* The packages of the lock, and which of them move. */
struct update {
	struct sbx_resolver *resolver;
	const struct sbx_lock *lock;
	const struct sbx_lock_updating *updating;
	struct sbx_resolve_options options;
	Id *there;	 /* of each package: the solvable that it is now */
	Id *target;	 /* of each package: where it moves to if not to the candidate; 0 */
	gboolean *moves; /* of each package */
	struct sbx_lock_ties ties;
};

static gboolean is_held(const struct sbx_lock *lock, const char *name)
{
	for (char **held = lock->hold; held && *held; held++) {
		gsize n = strcspn(*held, "=");
		if (strlen(name) == n && strncmp(*held, name, n) == 0)
			return TRUE;
	}
	return FALSE;
}

static const struct sbx_lock_package *package_at(const struct update *u, guint i)
{
	return u->lock->packages->pdata[i];
}

static gboolean find_moving(struct update *u, GError **error)
{
	const char *const *names = u->updating->moving;
	for (guint i = 0; i < u->lock->packages->len; i++) {
		const char *name = package_at(u, i)->name;
		u->moves[i] = names ? g_strv_contains(names, name) : !is_held(u->lock, name);
	}
	for (; names && *names; names++) {
		gboolean found = FALSE;
		for (guint i = 0; !found && i < u->lock->packages->len; i++)
			found = g_str_equal(package_at(u, i)->name, *names);
		if (!found)
			return sbx_set_error(error, SBX_E_NOT_FOUND,
					     "%s: is not in the lock; name what is, or make the "
					     "lock again with it",
					     *names);
		if (is_held(u->lock, *names))
			return sbx_set_error(
				error, SBX_E_UNSATISFIABLE,
				"%s: is held (--hold) in the lock; make the lock again "
				"without that",
				*names);
	}
	return TRUE;
}

struct adding {
	struct sbx_resolver *resolver;
	struct sbx_package_writer *check; /* takes only what is as it should be */
	const struct sbx_lock_package *package;
};

static gboolean add(const struct sbx_package *package, gpointer data, GError **error)
{
	const struct adding *adding = data;
	struct sbx_package whole = *package;
	if (!g_str_equal(package->name, adding->package->name) ||
	    !g_str_equal(package->version, adding->package->version))
		return sbx_set_error(error, SBX_E_DAMAGED, "%s: is of another package",
				     adding->package->name);
	whole.filename = adding->package->path;
	whole.sha256 = adding->package->sha256;
	whole.size = adding->package->size;
	whole.essential = adding->package->essential;
	if (!sbx_package_writer_add(adding->check, &whole, adding->package->origin, error))
		return FALSE;
	sbx_resolver_keep(adding->resolver, &whole, adding->package->origin);
	return TRUE;
}

/* What the archive has no longer, by its number in the lock. */
static GArray *find_dropped(const struct update *u)
{
	GArray *dropped = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < u->lock->packages->len; i++)
		if (!sbx_resolver_find(u->resolver, package_at(u, i)))
			g_array_append_val(dropped, i);
	return dropped;
}

static gboolean add_one(struct update *u, struct sbx_package_writer *check, guint i, GError **error)
{
	struct adding adding = {u->resolver, check, package_at(u, i)};
	const struct sbx_lock_package *p = adding.package;
	g_autoptr(GError) problem = NULL;
	g_autofree char *stanza = u->updating->stanza_of(p, u->updating->data, &problem);
	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	if (stanza)
		return sbx_packages_parse(stanza, strlen(stanza), p->name, add, &adding, error);
	if (u->moves[i])
		return TRUE;
	return sbx_set_error(error, SBX_E_NOT_FOUND,
			     "%s %s: neither the archive nor the store has it any more, so it "
			     "cannot stay; name it as well, or none to move all",
			     p->name, p->version);
}

/* What was dropped is taken from where it was kept. */
static gboolean add_dropped(struct update *u, GError **error)
{
	g_autoptr(GArray) dropped = find_dropped(u);
	if (dropped->len == 0)
		return TRUE;
	SBX_AUTO(sbx_package_writer) check = sbx_package_writer_new(u->lock->architecture);
	for (guint i = 0; i < dropped->len; i++)
		if (!add_one(u, check, g_array_index(dropped, guint, i), error))
			return FALSE;
	u->resolver->is_extended = TRUE;
	return sbx_resolver_load_locks(u->resolver, u->lock, NULL, NULL, error);
}

/*
 * The newest of where the package is from, when that is newer: what was taken from backports by
 * name (name/suite) is no candidate, and goes on there as it does with apt.
 */
static Id find_newer_of_origin(const struct update *u, guint i)
{
	Pool *pool = u->resolver->pool;
	const Solvable *now = pool_id2solvable(pool, u->there[i]);
	Id p, pp, found = u->there[i];
	FOR_PROVIDES(p, pp, now->name)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		if (s->name == now->name &&
		    g_strcmp0(sbx_resolver_entry(u->resolver, p)->origin,
			      package_at(u, i)->origin) == 0 &&
		    sbx_resolver_priority(u->resolver, p) > 0 &&
		    pool_evrcmp(pool, s->evr, pool_id2solvable(pool, found)->evr, EVRCMP_COMPARE) >
			    0)
			found = p;
	}
	return found == u->there[i] ? 0 : found;
}

/* Where each could go to; nowhere, when there is nothing newer, or it is held. */
static void find_goals(struct update *u, Id *goal)
{
	Pool *pool = u->resolver->pool;
	for (guint i = 0; i < u->lock->packages->len; i++) {
		Id p = u->there[i];
		Id candidate = p ? u->resolver->candidate[pool_id2solvable(pool, p)->name] : 0;
		if (!p || is_held(u->lock, package_at(u, i)->name))
			continue;
		if (candidate && pool_evrcmp(pool, pool_id2solvable(pool, candidate)->evr,
					     pool_id2solvable(pool, p)->evr, EVRCMP_COMPARE) > 0)
			goal[i] = candidate;
		else
			goal[i] = u->target[i] = find_newer_of_origin(u, i);
	}
}

/* What has nowhere to go stays; what is tied to what goes, goes with it. */
static void settle_moving(struct update *u)
{
	for (guint i = 0; i < u->lock->packages->len; i++)
		u->moves[i] = u->moves[i] && (!u->there[i] || u->ties.goal[i]);
	sbx_lock_ties_spread(&u->ties, u->moves);
}

/* Set the candidates; what stays into `kept`, and what was asked for, as it is then, to `wanted`.
 */
static gboolean set_out(struct update *u, Queue *kept, Queue *wanted, GError **error)
{
	struct sbx_resolver *resolver = u->resolver;
	if (!sbx_resolver_reset(resolver, &u->options, error))
		return FALSE;
	for (guint i = 0; i < u->lock->packages->len; i++) {
		Id to = u->moves[i] ? u->target[i] : u->there[i];
		if (to)
			sbx_resolver_set_candidate(resolver, to);
		if (to && !u->moves[i])
			queue_push(kept, to);
	}
	for (guint i = 0; i < u->lock->packages->len; i++) {
		const struct sbx_lock_package *package = package_at(u, i);
		Id name = pool_str2id(resolver->pool, package->name, 0);
		Id p = name && (guint)name < resolver->n_names ? resolver->candidate[name] : 0;
		if (package->manual && !p)
			return sbx_set_error(
				error, SBX_E_NOT_FOUND,
				"%s: was asked for, and neither the archive nor the "
				"store has it any more; make the lock again without it",
				package->name);
		if (package->manual)
			queue_push(wanted, p);
	}
	return TRUE;
}

/* One try, with `moves` as it is. */
static struct sbx_lock *try(struct update *u, GError **error)
{
	struct sbx_resolver *resolver = u->resolver;
	struct sbx_lock *lock = NULL;
	Queue kept, essential, wanted, nothing, base, out;
	queue_init(&kept);
	queue_init(&essential);
	queue_init(&wanted);
	queue_init(&nothing);
	queue_init(&base);
	queue_init(&out);
	gboolean ok = set_out(u, &kept, &wanted, error);
	if (ok)
		sbx_resolver_find_essential(resolver, &essential);
	ok = ok && sbx_resolver_choose(resolver, &essential, &nothing, FALSE, &base, error);
	/* When nothing stays it is a choice anew: the base first, as the resolver makes it. */
	for (int i = 0; ok && kept.count == 0 && i < base.count; i++)
		queue_push(&kept, base.elements[i]);
	Queue all;
	queue_init_clone(&all, &essential);
	for (int i = 0; i < wanted.count; i++)
		queue_pushunique(&all, wanted.elements[i]);
	ok = ok && sbx_resolver_choose(resolver, &all, &kept, u->options.recommends, &out, error);
	if (ok) {
		sbx_resolver_sweep(resolver, &all, u->options.recommends, &out);
		lock = sbx_resolver_make_lock(resolver, &out, &base, &wanted, &u->options);
	}
	queue_free(&all);
	queue_free(&kept);
	queue_free(&essential);
	queue_free(&wanted);
	queue_free(&nothing);
	queue_free(&base);
	queue_free(&out);
	return lock;
}

/* "liba stays at 1.0, with libb and libc: ..."; of those that were tried together, first is one. */
static char *tell_stuck(const struct update *u, guint first, const gboolean *before,
			const char *problem)
{
	g_autoptr(GString) others = g_string_new(NULL);
	for (guint i = 0; i < u->lock->packages->len; i++)
		if (i != first && u->moves[i] && !before[i])
			g_string_append_printf(others, "%s%s", others->len ? ", " : ", with ",
					       package_at(u, i)->name);
	return g_strdup_printf("%s stays at %s%s: %s", package_at(u, first)->name,
			       package_at(u, first)->version, others->str, problem);
}

/* Together they cannot move: each on its own then, with what is tied to it, as far as it goes. */
static struct sbx_lock *try_each(struct update *u, GPtrArray *out_stuck, GError **error)
{
	guint n = u->lock->packages->len;
	g_autofree gboolean *asked = g_memdup2(u->moves, n * sizeof(gboolean));
	g_autofree gboolean *before = g_new0(gboolean, n + 1);
	memset(u->moves, 0, n * sizeof(gboolean));
	struct sbx_lock *best = try(u, error);
	for (guint i = 0; best && i < n; i++) {
		g_autoptr(GError) problem = NULL;
		if (!asked[i] || u->moves[i])
			continue;
		memcpy(before, u->moves, n * sizeof(gboolean));
		u->moves[i] = TRUE;
		sbx_lock_ties_spread(&u->ties, u->moves);
		struct sbx_lock *better = try(u, &problem);
		if (better) {
			sbx_lock_free(best);
			best = better;
			continue;
		}
		g_ptr_array_add(out_stuck, tell_stuck(u, i, before, problem->message));
		/* They are told with it. */
		for (guint j = 0; j < n; j++)
			asked[j] = asked[j] && (before[j] || !u->moves[j]);
		memcpy(u->moves, before, n * sizeof(gboolean));
	}
	return best;
}

/* What stays is what it was, wherever the archive has it now. */
static void keep_entries(struct sbx_lock *new, const struct sbx_lock *old)
{
	for (guint i = 0; i < new->packages->len; i++)
		for (guint j = 0; j < old->packages->len; j++) {
			struct sbx_lock_package *a = new->packages->pdata[i];
			const struct sbx_lock_package *b = old->packages->pdata[j];
			if (!g_str_equal(a->name, b->name))
				continue;
			a->manual = b->manual;
			if (!g_str_equal(a->version, b->version) ||
			    !g_str_equal(a->architecture, b->architecture))
				continue;
			g_free(a->sha256);
			g_free(a->path);
			g_free(a->origin);
			a->sha256 = g_strdup(b->sha256);
			a->path = g_strdup(b->path);
			a->origin = g_strdup(b->origin);
			a->size = b->size;
			a->installed_bytes = b->installed_bytes;
		}
}

gboolean sbx_resolver_is_extended(const struct sbx_resolver *resolver)
{
	return resolver->is_extended;
}

struct sbx_lock *sbx_resolver_update(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				     const struct sbx_lock_updating *updating, GPtrArray *out_stuck,
				     GError **error)
{
	guint n = lock->packages->len;
	g_autofree Id *there = g_new0(Id, n + 1);
	g_autofree Id *target = g_new0(Id, n + 1);
	g_autofree Id *goal = g_new0(Id, n + 1);
	g_autofree gboolean *moves = g_new0(gboolean, n + 1);
	struct update u = {.resolver = resolver,
			   .lock = lock,
			   .updating = updating,
			   .options = sbx_lock_options(lock),
			   .there = there,
			   .target = target,
			   .moves = moves};
	g_autoptr(GError) problem = NULL;
	if (!find_moving(&u, error) ||
	    !sbx_resolver_load_locks(resolver, lock, NULL, NULL, error) ||
	    !add_dropped(&u, error) || !sbx_resolver_reset(resolver, &u.options, error))
		return NULL;
	for (guint i = 0; i < n; i++)
		there[i] = sbx_resolver_find(resolver, package_at(&u, i));
	u.ties = (struct sbx_lock_ties){resolver->pool, n, there, goal};
	find_goals(&u, goal);
	settle_moving(&u);
	struct sbx_lock *new = try(&u, &problem);
	if (!new)
		new = try_each(&u, out_stuck, error);
	if (!new)
		return NULL;
	keep_entries(new, lock);
	return new;
}
