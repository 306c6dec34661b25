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
