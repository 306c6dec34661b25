/* SPDX-License-Identifier: Apache-2.0 */
#include "store/catalog_holdings.h"

#include <string.h>

#include "store/catalog_sql.h"

#define MAX_NUMBER (1u << 24)

/* In `holding.packages` a package is four bytes, little-endian. */

static void holding_free(gpointer data)
{
	struct sbx_holding *holding = data;
	g_free(holding->packages);
	g_strfreev(holding->locales);
	g_strfreev(holding->skip_scripts);
	g_free(holding);
}

void sbx_catalog_holdings_free(struct sbx_holdings *holdings)
{
	if (!holdings)
		return;
	g_array_unref(holdings->packages);
	g_hash_table_unref(holdings->by_sha256);
	g_hash_table_unref(holdings->templates);
	g_string_chunk_free(holdings->texts);
	g_free(holdings);
}

static const char *keep_text(struct sbx_holdings *holdings, sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	return g_string_chunk_insert(holdings->texts, text ? text : "");
}

/* `places`: of the packages by their numbers in the catalog, 1 + the place. */
static gboolean read_packages(struct sbx_store *store, struct sbx_holdings *holdings,
			      GArray *places, GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error,
		"SELECT number, sha256, name, version, installed_bytes FROM held_package"
		" ORDER BY number",
		"");
	if (!stmt)
		return FALSE;
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		const struct sbx_held_package package = {
			.sha256 = keep_text(holdings, stmt, 1),
			.name = keep_text(holdings, stmt, 2),
			.version = keep_text(holdings, stmt, 3),
			.installed_bytes = (guint64)sqlite3_column_int64(stmt, 4),
		};
		g_array_append_val(holdings->packages, package);
		guint place = holdings->packages->len;
		guint number = (guint)sqlite3_column_int(stmt, 0);
		if (number > MAX_NUMBER)
			continue; /* nobody numbers so far: what it is part of is made anew */
		if (number >= places->len)
			g_array_set_size(places, number + 1);
		g_array_index(places, guint, number) = place;
		g_hash_table_insert(holdings->by_sha256, (gpointer)package.sha256,
				    GUINT_TO_POINTER(place));
	}
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE;
}

static char **split(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	return text && *text ? g_strsplit(text, ";", -1) : NULL;
}

/* NULL: it names a package that is not there, so it is no entry and made anew. */
static struct sbx_holding *read_holding(sqlite3_stmt *stmt, const GArray *places)
{
	const guint8 *blob = sqlite3_column_blob(stmt, 1);
	struct sbx_holding *holding = g_new0(struct sbx_holding, 1);
	holding->n_packages = (guint)sqlite3_column_bytes(stmt, 1) / 4;
	holding->packages = g_new(guint32, holding->n_packages + 1);
	for (guint i = 0; i < holding->n_packages; i++) {
		guint32 number;
		memcpy(&number, blob + 4 * (gsize)i, 4);
		number = GUINT32_FROM_LE(number);
		guint place = number < places->len ? g_array_index(places, guint, number) : 0;
		if (!place) {
			holding_free(holding);
			return NULL;
		}
		holding->packages[i] = place - 1;
	}
	holding->without = (guint)sqlite3_column_int(stmt, 2);
	holding->locales = split(stmt, 3);
	holding->skip_scripts = split(stmt, 4);
	return holding;
}

static gboolean read_holdings(struct sbx_store *store, struct sbx_holdings *holdings,
			      GArray *places, GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error,
		"SELECT template, packages, without, locales, skip_scripts FROM holding", "");
	if (!stmt)
		return FALSE;
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct sbx_holding *holding = read_holding(stmt, places);
		if (holding)
			g_hash_table_insert(holdings->templates, sbx_sql_text(stmt, 0), holding);
	}
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE;
}

static gboolean exec(struct sbx_store *store, const char *sql, GError **error)
{
	return sqlite3_exec(store->catalog, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sbx_sql_fail(store, error);
}

struct sbx_holdings *sbx_catalog_holdings(struct sbx_store *store, GError **error)
{
	g_autoptr(GArray) places = g_array_new(FALSE, TRUE, sizeof(guint));
	SBX_AUTO(sbx_holdings) holdings = g_new0(struct sbx_holdings, 1);
	holdings->packages = g_array_new(FALSE, FALSE, sizeof(struct sbx_held_package));
	holdings->by_sha256 = g_hash_table_new(g_str_hash, g_str_equal);
	holdings->templates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, holding_free);
	holdings->texts = g_string_chunk_new(64 * 1024);
	/* Both of one state of the catalog. */
	if (!exec(store, "BEGIN", error))
		return NULL;
	gboolean ok = read_packages(store, holdings, places, error) &&
		      read_holdings(store, holdings, places, error);
	exec(store, "COMMIT", NULL);
	return ok ? g_steal_pointer(&holdings) : NULL;
}

