/* SPDX-License-Identifier: Apache-2.0 */
/* Templates that lie on others. */
#include <string.h>

#include "store/catalog.h"
#include "store/catalog_sql.h"

/* How many are compared: those that were used last. There is hardly one for each recipe. */
#define MOST_COMPARED "32"

/* The first column of all rows; NULL-ended. Finalizes the statement. */
static char **read_texts(struct sbx_store *store, sqlite3_stmt *stmt, GError **error)
{
	if (!stmt)
		return NULL;
	GPtrArray *texts = g_ptr_array_new();
	int step;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		g_ptr_array_add(texts, sbx_sql_text(stmt, 0));
	g_ptr_array_add(texts, NULL);
	g_auto(GStrv) list = (char **)g_ptr_array_free(texts, FALSE);
	if (step != SQLITE_DONE)
		sbx_sql_fail(store, error);
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE ? g_steal_pointer(&list) : NULL;
}

char **sbx_catalog_upper(struct sbx_store *store, const char *id, GError **error)
{
	return read_texts(store,
			  sbx_sql_prepare(store, error,
					  "SELECT id FROM template WHERE base=? ORDER BY id", "s",
					  id),
			  error);
}

gboolean sbx_catalog_set_whole(struct sbx_store *store, const char *id, guint64 n_entries,
			       GError **error)
{
	return sbx_sql_run(store,
			   sbx_sql_prepare(store, error,
					   "UPDATE template SET base=NULL, n_entries=? WHERE id=?",
					   "is", (gint64)n_entries, id),
			   error);
}

/* The refs of a template that count. */
static char **read_refs(struct sbx_store *store, const struct sbx_catalog_wish *wish,
			const char *id, GError **error)
{
	g_autofree char *end = g_strdup(wish->prefix);
	end[strlen(end) - 1]++;
	return read_texts(
		store,
		sbx_sql_prepare(
			store, error,
			"SELECT ref FROM template_ref WHERE template=? AND ref>=? AND ref<?", "sss",
			id, wish->prefix, end),
		error);
}

gboolean sbx_catalog_is_part(struct sbx_store *store, const char *id,
			     const struct sbx_catalog_wish *wish)
{
	g_auto(GStrv) refs = read_refs(store, wish, id, NULL);
	gboolean is_part = refs != NULL;
	for (char **ref = refs; is_part && *ref; ref++)
		is_part = g_strv_contains((const char *const *)wish->refs, *ref);
	return is_part;
}

/* Refs that only one of the two has. */
static gboolean count_differing(struct sbx_store *store, const struct sbx_catalog_wish *wish,
				GHashTable *wanted, const char *id, guint *out_n, GError **error)
{
	g_auto(GStrv) refs = read_refs(store, wish, id, error);
	guint n_same = 0, n = 0;
	for (; refs && refs[n]; n++)
		n_same += g_hash_table_contains(wanted, refs[n]);
	*out_n = n - n_same + g_hash_table_size(wanted) - n_same;
	return refs != NULL;
}

struct sbx_template *sbx_catalog_nearest(struct sbx_store *store,
					 const struct sbx_catalog_wish *wish, GError **error)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
	for (char **ref = wish->refs; *ref; ref++)
		if (g_str_has_prefix(*ref, wish->prefix))
			g_hash_table_add(wanted, *ref);
	g_auto(GStrv) ids = read_texts(
		store,
		sbx_sql_prepare(
			store, error,
			"SELECT id FROM template WHERE base IS NULL AND n_entries>=?"
			" AND id<>? AND id IN (SELECT template FROM template_ref WHERE ref=?)"
			" ORDER BY max(last_used_usec, created_usec) DESC LIMIT " MOST_COMPARED,
			"iss", (gint64)wish->least_entries, wish->except, wish->must),
		error);
	const char *nearest = NULL;
	guint least = G_MAXUINT;
	for (guint i = 0; ids && ids[i]; i++) {
		guint n = 0;
		if (!count_differing(store, wish, wanted, ids[i], &n, error))
			return NULL;
		if (n >= least)
			continue;
		least = n;
		nearest = ids[i];
	}
	return nearest ? sbx_catalog_template(store, nearest, error) : NULL;
}
