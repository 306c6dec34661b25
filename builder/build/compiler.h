/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_COMPILER_H
#define SBX_BUILDER_BUILD_COMPILER_H

#include "builder/context.h"

/*
 * An interpreter in a sandbox that compiles modules (bytecompile.py). To start it takes longer than
 * a small package's modules do, so it may be started before it is known what there is to compile.
 */
struct sbx_compiler;

struct sbx_compiler_how {
	struct sbx_context *ctx;
	const char *provisioner;
	const char *interpreter; /* "python3.11", in usr/bin */
	const char *root, *base; /* as of struct sbx_sandbox; read while it runs */
	const char *work;	 /* is made: seen at /run/sbx; results come to out/ */
	const char *layer;	 /* is made: scratch */
	const char *sources;	 /* where inside the modules' paths begin: "" or below /run/sbx */
};
#define SBX_COMPILER_SOURCES "src" /* a folder in `work` that they may be put in */

/* `how` is copied, but for ctx. */
struct sbx_compiler *sbx_compiler_start(const struct sbx_compiler_how *how, GError **error);

/*
 * Hand over all work, in lines for bytecompile.py, and wait for the end. What the compiler prints
 * goes to `line` by the line. *out_stderr is newly allocated. FALSE: it could not be run, or was
 * cancelled.
 */
gboolean sbx_compiler_finish(struct sbx_compiler *compiler, const GString *work,
			     void (*line)(const char *line, gpointer data), gpointer data,
			     int *out_status, char **out_stderr, GError **error);

/* Ends it; without work it does nothing. */
void sbx_compiler_free(struct sbx_compiler *compiler);

#endif
