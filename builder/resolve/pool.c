/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <string.h>

#include "builder/resolve/relation.h"

const struct sbx_entry *sbx_resolver_entry(const struct sbx_resolver *resolver, Id p)
{
	return &g_array_index(resolver->entries, struct sbx_entry, p);
}

gboolean sbx_resolver_is_essential(const struct sbx_resolver *resolver, Id name)
{
	for (int i = 0; i < resolver->essential.count; i++)
		if (resolver->essential.elements[i] == name)
			return TRUE;
	return FALSE;
}

struct sbx_resolver *sbx_resolver_open(const struct sbx_archive *archive, GError **error)
{
	SBX_AUTO(sbx_resolver) resolver = g_new0(struct sbx_resolver, 1);
	resolver->archive = archive;
	resolver->loaded = g_array_new(FALSE, FALSE, sizeof(guint32));
	resolver->kept = g_ptr_array_new_with_free_func(g_free);
	resolver->texts = g_string_chunk_new(4096);
	resolver->entries = g_array_new(FALSE, TRUE, sizeof(struct sbx_entry));
	queue_init(&resolver->essential);
	resolver->map = sbx_package_map_open(archive->path, archive->architecture, error);
	resolver->rules = resolver->map ? sbx_rules_new(archive, error) : NULL;
	if (!resolver->rules)
		return NULL;
	map_init(&resolver->wanted, (int)sbx_package_map_n_names(resolver->map));
	map_init(&resolver->is_loaded, (int)sbx_package_map_n_packages(resolver->map));
	return sbx_resolver_load(resolver, NULL, FALSE, error) ? g_steal_pointer(&resolver) : NULL;
}

void sbx_resolver_free(struct sbx_resolver *resolver)
{
	if (!resolver)
		return;
	if (resolver->pool) {
		resolver->pool->considered = NULL; /* it is ours, not the pool's */
		pool_free(resolver->pool);
	}
	map_free(&resolver->considered);
	map_free(&resolver->wanted);
	map_free(&resolver->is_loaded);
	queue_free(&resolver->essential);
	g_array_unref(resolver->loaded);
	g_array_unref(resolver->entries);
	g_ptr_array_unref(resolver->kept);
	g_string_chunk_free(resolver->texts);
	sbx_rules_free(resolver->rules);
	sbx_package_map_free(resolver->map);
	g_free(resolver->is_name);
	g_free(resolver->best);
	g_free(resolver->candidate);
	g_free(resolver);
}

void sbx_resolver_read_field(struct sbx_resolver *resolver, Id p, enum sbx_field field, Queue *out)
{
	const struct sbx_package *package = &sbx_resolver_entry(resolver, p)->package;
	const char *const texts[] = {
		[SBX_FIELD_PRE_DEPENDS] = package->pre_depends,
		[SBX_FIELD_DEPENDS] = package->depends,
		[SBX_FIELD_RECOMMENDS] = package->recommends,
	};
	struct sbx_relation_reader reader;
	Queue group;
	queue_init(&group);
	sbx_relation_begin(&reader, texts[field]);
	while (sbx_solv_read_group(resolver->pool, &reader, resolver->archive->architecture, TRUE,
				   &group, NULL) &&
	       group.count > 0) {
		queue_insertn(out, out->count, group.count, group.elements);
		queue_push(out, 0);
	}
	queue_free(&group);
}

struct order {
	struct sbx_resolver *resolver;
	const char *name; /* what the dependency names, without ":any" */
	gsize n_name;
};

static gboolean has_name(const struct order *order, const Solvable *s)
{
	const char *name = pool_id2str(order->resolver->pool, s->name);
	return strlen(name) == order->n_name && memcmp(name, order->name, order->n_name) == 0;
}

/*
 * Among several that serve a dependency apt takes: the package of that name, an essential one,
 * one of higher priority, the one whose name it met last.
 */
static int compare_providers(const void *a, const void *b, void *data)
{
	const struct order *order = data;
	struct sbx_resolver *resolver = order->resolver;
	Id p = *(const Id *)a, q = *(const Id *)b;
	const Solvable *s = pool_id2solvable(resolver->pool, p);
	const Solvable *t = pool_id2solvable(resolver->pool, q);
	int by_name = has_name(order, t) - has_name(order, s);
	if (by_name)
		return by_name;
	int by_essential = sbx_resolver_is_essential(resolver, t->name) -
			   sbx_resolver_is_essential(resolver, s->name);
	if (by_essential)
		return by_essential;
	const struct sbx_entry *x = sbx_resolver_entry(resolver, p);
	const struct sbx_entry *y = sbx_resolver_entry(resolver, q);
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->order < y->order) - (x->order > y->order);
}

void sbx_resolver_providers(struct sbx_resolver *resolver, Id dep, Queue *out)
{
	Pool *pool = resolver->pool;
	Id p, pp, name = dep;
	queue_empty(out);
	FOR_PROVIDES(p, pp, dep)
	{
		if (sbx_resolver_is_candidate(resolver, p))
			queue_push(out, p);
	}
	if (out->count < 2)
		return;
	while (ISRELDEP(name))
		name = GETRELDEP(pool, name)->name;
	struct order order = {.resolver = resolver, .name = pool_id2str(pool, name)};
	const char *colon = strchr(order.name, ':');
	order.n_name = colon ? (gsize)(colon - order.name) : strlen(order.name);
	solv_sort(out->elements, (size_t)out->count, sizeof(Id), compare_providers, &order);
}
