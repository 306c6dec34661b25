/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/names.h"
#include "builder/index/writer.h"

/*
 * Which paths does some language ask for? Contents are sorted, so paths come folder by folder: what
 * can be told from the folder is told once, and of most folders that is that nobody asks.
 */

static void put_count(struct sbx_index_root *root)
{
	if (root->n_in_folder == 0)
		return;
	const char *folder =
		sbx_root_is_merged(root->pattern) ? root->pattern + 1 : root->folder->str;
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(root->folders, folder));
	g_hash_table_replace(root->folders, g_strdup(folder),
			     GUINT_TO_POINTER(n + root->n_in_folder));
	root->n_in_folder = 0;
}

static gboolean is_in_folder(const struct sbx_index_root *root, const char *path, gsize n_path)
{
	gsize n = root->folder->len;
	return n && n_path > n && path[n] == '/' && memcmp(path, root->folder->str, n) == 0;
}

/* How many bytes of the path are a folder that the root stands for; 0: it is in none. */
static gsize find_folder(struct sbx_index_root *root, const char *path, gsize n_path)
{
	if (is_in_folder(root, path, n_path))
		return root->folder->len;
	const char *glob = root->pattern + sbx_root_is_merged(root->pattern);
	gsize n = sbx_root_match(glob, path, n_path);
	if (n) {
		put_count(root);
		g_string_truncate(root->folder, 0);
		g_string_append_len(root->folder, path, (gssize)n);
	}
	return n;
}

/* What a template says of folders must stand in that of the path: "x/include/" of "x/include/y". */
static gboolean has_folders_of(const struct sbx_template *t, const char *folder, gsize n)
{
	for (guint i = 0; i < t->parts->len; i++) {
		const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
		const char *slash =
			p->kind == SBX_PART_TEXT ? memrchr(p->text, '/', p->n_text) : NULL;
		if (slash && !memmem(folder, n, p->text, (gsize)(slash - p->text) + 1))
			return FALSE;
	}
	return TRUE;
}

/* Can some path of the folder (with its slash) match it? */
static gboolean may_be_in(const struct sbx_template *t, const char *folder, gsize n)
{
	guint64 known = 0, head = sbx_head_bytes(folder, n);
	memset(&known, 0xff, MIN(n, 8));
	return !t->is_folder && (head & t->head.mask & known) == (t->head.bytes & known) &&
	       has_folders_of(t, folder, n);
}

static void add_near(struct sbx_provider_writer *w, struct sbx_index_root *root, const char *path,
		     gsize n_shared)
{
	struct sbx_index_near near = {.root = root, .at = w->fitting->len};
	if (root->pattern) {
		if (!sbx_edge_fits(&root->head, sbx_head_bytes(path, n_shared)))
			return;
		near.n_folder = find_folder(root, path, n_shared);
		if (near.n_folder == 0)
			return;
	}
	gsize skip = near.n_folder ? near.n_folder + 1 : 0;
	for (guint i = 0; i < root->templates->len; i++)
		if (may_be_in(root->templates->pdata[i], path + skip, n_shared - skip))
			g_ptr_array_add(w->fitting, root->templates->pdata[i]);
	near.n = w->fitting->len - near.at;
	if (near.n)
		g_array_append_val(w->near, near);
}

void sbx_writer_enter_folder(struct sbx_provider_writer *w, const char *path, gsize n_path)
{
	const char *slash = memrchr(path, '/', n_path);
	gsize n_shared = slash ? (gsize)(slash - path) + 1 : 0;
	if (w->is_inside && w->folder->len == n_shared &&
	    memcmp(w->folder->str, path, n_shared) == 0)
		return;
	w->is_inside = TRUE;
	g_string_truncate(w->folder, 0);
	g_string_append_len(w->folder, path, (gssize)n_shared);
	g_array_set_size(w->near, 0);
	g_ptr_array_set_size(w->fitting, 0);
	for (guint i = 0; i < w->roots->len; i++)
		add_near(w, w->roots->pdata[i], path, n_shared);
}

void sbx_writer_leave_folder(struct sbx_provider_writer *w)
{
	w->is_inside = FALSE;
	for (guint i = 0; i < w->roots->len; i++)
		put_count(w->roots->pdata[i]);
}

/* Which distribution's metadata is this? */
static void note_name(struct sbx_provider_writer *w, const struct sbx_template *t, const char *path,
		      gsize n_path)
{
	const char *name;
	gsize n;
	if (!w->key && sbx_template_find_name(t, path, n_path, &name, &n))
		w->key = sbx_names_key(t->language, name, n);
}

gboolean sbx_writer_is_asked_for(struct sbx_provider_writer *w, const struct sbx_index_near *near,
				 const char *path, gsize n_path)
{
	guint64 tail = sbx_tail_bytes(path, n_path);
	gsize skip = near->n_folder ? near->n_folder + 1 : 0;
	gboolean is_wanted = FALSE;
	for (guint i = near->at; i < near->at + near->n; i++) {
		const struct sbx_template *t = w->fitting->pdata[i];
		if (!sbx_edge_fits(&t->tail, tail) ||
		    (is_wanted && !t->is_named && (!t->is_deep || w->is_deep)) ||
		    !sbx_template_matches(t, path + skip, n_path - skip))
			continue;
		is_wanted = TRUE;
		w->is_deep |= t->is_deep;
		if (t->is_named)
			note_name(w, t, path + skip, n_path - skip);
	}
	near->root->n_in_folder += is_wanted && near->n_folder;
	return is_wanted;
}
