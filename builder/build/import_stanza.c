/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/import.h"

char *sbx_import_stanza(const struct sbx_lock_package *package, gpointer data, GError **error)
{
	struct sbx_store *store = data;
	g_autofree char *ref = sbx_import_ref(package);
	g_autoptr(GVariant) metadata = NULL;
	const char *status = NULL;
	if (!sbx_import_is_stored(store, package) ||
	    !sbx_tree_load_ref(store, ref, 0, NULL, &metadata, NULL, error) ||
	    !g_variant_lookup(metadata, "sbx.status", "&s", &status))
		return NULL;
	return g_strdup(status);
}

gboolean sbx_import_add_special(struct sbx_store *store, const struct sbx_lock_package *package,
				GPtrArray *out, GError **error)
{
	g_autofree char *ref = sbx_import_ref(package);
	g_autoptr(GVariant) metadata = NULL;
	if (!sbx_tree_load_ref(store, ref, 0, NULL, &metadata, NULL, error))
		return FALSE;
	if (metadata)
		sbx_import_read_special(metadata, package->name, out);
	return TRUE;
}

void sbx_import_read_special(GVariant *metadata, const char *package, GPtrArray *out)
{
	g_auto(GStrv) special = NULL;
	g_variant_lookup(metadata, "sbx.special", "^as", &special);
	for (guint i = 0; special && special[i]; i++)
		g_ptr_array_add(out, g_strdup_printf("%s: %s", package, special[i]));
}
