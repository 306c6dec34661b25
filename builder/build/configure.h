/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_CONFIGURE_H
#define SBX_BUILDER_BUILD_CONFIGURE_H

#include "builder/build/build_report.h"
#include "builder/build/compose.h"
#include "builder/build/workroot.h"
#include "builder/context.h"

/* How a script that must not run, or does not end, is treated. */
struct sbx_script_options {
	guint seconds;	      /* a script that runs longer has failed; 0: the default */
	gboolean keep_failed; /* leave the tree as it was when a script failed, to look inside */
};

/*
 * Run the maintainer scripts of units[first...] over a tree in which all packages are unpacked and
 * dpkg's database is in place: every preinst, then every postinst, in the units' order, then
 * `postinst triggered` until no trigger is pending. A script whose trace is kept (trace.h) is
 * replayed instead of run; that of one that runs is kept. All in the running transaction.
 */
struct sbx_configure {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const char *provisioner;
	const char *work;  /* an empty folder for logs, layers and stand-ins */
	const char *phase; /* what progress calls it */
	struct sbx_workroot *root;
	const struct sbx_lock *lock;
	const GPtrArray *units;
	guint first;				  /* units before it are configured already */
	gboolean only_preinst;			  /* for builder/build/diversions.h */
	const struct sbx_script_options *options; /* NULL: defaults */
	struct sbx_build_report *report;	  /* NULL: none */
	/* Results. */
	guint n_run, n_replayed;
	GPtrArray *refs; /* of all traces that it used or kept; the caller's, may be NULL */
};

/*
 * SBX_E_SCRIPT names package, version, script, its status and how its output ends, and how to go
 * on. So it does of a script that takes longer than the limit.
 */
gboolean sbx_configure_run(struct sbx_configure *configure, GError **error);

#endif
