/* SPDX-License-Identifier: Apache-2.0 */
/* What a script can change, and all of it as the trace that running it would have left. */
#include "builder/build/native/view_private.h"

/* The dirmeta object is (uuua(ayay)): owner, group, mode, big-endian. */
static guint32 folder_mode(struct sbx_view *v, const guint8 *dirmeta)
{
	g_autofree char *hex = ostree_checksum_from_bytes(dirmeta);
	g_autoptr(GVariant) stored = NULL;
	guint32 mode = 0;
	if (!v->error && ostree_repo_load_variant(v->store->repo, OSTREE_OBJECT_TYPE_DIR_META, hex,
						  &stored, &v->error))
		g_variant_get_child(stored, 2, "u", &mode);
	sbx_view_check(v);
	return GUINT32_FROM_BE(mode);
}

/* The place for something new: its folder is there, and gives its group to nothing. */
static gboolean place_for(struct sbx_view *v, const char *path, struct sbx_view_place *out)
{
	sbx_view_walk(v, path, SBX_VIEW_NOFOLLOW, out);
	g_autofree char *above = out->path ? g_path_get_dirname(out->path) : NULL;
	struct sbx_view_place folder = {0};
	if (above && g_str_equal(above, "."))
		memcpy(folder.checksum, sbx_tree_dirmeta(v->tree), SBX_CHECKSUM_BYTES);
	else if (above)
		sbx_view_look(v, above, &folder);
	if (!above || (folder_mode(v, folder.checksum) & S_ISGID))
		sbx_view_fail(v, "a folder is missing, or its group is inherited");
	return !v->failed;
}

static void change(struct sbx_view *v, const char *path, enum sbx_view_kind kind,
		   const guint8 *checksum)
{
	struct sbx_view_change *made = g_new0(struct sbx_view_change, 1);
	made->kind = kind;
	if (checksum)
		memcpy(made->checksum, checksum, SBX_CHECKSUM_BYTES);
	g_hash_table_replace(v->changes, g_strdup(path), made);
}

static void put(struct sbx_view *v, const struct sbx_view_place *place,
		const struct sbx_file_meta *meta, const char *text)
{
	guint8 checksum[SBX_CHECKSUM_BYTES];
	gsize n = text ? strlen(text) : 0;
	if (sbx_object_write(v->store, meta, text, n, checksum, v->cancellable, &v->error))
		change(v, place->path, S_ISLNK(meta->mode) ? SBX_VIEW_LINK : SBX_VIEW_FILE,
		       checksum);
	v->n_bytes += n;
	sbx_view_check(v);
}

void sbx_view_put_file(struct sbx_view *v, const char *path, const char *text,
		       enum sbx_view_mode mode)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	struct sbx_file_meta meta = {.mode = S_IFREG | 0644};
	if (!place_for(v, path, &place))
		return;
	if (place.kind == SBX_VIEW_FOLDER || place.kind == SBX_VIEW_LINK) {
		sbx_view_fail(v, "something is in a file's way");
		return;
	}
	if (mode == SBX_VIEW_KEEP) {
		g_autoptr(GFileInfo) info =
			place.kind == SBX_VIEW_FILE
				? sbx_object_info(v->store, place.checksum, &v->error)
				: NULL;
		sbx_view_check(v);
		if (!info) {
			sbx_view_fail(v, "a file is missing");
			return;
		}
		meta.mode = g_file_info_get_attribute_uint32(info, "unix::mode");
		meta.uid = g_file_info_get_attribute_uint32(info, "unix::uid");
		meta.gid = g_file_info_get_attribute_uint32(info, "unix::gid");
	}
	put(v, &place, &meta, text);
}

void sbx_view_put_link(struct sbx_view *v, const char *path, const char *target)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	struct sbx_file_meta meta = {.mode = S_IFLNK | 0777, .target = target};
	if (!place_for(v, path, &place))
		return;
	if (place.kind == SBX_VIEW_FOLDER)
		sbx_view_fail(v, "a folder is in a link's way");
	else
		put(v, &place, &meta, NULL);
}

void sbx_view_remove(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, SBX_VIEW_NOFOLLOW, &place);
	if (place.kind == SBX_VIEW_FOLDER)
		sbx_view_fail(v, "it removes a folder");
	else if (place.kind != SBX_VIEW_ABSENT)
		change(v, place.path, SBX_VIEW_ABSENT, NULL);
}

void sbx_view_make_folders(struct sbx_view *v, const char *path)
{
	static const struct sbx_file_meta meta = {.mode = S_IFDIR | 0755};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	g_autofree char *above = g_path_get_dirname(path);
	enum sbx_view_kind kind = sbx_view_kind(v, path, SBX_VIEW_FOLLOW);
	if (kind == SBX_VIEW_FOLDER || v->failed)
		return;
	if (strlen(above) < strlen(path))
		sbx_view_make_folders(v, above);
	SBX_VIEW_AUTO_PLACE place = {0};
	if (v->failed || !place_for(v, path, &place))
		return;
	if (place.kind != SBX_VIEW_ABSENT) {
		sbx_view_fail(v, "something is in a folder's way");
		return;
	}
	if (sbx_object_write_dirmeta(v->store, &meta, dirmeta, v->cancellable, &v->error))
		change(v, place.path, SBX_VIEW_FOLDER, dirmeta);
	sbx_view_check(v);
}

/* The folder of a delta at a path, each on the way with the owner and mode that it has. */
static struct sbx_tree *delta_folder(struct sbx_view *v, struct sbx_tree *root, const char *path,
				     GError **error)
{
	if (g_str_equal(path, "."))
		return root;
	struct sbx_entry *known = sbx_tree_find(root, path, error);
	if (known)
		return known->folder;
	g_autofree char *above = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	struct sbx_tree *parent = delta_folder(v, root, above, error);
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_look(v, path, &place);
	if (!parent || place.kind != SBX_VIEW_FOLDER ||
	    !sbx_tree_put_folder(parent, name, sbx_tree_new(v->store, place.checksum), 0, error))
		return NULL;
	return sbx_tree_lookup(parent, name, error)->folder;
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

/* A folder's own change comes before what is in it: sorted by path. */
struct sbx_trace *sbx_view_to_trace(struct sbx_view *v, GError **error)
{
	SBX_AUTO(sbx_trace) trace = g_new0(struct sbx_trace, 1);
	trace->tree = sbx_tree_new(v->store, sbx_tree_dirmeta(v->tree));
	trace->removed = g_ptr_array_new_with_free_func(g_free);
	trace->n_bytes = v->n_bytes;
	g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(v->changes), compare_paths);
	for (GList *at = paths; at; at = at->next) {
		const struct sbx_view_change *made = g_hash_table_lookup(v->changes, at->data);
		g_autofree char *above = g_path_get_dirname(at->data);
		g_autofree char *name = g_path_get_basename(at->data);
		if (made->kind == SBX_VIEW_ABSENT) {
			g_ptr_array_add(trace->removed, g_strdup(at->data));
			continue;
		}
		gboolean is_folder = made->kind == SBX_VIEW_FOLDER;
		struct sbx_tree *folder =
			delta_folder(v, trace->tree, is_folder ? at->data : above, error);
		if (!folder ||
		    (!is_folder && !sbx_tree_put_file(folder, name, made->checksum, 0, error))) {
			sbx_set_error(error, SBX_E_FAILED, "%s: can't be changed",
				      (const char *)at->data);
			return NULL;
		}
	}
	return g_steal_pointer(&trace);
}
