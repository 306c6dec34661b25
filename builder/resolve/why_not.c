/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"
#include "builder/resolve/why.h"

#include <string.h>

#define MAX_REASONS 5

const char *sbx_why_not_name(enum sbx_why_not_answer answer)
{
	static const char *const names[] = {
#define X(id, text) [SBX_WHY_NOT_##id] = text,
		SBX_WHY_NOT_ANSWERS(X)
#undef X
	};
	return names[answer];
}

void sbx_why_not_free(struct sbx_why_not *why_not)
{
	if (!why_not)
		return;
	g_ptr_array_unref(why_not->reasons);
	g_free(why_not);
}

G_GNUC_PRINTF(2, 3)
static void add(struct sbx_why_not *answer, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (answer->reasons->len < MAX_REASONS)
		g_ptr_array_add(answer->reasons, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

static const struct sbx_lock_package *find_package(const struct sbx_lock *lock, const char *name)
{
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		if (g_str_equal(p->name, name))
			return p;
	}
	return NULL;
}

static gboolean has(const Queue *queue, Id id)
{
	for (int i = 0; i < queue->count; i++)
		if (queue->elements[i] == id)
			return TRUE;
	return FALSE;
}

/* Does p serve this dependency, and if it does, who of the lock does so instead (0: nobody)? */
static gboolean is_named(struct sbx_resolver *resolver, Id dependency, Id p)
{
	Pool *pool = resolver->pool;
	Id q, pp;
	FOR_PROVIDES(q, pp, dependency)
	{
		if (q == p)
			return TRUE;
	}
	return FALSE;
}

static Id who_serves(struct sbx_resolver *resolver, const Id *group, const Queue *present)
{
	Pool *pool = resolver->pool;
	for (; *group; group++) {
		Id q, pp;
		FOR_PROVIDES(q, pp, *group)
		{
			if (has(present, q))
				return q;
		}
	}
	return 0;
}

/* What the packages of the lock say of p in one field. */
static void look_through(struct sbx_resolver *resolver, struct sbx_why_not *answer, Id source,
			 enum sbx_field field, Id p, const Queue *present)
{
	Pool *pool = resolver->pool;
	const char *from = pool_id2str(pool, pool_id2solvable(pool, source)->name);
	const char *name = pool_id2str(pool, pool_id2solvable(pool, p)->name);
	Queue groups;
	queue_init(&groups);
	sbx_resolver_read_field(resolver, source, field, &groups);
	for (int i = 0, begin = 0; i < groups.count; i++) {
		if (!groups.elements[i]) {
			begin = i + 1;
			continue;
		}
		if (!is_named(resolver, groups.elements[i], p))
			continue;
		Id server = who_serves(resolver, groups.elements + begin, present);
		if (server) {
			answer->answer = SBX_WHY_NOT_OTHER_PROVIDER;
			add(answer,
			    "%s %s it or another: %s serves that; ask for %s to have it instead",
			    from, field == SBX_FIELD_RECOMMENDS ? "recommends" : "needs",
			    pool_id2str(pool, pool_id2solvable(pool, server)->name), name);
		} else if (field == SBX_FIELD_RECOMMENDS) {
			if (answer->answer == SBX_WHY_NOT_NOT_NEEDED)
				answer->answer = SBX_WHY_NOT_ONLY_RECOMMENDED;
			add(answer, "%s only recommends it; --recommends brings it, or ask for %s",
			    from, name);
		}
		while (groups.elements[i + 1])
			i++;
	}
	queue_free(&groups);
}

static void look_at_lock(struct sbx_resolver *resolver, const struct sbx_lock *lock, Id p,
			 struct sbx_why_not *answer)
{
	Queue present;
	queue_init(&present);
	for (guint i = 0; i < lock->packages->len; i++) {
		Id q = sbx_resolver_find(resolver, lock->packages->pdata[i]);
		if (q)
			queue_push(&present, q);
	}
	for (int i = 0; i < present.count; i++)
		for (int field = SBX_FIELD_PRE_DEPENDS; field <= SBX_FIELD_RECOMMENDS; field++)
			look_through(resolver, answer, present.elements[i], (enum sbx_field)field,
				     p, &present);
	queue_free(&present);
}

static void tell_priority(struct sbx_resolver *resolver, Id p, struct sbx_why_not *answer)
{
	Pool *pool = resolver->pool;
	const Solvable *s = pool_id2solvable(pool, p);
	add(answer, "%s %s comes from %s with priority %d", pool_id2str(pool, s->name),
	    pool_id2str(pool, s->evr), sbx_resolver_entry(resolver, p)->origin,
	    sbx_resolver_priority(resolver, p));
}

/* With it and without it: what that changes of the lock. */
static void tell_cost(const struct sbx_lock *lock, const struct sbx_lock *with, const char *name,
		      struct sbx_why_not *answer)
{
	guint n_more = 0;
	guint64 bytes = 0;
	for (guint i = 0; i < with->packages->len; i++) {
		const struct sbx_lock_package *package = with->packages->pdata[i];
		if (find_package(lock, package->name))
			continue;
		n_more++;
		bytes += package->size;
	}
	g_autofree char *size = g_format_size(bytes);
	add(answer, "nothing stands against %s: asked for, it brings %u package%s (%s to download)",
	    name, n_more, n_more == 1 ? "" : "s", size);
}

/* The package that is meant, by what it is called and by the rules at hand. */
static Id look_up(struct sbx_resolver *resolver, const struct sbx_resolve_options *options,
		  const char *wanted, GError **error)
{
	const char *const names[] = {wanted, NULL};
	Queue found;
	queue_init(&found);
	Id p = 0;
	if (sbx_resolver_reset(resolver, options, error) &&
	    sbx_resolver_look_up(resolver, names, &found, error))
		p = found.elements[0];
	queue_free(&found);
	return p;
}

static char **with_one_more(const char *const *names, const char *more)
{
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
	g_strv_builder_addv(all, (const char **)names);
	g_strv_builder_add(all, more);
	return g_strv_builder_end(all);
}

struct sbx_why_not *sbx_resolver_why_not(struct sbx_resolver *resolver, const struct sbx_lock *lock,
					 const char *const *names,
					 const struct sbx_resolve_options *options,
					 const char *wanted, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_auto(GStrv) all = with_one_more(names, wanted);
	SBX_AUTO(sbx_why_not) answer = g_new0(struct sbx_why_not, 1);
	answer->reasons = g_ptr_array_new_with_free_func(g_free);
	/* All that is looked at below, so that the pool and its ids stay as they are. */
	if (!sbx_resolver_load_locks(resolver, lock, NULL, (const char *const *)all, error))
		return NULL;
	Pool *pool = resolver->pool;
	Id p = look_up(resolver, options, wanted, &problem);
	if (!p && sbx_gerror_code(problem) == SBX_E_UNSATISFIABLE) {
		answer->answer = SBX_WHY_NOT_CANNOT_BE;
		add(answer, "%s", problem->message);
		return g_steal_pointer(&answer);
	}
	if (!p) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	const char *name = pool_id2str(pool, pool_id2solvable(pool, p)->name);
	const char *version = pool_id2str(pool, pool_id2solvable(pool, p)->evr);
	const struct sbx_lock_package *there = find_package(lock, name);
	if (there && g_str_equal(there->version, version)) {
		answer->answer = SBX_WHY_NOT_IS_THERE;
		add(answer, "%s %s is there; --explain %s says why", name, version, name);
		return g_steal_pointer(&answer);
	}
	answer->answer = there ? SBX_WHY_NOT_OTHER_VERSION : SBX_WHY_NOT_NOT_NEEDED;
	if (there) {
		Id q = sbx_resolver_find(resolver, there);
		sbx_resolver_reset(resolver, options, NULL);
		tell_priority(resolver, p, answer);
		if (q)
			tell_priority(resolver, q, answer);
	} else {
		look_at_lock(resolver, lock, p, answer);
	}
	SBX_AUTO(sbx_lock)
	with = sbx_resolver_solve(resolver, (const char *const *)all, options, &problem);
	if (with) {
		if (answer->reasons->len == 0)
			add(answer, "nothing that was asked for names %s", name);
		tell_cost(lock, with, wanted, answer);
	} else {
		answer->answer = SBX_WHY_NOT_CANNOT_BE;
		g_ptr_array_set_size(answer->reasons, 0);
		add(answer, "%s", problem->message);
	}
	return g_steal_pointer(&answer);
}
