/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/index.h"

/* Which paths of the index are asked for, and who ships them. */

/* Bind `prefix` and the first text after all that begin with it. */
static void bind_range(sqlite3_stmt *q, int column, const char *prefix, gsize n)
{
	g_autofree char *end = g_strndup(prefix, n);
	end[n - 1]++; /* never the last byte value: paths are text */
	sqlite3_bind_text(q, column, prefix, (int)n, SQLITE_TRANSIENT);
	sqlite3_bind_text(q, column + 1, end, (int)n, SQLITE_TRANSIENT);
}

/*
 * Rows of a path and a package; `pattern`, if there is one, must fit the path. With a folder the
 * rows have names in it.
 */
static gboolean each_row(struct sbx_providers *p, sqlite3_stmt *q, const char *folder,
			 const char *pattern, sbx_index_row_func func, gpointer data,
			 GError **error)
{
	g_autoptr(GError) local = NULL;
	g_autoptr(GString) path = g_string_new(folder);
	if (path->len)
		g_string_append_c(path, '/');
	gsize n_folder = path->len;
	while (sbx_index_step(p, q, &local)) {
		g_string_truncate(path, n_folder);
		g_string_append(path, (const char *)sqlite3_column_text(q, 0));
		if (pattern && !sbx_template_fits(pattern, path->str))
			continue;
		if (!func(path->str, sqlite3_column_int64(q, 1), data, &local))
			break;
	}
	if (!local)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&local));
	return FALSE;
}

/* 1 found, 0 nothing is in it. */
static int find_folder(struct sbx_providers *p, const char *folder, gint64 *out_id, GError **error)
{
	g_autoptr(GError) local = NULL;
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_FOLDER, error);
	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, folder, -1, SQLITE_TRANSIENT);
	gboolean found = sbx_index_step(p, q, &local);
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return -1;
	}
	if (found)
		*out_id = sqlite3_column_int64(q, 0);
	return found;
}

/* Something is open in a folder's name, behind the name that is looked for. */
static gboolean each_below(struct sbx_providers *p, const char *expanded, sbx_index_row_func func,
			   gpointer data, GError **error)
{
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_BELOW, error);
	if (!q)
		return FALSE;
	bind_range(q, 1, expanded, strcspn(expanded, SBX_TEMPLATE_OPEN));
	return each_row(p, q, NULL, expanded, func, data, error);
}

gboolean sbx_index_each_path(struct sbx_providers *p, const char *expanded, sbx_index_row_func func,
			     gpointer data, GError **error)
{
	const char *slash = strrchr(expanded, '/'), *name = slash ? slash + 1 : expanded;
	g_autofree char *folder = g_strndup(expanded, slash ? (gsize)(slash - expanded) : 0);
	gint64 id;
	if (strpbrk(folder, SBX_TEMPLATE_OPEN))
		return each_below(p, expanded, func, data, error);
	int found = find_folder(p, folder, &id, error);
	if (found <= 0)
		return found == 0;
	const char *open = strpbrk(name, SBX_TEMPLATE_OPEN);
	sqlite3_stmt *q = sbx_index_query(p,
					  !open		 ? SBX_QUERY_PATH
					  : open == name ? SBX_QUERY_ALL
							 : SBX_QUERY_RANGE,
					  error);
	if (!q)
		return FALSE;
	sqlite3_bind_int64(q, 1, id);
	if (!open)
		sqlite3_bind_text(q, 2, name, -1, SQLITE_TRANSIENT);
	else if (open > name)
		bind_range(q, 2, name, (gsize)(open - name));
	return each_row(p, q, folder, open ? expanded : NULL, func, data, error);
}

gboolean sbx_index_each_deep(struct sbx_providers *p, const char *expanded, sbx_index_row_func func,
			     gpointer data, GError **error)
{
	const char *slash = strrchr(expanded, '/'), *name = slash ? slash + 1 : expanded;
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_TAIL, error);
	if (!q)
		return FALSE;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(q, 2, sbx_index_hash(name));
	return each_row(p, q, NULL, expanded, func, data, error);
}

gboolean sbx_index_each_named(struct sbx_providers *p, const char *key, sbx_index_row_func func,
			      gpointer data, GError **error)
{
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_NAMED, error);
	if (!q)
		return FALSE;
	sqlite3_bind_text(q, 1, key, -1, SQLITE_TRANSIENT);
	return each_row(p, q, NULL, NULL, func, data, error);
}

gboolean sbx_index_each_shipper(struct sbx_providers *p, const char *folder,
				sbx_index_row_func func, gpointer data, GError **error)
{
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_SHIPPERS, error);
	if (!q)
		return FALSE;
	g_autofree char *prefix = g_strconcat(folder, "/", NULL);
	sqlite3_bind_text(q, 1, folder, -1, SQLITE_TRANSIENT);
	bind_range(q, 2, prefix, strlen(prefix));
	g_autoptr(GError) local = NULL;
	while (sbx_index_step(p, q, &local))
		if (!func(folder, sqlite3_column_int64(q, 0), data, &local))
			break;
	if (!local)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&local));
	return FALSE;
}
