/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of templates, and the refs that they need. */
#include "store/catalog.h"
#include "store/catalog_sql.h"

void sbx_catalog_template_free(struct sbx_template *row)
{
	if (!row)
		return;
	g_free(row->id);
	g_free(row->commit);
	g_free(row->suite);
	g_free(row->architecture);
	g_free(row->base);
	g_strfreev(row->names);
	g_free(row);
}

static gboolean exec(struct sbx_store *store, const char *sql, GError **error)
{
	return sqlite3_exec(store->catalog, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sbx_sql_fail(store, error);
}

static gboolean add_refs(struct sbx_store *store, const struct sbx_template *row, GError **error)
{
	gboolean fine = TRUE;
	for (char **ref = row->refs; fine && ref && *ref; ref++)
		fine = sbx_sql_run(
			store,
			sbx_sql_prepare(
				store, error,
				"INSERT OR IGNORE INTO template_ref(template, ref) VALUES(?,?)",
				"ss", row->id, *ref),
			error);
	return fine;
}

static gboolean add_row(struct sbx_store *store, const struct sbx_template *row, GError **error)
{
	return sbx_sql_run(
		store,
		sbx_sql_prepare(store, error,
				/* not REPLACE: that deletes the row, and its names with it */
				"INSERT INTO template(id, commit_id, suite, architecture,"
				" created_usec, n_packages, n_bytes, build_usec, base, n_entries)"
				" VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET"
				" commit_id=excluded.commit_id, created_usec=excluded.created_usec,"
				" n_bytes=excluded.n_bytes, build_usec=excluded.build_usec,"
				" base=excluded.base, n_entries=excluded.n_entries",
				"ssssiiiisi", row->id, row->commit, row->suite, row->architecture,
				row->created_usec, (gint64)row->n_packages, (gint64)row->n_bytes,
				(gint64)row->build_usec, row->base, (gint64)row->n_entries),
		error);
}

gboolean sbx_catalog_add_template(struct sbx_store *store, const struct sbx_template *row,
				  GError **error)
{
	if (!exec(store, "BEGIN IMMEDIATE", error))
		return FALSE;
	if (add_row(store, row, error) && add_refs(store, row, error) &&
	    exec(store, "COMMIT", error))
		return TRUE;
	exec(store, "ROLLBACK", NULL);
	return FALSE;
}

GHashTable *sbx_catalog_needed_refs(struct sbx_store *store, GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(store, error,
					     "SELECT ref FROM template_ref UNION"
					     " SELECT 'template/' || id FROM template",
					     "");
	if (!stmt)
		return NULL;
	g_autoptr(GHashTable) refs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		g_hash_table_add(refs, sbx_sql_text(stmt, 0));
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE ? g_steal_pointer(&refs) : NULL;
}

gboolean sbx_catalog_remove_template(struct sbx_store *store, const char *id, GError **error)
{
	return sbx_sql_run(store,
			   sbx_sql_prepare(store, error,
					   "UPDATE task SET template=NULL WHERE template=?", "s",
					   id),
			   error) &&
	       sbx_sql_run(
		       store,
		       sbx_sql_prepare(store, error, "DELETE FROM template WHERE id=?", "s", id),
		       error);
}

/* Of many templates in one statement: each is a transaction of its own, which costs more. */
static gboolean read_names(struct sbx_store *store, GPtrArray *rows, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							    (GDestroyNotify)g_strv_builder_unref);
	for (guint i = 0; i < rows->len; i++)
		g_hash_table_insert(names, ((struct sbx_template *)rows->pdata[i])->id,
				    g_strv_builder_new());
	sqlite3_stmt *stmt =
		sbx_sql_prepare(store, error, "SELECT template, name FROM name ORDER BY name", "");
	int step = SQLITE_ERROR;
	while (stmt && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		GStrvBuilder *of = g_hash_table_lookup(names, sqlite3_column_text(stmt, 0));
		if (of)
			g_strv_builder_add(of, (const char *)sqlite3_column_text(stmt, 1));
	}
	if (!stmt)
		return FALSE;
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	for (guint i = 0; step == SQLITE_DONE && i < rows->len; i++) {
		struct sbx_template *row = rows->pdata[i];
		row->names = g_strv_builder_end(g_hash_table_lookup(names, row->id));
	}
	return step == SQLITE_DONE;
}

GPtrArray *sbx_sql_templates(struct sbx_store *store, sqlite3_stmt *stmt, GError **error)
{
	if (!stmt)
		return NULL;
	g_autoptr(GPtrArray) rows =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_catalog_template_free);
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct sbx_template *row = g_new0(struct sbx_template, 1);
		g_ptr_array_add(rows, row);
		row->id = sbx_sql_text(stmt, 0);
		row->commit = sbx_sql_text(stmt, 1);
		row->suite = sbx_sql_text(stmt, 2);
		row->architecture = sbx_sql_text(stmt, 3);
		row->created_usec = sqlite3_column_int64(stmt, 4);
		row->n_packages = (guint64)sqlite3_column_int64(stmt, 5);
		row->n_bytes = (guint64)sqlite3_column_int64(stmt, 6);
		row->build_usec = (guint64)sqlite3_column_int64(stmt, 7);
		row->last_used_usec = sqlite3_column_int64(stmt, 8);
		row->n_uses = (guint64)sqlite3_column_int64(stmt, 9);
		row->base = sbx_sql_text(stmt, 10);
		row->n_entries = (guint64)sqlite3_column_int64(stmt, 11);
	}
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE && (rows->len == 0 || read_names(store, rows, error))
		       ? g_steal_pointer(&rows)
		       : NULL;
}

GPtrArray *sbx_catalog_templates(struct sbx_store *store, GError **error)
{
	return sbx_sql_templates(
		store,
		sbx_sql_prepare(store, error,
				SBX_TEMPLATE_COLUMNS
				"ORDER BY max(last_used_usec, created_usec) DESC, id",
				""),
		error);
}

GPtrArray *sbx_catalog_templates_upper_first(struct sbx_store *store, GError **error)
{
	return sbx_sql_templates(
		store,
		sbx_sql_prepare(store, error, SBX_TEMPLATE_COLUMNS "ORDER BY base IS NULL", ""),
		error);
}

struct sbx_template *sbx_catalog_template(struct sbx_store *store, const char *id, GError **error)
{
	g_autoptr(GPtrArray) rows = sbx_sql_templates(
		store, sbx_sql_prepare(store, error, SBX_TEMPLATE_COLUMNS "WHERE id=?", "s", id),
		error);
	return rows && rows->len ? g_ptr_array_steal_index(rows, 0) : NULL;
}
