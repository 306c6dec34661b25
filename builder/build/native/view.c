/* SPDX-License-Identifier: Apache-2.0 */
/* The way along a path, through what the tree has and what has changed. */
#include "builder/build/native/view_private.h"

#define MAX_LINKS 40

void sbx_view_place_clear(struct sbx_view_place *place)
{
	g_free(place->path);
}

struct sbx_view *sbx_view_new(struct sbx_store *store, struct sbx_tree *tree,
			      GCancellable *cancellable)
{
	struct sbx_view *v = g_new0(struct sbx_view, 1);
	v->store = store;
	v->tree = tree;
	v->cancellable = cancellable;
	v->changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return v;
}

void sbx_view_free(struct sbx_view *v)
{
	if (!v)
		return;
	g_hash_table_unref(v->changes);
	g_clear_error(&v->error);
	g_free(v);
}

void sbx_view_fail(struct sbx_view *v, const char *why)
{
	if (!v->failed)
		v->failed = why;
}

const char *sbx_view_failed(const struct sbx_view *v, GError **error)
{
	if (v->error && error && !*error)
		*error = g_error_copy(v->error);
	return v->failed;
}

void sbx_view_check(struct sbx_view *v)
{
	if (v->error)
		sbx_view_fail(v, "the store can't be read");
}

/* At a path without links. */
void sbx_view_look(struct sbx_view *v, const char *path, struct sbx_view_place *out)
{
	const struct sbx_view_change *change = g_hash_table_lookup(v->changes, path);
	if (change) {
		out->kind = change->kind;
		memcpy(out->checksum, change->checksum, SBX_CHECKSUM_BYTES);
		return;
	}
	struct sbx_entry *entry = v->error ? NULL : sbx_tree_find(v->tree, path, &v->error);
	sbx_view_check(v);
	out->kind = SBX_VIEW_ABSENT;
	if (!entry)
		return;
	const guint8 *checksum = entry->checksum;
	if (entry->kind == SBX_ENTRY_FOLDER) {
		out->kind = SBX_VIEW_FOLDER;
		checksum = sbx_tree_dirmeta(entry->folder);
	} else {
		g_autoptr(GFileInfo) info = sbx_object_info(v->store, checksum, &v->error);
		sbx_view_check(v);
		if (!info)
			return;
		out->kind = g_file_info_get_file_type(info) == G_FILE_TYPE_SYMBOLIC_LINK
				    ? SBX_VIEW_LINK
				    : SBX_VIEW_FILE;
	}
	memcpy(out->checksum, checksum, SBX_CHECKSUM_BYTES);
}

char *sbx_view_link_target(struct sbx_view *v, const struct sbx_view_place *place)
{
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place->checksum, &v->error);
	sbx_view_check(v);
	return info ? g_strdup(g_file_info_get_symlink_target(info)) : NULL;
}

static gboolean is_outside(const GString *at)
{
	static const char *const outside[] = {"proc", "sys", "dev", "run", "tmp", NULL};
	return g_strv_contains(outside, at->str);
}

static void go_up(GString *at)
{
	const char *slash = strrchr(at->str, '/');
	g_string_truncate(at, slash ? (gsize)(slash - at->str) : 0);
}

/* One name further. FALSE at the end. */
static gboolean step(struct sbx_view *v, GString *at, char **rest, enum sbx_view_last last,
		     guint *n_links, struct sbx_view_place *out)
{
	char *start = *rest + strspn(*rest, "/");
	gsize n = strcspn(start, "/"), before = at->len;
	gboolean is_last = start[n + strspn(start + n, "/")] == '\0';
	if (n == 0)
		return FALSE;
	g_autofree char *name = g_strndup(start, n);
	g_autofree char *tail = g_strdup(start + n);
	g_free(*rest);
	*rest = g_steal_pointer(&tail);
	if (g_str_equal(name, "."))
		return TRUE;
	if (g_str_equal(name, "..")) {
		go_up(at);
		return TRUE;
	}
	g_string_append_printf(at, "%s%s", at->len ? "/" : "", name);
	if (is_outside(at))
		sbx_view_fail(v, "it looks at what is not the template's");
	sbx_view_look(v, at->str, out);
	if (out->kind == SBX_VIEW_LINK && (!is_last || last == SBX_VIEW_FOLLOW)) {
		g_autofree char *target = sbx_view_link_target(v, out);
		if (!target || ++*n_links > MAX_LINKS) {
			sbx_view_fail(v, "links lead in a circle");
			return FALSE;
		}
		g_string_truncate(at, *target == '/' ? 0 : before);
		char *whole = g_strconcat(target, "/", *rest, NULL);
		g_free(*rest);
		*rest = whole;
		out->kind = SBX_VIEW_FOLDER;
		return TRUE;
	}
	return !is_last && out->kind == SBX_VIEW_FOLDER;
}

void sbx_view_walk(struct sbx_view *v, const char *path, enum sbx_view_last last,
		   struct sbx_view_place *out)
{
	g_autoptr(GString) at = g_string_new(NULL);
	g_autofree char *rest = g_strdup(path);
	guint n_links = 0;
	out->kind = SBX_VIEW_FOLDER;
	out->path = NULL;
	gsize n_path = strlen(path);
	if (*path != '/' || (n_path > 1 && path[n_path - 1] == '/'))
		sbx_view_fail(v, "a path is relative, or ends in a slash");
	while (!v->failed && step(v, at, &rest, last, &n_links, out))
		;
	/* Something on the way is missing or no folder. */
	gboolean stopped = rest[strspn(rest, "/")] != '\0';
	if (v->failed || stopped)
		out->kind = SBX_VIEW_ABSENT;
	else
		out->path = g_strdup(at->str);
	if (out->path && at->len == 0)
		memcpy(out->checksum, sbx_tree_dirmeta(v->tree), SBX_CHECKSUM_BYTES);
	else if (out->path && out->kind == SBX_VIEW_FOLDER)
		sbx_view_look(v, at->str, out); /* it may have ended in ".." */
}
