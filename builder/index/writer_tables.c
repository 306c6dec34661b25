/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/index/writer.h"

struct db {
	sqlite3 *handle;
	sqlite3_stmt *insert;
	const char *path;
};

static void db_close(struct db *db)
{
	sqlite3_finalize(db->insert);
	sqlite3_close(db->handle);
}
#define AUTO_DB __attribute__((cleanup(db_close))) struct db

static gboolean db_fail(const struct db *db, GError **error)
{
	int code = sqlite3_extended_errcode(db->handle);
	int os_errno = sqlite3_system_errno(db->handle);
	gboolean full = code == SQLITE_FULL || os_errno == ENOSPC || os_errno == EDQUOT;
	return sbx_set_error(error, full ? SBX_E_NO_SPACE : SBX_E_FAILED,
			     "%s: the provider index cannot be written: %s", db->path,
			     full ? "the disk is full" : sqlite3_errmsg(db->handle));
}

static gboolean db_exec(const struct db *db, const char *sql, GError **error)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || db_fail(db, error);
}

static gboolean db_prepare(struct db *db, const char *sql, GError **error)
{
	sqlite3_finalize(db->insert);
	db->insert = NULL;
	return sqlite3_prepare_v2(db->handle, sql, -1, &db->insert, NULL) == SQLITE_OK ||
	       db_fail(db, error);
}

static gboolean db_insert(const struct db *db, GError **error)
{
	if (sqlite3_step(db->insert) != SQLITE_DONE)
		return db_fail(db, error);
	sqlite3_reset(db->insert);
	return TRUE;
}

static void bind_text(const struct db *db, int column, const char *text)
{
	sqlite3_bind_text(db->insert, column, text, -1, SQLITE_STATIC);
}

/* The number of another package, or SBX_GRAPH_NONE. */
static void bind_number(const struct db *db, int column, guint32 number)
{
	if (number == SBX_GRAPH_NONE)
		sqlite3_bind_null(db->insert, column);
	else
		sqlite3_bind_int64(db->insert, column, number);
}

/* A part of an array of numbers as a blob. */
static void bind_numbers(const struct db *db, int column, const GArray *numbers, guint32 at,
			 guint32 n)
{
	/* A NULL pointer would make it an SQL NULL. */
	if (n == 0) {
		sqlite3_bind_zeroblob(db->insert, column, 0);
		return;
	}
	guint32 *copy = g_new(guint32, n);
	for (guint32 i = 0; i < n; i++)
		copy[i] = GUINT32_TO_LE(g_array_index(numbers, guint32, at + i));
	sqlite3_bind_blob(db->insert, column, copy, (int)n * 4, g_free);
}

static gboolean write_packages(struct db *db, const struct sbx_graph *graph, GError **error)
{
	if (!db_prepare(db, "INSERT INTO package VALUES(?,?,?,?,?,?,?,?,?,?,?)", error))
		return FALSE;
	for (guint32 i = 0; i < graph->nodes->len; i++) {
		const struct sbx_graph_node *node = sbx_graph_node(graph, i);
		if (!node->version)
			continue;
		sqlite3_bind_int64(db->insert, 1, i);
		bind_text(db, 2, node->name);
		bind_text(db, 3, node->section);
		sqlite3_bind_int(db->insert, 4, node->priority);
		sqlite3_bind_int64(db->insert, 5, node->n_reverse_depends);
		sqlite3_bind_int(db->insert, 6, node->in_base);
		bind_number(db, 7, node->front);
		bind_number(db, 8, node->stands_for);
		bind_numbers(db, 9, graph->depends, node->depends_at, node->n_depends);
		sqlite3_bind_int64(db->insert, 10, (gint64)node->installed_kib);
		bind_numbers(db, 11, graph->weak, node->weak_at, node->n_weak);
		if (!db_insert(db, error))
			return FALSE;
	}
	return TRUE;
}

/* A row's folder, while rows are sorted and written. */
static const struct sbx_index_folder *folder_of(const GArray *folders,
						const struct sbx_index_row *row)
{
	return &g_array_index(folders, struct sbx_index_folder, row->folder);
}

