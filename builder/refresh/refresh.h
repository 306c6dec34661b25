/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_REFRESH_REFRESH_H
#define SBX_BUILDER_REFRESH_REFRESH_H

#include "builder/recipe/recipe.h"
#include "builder/resolve/fresh.h"
#include "store/store.h"

/* X(id, name) */
#define SBX_REFRESH_TABLE(X)                                                                       \
	X(FRESH, "fresh") /* nothing younger in the index */                                       \
	X(STALE,                                                                                   \
	  "stale") /* holds packages that would be younger now, or its recipe has changed */       \
	X(REFRESHED, "refreshed") /* the name stands for a new template now */                     \
	X(HELD, "held")		  /* there are younger ones, its own bounds keep them out */       \
	X(FAILED, "failed")	  /* the name stands for the old template still */
enum sbx_refresh_status {
#define X(id, name) SBX_REFRESH_##id,
	SBX_REFRESH_TABLE(X)
#undef X
};
const char *sbx_refresh_status_name(enum sbx_refresh_status status);

/* A name and its template, or a template without a name. */
struct sbx_refresh {
	char *name;		      /* NULL: none; such a template is told of, and left alone */
	char *old_id;		      /* what it stands for */
	char *new_id;		      /* once it was built; NULL */
	char *suite;		      /* that packages are chosen from now */
	struct sbx_lock *lock, *next; /* and the one that would be made now */
	struct sbx_recipe *recipe;    /* that it was made from; NULL */
	gboolean is_of_recipe; /* whatever the recipe says now, the name is to stand for it */
	gboolean
		has_changed; /* it, or the suite, leads to another template, and nothing is newer */
	GPtrArray *newer;    /* struct sbx_newer *, pointing into `lock` */
	GPtrArray *stuck;    /* char *: sentences about what its neighbours do not let go */
	guint n_security;
	enum sbx_refresh_status status;
	GError *failure;
};
void sbx_refresh_free(struct sbx_refresh *item);

/*
 * Choose the packages of templates anew, with the indexes of their suites as they are (`sbx-build
 * update` brings the newest): from the recipe of that name when it says what the lock does, else
 * from the lock, within its own bounds. `names`: ids or names, NULL-ended; empty: all. With
 * ctx->suite those that are named go on in that suite, and of all only those that are of it are
 * looked at. Returns
 * struct sbx_refresh *, the ones without a name last. One whose suite has no index, or that cannot
 * be chosen any more, is FAILED.
 */
GPtrArray *sbx_refresh_look(struct sbx_context *ctx, struct sbx_store *store,
			    const char *const *names, GError **error);

/*
 * Build what was chosen for a stale one. The name moves once the recipe's smoke test (or `dpkg
 * --audit`, where there is none) has passed; the old template stays until gc finds it unused. What
 * became of it is told in `item`.
 */
void sbx_refresh_renew(struct sbx_context *ctx, struct sbx_store *store, struct sbx_refresh *item);

#endif
