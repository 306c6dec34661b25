/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_PREPARE_H
#define SBX_BUILDER_RUN_PREPARE_H

#include "builder/context.h"
#include "builder/index/profile.h"
#include "store/store.h"

/* A task that is ready to run: its profile and the template that fits it. */
struct sbx_prepared {
	struct sbx_profile *profile;
	char *template_id;
	gboolean remembered; /* the catalog knew both: nothing was parsed, solved or built */
};
void sbx_prepared_release(struct sbx_prepared *task);

/* What to prepare; the rest is filled in as it becomes known. */
struct sbx_prepare_request {
	const char *path;
	gboolean allow_unresolved;
	struct sbx_profile **known; /* its profile, may be stolen; NULL in it: not known */
};

/*
 * Profile the task, resolve what it needs, find or build the template: or recall all that from the
 * catalog when neither the task's sources nor the index have changed. An unresolved need stops
 * it unless allow_unresolved. With ctx->verbose each stage says on stderr what it found.
 */
gboolean sbx_prepare_task(struct sbx_context *ctx, struct sbx_store *catalog, const char *path,
			  gboolean allow_unresolved, struct sbx_prepared *out_task, GError **error);

/*
 * The long way, for a task that the catalog does not know; it will know it afterwards. What
 * ctx->engine has for it.
 */
gboolean sbx_prepare_anew(struct sbx_context *ctx, struct sbx_store *catalog,
			  const struct sbx_prepare_request *request, struct sbx_prepared *out,
			  GError **error);

/* Stages for -v, on stderr. */
void sbx_prepare_say(struct sbx_context *ctx, const char *stage, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
void sbx_prepare_say_profile(struct sbx_context *ctx, const struct sbx_profile *profile,
			     gint64 usec);

#endif
