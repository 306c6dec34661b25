/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_NATIVE_NATIVE_H
#define SBX_BUILDER_BUILD_NATIVE_NATIVE_H

#include "builder/build/trace.h"

/*
 * Do what a maintainer script would do, without running it, when all of it is of a kind that is
 * understood: what debhelper generates for alternatives, systemd units, Python modules, obsolete
 * conffiles, triggers, shells. The result is what running it gives, byte for byte; a script for
 * which that is not certain (any other command, a state of the tree that is out of the ordinary)
 * is left to be run. docs/build.md has the list.
 *
 * TRUE with *out_trace NULL: it has to be run, and *out_reason (a constant) says why. Objects are
 * written in the running transaction; the tree is left as it is.
 */
gboolean sbx_native_run(struct sbx_store *store, struct sbx_tree *tree, const struct sbx_step *step,
			struct sbx_trace **out_trace, const char **out_reason,
			GCancellable *cancellable, GError **error);

#endif
