/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/provenance.h"

#include <unistd.h>

#include "base/json.h"

/* Where and when the packages were found: of a template that is older, of its first build. */
static void write_releases(struct sbx_json *json, const struct sbx_lock *lock)
{
	sbx_json_begin_array(json, "releases");
	for (guint i = 0; i < lock->releases->len; i++) {
		const struct sbx_lock_release *release = lock->releases->pdata[i];
		sbx_json_begin_object(json, NULL);
		sbx_json_string(json, "origin", release->origin);
		sbx_json_string(json, "date", release->date);
		sbx_json_string(json, "sha256", release->sha256);
		sbx_json_end_object(json);
	}
	sbx_json_end_array(json);
}

char *sbx_provenance_json(const struct sbx_store *store, const struct sbx_lock *lock,
			  const char *id, const char *commit, gint64 now_usec)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(now_usec / G_USEC_PER_SEC);
	g_autofree char *created = g_date_time_format_iso8601(when);
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_json writer = {.out = &text, .pretty = TRUE}, *json = &writer;
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "id", id);
	sbx_json_string(json, "commit", commit);
	sbx_json_string(json, "created", created);
	sbx_json_string(json, "builder", "sbx-build " SBX_VERSION);
	sbx_json_bool(json, "rootless", store->rootless);
	sbx_json_string(json, "ids", sbx_store_ids(store));
	sbx_json_int(json, "uid", store->has_idmap ? store->idmap.uid : (int64_t)geteuid());
	sbx_json_string(json, "host", g_get_host_name());
	write_releases(json, lock);
	sbx_json_end_object(json);
	return g_strdup(text.data);
}