static const char *name_in(const GArray *folders, const struct sbx_index_row *row)
{
	gsize n = folder_of(folders, row)->n;
	return row->path + n + (row->path[n] == '/');
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct sbx_index_row *x = a, *y = b;
	const GArray *folders = data;
	guint32 m = folder_of(folders, x)->number, n = folder_of(folders, y)->number;
	if (m != n)
		return m < n ? -1 : 1;
	int order = strcmp(name_in(folders, x), name_in(folders, y));
	return order ? order : (x->package > y->package) - (x->package < y->package);
}

static int compare_folders(gconstpointer a, gconstpointer b)
{
	const struct sbx_index_folder *x = *(struct sbx_index_folder *const *)a;
	const struct sbx_index_folder *y = *(struct sbx_index_folder *const *)b;
	int order = memcmp(x->path, y->path, MIN(x->n, y->n));
	return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* They get their numbers by this. */
static gboolean write_folders(struct db *db, const GArray *folders, GError **error)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(folders->len);
	if (!db_prepare(db, "INSERT INTO folder VALUES(?,?)", error))
		return FALSE;
	for (guint i = 0; i < folders->len; i++)
		g_ptr_array_add(sorted, &g_array_index(folders, struct sbx_index_folder, i));
	g_ptr_array_sort(sorted, compare_folders);
	for (guint i = 0; i < sorted->len; i++) {
		struct sbx_index_folder *folder = sorted->pdata[i];
		folder->number = i + 1;
		sqlite3_bind_int64(db->insert, 1, folder->number);
		sqlite3_bind_text(db->insert, 2, folder->path, (int)folder->n, SQLITE_STATIC);
		if (!db_insert(db, error))
			return FALSE;
	}
	return TRUE;
}

struct tail {
	guint32 hash, folder;
};

static int compare_tails(gconstpointer a, gconstpointer b)
{
	const struct tail *x = a, *y = b;
	int order = (x->hash > y->hash) - (x->hash < y->hash);
	return order ? order : (x->folder > y->folder) - (x->folder < y->folder);
}