/* It returns the row's number also where the row was there: hence the update of nothing. */
static const char add_sql[] =
	"INSERT INTO held_package(sha256, name, version, installed_bytes) VALUES(?,?,?,?)"
	" ON CONFLICT(sha256) DO UPDATE SET name=name RETURNING number";

/* Its number, by that statement, which is used again and again; 0 with *error set. */
static gint64 add_package(struct sbx_store *store, sqlite3_stmt *stmt,
			  const struct sbx_held_package *package, GError **error)
{
	gint64 number = 0;
	sqlite3_bind_text(stmt, 1, package->sha256, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, package->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, package->version, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 4, (gint64)package->installed_bytes);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		number = sqlite3_column_int64(stmt, 0);
	if (!number || sqlite3_step(stmt) != SQLITE_DONE) {
		sbx_sql_fail(store, error);
		number = 0;
	}
	sqlite3_reset(stmt);
	return number;
}

/* Their numbers, little-endian. */
static gboolean add_packages(struct sbx_store *store, const struct sbx_held_package *packages,
			     guint n_packages, guint32 *numbers, GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(store, error, add_sql, "");
	gboolean ok = stmt != NULL;
	for (guint i = 0; ok && i < n_packages; i++) {
		gint64 number = add_package(store, stmt, &packages[i], error);
		numbers[i] = GUINT32_TO_LE((guint32)number);
		ok = number != 0;
	}
	sqlite3_finalize(stmt);
	return ok;
}

static gboolean add_holding(struct sbx_store *store, const char *id, const guint32 *numbers,
			    guint n, const struct sbx_holding *holding, GError **error)
{
	g_autofree char *locales =
		g_strjoinv(";", holding->locales ? holding->locales : (char *[]){NULL});
	g_autofree char *skipped =
		g_strjoinv(";", holding->skip_scripts ? holding->skip_scripts : (char *[]){NULL});
	sqlite3_stmt *stmt =
		sbx_sql_prepare(store, error,
				"INSERT OR REPLACE INTO holding(template, without, locales,"
				" skip_scripts, packages) VALUES(?,?,?,?,?)",
				"siss", id, (gint64)holding->without, locales, skipped);
	if (stmt)
		sqlite3_bind_blob64(stmt, 5, numbers, (sqlite3_uint64)n * 4, SQLITE_STATIC);
	return sbx_sql_run(store, stmt, error);
}

gboolean sbx_catalog_add_holding(struct sbx_store *store, const char *id,
				 const struct sbx_held_package *packages, guint n_packages,
				 const struct sbx_holding *holding, GError **error)
{
	g_autofree guint32 *numbers = g_new0(guint32, n_packages + 1);
	if (!exec(store, "BEGIN IMMEDIATE", error))
		return FALSE;
	if (add_packages(store, packages, n_packages, numbers, error) &&
	    add_holding(store, id, numbers, n_packages, holding, error) &&
	    exec(store, "COMMIT", error))
		return TRUE;
	exec(store, "ROLLBACK", NULL);
	return FALSE;
}

gboolean sbx_catalog_prune_holdings(struct sbx_store *store, GError **error)
{
	SBX_AUTO(sbx_holdings) holdings = sbx_catalog_holdings(store, error);
	if (!holdings)
		return FALSE;
	g_autofree gboolean *is_held = g_new0(gboolean, holdings->packages->len + 1);
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, holdings->templates);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct sbx_holding *holding = value;
		for (guint i = 0; i < holding->n_packages; i++)
			is_held[holding->packages[i]] = TRUE;
	}
	gboolean ok = exec(store, "BEGIN IMMEDIATE", error);
	for (guint i = 0; ok && i < holdings->packages->len; i++) {
		const struct sbx_held_package *p =
			&g_array_index(holdings->packages, struct sbx_held_package, i);
		if (!is_held[i])
			ok = sbx_sql_run(store,
					 sbx_sql_prepare(store, error,
							 "DELETE FROM held_package WHERE sha256=?",
							 "s", p->sha256),
					 error);
	}
	return (ok && exec(store, "COMMIT", error)) || (exec(store, "ROLLBACK", NULL), FALSE);
}
