/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/catalog.h"
#include "store/catalog_sql.h"

/* All profiles together; the longest unused go first. */
#define MAX_BYTES (64 * 1024 * 1024)
/* A row that is read again and again is not written to each time. */
#define TOUCH_USEC (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)

gboolean sbx_catalog_remember_task(struct sbx_store *store, const char *key,
				   const char *profile_json, const char *template_id,
				   GError **error)
{
	gint64 n_bytes = (gint64)strlen(profile_json);
	if (n_bytes > MAX_BYTES / 16)
		return TRUE;
	return sbx_sql_run(store,
			   sbx_sql_prepare(
				   store, error,
				   "INSERT INTO task(key, profile, template, used_usec, n_bytes)"
				   " VALUES(?,?,?,?,?) ON CONFLICT(key) DO UPDATE SET"
				   " profile=excluded.profile, n_bytes=excluded.n_bytes,"
				   " used_usec=excluded.used_usec,"
				   " template=coalesce(excluded.template, template)",
				   "sssii", key, profile_json, template_id, g_get_real_time(),
				   n_bytes),
			   error) &&
	       sbx_sql_run(
		       store,
		       sbx_sql_prepare(store, error,
				       "DELETE FROM task WHERE rowid IN (SELECT id FROM (SELECT"
				       " rowid AS id, sum(n_bytes) OVER (ORDER BY used_usec DESC,"
				       " rowid DESC) AS total FROM task) WHERE total > ?)",
				       "i", (gint64)MAX_BYTES),
		       error);
}

static gboolean touch(struct sbx_store *store, const char *key, GError **error)
{
	return sbx_sql_run(store,
			   sbx_sql_prepare(store, error, "UPDATE task SET used_usec=? WHERE key=?",
					   "is", g_get_real_time(), key),
			   error);
}

gboolean sbx_catalog_recall_task(struct sbx_store *store, const char *key, char **out_profile_json,
				 char **out_template_id, GError **error)
{
	*out_profile_json = *out_template_id = NULL;
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error, "SELECT profile, template, used_usec FROM task WHERE key=?", "s",
		key);
	if (!stmt)
		return FALSE;
	int step = sqlite3_step(stmt);
	gboolean is_stale = FALSE;
	if (step == SQLITE_ROW) {
		*out_profile_json = sbx_sql_text(stmt, 0);
		*out_template_id = sbx_sql_text(stmt, 1);
		is_stale = sqlite3_column_int64(stmt, 2) < g_get_real_time() - TOUCH_USEC;
	} else if (step != SQLITE_DONE) {
		sbx_sql_fail(store, error);
	}
	sqlite3_finalize(stmt);
	if (is_stale)
		touch(store, key, NULL); /* a catalog that cannot be written to still answers */
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

gboolean sbx_catalog_forget_tasks(struct sbx_store *store, gint64 before_usec, gboolean dry_run,
				  guint *out_n, GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error, "SELECT count(*) FROM task WHERE used_usec < ?", "i", before_usec);
	if (!stmt)
		return FALSE;
	gboolean fine = sqlite3_step(stmt) == SQLITE_ROW || sbx_sql_fail(store, error);
	guint n = fine ? (guint)sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	if (!fine ||
	    (!dry_run && n &&
	     !sbx_sql_run(store,
			  sbx_sql_prepare(store, error, "DELETE FROM task WHERE used_usec < ?", "i",
					  before_usec),
			  error)))
		return FALSE;
	*out_n = n;
	return TRUE;
}
