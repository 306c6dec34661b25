/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_BASE_LAYER_H
#define SBX_BUILDER_BUILD_BASE_LAYER_H

#include "builder/build/compose.h"
#include "builder/build/configure.h"
#include "builder/build/delta.h"
#include "builder/context.h"

/*
 * Every template begins with the same base packages (Essential and what they depend on), and they
 * are configured first and alone: what that changes is a delta, kept under base/<key>, with the
 * key over the packages' names, versions, architectures and checksums. So it is done once per base,
 * while the rest is still being fetched, and laid over every later template.
 */
struct sbx_base_layer;

struct sbx_base_layer_how {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const struct sbx_lock *lock;
	const char *provisioner;
	const char *work; /* a folder for scratch */
	const struct sbx_script_options *options;
	struct sbx_build_report *report;
};

/*
 * Begin to make the layer in a thread, unless the store has it. The base packages must be in the
 * store; what `how` points to is used until the layer is freed.
 */
struct sbx_base_layer *sbx_base_layer_start(const struct sbx_base_layer_how *how, GError **error);
/* Waits for the thread. */
void sbx_base_layer_free(struct sbx_base_layer *layer);
SBX_DEFINE_AUTO(sbx_base_layer, sbx_base_layer_free)

/* Wait until it is there. The caller frees the delta; that of a lock without base packages is
 * empty.
 */
struct sbx_delta *sbx_base_layer_finish(struct sbx_base_layer *layer, GError **error);

/* The ref of a lock's base layer, newly allocated; NULL when it has no base packages. */
char *sbx_base_layer_ref(const struct sbx_lock *lock);

#endif
