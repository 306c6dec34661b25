/* SPDX-License-Identifier: Apache-2.0 */
/* What a script can find out. */
#include "builder/build/native/view_private.h"

#define MAX_TEXT_BYTES (4 << 20)

enum sbx_view_kind sbx_view_kind(struct sbx_view *v, const char *path, enum sbx_view_last last)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, last, &place);
	return place.kind;
}

char *sbx_view_real_path(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, SBX_VIEW_NOFOLLOW, &place);
	return place.path ? g_strconcat("/", place.path, NULL) : NULL;
}

char *sbx_view_target(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, SBX_VIEW_NOFOLLOW, &place);
	return place.kind == SBX_VIEW_LINK ? sbx_view_link_target(v, &place) : NULL;
}

static guint32 file_mode(struct sbx_view *v, const struct sbx_view_place *place)
{
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place->checksum, &v->error);
	sbx_view_check(v);
	return info ? g_file_info_get_attribute_uint32(info, "unix::mode") : 0;
}

/* To root: any of the three bits. */
gboolean sbx_view_is_executable(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, SBX_VIEW_FOLLOW, &place);
	return place.kind == SBX_VIEW_FOLDER ||
	       (place.kind == SBX_VIEW_FILE && (file_mode(v, &place) & 0111));
}

char *sbx_view_read(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	gsize n = 0;
	sbx_view_walk(v, path, SBX_VIEW_FOLLOW, &place);
	if (place.kind != SBX_VIEW_FILE)
		return NULL;
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place.checksum, &v->error);
	if (info && g_file_info_get_size(info) > MAX_TEXT_BYTES) {
		sbx_view_fail(v, "a file is too large");
		return NULL;
	}
	g_autofree char *text =
		info ? sbx_object_read(v->store, place.checksum, MAX_TEXT_BYTES, &n, &v->error)
		     : NULL;
	sbx_view_check(v);
	if (text && strlen(text) != n) {
		sbx_view_fail(v, "a file is no text");
		return NULL;
	}
	return g_steal_pointer(&text);
}

gboolean sbx_view_is_empty(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, SBX_VIEW_FOLLOW, &place);
	if (place.kind != SBX_VIEW_FILE)
		return FALSE;
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place.checksum, &v->error);
	sbx_view_check(v);
	return info && g_file_info_get_size(info) == 0;
}

GPtrArray *sbx_view_names(struct sbx_view *v, const char *path)
{
	SBX_VIEW_AUTO_PLACE place = {0};
	sbx_view_walk(v, path, SBX_VIEW_FOLLOW, &place);
	struct sbx_entry *entry = place.kind == SBX_VIEW_FOLDER
					  ? sbx_tree_find(v->tree, place.path, &v->error)
					  : NULL;
	GPtrArray *names = entry && entry->kind == SBX_ENTRY_FOLDER
				   ? sbx_tree_names(entry->folder, &v->error)
				   : NULL;
	sbx_view_check(v);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; names && i < names->len; i++)
		g_ptr_array_add(all, g_strdup(names->pdata[i]));
	if (names)
		g_ptr_array_unref(names);
	gsize n = place.path ? strlen(place.path) : 0;
	GHashTableIter iter;
	gpointer added;
	g_hash_table_iter_init(&iter, v->changes);
	while (g_hash_table_iter_next(&iter, &added, NULL))
		if (place.path && strncmp(added, place.path, n) == 0 && ((char *)added)[n] == '/' &&
		    !strchr((char *)added + n + 1, '/'))
			g_ptr_array_add(all, g_strdup((char *)added + n + 1));
	return all;
}
