/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RECIPE_MAKE_H
#define SBX_BUILDER_RECIPE_MAKE_H

#include "builder/archive/archive.h"
#include "builder/recipe/recipe.h"
#include "builder/resolve/lock.h"
#include "store/store.h"

/* What became of a recipe. */
struct sbx_recipe_result {
	char *id;	    /* of its template */
	char *former_id;    /* what the name pointed at before, when that is another; NULL */
	gboolean was_there; /* the template, not the name */
	guint n_packages, n_fetched;
	gint64 resolve_usec, build_usec, test_usec;
};
void sbx_recipe_result_release(struct sbx_recipe_result *result);

/*
 * The lock of a recipe, by the index of its suite: that of the recipe, unless the context names
 * one. `out_archive` is the index, the caller's.
 */
struct sbx_lock *sbx_recipe_lock(struct sbx_context *ctx, const struct sbx_recipe *recipe,
				 struct sbx_archive **out_archive, GError **error);

/*
 * Resolve, build, run the smoke test, and only then point the name at the template. A failure at
 * any stage leaves the name where it was.
 */
gboolean sbx_recipe_make(struct sbx_context *ctx, struct sbx_store *store,
			 const struct sbx_recipe *recipe, struct sbx_recipe_result *out,
			 GError **error);

/* The same, of a lock that was made for it. */
gboolean sbx_recipe_make_lock(struct sbx_context *ctx, struct sbx_store *store,
			      const struct sbx_recipe *recipe, const struct sbx_archive *archive,
			      const struct sbx_lock *lock, struct sbx_recipe_result *out,
			      GError **error);

/*
 * Run the smoke test in a sandbox on a template, held to the recipe's posture. SBX_E_FAILED with
 * the end of its output when it fails, SBX_E_TIMED_OUT when it takes too long.
 */
gboolean sbx_recipe_test(struct sbx_context *ctx, struct sbx_store *store,
			 const struct sbx_recipe *recipe, const char *template_id, GError **error);

#endif
