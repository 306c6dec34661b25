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
