/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/why.h"

#include <string.h>

#include "builder/resolve/pool.h"

void sbx_why_free(struct sbx_why *why)
{
	if (!why)
		return;
	g_free(why->package);
	g_free(why->version);
	g_ptr_array_unref(why->steps);
	g_free(why);
}

static void step_free(gpointer data)
{
	struct sbx_why_step *step = data;
	g_free(step->package);
	g_free(step->version);
	g_free(step->dependency);
	g_free(step->other);
	g_free(step->other_version);
	g_free(step);
}

static const char *const field_names[] = {
	[SBX_FIELD_PRE_DEPENDS] = "Pre-Depends",
	[SBX_FIELD_DEPENDS] = "Depends",
	[SBX_FIELD_RECOMMENDS] = "Recommends",
};

/* How a package was reached: from whom, through what. */
struct link {
	Id from, dependency;
	enum sbx_field field;
};

struct search {
	struct sbx_resolver *resolver;
	Map present, reached;
	struct link *links; /* of the solvables */
	Queue todo;
};

static void reach(struct search *search, Id p, const struct link *link)
{
	if (!p || MAPTST(&search->reached, p))
		return;
	MAPSET(&search->reached, p);
	search->links[p] = *link;
	queue_push(&search->todo, p);
}

static void reach_field(struct search *search, Id p, enum sbx_field field)
{
	Pool *pool = search->resolver->pool;
	Queue groups;
	queue_init(&groups);
	sbx_resolver_read_field(search->resolver, p, field, &groups);
	for (int i = 0; i < groups.count; i++) {
		const struct link link = {p, groups.elements[i], field};
		Id q, pp;
		if (!link.dependency)
			continue;
		FOR_PROVIDES(q, pp, link.dependency)
		{
			if (MAPTST(&search->present, q))
				reach(search, q, &link);
		}
	}
	queue_free(&groups);
}

/* Breadth first, so that the first way found is a shortest one. */
static void search_from(struct search *search, const Queue *roots, gboolean recommends, Id target)
{
	static const struct link none;
	for (int i = 0; i < roots->count; i++)
		reach(search, roots->elements[i], &none);
	for (int i = 0; i < search->todo.count && !MAPTST(&search->reached, target); i++) {
		reach_field(search, search->todo.elements[i], SBX_FIELD_PRE_DEPENDS);
		reach_field(search, search->todo.elements[i], SBX_FIELD_DEPENDS);
		if (recommends)
			reach_field(search, search->todo.elements[i], SBX_FIELD_RECOMMENDS);
	}
}

static struct sbx_why_step *make_step(struct sbx_resolver *resolver, const struct link *link, Id p)
{
	Pool *pool = resolver->pool;
	const Solvable *from = pool_id2solvable(pool, link->from), *to = pool_id2solvable(pool, p);
	g_autoptr(GString) text = g_string_new(NULL);
	sbx_resolver_format_dependency(pool, link->dependency, text);
	struct sbx_why_step *step = g_new0(struct sbx_why_step, 1);
	step->package = g_strdup(pool_id2str(pool, from->name));
	step->version = g_strdup(pool_id2str(pool, from->evr));
	step->field = field_names[link->field];
	step->dependency = g_strdup(text->str);
	step->other = g_strdup(pool_id2str(pool, to->name));
	step->other_version = g_strdup(pool_id2str(pool, to->evr));
	return step;
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

Id sbx_resolver_find(struct sbx_resolver *resolver, const struct sbx_lock_package *package)
{
	Pool *pool = resolver->pool;
	Id name = pool_str2id(pool, package->name, 0), evr = pool_str2id(pool, package->version, 0);
	Id arch = pool_str2id(pool, package->architecture, 0), p, pp, found = 0;
	if (!name || !evr || !arch)
		return 0;
	FOR_PROVIDES(p, pp, name)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		if (s->name != name || s->evr != evr || s->arch != arch)
			continue;
		if (g_str_equal(sbx_resolver_entry(resolver, p)->package.sha256, package->sha256))
			return p;
		found = found ? found : p;
	}
	return found;
}

static gboolean find_chain(struct search *search, const struct sbx_lock *lock, Id target,
			   enum sbx_why_root *out_root)
{
	Queue roots[2];
	queue_init(&roots[SBX_WHY_ASKED_FOR]);
	queue_init(&roots[SBX_WHY_ESSENTIAL]);
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *package = lock->packages->pdata[i];
		Id p = sbx_resolver_find(search->resolver, package);
		if (!p)
			continue;
		MAPSET(&search->present, p);
		if (package->manual)
			queue_push(&roots[SBX_WHY_ASKED_FOR], p);
		if (package->essential)
			queue_push(&roots[SBX_WHY_ESSENTIAL], p);
	}
	gboolean found = FALSE;
	for (int root = SBX_WHY_ASKED_FOR; !found && root <= SBX_WHY_ESSENTIAL; root++) {
		search_from(search, &roots[root], lock->recommends, target);
		found = MAPTST(&search->reached, target) != 0;
		*out_root = (enum sbx_why_root)root;
	}
	queue_free(&roots[SBX_WHY_ASKED_FOR]);
	queue_free(&roots[SBX_WHY_ESSENTIAL]);
	return found;
}

struct sbx_why *sbx_resolver_why(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				 const char *name, GError **error)
{
	const struct sbx_lock_package *package = find_package(lock, name);
	if (!package) {
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "%s: is not among the %u packages; --why-not %s says why", name,
			      lock->packages->len, name);
		return NULL;
	}
	if (!sbx_resolver_load_locks(resolver, lock, NULL, NULL, error))
		return NULL;
	Id target = sbx_resolver_find(resolver, package);
	SBX_AUTO(sbx_why) why = g_new0(struct sbx_why, 1);
	why->package = g_strdup(package->name);
	why->version = g_strdup(package->version);
	why->steps = g_ptr_array_new_with_free_func(step_free);
	struct search search = {.resolver = resolver};
	map_init(&search.present, resolver->pool->nsolvables);
	map_init(&search.reached, resolver->pool->nsolvables);
	queue_init(&search.todo);
	search.links = g_new0(struct link, (gsize)resolver->pool->nsolvables);
	gboolean found = target && find_chain(&search, lock, target, &why->root);
	for (Id p = target; found && search.links[p].from; p = search.links[p].from)
		g_ptr_array_insert(why->steps, 0, make_step(resolver, &search.links[p], p));
	g_free(search.links);
	queue_free(&search.todo);
	map_free(&search.present);
	map_free(&search.reached);
	if (found)
		return g_steal_pointer(&why);
	sbx_set_error(error, SBX_E_INPUT,
		      "%s %s: the archive has no longer what the lock was made of, so who needs it "
		      "is not known; make the lock again, or `sbx-build lock update` it",
		      name, package->version);
	return NULL;
}
