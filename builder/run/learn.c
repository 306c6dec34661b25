/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/learn.h"

#include <math.h>

#define MOST 4 /* times the usual limit */

static gboolean add_footprint(GArray *costs, struct sbx_store *catalog,
			      const struct sbx_profile *profile, const struct sbx_need *need,
			      GError **error)
{
	struct sbx_footprint footprint = {.package = need->provider,
					  .architecture = profile->architecture,
					  .language = need->language,
					  .module = need->name};
	gboolean found;
	if (!sbx_catalog_find_footprint(catalog, &footprint, &found, error))
		return FALSE;
	struct sbx_import_cost cost = {
		.peak_bytes = (guint64)footprint.peak_bytes,
		.bare_peak_bytes = (guint64)footprint.bare_peak_bytes,
		.wall_usec = footprint.wall_usec,
		.bare_wall_usec = footprint.bare_wall_usec,
	};
	if (found)
		g_array_append_val(costs, cost);
	return TRUE;
}

static gboolean learn_imports(struct sbx_profile *profile, struct sbx_store *catalog,
			      GError **error)
{
	g_autoptr(GArray) costs = g_array_new(FALSE, FALSE, sizeof(struct sbx_import_cost));
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (need->kind == SBX_FACT_MODULE && need->status == SBX_NEED_PACKAGE &&
		    !add_footprint(costs, catalog, profile, need, error))
			return FALSE;
	}
	sbx_resources_add_imports(&profile->resources, costs);
	return TRUE;
}

gboolean sbx_learn_resources(struct sbx_profile *profile, struct sbx_store *catalog, GError **error)
{
	if (!learn_imports(profile, catalog, error))
		return FALSE;
	g_autoptr(GArray) uses = sbx_catalog_uses_of(catalog, profile->content_id, error);
	if (!uses)
		return FALSE;
	g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(struct sbx_run_cost));
	for (guint i = 0; i < uses->len; i++) {
		const struct sbx_use_cost *use = &g_array_index(uses, struct sbx_use_cost, i);
		struct sbx_run_cost run = {
			.peak_bytes = (guint64)use->peak_bytes,
			.wall_usec = use->wall_usec,
			.cpu_usec = use->cpu_usec,
			.ended = use->ended,
		};
		g_array_append_val(runs, run);
	}
	sbx_resources_add_history(&profile->resources, runs);
	return TRUE;
}

char *sbx_learn_limit(const struct sbx_profile *profile, enum sbx_resource which, double usual)
{
	double high = profile->resources.of[which].high;
	return high > usual ? g_strdup_printf("%.0f", ceil(MIN(high, MOST * usual))) : NULL;
}
