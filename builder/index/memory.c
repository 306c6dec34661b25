/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/memory.h"

#include <string.h>

#include "builder/index/preferences.h"
#include "store/catalog.h"
#include "store/template.h"

/* SHA-256 over the sources of builder/index/ and profiler/, made by CMake. */
extern const char sbx_profile_code[];

void sbx_known_release(struct sbx_known *known)
{
	g_clear_pointer(&known->content_id, g_free);
	g_clear_pointer(&known->profile, sbx_profile_free);
	g_clear_pointer(&known->template_id, g_free);
}

static char *make_key(struct sbx_context *ctx, const char *suite, const char *architecture,
		      const char *generation, const char *content_id, GError **error)
{
	SBX_AUTO(sbx_preferences) preferences = sbx_preferences_load(ctx->root, error);
	if (!preferences)
		return NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *const parts[] = {SBX_PROFILE_FORMAT,
				     sbx_profile_code,
				     suite,
				     architecture,
				     generation,
				     content_id,
				     sbx_preferences_digest(preferences)};
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
		g_checksum_update(sum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
	return g_strdup(g_checksum_get_string(sum));
}

gboolean sbx_memory_recall(struct sbx_context *ctx, struct sbx_store *catalog,
			   const struct sbx_archive *archive, const char *path,
			   struct sbx_known *out_known, GError **error)
{
	__attribute__((cleanup(sbx_facts_release))) struct sbx_facts facts = {0};
	__attribute__((cleanup(sbx_known_release))) struct sbx_known known = {0};
	struct sbx_error failed = SBX_ERROR_INIT;
	if (sbx_facts_identify(&facts, path, &failed) < 0)
		return sbx_set_error_from(error, &failed);
	known.content_id = g_strdup(facts.content_id);
	if (archive && catalog) {
		g_autofree char *key = make_key(ctx, archive->suite, archive->architecture,
						archive->generation, facts.content_id, error);
		g_autofree char *json = NULL;
		if (!key ||
		    !sbx_catalog_recall_task(catalog, key, &json, &known.template_id, error))
			return FALSE;
		/* What cannot be read is made again, and replaced. */
		if (json)
			known.profile = sbx_profile_from_json(json, -1, "catalog.db", NULL);
		if (!known.profile)
			g_clear_pointer(&known.template_id, g_free);
	}
	if (known.profile) {
		/* The same sources elsewhere are the same task at another place. */
		g_free(known.profile->folder);
		known.profile->folder = g_strdup(facts.folder);
	}
	if (known.template_id && !sbx_template_is_present(catalog, known.template_id))
		g_clear_pointer(&known.template_id, g_free);
	*out_known = known;
	known = (struct sbx_known){0};
	return TRUE;
}

gboolean sbx_memory_keep(struct sbx_context *ctx, struct sbx_store *catalog,
			 const struct sbx_profile *profile, const char *template_id, GError **error)
{
	g_autofree char *key = make_key(ctx, profile->suite, profile->architecture,
					profile->generation, profile->content_id, error);
	g_autofree char *json = key ? sbx_profile_to_json(profile) : NULL;
	return json && sbx_catalog_remember_task(catalog, key, json, template_id, error);
}

struct sbx_profile *sbx_memory_profile(struct sbx_context *ctx, struct sbx_store *catalog,
				       const char *path, GError **error)
{
	SBX_AUTO(sbx_archive) archive = sbx_archive_open(ctx, NULL);
	__attribute__((cleanup(sbx_known_release))) struct sbx_known known = {0};
	if (!sbx_memory_recall(ctx, catalog, archive, path, &known, error))
		return NULL;
	if (known.profile)
		return g_steal_pointer(&known.profile);
	if (!archive && !(archive = sbx_archive_open_or_update(ctx, error)))
		return NULL;
	struct sbx_profile *profile = sbx_profile_task(ctx, archive, path, error);
	if (profile && catalog)
		sbx_memory_keep(ctx, catalog, profile, NULL, NULL);
	return profile;
}
