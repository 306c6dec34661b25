/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/fresh.h"

#include <solv/evr.h>
#include <string.h>

#include "builder/resolve/pool.h"

void sbx_newer_free(struct sbx_newer *newer)
{
	if (!newer)
		return;
	g_free(newer->version);
	g_free(newer->origin);
	g_free(newer);
}

/* "<suite>/<component>" of a suite that a security team fills. */
static gboolean is_security(const struct sbx_resolver *resolver, const char *origin)
{
	const GPtrArray *releases = resolver->archive->releases;
	for (guint i = 0; i < releases->len; i++) {
		const struct sbx_release *release = releases->pdata[i];
		if (g_strcmp0(release->origin, origin) == 0 && release->label &&
		    strstr(release->label, "Security"))
			return TRUE;
	}
	return strstr(origin, "-security/") != NULL || strstr(origin, "/updates/") != NULL;
}

static gboolean is_younger(Pool *pool, const char *version, const struct sbx_lock_package *than)
{
	return pool_evrcmp_str(pool, version, than->version, EVRCMP_COMPARE) > 0;
}

static gboolean has_security(struct sbx_resolver *resolver, const struct sbx_lock_package *package)
{
	Pool *pool = resolver->pool;
	Id name = pool_str2id(pool, package->name, 0);
	Id p, pp;
	FOR_PROVIDES(p, pp, name)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		const char *origin = sbx_resolver_entry(resolver, p)->origin;
		if (s->name == name && is_younger(pool, pool_id2str(pool, s->evr), package) &&
		    origin && is_security(resolver, origin))
			return TRUE;
	}
	return FALSE;
}

static struct sbx_newer *newer_new(struct sbx_resolver *resolver,
				   const struct sbx_lock_package *package, const char *version,
				   const char *origin)
{
	struct sbx_newer *newer = g_new0(struct sbx_newer, 1);
	newer->package = package;
	newer->version = g_strdup(version);
	newer->origin = g_strdup(origin);
	newer->is_security = has_security(resolver, package);
	return newer;
}

void sbx_fresh_look_up(struct sbx_resolver *resolver, const char *const *names)
{
	/* What cannot be loaded has nothing that is newer. */
	sbx_resolver_load(resolver, names, FALSE, NULL);
}

struct sbx_newer *sbx_fresh_newer_of(struct sbx_resolver *resolver,
				     const struct sbx_lock_package *package)
{
	const char *const names[] = {package->name, NULL};
	if (!sbx_resolver_load(resolver, names, FALSE, NULL))
		return NULL;
	Pool *pool = resolver->pool;
	Id name = pool_str2id(pool, package->name, 0);
	Id best = name && (guint)name < resolver->n_names ? resolver->best[name] : 0;
	const char *version = best ? pool_id2str(pool, pool_id2solvable(pool, best)->evr) : NULL;
	return best && is_younger(pool, version, package)
		       ? newer_new(resolver, package, version,
				   sbx_resolver_entry(resolver, best)->origin)
		       : NULL;
}

static const struct sbx_lock_package *find(const struct sbx_lock *lock, const char *name)
{
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		if (g_str_equal(p->name, name))
			return p;
	}
	return NULL;
}

GPtrArray *sbx_fresh_newer(struct sbx_resolver *resolver, const struct sbx_lock *lock,
			   const struct sbx_lock *next)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_newer_free);
	/* In one go. What cannot be loaded has nothing that is newer. */
	if (!sbx_resolver_load_locks(resolver, lock, next, NULL, NULL))
		return list;
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *now = lock->packages->pdata[i];
		const struct sbx_lock_package *then = find(next, now->name);
		struct sbx_newer *newer = NULL;
		if (then && is_younger(resolver->pool, then->version, now))
			newer = newer_new(resolver, now, then->version, then->origin);
		else if ((newer = sbx_fresh_newer_of(resolver, now)))
			newer->is_held = TRUE;
		if (newer)
			g_ptr_array_add(list, newer);
	}
	return list;
}
