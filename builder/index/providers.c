/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/index.h"

static const char *const queries[SBX_N_QUERIES] = {
	[SBX_QUERY_FOLDER] = "SELECT id FROM folder WHERE path = ?",
	[SBX_QUERY_PATH] = "SELECT name, package FROM path WHERE folder = ? AND name = ?",
	[SBX_QUERY_RANGE] = "SELECT name, package FROM path WHERE folder = ? AND name >= ?"
			    " AND name < ?",
	[SBX_QUERY_ALL] = "SELECT name, package FROM path WHERE folder = ?",
	[SBX_QUERY_BELOW] = "SELECT f.path || '/' || p.name, p.package FROM folder f"
			    " JOIN path p ON p.folder = f.id WHERE f.path >= ? AND f.path < ?",
	[SBX_QUERY_SHIPPERS] = "SELECT DISTINCT package FROM path WHERE folder IN"
			       " (SELECT id FROM folder WHERE path = ? OR path >= ? AND path < ?)",
	[SBX_QUERY_TAIL] = "SELECT f.path || '/' || p.name, p.package FROM tail t"
			   " JOIN folder f ON f.id = t.folder"
			   " JOIN path p ON p.folder = t.folder AND p.name = ?"
			   " WHERE t.hash = ?",
	[SBX_QUERY_PACKAGE] = "SELECT name, section, priority, n_reverse_depends, in_base, front,"
			      " stands_for, depends, installed_kib, weak FROM package WHERE id = ?",
	[SBX_QUERY_NAME] = "SELECT id FROM package WHERE name = ?",
	[SBX_QUERY_BASE] = "SELECT value FROM meta WHERE key = 'base_kib'",
	[SBX_QUERY_NAMED] = "SELECT path, package FROM name WHERE key = ?",
	[SBX_QUERY_ROOT] =
		"SELECT folder FROM root WHERE pattern = ? ORDER BY n_paths DESC, folder",
};

static gboolean db_fail(const struct sbx_providers *p, GError **error)
{
	int code = p->db ? sqlite3_errcode(p->db) : SQLITE_NOMEM;
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR)
		return sbx_set_error(
			error, SBX_E_DAMAGED,
			"%s: the provider index is damaged (%s); remove its folder and "
			"run `sbx-build update`",
			p->path, sqlite3_errmsg(p->db));
	return sbx_set_error(error, SBX_E_FAILED, "%s: the provider index cannot be read: %s",
			     p->path, sqlite3_errmsg(p->db));
}

static void package_free(gpointer data)
{
	struct sbx_index_package *package = data;
	g_free(package->name);
	g_free(package->section);
	g_free(package->depends);
	g_free(package->weak);
	g_free(package);
}

static void language_free(gpointer data)
{
	struct sbx_index_language *language = data;
	g_ptr_array_unref(language->modules);
	g_ptr_array_unref(language->commands);
	g_ptr_array_unref(language->scoped);
	for (guint i = 0; i < SBX_N_FACT_KINDS; i++)
		g_ptr_array_unref(language->kinds[i]);
	g_ptr_array_unref(language->link);
	g_hash_table_unref(language->interpreter);
	g_free(language);
}

void sbx_providers_free(struct sbx_providers *p)
{
	if (!p)
		return;
	for (guint i = 0; i < SBX_N_QUERIES; i++)
		sqlite3_finalize(p->queries[i]);
	sqlite3_close(p->db);
	g_hash_table_unref(p->packages);
	g_hash_table_unref(p->languages);
	g_hash_table_unref(p->roots);
	g_free(p->path);
	g_free(p);
}

static gboolean check_rules(struct sbx_providers *p, const struct sbx_language *const *languages,
			    GError **error)
{
	sqlite3_stmt *query = NULL;
	if (sqlite3_prepare_v2(p->db, "SELECT value FROM meta WHERE key = 'rules'", -1, &query,
			       NULL) != SQLITE_OK)
		return db_fail(p, error);
	g_autofree char *ours = sbx_providers_rules_id(languages);
	gboolean same = sqlite3_step(query) == SQLITE_ROW &&
			g_strcmp0((const char *)sqlite3_column_text(query, 0), ours) == 0;
	sqlite3_finalize(query);
	return same ||
	       sbx_set_error(error, SBX_E_NOT_FOUND,
			     "%s: the provider index was made by another version of sbx-build; "
			     "run `sbx-build update`",
			     p->path);
}

