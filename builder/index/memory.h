/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_MEMORY_H
#define SBX_BUILDER_INDEX_MEMORY_H

#include "builder/archive/archive.h"
#include "builder/index/profile.h"
#include "store/store.h"

/*
 * What the catalog remembers of tasks. A profile is found again by all that decides it: the names
 * and bytes of the task's sources and the languages' rules (the content id), the index's suite,
 * architecture and generation, what the site prefers (providers.d), and the code that makes
 * profiles of these. When one of them changes, the task is another one; nothing is ever out of
 * date.
 */
struct sbx_known {
	char *content_id;	     /* of the task's sources; always there */
	struct sbx_profile *profile; /* NULL: not known */
	char *template_id;	     /* NULL: it was not run yet, or the template is gone */
};
void sbx_known_release(struct sbx_known *known);

/*
 * Look the task up. `archive` NULL: no index yet, so nothing is known; `catalog` NULL: no memory.
 * Fails when the task cannot be read, so that nobody waits for an index first.
 */
gboolean sbx_memory_recall(struct sbx_context *ctx, struct sbx_store *catalog,
			   const struct sbx_archive *archive, const char *path,
			   struct sbx_known *out_known, GError **error);

/* template_id NULL: none yet. */
gboolean sbx_memory_keep(struct sbx_context *ctx, struct sbx_store *catalog,
			 const struct sbx_profile *profile, const char *template_id,
			 GError **error);

/* A task's profile: what is known, else made anew and remembered. `catalog` as above. */
struct sbx_profile *sbx_memory_profile(struct sbx_context *ctx, struct sbx_store *catalog,
				       const char *path, GError **error);

#endif
