/* SPDX-License-Identifier: Apache-2.0 */
/* What people call a template: a name, an id or the beginning of one. */
#include "store/catalog.h"

#include <string.h>

#include "store/catalog_sql.h"

static gboolean is_hex(const char *text)
{
	return *text && strspn(text, "0123456789abcdef") == strlen(text);
}

struct sbx_template *sbx_catalog_find(struct sbx_store *store, const char *what, GError **error)
{
	g_autoptr(GPtrArray) rows = sbx_sql_templates(
		store,
		sbx_sql_prepare(store, error,
				SBX_TEMPLATE_COLUMNS
				"WHERE id=(SELECT template FROM name WHERE name=?)",
				"s", what),
		error);
	if (!rows)
		return NULL;
	if (rows->len == 0 && is_hex(what) && strlen(what) >= 4) {
		g_autofree char *end = g_strdup_printf("%sg", what); /* 'g' sorts behind 'f' */
		g_ptr_array_unref(rows);
		rows = sbx_sql_templates(store,
					 sbx_sql_prepare(store, error,
							 SBX_TEMPLATE_COLUMNS
							 "WHERE id>=? AND id<? ORDER BY id",
							 "ss", what, end),
					 error);
		if (!rows)
			return NULL;
	}
	if (rows->len == 1)
		return g_ptr_array_steal_index(rows, 0);
	if (rows->len == 0) {
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "%s: no template has that id, prefix (4 digits at least) or name; "
			      "`sbx-build ls` lists them",
			      what);
		return NULL;
	}
	g_autoptr(GString) ids = g_string_new(NULL);
	for (guint i = 0; i < rows->len && i < 8; i++)
		g_string_append_printf(ids, " %.16s", ((struct sbx_template *)rows->pdata[i])->id);
	sbx_set_error(error, SBX_E_USAGE, "%s: fits %u templates, give more digits:%s", what,
		      rows->len, ids->str);
	return NULL;
}

gboolean sbx_catalog_check_name(const char *name, GError **error)
{
	gsize n = strlen(name);
	if (n < 1 || n > 64 || !g_ascii_islower(name[0]) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != n || is_hex(name))
		return sbx_set_error(error, SBX_E_USAGE,
				     "%s: a name has 1 to 64 of a-z 0-9 . _ - begins with a letter "
				     "and is not hexadecimal throughout",
				     name);
	return TRUE;
}

gboolean sbx_catalog_set_name(struct sbx_store *store, const char *name, const char *id,
			      GError **error)
{
	return sbx_catalog_check_name(name, error) &&
	       sbx_sql_run(
		       store,
		       sbx_sql_prepare(store, error,
				       "INSERT OR REPLACE INTO name(name, template) VALUES(?,?)",
				       "ss", name, id),
		       error);
}

gboolean sbx_catalog_set_name_of_recipe(struct sbx_store *store, const char *name, GError **error)
{
	return sbx_sql_run(store,
			   sbx_sql_prepare(store, error,
					   "UPDATE name SET of_recipe = 1 WHERE name = ?", "s",
					   name),
			   error);
}

gboolean sbx_catalog_is_name_of_recipe(struct sbx_store *store, const char *name, gboolean *out,
				       GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error, "SELECT of_recipe FROM name WHERE name = ?", "s", name);
	if (!stmt)
		return FALSE;
	int step = sqlite3_step(stmt);
	gboolean is_of_recipe = step == SQLITE_ROW && sqlite3_column_int(stmt, 0);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	else
		*out = is_of_recipe;
	sqlite3_finalize(stmt);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

gboolean sbx_catalog_remove_name(struct sbx_store *store, const char *name, gboolean *out_existed,
				 GError **error)
{
	if (!sbx_sql_run(store,
			 sbx_sql_prepare(store, error, "DELETE FROM name WHERE name=?", "s", name),
			 error))
		return FALSE;
	*out_existed = sqlite3_changes(store->catalog) > 0;
	return TRUE;
}
