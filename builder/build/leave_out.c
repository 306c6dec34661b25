/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/leave_out.h"

#include <string.h>

struct leave_out {
	struct sbx_store *store;
	struct sbx_unit *unit;
	const struct sbx_content *content;
};

/* The folder that a relative path is in, and its last part. NULL without an error: not there. */
static struct sbx_tree *parent_of(struct sbx_tree *root, const char *path, const char **out_name,
				  GError **error)
{
	const char *slash = strrchr(path, '/');
	*out_name = slash ? slash + 1 : path;
	if (!slash)
		return root;
	g_autofree char *folder = g_strndup(path, (gsize)(slash - path));
	struct sbx_entry *entry = sbx_tree_find(root, folder, error);
	return entry && entry->kind == SBX_ENTRY_FOLDER ? entry->folder : NULL;
}

static gboolean is_empty(struct sbx_tree *folder)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(folder, NULL);
	return names && names->len == 0;
}

/* A file goes; a folder when nothing is left in it and, as a link, when it leads nowhere needed. */
static gboolean may_go(struct leave_out *l, const struct sbx_entry *entry, const char *path,
		       gboolean *out_may, GError **error)
{
	gboolean is_way = sbx_content_keeps_way(l->content, path);
	if (entry->kind == SBX_ENTRY_FOLDER) {
		*out_may = !is_way && is_empty(entry->folder);
		return TRUE;
	}
	g_autoptr(GFileInfo) info = sbx_object_info(l->store, entry->checksum, error);
	if (!info)
		return FALSE;
	gboolean is_regular = g_file_info_get_file_type(info) == G_FILE_TYPE_REGULAR;
	guint64 n_bytes = is_regular ? (guint64)g_file_info_get_size(info) : 0;
	l->unit->n_bytes -= MIN(n_bytes, l->unit->n_bytes);
	*out_may = is_regular || !is_way;
	return TRUE;
}

/* `path` begins with a slash. */
static gboolean take_out(struct leave_out *l, const char *path, GError **error)
{
	g_autoptr(GError) failed = NULL;
	const char *name;
	struct sbx_tree *folder = parent_of(l->unit->data, path + 1, &name, &failed);
	struct sbx_entry *entry = folder ? sbx_tree_lookup(folder, name, &failed) : NULL;
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!entry)
		return TRUE;
	gboolean may = FALSE;
	return may_go(l, entry, path, &may, error) &&
	       (!may || sbx_tree_remove(folder, name, error));
}

/*
 * Of one package and one choice of what is left out. Patterns are of a format (sbx_content), and a
 * version may come with other bytes: that is in the commit.
 */
static char *slim_ref(const struct sbx_unit *unit, const struct sbx_content *content)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_string_append_printf(text, "format %d\n", SBX_BUILDER_FORMAT);
	sbx_content_append_left_out(content, text);
	g_autofree char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
	g_autofree char *name = sbx_store_ref_part(unit->lock->name);
	g_autofree char *version = sbx_store_ref_part(unit->lock->version);
	return g_strdup_printf("slim/%.16s/%s/%s/%s", key, name, version, unit->lock->architecture);
}

/* *out_found: what was kept is now the unit's data. */
static gboolean take_kept(struct sbx_store *store, struct sbx_unit *unit, guint16 owner,
			  gboolean *out_found, GError **error)
{
	SBX_AUTO(sbx_tree) tree = NULL;
	g_autoptr(GVariant) metadata = NULL;
	const char *sha256 = NULL;
	guint64 n_bytes = 0;
	*out_found = FALSE;
	if (!sbx_tree_load_ref(store, unit->slim_ref, owner, &tree, &metadata, NULL, error))
		return FALSE;
	if (!tree || !g_variant_lookup(metadata, "sbx.sha256", "&s", &sha256) ||
	    !g_str_equal(sha256, unit->lock->sha256) ||
	    !g_variant_lookup(metadata, "sbx.bytes", "t", &n_bytes))
		return TRUE;
	sbx_tree_free(unit->data);
	unit->data = g_steal_pointer(&tree);
	unit->n_bytes = n_bytes;
	*out_found = TRUE;
	return TRUE;
}

static gboolean find_out(struct sbx_store *store, struct sbx_unit *unit,
			 const struct sbx_content *content, GError **error)
{
	struct leave_out l = {store, unit, content};
	g_auto(GStrv) lines = g_strsplit(unit->list, "\n", -1);
	/* From the end: folders stand before what is in them. */
	for (guint i = g_strv_length(lines); i-- > 0;)
		if (lines[i][0] == '/' && sbx_content_leaves_out(content, lines[i]) &&
		    !take_out(&l, lines[i], error))
			return FALSE;
	return TRUE;
}

gboolean sbx_leave_out(struct sbx_store *store, struct sbx_unit *unit, guint16 owner,
		       const struct sbx_content *content, GError **error)
{
	gboolean found = FALSE;
	sbx_tree_set_owner(unit->data, owner);
	if (!content->without)
		return TRUE;
	unit->slim_ref = slim_ref(unit, content);
	if (!take_kept(store, unit, owner, &found, error))
		return FALSE;
	unit->slim_is_new = !found;
	return found || find_out(store, unit, content, error);
}

gboolean sbx_leave_out_keep(GPtrArray *units, GCancellable *cancellable, GError **error)
{
	for (guint i = 0; i < units->len; i++) {
		struct sbx_unit *unit = units->pdata[i];
		GVariantDict dict = G_VARIANT_DICT_INIT(NULL);
		if (!unit->slim_is_new)
			continue;
		g_variant_dict_insert(&dict, "sbx.sha256", "s", unit->lock->sha256);
		g_variant_dict_insert(&dict, "sbx.bytes", "t", unit->n_bytes);
		if (!sbx_tree_commit(unit->data, unit->slim_ref, g_variant_dict_end(&dict), NULL,
				     cancellable, error))
			return FALSE;
		unit->slim_is_new = FALSE;
	}
	return TRUE;
}
