/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/resolve/pool.h"
#include "builder/resolve/relation.h"

/*
 * The pool holds what a request can come to and nothing else: the packages of the names, of all
 * alternatives of what they depend on, of these, and so on, in every version there is. Of sixty
 * thousand packages that is a few hundred, and no choice among all could be another one: what is
 * left out is needed by nobody who could be chosen.
 *
 * Packages have the order of the archive in the pool, whatever was loaded first: libsolv's answers
 * depend on it. So the pool is made anew when something comes in.
 */

struct loading {
	struct sbx_resolver *resolver;
	GArray *todo; /* numbers of names whose packages are to be looked at */
};

static void want_name(struct loading *l, const char *name, gsize n_name)
{
	guint32 number = sbx_package_map_find(l->resolver->map, name, n_name);
	if (number == SBX_MAP_NONE || MAPTST(&l->resolver->wanted, number))
		return;
	MAPSET(&l->resolver->wanted, number);
	g_array_append_val(l->todo, number);
}

static void want_field(struct loading *l, const char *field)
{
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	sbx_relation_begin(&reader, field);
	while (sbx_relation_next(&reader, &r, NULL) == SBX_RELATION_READ)
		want_name(l, r.name, r.n_name);
}

static void want_needs(struct loading *l, const struct sbx_package *package)
{
	want_name(l, package->name, strlen(package->name));
	want_field(l, package->pre_depends);
	want_field(l, package->depends);
	if (l->resolver->with_recommends)
		want_field(l, package->recommends);
}

static void want_providers(struct loading *l, guint32 name)
{
	struct sbx_resolver *resolver = l->resolver;
	guint32 n, n_packages = sbx_package_map_n_packages(resolver->map);
	const guint32 *providers = sbx_package_map_providers(resolver->map, name, &n);
	for (guint32 i = 0; i < n; i++) {
		struct sbx_entry entry;
		if (providers[i] >= n_packages || MAPTST(&resolver->is_loaded, providers[i]))
			continue;
		MAPSET(&resolver->is_loaded, providers[i]);
		g_array_append_val(resolver->loaded, providers[i]);
		if (sbx_package_map_read(resolver->map, providers[i], &entry))
			want_needs(l, &entry.package);
	}
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
	const guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
	return (x > y) - (x < y);
}

static gboolean fill_one(struct sbx_resolver *resolver, const struct sbx_entry *entry,
			 GError **error)
{
	Id p = sbx_resolver_fill(resolver, &entry->package);
	if (!p)
		return sbx_set_error(error, SBX_E_DAMAGED,
				     "%s: what it says of %s cannot be read; remove it and run "
				     "`sbx-build update`",
				     resolver->archive->path, entry->package.name);
	g_array_set_size(resolver->entries, (guint)p);
	g_array_append_val(resolver->entries, *entry);
	return TRUE;
}

static gboolean make_pool(struct sbx_resolver *resolver, GError **error)
{
	if (resolver->pool) {
		resolver->pool->considered = NULL; /* it is ours, not the pool's */
		pool_free(resolver->pool);
	}
	resolver->pool = sbx_solv_pool_new(resolver->archive->architecture);
	resolver->repo = repo_create(resolver->pool, "archive");
	g_array_set_size(resolver->entries, 0);
	g_array_sort(resolver->loaded, compare_numbers);
	for (guint i = 0; i < resolver->loaded->len; i++) {
		struct sbx_entry entry;
		if (sbx_package_map_read(resolver->map, g_array_index(resolver->loaded, guint32, i),
					 &entry) &&
		    !fill_one(resolver, &entry, error))
			return FALSE;
	}
	resolver->n_kept_loaded = resolver->kept->len;
	for (guint i = 0; i < resolver->kept->len; i++)
		if (!fill_one(resolver, resolver->kept->pdata[i], error))
			return FALSE;
	queue_empty(&resolver->essential);
	const char *name;
	for (guint32 i = 0; (name = sbx_package_map_essential(resolver->map, i)); i++)
		queue_push(&resolver->essential, pool_str2id(resolver->pool, name, 1));
	/* What pool_createwhatprovides leaves out could not come back on request: consider all. */
	pool_createwhatprovides(resolver->pool);
	sbx_resolver_index_names(resolver);
	resolver->pool->considered = &resolver->considered;
	return TRUE;
}

/* Look at all that is wanted, and at what that needs. */
static void look_at_all(struct loading *l)
{
	while (l->todo->len) {
		guint32 name = g_array_index(l->todo, guint32, l->todo->len - 1);
		g_array_set_size(l->todo, l->todo->len - 1);
		want_providers(l, name);
	}
}

