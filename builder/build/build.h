/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_BUILD_H
#define SBX_BUILDER_BUILD_BUILD_H

#include "builder/archive/archive.h"
#include "builder/build/build_report.h"
#include "builder/build/configure.h"
#include "builder/resolve/lock.h"
#include "store/store.h"

struct sbx_build_result {
	char *id;	    /* the template's */
	gboolean was_there; /* answered from the catalog */
	guint n_packages, n_fetched;
	gint64 usec; /* how long it took */
};
void sbx_build_result_clear(struct sbx_build_result *result);

/* What does not change the template. */
struct sbx_build_options {
	struct sbx_script_options scripts;
	struct sbx_build_report *report; /* filled; NULL: none */
	/*
	 * Called when the new template stands in its place, before it is synced: it can be tried
	 * meanwhile, but counts once the build has succeeded. Not for one that was there. NULL:
	 * none.
	 */
	void (*placed)(const char *id, gpointer data);
	gpointer data;
};

/* Can maintainer scripts of this architecture run here? SBX_E_UNSUPPORTED. */
gboolean sbx_build_check_architecture(const char *architecture, GError **error);

/*
 * Make the template of a lock: fetch and import what is missing, compose, configure, compile,
 * commit, check out, publish. Two processes that build the same lock: one builds, the other waits
 * and uses what it made. `archive` may be NULL when every package is in the store already. A crash
 * or an error at any point leaves nothing that a later build could trip over; what was fetched and
 * imported stays. `options` may be NULL.
 */
gboolean sbx_build_template(struct sbx_context *ctx, struct sbx_store *store,
			    const struct sbx_archive *archive, const struct sbx_lock *lock,
			    const struct sbx_build_options *options,
			    struct sbx_build_result *out_result, GError **error);

#endif
