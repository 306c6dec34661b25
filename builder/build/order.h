/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_ORDER_H
#define SBX_BUILDER_BUILD_ORDER_H

#include <glib.h>

/* What ordering needs to know of a package; the strings are the caller's. */
struct sbx_order_package {
	const char *name, *version;
	const char *pre_depends, *depends; /* field texts; depends includes pre_depends */
	const char *provides;
	gboolean essential;
};

/*
 * The order in which to unpack and configure: whatever a package depends on comes before it,
 * Pre-Depends first, cycles broken where the walk meets them, Essential packages before others,
 * ties by name. Returns n indexes into `packages`, newly allocated. The same packages in any order
 * of the array give the same sequence of names.
 */
guint *sbx_order_packages(const struct sbx_order_package *packages, guint n);

#endif
