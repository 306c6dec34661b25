/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RECIPE_RECIPE_H
#define SBX_BUILDER_RECIPE_RECIPE_H

#include "builder/context.h"
#include "builder/resolve/content.h"

/*
 * A recipe: a named template to prebuild (docs/recipes.md has the format). Its name is the file's,
 * and the template's.
 */
struct sbx_recipe {
	char *name, *path; /* of the file; no path: it was made up, for a template without one */
	char *description, *category;
	char *suite; /* NULL: the host's */
	char **packages;
	gboolean recommends;
	struct sbx_content content;
	/* The smoke test. */
	char *command;	   /* of /bin/sh -c */
	char *output;	   /* a regular expression that its output must match; NULL: anything */
	char *posture;	   /* of `sbx-provision run --policy` */
	guint timeout_sec; /* from 1 */
};
void sbx_recipe_free(struct sbx_recipe *recipe);
SBX_DEFINE_AUTO(sbx_recipe, sbx_recipe_free)

/*
 * Read a recipe's text. SBX_E_INPUT names `path`, the line or key, and what is wrong with it: a key
 * or section that is not known, a value of another form, one that must be there and is not.
 */
struct sbx_recipe *sbx_recipe_parse(const char *text, gsize n_bytes, const char *path,
				    GError **error);

/*
 * The folders where recipes are looked for, the first wins: $SBX_ROOT/recipes, /etc/sbx/recipes,
 * those that came with the program ($SBX_RECIPES, else beside it). NULL-ended, newly allocated.
 */
char **sbx_recipe_folders(struct sbx_context *ctx);

/*
 * All recipes (struct sbx_recipe *) by name. One that cannot be read is an error: a site's mistake
 * is not to be passed over.
 */
GPtrArray *sbx_recipe_load_all(struct sbx_context *ctx, GError **error);

/* The recipe of a name, or of a path when there is a slash in it. SBX_E_NOT_FOUND lists the names.
 */
struct sbx_recipe *sbx_recipe_load(struct sbx_context *ctx, const char *name, GError **error);

#endif
