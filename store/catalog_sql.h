/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_CATALOG_SQL_H
#define SBX_STORE_CATALOG_SQL_H

#include "store/store.h"

/* Private to store/: the catalog's statements. */

/* What sqlite says last, as an error of ours. Returns FALSE. */
gboolean sbx_sql_fail(struct sbx_store *store, GError **error);

/*
 * Prepare and bind. `types` is a letter per argument: s a string (NULL allowed), i a gint64.
 */
sqlite3_stmt *sbx_sql_prepare(struct sbx_store *store, GError **error, const char *sql,
			      const char *types, ...);

/* Run a statement that returns no rows, and finalize it; NULL is a failure that is told already. */
gboolean sbx_sql_run(struct sbx_store *store, sqlite3_stmt *stmt, GError **error);

/* Newly allocated. */
char *sbx_sql_text(sqlite3_stmt *stmt, int column);

#define SBX_TEMPLATE_COLUMNS                                                                       \
	"SELECT id, commit_id, suite, architecture, created_usec, n_packages, n_bytes, "           \
	"build_usec,"                                                                              \
	" last_used_usec, n_uses, base, n_entries FROM template "
/* All rows (struct sbx_template *) of a statement that selects these columns; finalizes it. */
GPtrArray *sbx_sql_templates(struct sbx_store *store, sqlite3_stmt *stmt, GError **error);

#endif