struct sbx_providers *sbx_providers_open_for(const char *path,
					     const struct sbx_language *const *languages,
					     GError **error)
{
	SBX_AUTO(sbx_providers) p = g_new0(struct sbx_providers, 1);
	p->path = g_strdup(path);
	p->packages = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, package_free);
	p->languages = g_hash_table_new_full(NULL, NULL, NULL, language_free);
	p->roots =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "%s: there is no provider index; run `sbx-build update`", path);
		return NULL;
	}
	/* immutable: no locks and no look for a journal, since a finished index never changes. */
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	g_autofree char *escaped = g_uri_escape_string(absolute, "/", FALSE);
	g_autofree char *uri = g_strconcat("file:", escaped, "?immutable=1", NULL);
	if (sqlite3_open_v2(uri, &p->db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK ||
	    sqlite3_exec(p->db, "PRAGMA mmap_size=1073741824", NULL, NULL, NULL) != SQLITE_OK) {
		db_fail(p, error);
		return NULL;
	}
	return check_rules(p, languages, error) ? g_steal_pointer(&p) : NULL;
}

struct sbx_providers *sbx_providers_open(const char *path, GError **error)
{
	return sbx_providers_open_for(path, sbx_languages(), error);
}

sqlite3_stmt *sbx_index_query(struct sbx_providers *p, enum sbx_index_query which, GError **error)
{
	sqlite3_stmt **at = &p->queries[which];
	if (*at) {
		sqlite3_reset(*at);
		return *at;
	}
	if (sqlite3_prepare_v3(p->db, queries[which], -1, SQLITE_PREPARE_PERSISTENT, at, NULL) !=
	    SQLITE_OK)
		db_fail(p, error);
	return *at;
}

gboolean sbx_index_step(const struct sbx_providers *p, sqlite3_stmt *q, GError **error)
{
	int result = sqlite3_step(q);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		db_fail(p, error);
	return result == SQLITE_ROW;
}

static gint64 column_number(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, column);
}

const struct sbx_index_package *sbx_index_get_package(struct sbx_providers *p, gint64 id,
						      GError **error)
{
	struct sbx_index_package *package = g_hash_table_lookup(p->packages, &id);
	if (package)
		return package;
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_PACKAGE, error);
	if (!q)
		return NULL;
	sqlite3_bind_int64(q, 1, id);
	if (!sbx_index_step(p, q, error)) {
		sbx_set_error(error, SBX_E_DAMAGED,
			      "%s: the provider index is damaged (no package %" G_GINT64_FORMAT
			      "); remove its folder and run `sbx-build update`",
			      p->path, id);
		return NULL;
	}
	package = g_new0(struct sbx_index_package, 1);
	package->id = id;
	package->name = g_strdup((const char *)sqlite3_column_text(q, 0));
	package->section = g_strdup((const char *)sqlite3_column_text(q, 1));
	package->priority = sqlite3_column_int(q, 2);
	package->n_reverse_depends = (guint)sqlite3_column_int64(q, 3);
	package->in_base = sqlite3_column_int(q, 4) != 0;
	package->front = column_number(q, 5);
	package->stands_for = column_number(q, 6);
	package->n_depends = (gsize)sqlite3_column_bytes(q, 7) / sizeof(guint32);
	package->depends =
		g_memdup2(sqlite3_column_blob(q, 7), package->n_depends * sizeof(guint32));
	package->installed_kib = (guint64)sqlite3_column_int64(q, 8);
	package->n_weak = (gsize)sqlite3_column_bytes(q, 9) / sizeof(guint32);
	package->weak = g_memdup2(sqlite3_column_blob(q, 9), package->n_weak * sizeof(guint32));
	g_hash_table_insert(p->packages, &package->id, package);
	return package;
}

int sbx_index_find_package(struct sbx_providers *p, const char *name, gint64 *out_id,
			   GError **error)
{
	g_autoptr(GError) local = NULL;
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_NAME, error);
	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, name, -1, SQLITE_TRANSIENT);
	gboolean found = sbx_index_step(p, q, &local);
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return -1;
	}
	if (found)
		*out_id = sqlite3_column_int64(q, 0);
	return found;
}

gboolean sbx_providers_add_closure(struct sbx_providers *p, const char *package, GHashTable *set,
				   GError **error)
{
	gint64 id;
	int found = sbx_index_find_package(p, package, &id, error);
	if (found <= 0)
		return found == 0;
	g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_array_append_val(todo, id);
	while (todo->len) {
		id = g_array_index(todo, gint64, todo->len - 1);
		g_array_set_size(todo, todo->len - 1);
		const struct sbx_index_package *next = sbx_index_get_package(p, id, error);
		if (!next)
			return FALSE;
		if (!g_hash_table_add(set, g_strdup(next->name)))
			continue;
		for (gsize i = 0; i < next->n_depends; i++) {
			gint64 other = GUINT32_FROM_LE(next->depends[i]);
			g_array_append_val(todo, other);
		}
	}
	return TRUE;
}

static gboolean add_templates(const struct sbx_language *language, enum sbx_fact_kind kind,
			      const char *const *texts, GPtrArray *out, GError **error)
{
	for (; texts && *texts; texts++) {
		struct sbx_template *t = sbx_template_new_for(language, kind, *texts, error);
		if (!t)
			return FALSE;
		g_ptr_array_add(out, t);
	}
	return TRUE;
}

