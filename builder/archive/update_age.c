/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/update.h"

/*
 * Signatures and Valid-Until do not keep a mirror (or whoever sits between) from serving
 * yesterday's archive, with yesterday's holes, to somebody who has seen today's. What we have seen
 * is in the indexes that we made, of whatever suites and architectures: no Release may be older
 * than that.
 */

/* Dates are ISO 8601 in UTC: they sort as text. */
static void add_newest(GHashTable *newest, const struct sbx_meta *meta)
{
	for (guint i = 0; i < meta->releases->len; i++) {
		const struct sbx_release *release = meta->releases->pdata[i];
		g_autofree char *key = g_strdup_printf("%s %s", release->uri, release->suite);
		const char *known = g_hash_table_lookup(newest, key);
		if (!known || strcmp(known, release->date) < 0)
			g_hash_table_insert(newest, g_steal_pointer(&key), g_strdup(release->date));
	}
}

static GHashTable *find_newest(const struct sbx_update *update)
{
	GHashTable *newest = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GDir) indexes = g_dir_open(update->base, 0, NULL);
	for (const char *name; indexes && (name = g_dir_read_name(indexes));) {
		g_autofree char *folder = g_build_filename(update->base, name, NULL);
		SBX_AUTO(sbx_meta) meta = sbx_meta_load(folder, NULL);
		if (meta)
			add_newest(newest, meta);
	}
	return newest;
}

gboolean sbx_update_check_age(struct sbx_update *update, GError **error)
{
	g_autoptr(GHashTable) newest = find_newest(update);
	for (guint i = 0; i < update->sources->len; i++) {
		const struct sbx_update_source *source = update->sources->pdata[i];
		g_autofree char *key =
			g_strdup_printf("%s %s", source->root, source->source->suite);
		g_autofree char *date = sbx_format_time(source->release->date);
		const char *known = g_hash_table_lookup(newest, key);
		if (!known || strcmp(date, known) >= 0)
			continue;
		if (!update->ctx->allow_older)
			return sbx_set_error(
				error, SBX_E_UNTRUSTED,
				"%s: is dated %s, but one of %s was there before; the "
				"mirror is behind or replays an old archive: try again, "
				"use another mirror, or go back with `update "
				"--allow-older`",
				source->where, date, known);
		sbx_progress_warn(update->ctx->progress,
				  "%s: is dated %s, older than the one of %s that was there",
				  source->where, date, known);
	}
	return TRUE;
}
