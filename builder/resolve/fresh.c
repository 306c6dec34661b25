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

static gboolean is_younger(Pool *pool, Id p, const struct sbx_lock_package *than)
{
	const char *version = pool_id2str(pool, pool_id2solvable(pool, p)->evr);
	return pool_evrcmp_str(pool, version, than->version, EVRCMP_COMPARE) > 0;
}

struct sbx_newer *sbx_fresh_newer_of(struct sbx_resolver *resolver,
				     const struct sbx_lock_package *package)
{
	Pool *pool = resolver->pool;
	Id name = pool_str2id(pool, package->name, 0);
	Id best = name && (guint)name < resolver->n_names ? resolver->best[name] : 0;
	if (!best || !is_younger(pool, best, package))
		return NULL;
	struct sbx_newer *newer = g_new0(struct sbx_newer, 1);
	newer->package = package;
	newer->version = g_strdup(pool_id2str(pool, pool_id2solvable(pool, best)->evr));
	newer->origin = g_strdup(sbx_resolver_origin(resolver, best));
	Id p, pp;
	FOR_PROVIDES(p, pp, name)
	{
		const char *origin = sbx_resolver_origin(resolver, p);
		if (pool_id2solvable(pool, p)->name == name && is_younger(pool, p, package) &&
		    origin && is_security(resolver, origin))
			newer->is_security = TRUE;
	}
	return newer;
}

GPtrArray *sbx_fresh_newer(struct sbx_resolver *resolver, const struct sbx_lock *lock)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_newer_free);
	for (guint i = 0; i < lock->packages->len; i++) {
		struct sbx_newer *newer = sbx_fresh_newer_of(resolver, lock->packages->pdata[i]);
		if (newer)
			g_ptr_array_add(list, newer);
	}
	return list;
}