static gboolean fill_kinds(struct sbx_index_language *l, const struct sbx_language *language,
			   GError **error)
{
	for (enum sbx_fact_kind kind = 0; language->kinds && kind < SBX_N_FACT_KINDS; kind++) {
		const struct sbx_kind_paths *k = &language->kinds[kind];
		if (k->owner && (!add_templates(k->owner, kind, k->paths, l->kinds[kind], error) ||
				 !add_templates(k->owner, kind, k->link, l->link, error)))
			return FALSE;
	}
	return TRUE;
}

static gboolean fill_interpreter(struct sbx_providers *p, struct sbx_index_language *l,
				 const struct sbx_language *language, GError **error)
{
	if (language->interpreter && *language->interpreter &&
	    !sbx_providers_add_closure(p, language->interpreter, l->interpreter, error))
		return FALSE;
	for (const char *const *c = language->companions; c && *c; c++)
		if (!sbx_providers_add_closure(p, *c, l->interpreter, error))
			return FALSE;
	return TRUE;
}

static gboolean fill_language(struct sbx_providers *p, struct sbx_index_language *l,
			      const struct sbx_language *language, GError **error)
{
	const struct sbx_scoped_path *scoped = language->scoped_module_paths;
	for (; scoped && scoped->prefix; scoped++) {
		const char *const texts[] = {scoped->template, NULL};
		if (!add_templates(language, SBX_FACT_MODULE, texts, l->scoped, error))
			return FALSE;
	}
	return add_templates(language, SBX_FACT_MODULE, language->module_paths, l->modules,
			     error) &&
	       add_templates(language, SBX_FACT_COMMAND, language->command_paths, l->commands,
			     error) &&
	       fill_kinds(l, language, error) && fill_interpreter(p, l, language, error);
}

struct sbx_index_language *
sbx_index_get_language(struct sbx_providers *p, const struct sbx_language *language, GError **error)
{
	struct sbx_index_language *l = g_hash_table_lookup(p->languages, language);
	if (l)
		return l;
	GDestroyNotify destroy = (GDestroyNotify)sbx_template_free;
	l = g_new0(struct sbx_index_language, 1);
	l->modules = g_ptr_array_new_with_free_func(destroy);
	l->commands = g_ptr_array_new_with_free_func(destroy);
	l->scoped = g_ptr_array_new_with_free_func(destroy);
	for (guint i = 0; i < SBX_N_FACT_KINDS; i++)
		l->kinds[i] = g_ptr_array_new_with_free_func(destroy);
	l->link = g_ptr_array_new_with_free_func(destroy);
	l->interpreter = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!fill_language(p, l, language, error)) {
		language_free(l);
		return NULL;
	}
	g_hash_table_insert(p->languages, (gpointer)language, l);
	return l;
}

char **sbx_index_get_folders(struct sbx_providers *p, const char *pattern, GError **error)
{
	char **known = g_hash_table_lookup(p->roots, pattern);
	if (known)
		return known;
	g_autoptr(GError) local = NULL;
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_ROOT, error);
	if (!q)
		return NULL;
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);
	sqlite3_bind_text(q, 1, pattern, -1, SQLITE_TRANSIENT);
	while (sbx_index_step(p, q, &local))
		g_ptr_array_add(folders, g_strdup((const char *)sqlite3_column_text(q, 0)));
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	g_ptr_array_add(folders, NULL);
	known = (char **)g_ptr_array_steal(folders, NULL);
	g_hash_table_insert(p->roots, g_strdup(pattern), known);
	return known;
}

/* The packages of a set that are not in every system anyway. */
static gboolean add_sizes(struct sbx_providers *p, GHashTable *set, guint64 *kib, GError **error)
{
	GHashTableIter iter;
	gpointer name;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		gint64 id;
		int found = sbx_index_find_package(p, name, &id, error);
		const struct sbx_index_package *package =
			found > 0 ? sbx_index_get_package(p, id, error) : NULL;
		if (found < 0 || (found > 0 && !package))
			return FALSE;
		if (package && !package->in_base)
			*kib += package->installed_kib;
	}
	return TRUE;
}

gboolean sbx_providers_installed_size(struct sbx_providers *p, char *const *packages,
				      guint64 *out_bytes, GError **error)
{
	g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) local = NULL;
	sqlite3_stmt *q = sbx_index_query(p, SBX_QUERY_BASE, error);
	if (!q)
		return FALSE;
	guint64 kib = sbx_index_step(p, q, &local) ? (guint64)sqlite3_column_int64(q, 0) : 0;
	sqlite3_reset(q);
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FALSE;
	}
	for (; packages && *packages; packages++)
		if (!sbx_providers_add_closure(p, *packages, set, error))
			return FALSE;
	if (!add_sizes(p, set, &kib, error))
		return FALSE;
	*out_bytes = kib * 1024;
	return TRUE;
}
