/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_VERBS_VERBS_H
#define SBX_BUILDER_VERBS_VERBS_H

#include "builder/command.h"

/* One verb, one file: verb_<name>.c defines the function and the option table named here. */
#define SBX_VERBS(X)                                                                               \
	X(run)                                                                                     \
	X(profile)                                                                                 \
	X(resolve)                                                                                 \
	X(lock)                                                                                    \
	X(build)                                                                                   \
	X(update)                                                                                  \
	X(ls) X(show) X(rm) X(gc) X(fsck) X(measure) X(prebuild) X(recipes) X(match) X(refresh)
#define X(verb)                                                                                    \
	int sbx_verb_##verb(struct sbx_context *ctx, int argc, char **argv, GError **error);       \
	extern const GOptionEntry sbx_verb_##verb##_options[];
SBX_VERBS(X)
#undef X

#endif
