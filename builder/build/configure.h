/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_CONFIGURE_H
#define SBX_BUILDER_BUILD_CONFIGURE_H

#include "builder/build/compose.h"
#include "builder/context.h"

/*
 * Run the maintainer scripts of units[first...] over a checked-out tree in which all packages are
 * unpacked and dpkg's database is in place: every preinst, then every postinst, in the units'
 * order, then `postinst triggered` until no trigger is pending. What they change lands in
 * `layer`/upper.
 */
struct sbx_configure {
	const char *provisioner;
	const char *root;  /* the checked-out tree */
	const char *layer; /* becomes the overlay's upper and work */
	const char *work;  /* an empty folder for logs and stand-ins */
	const GPtrArray *units;
	guint first;	       /* units before it are configured already */
	gboolean only_preinst; /* for builder/build/diversions.h */
	guint n_scripts_run;   /* result */
};

/*
 * SBX_E_SCRIPT names package, version, script, its status and its last line, and where its whole
 * output is. A script that prints nothing for five minutes counts as hung and fails as well.
 */
gboolean sbx_configure_run(struct sbx_configure *configure, struct sbx_context *ctx,
			   const char *phase, GError **error);

/* Relative paths that are mount points while scripts run, NULL-ended: never part of a delta. */
const char *const *sbx_configure_mount_points(void);

#endif