/* Follow Recommends from now on, also of what is there already. */
static void follow_recommends(struct loading *l)
{
	struct sbx_resolver *resolver = l->resolver;
	guint n = resolver->loaded->len;
	resolver->with_recommends = TRUE;
	for (guint i = 0; i < n; i++) {
		struct sbx_entry entry;
		if (sbx_package_map_read(resolver->map, g_array_index(resolver->loaded, guint32, i),
					 &entry))
			want_field(l, entry.package.recommends);
	}
}

static void want_all(struct loading *l, const char *const *requests, gboolean recommends)
{
	struct sbx_resolver *resolver = l->resolver;
	const char *name;
	if (recommends && !resolver->with_recommends)
		follow_recommends(l);
	for (guint32 i = 0; (name = sbx_package_map_essential(resolver->map, i)); i++)
		want_name(l, name, strlen(name));
	/* name[:architecture][=version][/suite] */
	for (; requests && *requests; requests++)
		want_name(l, *requests, strcspn(*requests, ":=/"));
	for (guint i = 0; i < resolver->kept->len; i++)
		want_needs(l, &((struct sbx_entry *)resolver->kept->pdata[i])->package);
	look_at_all(l);
}

/* Of what was loaded for other requests nothing is kept: a process may answer thousands. */
static void forget(struct sbx_resolver *resolver)
{
	g_array_set_size(resolver->loaded, 0);
	map_empty(&resolver->wanted);
	map_empty(&resolver->is_loaded);
	resolver->with_recommends = FALSE;
}

gboolean sbx_resolver_load(struct sbx_resolver *resolver, const char *const *requests,
			   gboolean recommends, GError **error)
{
	g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint32));
	struct loading l = {resolver, todo};
	guint n_before = resolver->loaded->len;
	want_all(&l, requests, recommends);
	if (resolver->pool && resolver->loaded->len == n_before &&
	    resolver->n_kept_loaded == resolver->kept->len)
		return TRUE;
	if (n_before) {
		forget(resolver);
		want_all(&l, requests, recommends);
	}
	return make_pool(resolver, error);
}

gboolean sbx_resolver_load_locks(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				 const struct sbx_lock *other, const char *const *more,
				 GError **error)
{
	const struct sbx_lock *const locks[] = {lock, other};
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < G_N_ELEMENTS(locks); i++)
		for (guint j = 0; locks[i] && j < locks[i]->packages->len; j++) {
			const struct sbx_lock_package *p = locks[i]->packages->pdata[j];
			g_ptr_array_add(names, p->name);
		}
	for (; more && *more; more++)
		g_ptr_array_add(names, (gpointer)*more);
	g_ptr_array_add(names, NULL);
	return sbx_resolver_load(resolver, (const char *const *)names->pdata, lock->recommends,
				 error);
}

static const char *keep_text(struct sbx_resolver *resolver, const char *text)
{
	return g_string_chunk_insert_const(resolver->texts, text ? text : "");
}

/* Where the name was first met; behind all others when it never was. */
static guint order_of(const struct sbx_resolver *resolver, const char *name)
{
	struct sbx_entry entry;
	guint32 n = 0, number = sbx_package_map_find(resolver->map, name, strlen(name));
	const guint32 *providers = number == SBX_MAP_NONE
					   ? NULL
					   : sbx_package_map_providers(resolver->map, number, &n);
	for (guint32 i = 0; i < n; i++)
		if (sbx_package_map_read(resolver->map, providers[i], &entry) &&
		    g_str_equal(entry.package.name, name))
			return entry.order;
	return G_MAXINT32 + resolver->kept->len;
}

void sbx_resolver_keep(struct sbx_resolver *resolver, const struct sbx_package *package,
		       const char *origin)
{
	struct sbx_entry *entry = g_new0(struct sbx_entry, 1);
	*entry = (struct sbx_entry){
		.package = {.name = keep_text(resolver, package->name),
			    .version = keep_text(resolver, package->version),
			    .architecture = keep_text(resolver, package->architecture),
			    .pre_depends = keep_text(resolver, package->pre_depends),
			    .depends = keep_text(resolver, package->depends),
			    .recommends = keep_text(resolver, package->recommends),
			    .conflicts = keep_text(resolver, package->conflicts),
			    .breaks = keep_text(resolver, package->breaks),
			    .provides = keep_text(resolver, package->provides),
			    .filename = keep_text(resolver, package->filename),
			    .sha256 = keep_text(resolver, package->sha256),
			    .section = keep_text(resolver, package->section),
			    .multi_arch = keep_text(resolver, package->multi_arch),
			    .size = package->size,
			    .installed_kib = package->installed_kib,
			    .essential = package->essential},
		.origin = keep_text(resolver, origin),
		.order = order_of(resolver, package->name),
		.rank = sbx_entry_rank(package->priority),
		.pin = SBX_PIN_DEFAULT,
	};
	g_ptr_array_add(resolver->kept, entry);
}
