/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RECIPE_PREBUILD_H
#define SBX_BUILDER_RECIPE_PREBUILD_H

#include "builder/recipe/make.h"

/* A recipe that is to be made, and what became of it. */
struct sbx_prebuilt {
	const struct sbx_recipe *recipe;
	struct sbx_recipe_result result;
	GError *failure; /* NULL: it was made */
};
void sbx_prebuilt_free(struct sbx_prebuilt *one);

/* Called as each ends, one at a time, in any order. */
typedef void (*sbx_prebuilt_func)(const struct sbx_prebuilt *one, gpointer data);

/*
 * Make the recipes of `list` (struct sbx_prebuilt *), n_jobs at once. One that fails does not keep
 * the others from being made; a full disk or an interruption does. Returns how many failed.
 */
guint sbx_prebuild(struct sbx_context *ctx, GPtrArray *list, guint n_jobs, sbx_prebuilt_func func,
		   gpointer data);

#endif
