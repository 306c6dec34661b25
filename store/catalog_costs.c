/* SPDX-License-Identifier: Apache-2.0 */
/* What runs and imports took: uses of templates, footprints of modules. */
#include "store/catalog.h"
#include "store/catalog_sql.h"

#define MAX_USES 100 /* of a task; older ones say less than these */

gboolean sbx_catalog_record_use(struct sbx_store *store, const struct sbx_use *use, GError **error)
{
	return sbx_sql_run(
		       store,
		       sbx_sql_prepare(
			       store, error,
			       "INSERT INTO use(template, task, started_usec, wall_usec, cpu_usec,"
			       " peak_bytes, exit_status, reason, content_id)"
			       " VALUES(?,?,?,?,?,?,?,?,?)",
			       "ssiiiiiss", use->template_id, use->task, use->started_usec,
			       use->wall_usec, use->cpu_usec, use->peak_bytes,
			       (gint64)use->exit_status, use->reason, use->content_id),
		       error) &&
	       sbx_sql_run(store,
			   sbx_sql_prepare(store, error,
					   "UPDATE template SET n_uses=n_uses+1, "
					   "last_used_usec=max(?,last_used_usec)"
					   " WHERE id=?",
					   "is", use->started_usec, use->template_id),
			   error);
}

GArray *sbx_catalog_uses_of(struct sbx_store *store, const char *content_id, GError **error)
{
	g_autoptr(GArray) uses = g_array_new(FALSE, TRUE, sizeof(struct sbx_use_cost));
	sqlite3_stmt *stmt =
		sbx_sql_prepare(store, error,
				"SELECT wall_usec, cpu_usec, peak_bytes, reason = 'exited' FROM use"
				" WHERE content_id=? AND reason IN ('exited', 'timed-out', 'oom')"
				" ORDER BY started_usec DESC LIMIT ?",
				"si", content_id, (gint64)MAX_USES);
	if (!stmt)
		return NULL;
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct sbx_use_cost use = {
			.wall_usec = sqlite3_column_int64(stmt, 0),
			.cpu_usec = sqlite3_column_int64(stmt, 1),
			.peak_bytes = sqlite3_column_int64(stmt, 2),
			.ended = sqlite3_column_int(stmt, 3) != 0,
		};
		g_array_append_val(uses, use);
	}
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE ? g_steal_pointer(&uses) : NULL;
}

gboolean sbx_catalog_add_footprint(struct sbx_store *store, const struct sbx_footprint *f,
				   GError **error)
{
	return sbx_sql_run(
		store,
		sbx_sql_prepare(store, error,
				"INSERT OR REPLACE INTO footprint(package, version, architecture,"
				" language, module, peak_bytes, bare_peak_bytes, wall_usec,"
				" bare_wall_usec, n_runs, measured_usec)"
				" VALUES(?,?,?,?,?,?,?,?,?,?,?)",
				"sssssiiiiii", f->package, f->version, f->architecture, f->language,
				f->module, f->peak_bytes, f->bare_peak_bytes, f->wall_usec,
				f->bare_wall_usec, (gint64)f->n_runs, f->measured_usec),
		error);
}

gboolean sbx_catalog_find_footprint(struct sbx_store *store, struct sbx_footprint *f,
				    gboolean *out_found, GError **error)
{
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error,
		"SELECT peak_bytes, bare_peak_bytes, wall_usec, bare_wall_usec, n_runs,"
		" measured_usec FROM footprint WHERE language=? AND module=? AND package=?"
		" AND architecture=? AND (?5 IS NULL OR version=?5)"
		" ORDER BY measured_usec DESC LIMIT 1",
		"sssss", f->language, f->module, f->package, f->architecture, f->version);
	if (!stmt)
		return FALSE;
	int step = sqlite3_step(stmt);
	*out_found = step == SQLITE_ROW;
	if (*out_found) {
		f->peak_bytes = sqlite3_column_int64(stmt, 0);
		f->bare_peak_bytes = sqlite3_column_int64(stmt, 1);
		f->wall_usec = sqlite3_column_int64(stmt, 2);
		f->bare_wall_usec = sqlite3_column_int64(stmt, 3);
		f->n_runs = (guint)sqlite3_column_int64(stmt, 4);
		f->measured_usec = sqlite3_column_int64(stmt, 5);
	} else if (step != SQLITE_DONE) {
		sbx_sql_fail(store, error);
	}
	sqlite3_finalize(stmt);
	return step == SQLITE_ROW || step == SQLITE_DONE;
}

GPtrArray *sbx_catalog_profiles_of(struct sbx_store *store, const char *template_id, GError **error)
{
	g_autoptr(GPtrArray) profiles = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *stmt = sbx_sql_prepare(
		store, error, "SELECT profile FROM task WHERE template=? ORDER BY key", "s",
		template_id);
	if (!stmt)
		return NULL;
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		g_ptr_array_add(profiles, sbx_sql_text(stmt, 0));
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE ? g_steal_pointer(&profiles) : NULL;
}
