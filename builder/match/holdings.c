/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/match/holdings.h"

#include "store/template.h"

gboolean sbx_match_remember(struct sbx_store *store, const char *id, const struct sbx_lock *lock,
			    GError **error)
{
	guint n = lock->packages->len;
	g_autofree struct sbx_held_package *packages = g_new0(struct sbx_held_package, n + 1);
	for (guint i = 0; i < n; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		packages[i] = (struct sbx_held_package){p->sha256, p->name, p->version,
							p->installed_bytes};
	}
	const struct sbx_holding holding = {
		.without = lock->content.without,
		.locales = lock->content.locales,
		.skip_scripts = lock->content.skip_scripts,
	};
	return sbx_catalog_add_holding(store, id, packages, n, &holding, error);
}

/* FALSE: nothing was entered; a template that is damaged or just removed is no candidate. */
static gboolean remember_from_disk(struct sbx_store *store, const char *id)
{
	g_autofree char *path = sbx_template_path(store, id, "lock.json");
	g_autofree char *text = NULL;
	gsize n = 0;
	if (!g_file_get_contents(path, &text, &n, NULL))
		return FALSE;
	SBX_AUTO(sbx_lock) lock = sbx_lock_from_json(text, (gssize)n, path, NULL);
	return lock && sbx_match_remember(store, id, lock, NULL);
}

struct sbx_holdings *sbx_match_holdings(struct sbx_store *store, const GPtrArray *rows,
					GError **error)
{
	SBX_AUTO(sbx_holdings) holdings = sbx_catalog_holdings(store, error);
	gboolean is_new = FALSE;
	for (guint i = 0; holdings && i < rows->len; i++) {
		const struct sbx_template *row = rows->pdata[i];
		if (!g_hash_table_contains(holdings->templates, row->id))
			is_new |= remember_from_disk(store, row->id);
	}
	return is_new ? sbx_catalog_holdings(store, error) : g_steal_pointer(&holdings);
}
