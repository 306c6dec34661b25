/* SPDX-License-Identifier: Apache-2.0 */
#include "store/catalog_sql.h"

#include <errno.h>

gboolean sbx_sql_fail(struct sbx_store *store, GError **error)
{
	int code = sqlite3_errcode(store->catalog) & 0xff;
	/* The log's index has no error of its own for a full disk. */
	gboolean is_full = code == SQLITE_FULL ||
			   (code == SQLITE_IOERR && sqlite3_system_errno(store->catalog) == ENOSPC);
	enum sbx_code ours = is_full					       ? SBX_E_NO_SPACE
			     : code == SQLITE_BUSY			       ? SBX_E_BUSY
			     : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? SBX_E_DAMAGED
									       : SBX_E_FAILED;
	return sbx_set_error(error, ours, "%s/catalog.db: %s%s", store->root,
			     is_full ? "the disk is full" : sqlite3_errmsg(store->catalog),
			     ours == SBX_E_DAMAGED ? "; move it away, it is made anew" : "");
}

sqlite3_stmt *sbx_sql_prepare(struct sbx_store *store, GError **error, const char *sql,
			      const char *types, ...)
{
	sqlite3_stmt *stmt = NULL;
	if (sqlite3_prepare_v2(store->catalog, sql, -1, &stmt, NULL) != SQLITE_OK) {
		sbx_sql_fail(store, error);
		return NULL;
	}
	va_list ap;
	va_start(ap, types);
	for (int i = 0; types[i]; i++) {
		if (types[i] == 's')
			sqlite3_bind_text(stmt, i + 1, va_arg(ap, const char *), -1,
					  SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(stmt, i + 1, va_arg(ap, gint64));
	}
	va_end(ap);
	return stmt;
}

gboolean sbx_sql_run(struct sbx_store *store, sqlite3_stmt *stmt, GError **error)
{
	if (!stmt)
		return FALSE;
	gboolean done = sqlite3_step(stmt) == SQLITE_DONE;
	if (!done)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return done;
}

char *sbx_sql_text(sqlite3_stmt *stmt, int column)
{
	return g_strdup((const char *)sqlite3_column_text(stmt, column));
}
