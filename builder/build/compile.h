/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_COMPILE_H
#define SBX_BUILDER_BUILD_COMPILE_H

#include "builder/build/build_report.h"
#include "builder/build/compiler.h"
#include "builder/build/compose.h"
#include "builder/context.h"

/*
 * Byte-compile Python modules natively, as py3compile(1) and the interpreter's own packages would
 * with their scripts, but once per package version: the result is kept as a commit
 * pyc/<name>/<version>/<arch>/<interpreter> and laid over every later template's tree.
 */
struct sbx_compile;

/*
 * Which units hold modules, by which interpreter (found in the merged tree), and which of them
 * are compiled already. `root` NULL: nothing is compiled. Never fails for want of Python: then
 * there is nothing to do.
 */
struct sbx_compile *sbx_compile_plan(struct sbx_store *store, GPtrArray *units,
				     struct sbx_tree *root, GError **error);
void sbx_compile_free(struct sbx_compile *compile);
SBX_DEFINE_AUTO(sbx_compile, sbx_compile_free)

/* How many packages still have to be compiled. */
guint sbx_compile_n_missing(const struct sbx_compile *compile);

/* The interpreter of a tree: "python3.11"; NULL when there is none. */
char *sbx_compile_interpreter(struct sbx_tree *root);

/*
 * Can a compiler that was started over another template, whose tree is `other` and all of whose
 * packages are in this one, do the work? Its interpreter must be that of `root`; then the modules
 * to be compiled are put in `sources`. *out_can tells.
 */
gboolean sbx_compile_lay_out(struct sbx_compile *compile, struct sbx_tree *root,
			     struct sbx_tree *other, const char *sources, gboolean *out_can,
			     GError **error);

/*
 * Have what is missing compiled; results are left in files below the compiler's folder. May run in
 * another thread than the rest of the build.
 */
gboolean sbx_compile_run(struct sbx_compile *compile, struct sbx_context *ctx,
			 struct sbx_compiler *compiler, struct sbx_build_report *report,
			 GError **error);

/* Take the results from the folder `out` into the store, in the running transaction. */
gboolean sbx_compile_import(struct sbx_compile *compile, const char *out, GCancellable *cancellable,
			    GError **error);

/* Lay the modules that were compiled before this build over the tree; those that it compiled. */
gboolean sbx_compile_apply(struct sbx_compile *compile, struct sbx_tree *root, GError **error);
gboolean sbx_compile_apply_new(struct sbx_compile *compile, struct sbx_tree *root, GError **error);

/* Add the refs of all units' compiled modules (newly allocated strings). */
void sbx_compile_add_refs(const struct sbx_compile *compile, GPtrArray *refs);

#endif
