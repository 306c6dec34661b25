/* SPDX-License-Identifier: Apache-2.0 */
#include "store/layer.h"

#include <string.h>

struct maker {
	struct sbx_store *store;
	guint n_entries, most;
};

static gboolean same(const guint8 *a, const guint8 *b)
{
	return memcmp(a, b, SBX_CHECKSUM_BYTES) == 0;
}

static gboolean same_folder(const struct sbx_tree *a, const struct sbx_tree *b)
{
	return same(sbx_tree_contents(a), sbx_tree_contents(b)) &&
	       same(sbx_tree_dirmeta(a), sbx_tree_dirmeta(b));
}

/* All below counts; what was found to be too much already is not looked at. */
static gboolean count(struct maker *m, struct sbx_tree *tree, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(tree, error);
	m->n_entries += names ? names->len : 0;
	for (guint i = 0; names && i < names->len && m->n_entries <= m->most; i++) {
		struct sbx_entry *entry = sbx_tree_lookup(tree, names->pdata[i], error);
		if (!entry || (entry->kind == SBX_ENTRY_FOLDER && !count(m, entry->folder, error)))
			return FALSE;
	}
	return names != NULL;
}

static struct sbx_tree *copy_folder(struct maker *m, const struct sbx_tree *tree)
{
	return sbx_tree_new_stored(m->store, sbx_tree_contents(tree), sbx_tree_dirmeta(tree), 0);
}

static gboolean add_folder(struct maker *m, struct sbx_tree *layer, const char *name,
			   const struct sbx_tree *folder, GError **error)
{
	struct sbx_tree *copy = copy_folder(m, folder);
	return sbx_tree_put_folder(layer, name, copy, 0, error) && count(m, copy, error);
}

static struct sbx_tree *differing(struct maker *m, struct sbx_tree *base, struct sbx_tree *tree,
				  GError **error);

static gboolean add_entry(struct maker *m, struct sbx_tree *layer, const char *name,
			  const struct sbx_entry *below, const struct sbx_entry *entry,
			  GError **error)
{
	gboolean same_kind = below && below->kind == entry->kind;
	if (same_kind && entry->kind == SBX_ENTRY_FILE && same(below->checksum, entry->checksum))
		return TRUE;
	if (same_kind && entry->kind == SBX_ENTRY_FOLDER &&
	    same_folder(below->folder, entry->folder))
		return TRUE;
	m->n_entries++;
	if (entry->kind == SBX_ENTRY_FILE)
		return sbx_tree_put_file(layer, name, entry->checksum, 0, error);
	if (!same_kind)
		return add_folder(m, layer, name, entry->folder, error);
	struct sbx_tree *folder = differing(m, below->folder, entry->folder, error);
	return folder && sbx_tree_put_folder(layer, name, folder, 0, error);
}

static gboolean add_whiteouts(struct maker *m, struct sbx_tree *layer, struct sbx_tree *base,
			      struct sbx_tree *tree, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(base, error);
	for (guint i = 0; names && i < names->len; i++) {
		if (sbx_tree_lookup(tree, names->pdata[i], error))
			continue;
		m->n_entries++;
		if (!sbx_tree_put_whiteout(layer, names->pdata[i], error))
			return FALSE;
	}
	return names != NULL;
}

/* A folder that is in both, with what is another one or gone. */
static struct sbx_tree *differing(struct maker *m, struct sbx_tree *base, struct sbx_tree *tree,
				  GError **error)
{
	SBX_AUTO(sbx_tree) layer = sbx_tree_new(m->store, sbx_tree_dirmeta(tree));
	if (same(sbx_tree_contents(base), sbx_tree_contents(tree)))
		return g_steal_pointer(&layer);
	g_autoptr(GPtrArray) names = sbx_tree_names(tree, error);
	for (guint i = 0; names && i < names->len && m->n_entries <= m->most; i++) {
		const char *name = names->pdata[i];
		g_autoptr(GError) failed = NULL;
		const struct sbx_entry *entry = sbx_tree_lookup(tree, name, error);
		const struct sbx_entry *below = sbx_tree_lookup(base, name, &failed);
		if (failed) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return NULL;
		}
		if (!entry || !add_entry(m, layer, name, below, entry, error))
			return NULL;
	}
	if (!names || !add_whiteouts(m, layer, base, tree, error))
		return NULL;
	return g_steal_pointer(&layer);
}

gboolean sbx_layer_make(struct sbx_store *store, struct sbx_tree *base, struct sbx_tree *tree,
			guint most, struct sbx_tree **out_layer, guint *out_n_entries,
			GError **error)
{
	struct maker m = {.store = store, .most = most};
	SBX_AUTO(sbx_tree) layer = differing(&m, base, tree, error);
	if (!layer)
		return FALSE;
	*out_n_entries = m.n_entries;
	*out_layer = m.n_entries <= most ? g_steal_pointer(&layer) : NULL;
	return TRUE;
}
