/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_SCRIPT_H
#define SBX_BUILDER_BUILD_SCRIPT_H

#include "builder/build/configure.h"

/*
 * Run one maintainer script in a sandbox of its own, over the checked-out tree, watched by
 * sbx-observe. Its changes are made to tree and checkout, and its trace is kept. Used by
 * configure.c alone.
 */
struct sbx_script_runner;

struct sbx_script_runner *sbx_script_runner_new(struct sbx_configure *configure);
void sbx_script_runner_free(struct sbx_script_runner *runner);
SBX_DEFINE_AUTO(sbx_script_runner, sbx_script_runner_free)

/* What decides how a script runs, besides script and tree: part of a trace's key. */
const char *sbx_script_runner_how(const struct sbx_script_runner *runner);

/*
 * The trace is kept under `key`. `reason`, why none was replayed (NULL: there is none), is for the
 * report. The triggers that the script set off go to *out_triggers.
 */
gboolean sbx_script_run(struct sbx_script_runner *runner, const struct sbx_step *step,
			const char *key, const char *reason, char ***out_triggers, GError **error);

#endif
