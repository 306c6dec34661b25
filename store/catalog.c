/* SPDX-License-Identifier: Apache-2.0 */
#include "store/catalog.h"

#include <string.h>

#include "base/fd.h"
#include "store/catalog_sql.h"

/* Another process writes for milliseconds only; past this something is stuck. */
#define BUSY_MSEC 20000
/*
 * Most processes enter one row, and shall not pay four syncs for it when they close: the log stays.
 * But whoever opens the catalog first has to read all of the log, and only a process that empties
 * it makes it start anew: so one that finds it this long does, and a process that goes on writing
 * does it on the way.
 */
#define LOG_PAGES_KEPT	  48
#define LOG_PAGES_WRITING 1000

/*
 * What brings a catalog from each version to the next; its version (PRAGMA user_version) is how
 * many of these it has seen. One of a younger version is refused, never guessed at.
 */
static const char *const migrations[] = {
	"CREATE TABLE IF NOT EXISTS template(id TEXT PRIMARY KEY, commit_id TEXT NOT NULL,"
	" suite TEXT NOT NULL, architecture TEXT NOT NULL, created_usec INTEGER NOT NULL,"
	" n_packages INTEGER NOT NULL, n_bytes INTEGER NOT NULL, build_usec INTEGER NOT NULL,"
	" last_used_usec INTEGER NOT NULL DEFAULT 0, n_uses INTEGER NOT NULL DEFAULT 0)"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS name(name TEXT PRIMARY KEY, template TEXT NOT NULL REFERENCES"
	" template(id) ON DELETE CASCADE) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS template_ref(template TEXT NOT NULL REFERENCES template(id)"
	" ON DELETE CASCADE, ref TEXT NOT NULL, PRIMARY KEY(template, ref)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS use(template TEXT NOT NULL, task TEXT, started_usec INTEGER,"
	" wall_usec INTEGER, cpu_usec INTEGER, peak_bytes INTEGER, exit_status INTEGER,"
	" reason TEXT);"
	"CREATE TABLE IF NOT EXISTS task(content_id TEXT PRIMARY KEY, generation TEXT NOT NULL,"
	" profile TEXT NOT NULL, template TEXT NOT NULL) WITHOUT ROWID;",
	/* Which task a use was of, and what importing a package's modules costs. */
	"ALTER TABLE use ADD COLUMN content_id TEXT;"
	"CREATE INDEX use_content ON use(content_id);"
	"CREATE TABLE footprint(package TEXT NOT NULL, version TEXT NOT NULL,"
	" architecture TEXT NOT NULL, language TEXT NOT NULL, module TEXT NOT NULL,"
	" peak_bytes INTEGER NOT NULL, bare_peak_bytes INTEGER NOT NULL,"
	" wall_usec INTEGER NOT NULL, bare_wall_usec INTEGER NOT NULL, n_runs INTEGER NOT NULL,"
	" measured_usec INTEGER NOT NULL,"
	" PRIMARY KEY(language, module, package, version, architecture)) WITHOUT ROWID;",
	/* What tasks came to, by all that decides it. */
	"DROP TABLE task;"
	"CREATE TABLE task(key TEXT PRIMARY KEY, profile TEXT NOT NULL, template TEXT,"
	" used_usec INTEGER NOT NULL, n_bytes INTEGER NOT NULL);"
	"CREATE INDEX task_use ON task(used_usec, n_bytes);",
	/* What templates hold: store/catalog_holdings.h. */
	"CREATE TABLE held_package(number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL, version TEXT NOT NULL, installed_bytes INTEGER NOT NULL);"
	"CREATE TABLE holding(template TEXT PRIMARY KEY REFERENCES template(id) ON DELETE CASCADE,"
	" packages BLOB NOT NULL, without INTEGER NOT NULL, locales TEXT NOT NULL,"
	" skip_scripts TEXT NOT NULL) WITHOUT ROWID;",
	/* A name whose recipe says what it stands for. */
	"ALTER TABLE name ADD COLUMN of_recipe INTEGER NOT NULL DEFAULT 0;",
	/* Templates that are a layer over another one's root. */
	"ALTER TABLE template ADD COLUMN base TEXT;"
	"ALTER TABLE template ADD COLUMN n_entries INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX template_base ON template(base);"
	"CREATE INDEX template_ref_ref ON template_ref(ref);",
};
#define CATALOG_VERSION ((int)G_N_ELEMENTS(migrations))

static int read_version(struct sbx_store *store, GError **error)
{
	int version = -1;
	sqlite3_stmt *ask = NULL;
	if (sqlite3_prepare_v2(store->catalog, "PRAGMA user_version", -1, &ask, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(ask) == SQLITE_ROW)
		version = sqlite3_column_int(ask, 0);
	if (version < 0)
		sbx_sql_fail(store, error);
	sqlite3_finalize(ask);
	return version;
}

/*
 * One at a time: sqlite's busy timeout does not cover the change to WAL (the lock that it takes is
 * one which two may wait for from each other).
 */
static gboolean bring_up_to_date(struct sbx_store *store, GCancellable *cancellable, GError **error)
{
	SBX_CLEANUP_FD int lock_fd = sbx_store_lock_creation(store, cancellable, error);
	if (lock_fd < 0)
		return FALSE;
	int version = read_version(store, error);
	if (version < 0 || version >= CATALOG_VERSION)
		return version >= 0;
	gboolean fine = sqlite3_exec(store->catalog, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE;",
				     NULL, NULL, NULL) == SQLITE_OK;
	for (; fine && version < CATALOG_VERSION; version++)
		fine = sqlite3_exec(store->catalog, migrations[version], NULL, NULL, NULL) ==
		       SQLITE_OK;
	g_autofree char *finish =
		g_strdup_printf("PRAGMA user_version=%d; COMMIT;", CATALOG_VERSION);
	return (fine && sqlite3_exec(store->catalog, finish, NULL, NULL, NULL) == SQLITE_OK) ||
	       sbx_sql_fail(store, error);
}

/* A sqlite3_wal_hook(): after each commit, with the pages that are in the log. */
static int see_log(void *data G_GNUC_UNUSED, sqlite3 *db, const char *name, int n_pages)
{
	if (n_pages >= LOG_PAGES_KEPT)
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	/* When another one is doing it, or it fails, the log is just longer. */
	if (n_pages >= LOG_PAGES_WRITING)
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

gboolean sbx_catalog_open(struct sbx_store *store, GCancellable *cancellable, GError **error)
{
	g_autofree char *path = g_build_filename(store->root, "catalog.db", NULL);
	if (sqlite3_open_v2(path, &store->catalog,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
			    NULL) != SQLITE_OK)
		return sbx_sql_fail(store, error);
	sqlite3_busy_timeout(store->catalog, BUSY_MSEC);
	int version = read_version(store, error);
	if (version < 0)
		return FALSE;
	if (version > CATALOG_VERSION)
		return sbx_set_error(error, SBX_E_UNSUPPORTED,
				     "%s: made by a newer sbx-build (version %d); use that one",
				     path, version);
	if (version < CATALOG_VERSION && !bring_up_to_date(store, cancellable, error))
		return FALSE;
	/* Commits survive a crash of the program; one lost to a power cut is only a cache entry or
	 * a template whose folder gc takes up again. */
	if (sqlite3_exec(store->catalog, "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;", NULL,
			 NULL, NULL) != SQLITE_OK ||
	    sqlite3_db_config(store->catalog, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) !=
		    SQLITE_OK)
		return sbx_sql_fail(store, error);
	sqlite3_wal_hook(store->catalog, see_log, NULL);
	return TRUE;
}

void sbx_catalog_close(struct sbx_store *store)
{
	sqlite3_close(store->catalog);
	store->catalog = NULL;
}

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

#define TEMPLATE_COLUMNS                                                                           \
	"SELECT id, commit_id, suite, architecture, created_usec, n_packages, n_bytes, "           \
	"build_usec,"                                                                              \
	" last_used_usec, n_uses, base, n_entries FROM template "

/* All rows of a statement that selects TEMPLATE_COLUMNS; finalizes it. */
static GPtrArray *read_templates(struct sbx_store *store, sqlite3_stmt *stmt, GError **error)
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
	return read_templates(store,
			      sbx_sql_prepare(store, error,
					      TEMPLATE_COLUMNS
					      "ORDER BY max(last_used_usec, created_usec) DESC, id",
					      ""),
			      error);
}

GPtrArray *sbx_catalog_templates_upper_first(struct sbx_store *store, GError **error)
{
	return read_templates(
		store, sbx_sql_prepare(store, error, TEMPLATE_COLUMNS "ORDER BY base IS NULL", ""),
		error);
}

struct sbx_template *sbx_catalog_template(struct sbx_store *store, const char *id, GError **error)
{
	g_autoptr(GPtrArray) rows = read_templates(
		store, sbx_sql_prepare(store, error, TEMPLATE_COLUMNS "WHERE id=?", "s", id),
		error);
	return rows && rows->len ? g_ptr_array_steal_index(rows, 0) : NULL;
}

static gboolean is_hex(const char *text)
{
	return *text && strspn(text, "0123456789abcdef") == strlen(text);
}

struct sbx_template *sbx_catalog_find(struct sbx_store *store, const char *what, GError **error)
{
	g_autoptr(GPtrArray) rows =
		read_templates(store,
			       sbx_sql_prepare(store, error,
					       TEMPLATE_COLUMNS
					       "WHERE id=(SELECT template FROM name WHERE name=?)",
					       "s", what),
			       error);
	if (!rows)
		return NULL;
	if (rows->len == 0 && is_hex(what) && strlen(what) >= 4) {
		g_autofree char *end = g_strdup_printf("%sg", what); /* 'g' sorts behind 'f' */
		g_ptr_array_unref(rows);
		rows = read_templates(store,
				      sbx_sql_prepare(store, error,
						      TEMPLATE_COLUMNS
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
