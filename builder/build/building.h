/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_BUILDING_H
#define SBX_BUILDER_BUILD_BUILDING_H

#include "builder/build/build.h"
#include "builder/build/compile.h"
#include "builder/build/supply.h"

/* Private to build.c and build_publish.c: a build on its way. */
struct sbx_building {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const struct sbx_lock *lock;
	const struct sbx_build_options *options;
	struct sbx_build_report *report;
	char *id, *work, *provisioner;
	GPtrArray *units;
	struct sbx_tree *tree;
	struct sbx_supply *supply;
	struct sbx_transaction transaction;
	struct sbx_stack *stack;  /* what the checkout lies on, if that is worth it */
	struct sbx_workroot root; /* the checkout */
	struct sbx_compile *compile;
	struct sbx_compiler *compiler; /* once it is started */
	GPtrArray *refs;	       /* of the scripts' traces */
	char *commit;
	gint64 began_usec;
	GError *compile_failure;
	gboolean keep_work;
};

/* The time since *began goes to a stage, but for that of checking out, which is one of its own. */
void sbx_build_end_stage(struct sbx_building *b, enum sbx_stage stage, gint64 *began);

/* What was configured and compiled becomes part of the tree, the store and the checkout. */
gboolean sbx_build_commit(struct sbx_building *b, GError **error);

/* It becomes a template: all of it is on the disk before the refs and the catalog name it. */
gboolean sbx_build_publish(struct sbx_building *b, GError **error);

#endif