static gboolean write_tails(struct db *db, GArray *tails, GError **error)
{
	g_array_sort(tails, compare_tails);
	if (!db_prepare(db, "INSERT OR IGNORE INTO tail VALUES(?,?)", error))
		return FALSE;
	for (guint i = 0; i < tails->len; i++) {
		const struct tail *tail = &g_array_index(tails, struct tail, i);
		sqlite3_bind_int64(db->insert, 1, tail->hash);
		sqlite3_bind_int64(db->insert, 2, tail->folder);
		if (!db_insert(db, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean write_paths(struct db *db, const GArray *rows, GArray *folders, GArray *tails,
			    GError **error)
{
	struct tail tail = {0, 0};
	if (!db_prepare(db, "INSERT INTO path VALUES(?,?,?)", error))
		return FALSE;
	const struct sbx_index_row *before = NULL;
	for (guint i = 0; i < rows->len; i++) {
		const struct sbx_index_row *row = &g_array_index(rows, struct sbx_index_row, i);
		if (before && compare_rows(before, row, folders) == 0)
			continue; /* the same file in an update */
		before = row;
		tail.folder = folder_of(folders, row)->number;
		sqlite3_bind_int64(db->insert, 1, tail.folder);
		bind_text(db, 2, name_in(folders, row));
		sqlite3_bind_int64(db->insert, 3, row->package);
		if (!db_insert(db, error))
			return FALSE;
		tail.hash = sbx_index_hash(name_in(folders, row));
		if (row->is_deep)
			g_array_append_val(tails, tail);
	}
	return TRUE;
}

/* In the keys' order every page is filled once; the indexes are nearly sorted already. */
static gboolean write_rows(struct db *db, GArray *rows, GArray *folders, GError **error)
{
	g_autoptr(GArray) tails = g_array_new(FALSE, FALSE, sizeof(struct tail));
	if (!write_folders(db, folders, error))
		return FALSE;
	g_array_sort_with_data(rows, compare_rows, folders);
	return write_paths(db, rows, folders, tails, error) && write_tails(db, tails, error);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const struct sbx_index_name *x = a, *y = b;
	int order = strcmp(x->key, y->key);
	if (!order)
		order = (x->package > y->package) - (x->package < y->package);
	return order ? order : strcmp(x->path, y->path);
}

static gboolean write_names(struct db *db, GArray *names, GError **error)
{
	g_array_sort(names, compare_names);
	if (!db_prepare(db, "INSERT INTO name VALUES(?,?,?)", error))
		return FALSE;
	const struct sbx_index_name *before = NULL;
	for (guint i = 0; i < names->len; i++) {
		const struct sbx_index_name *name = &g_array_index(names, struct sbx_index_name, i);
		if (before && before->package == name->package &&
		    g_str_equal(before->key, name->key))
			continue; /* one file of its metadata is enough */
		before = name;
		bind_text(db, 1, name->key);
		sqlite3_bind_int64(db->insert, 2, name->package);
		bind_text(db, 3, name->path);
		if (!db_insert(db, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean write_roots(struct db *db, GPtrArray *roots, GError **error)
{
	if (!db_prepare(db, "INSERT INTO root VALUES(?,?,?)", error))
		return FALSE;
	for (guint i = 0; i < roots->len; i++) {
		const struct sbx_index_root *root = roots->pdata[i];
		GHashTableIter iter;
		gpointer folder, n;
		g_hash_table_iter_init(&iter, root->folders);
		while (g_hash_table_iter_next(&iter, &folder, &n)) {
			bind_text(db, 1, root->pattern);
			bind_text(db, 2, folder);
			sqlite3_bind_int64(db->insert, 3, GPOINTER_TO_UINT(n));
			if (!db_insert(db, error))
				return FALSE;
		}
	}
	return TRUE;
}

static guint64 base_kib(const struct sbx_graph *graph)
{
	guint64 kib = 0;
	for (guint32 i = 0; i < graph->nodes->len; i++)
		if (sbx_graph_node(graph, i)->in_base)
			kib += sbx_graph_node(graph, i)->installed_kib;
	return kib;
}

static gboolean write_meta(struct db *db, const struct sbx_graph *graph,
			   const struct sbx_language *const *languages, GError **error)
{
	g_autofree char *rules = sbx_providers_rules_id(languages);
	if (!db_prepare(db, "INSERT INTO meta VALUES(?,?)", error))
		return FALSE;
	bind_text(db, 1, "rules");
	bind_text(db, 2, rules);
	if (!db_insert(db, error))
		return FALSE;
	bind_text(db, 1, "base_kib");
	sqlite3_bind_int64(db->insert, 2, (gint64)base_kib(graph));
	return db_insert(db, error);
}

static gboolean write_tables(struct sbx_provider_writer *w, GError **error)
{
	AUTO_DB db = {.path = w->path};
	if (sqlite3_open_v2(w->path, &db.handle,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return db_fail(&db, error);
	/* Nobody sees the file before it is whole and synced: no journal, no sync on the way. */
	return db_exec(&db,
		       "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;"
		       "PRAGMA locking_mode=EXCLUSIVE; PRAGMA "
		       "cache_size=-65536;" SBX_PROVIDERS_SCHEMA "BEGIN",
		       error) &&
	       write_packages(&db, w->graph, error) &&
	       write_rows(&db, w->rows, w->folders, error) && write_names(&db, w->names, error) &&
	       write_roots(&db, w->roots, error) &&
	       write_meta(&db, w->graph, w->languages, error) &&
	       db_exec(&db,
		       "CREATE UNIQUE INDEX package_name ON package(name);"
		       "CREATE UNIQUE INDEX folder_path ON folder(path); COMMIT",
		       error);
}

gboolean sbx_provider_writer_finish(struct sbx_provider_writer *w, GError **error)
{
	if (g_unlink(w->path) < 0 && errno != ENOENT)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", w->path);
	sbx_graph_finish(w->graph);
	if (!write_tables(w, error))
		return FALSE;
	SBX_CLEANUP_FD int fd = open(w->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", w->path);
	return TRUE;
}
