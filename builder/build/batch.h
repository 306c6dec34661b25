/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_BATCH_H
#define SBX_BUILDER_BUILD_BATCH_H

#include "builder/build/trace.h"

/*
 * What scripts ask for again and again, and is done once, when all have run: fc-cache looks at all
 * fonts each time, and then sleeps for two seconds, so that no cache is as old as its folder. What
 * stands before it (builder/build/fc-cache.sh), or the native command, sets off a trigger of ours
 * instead, which is kept in traces as others are. What is done then is a step like a script, with
 * a trace: of which fonts, settings and libraries there were. So it is replayed where these are the
 * same.
 */
#define SBX_BATCH_FONTS	  "sbx-fonts" /* the trigger */
#define SBX_BATCH_PROGRAM "usr/bin/fc-cache"

/* Are these arguments ones for which the caches of all fonts will do? */
gboolean sbx_batch_takes(char **argv);

/* The step, FALSE when no package has the program. Its arguments are the caller's. */
gboolean sbx_batch_step(const GPtrArray *units, struct sbx_step *out_step);

#endif
