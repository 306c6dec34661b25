/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_STAND_INS_H
#define SBX_BUILDER_BUILD_STAND_INS_H

#include "store/tree.h"

/*
 * What maintainer scripts find in the place of some of the template's programs. Some are needed:
 * no service is started, and what py3compile does is done for all packages at once
 * (builder/build/compile.c). Others do the same as the template's, faster.
 */
enum sbx_stand_ins { SBX_STAND_INS_NEEDED, SBX_STAND_INS_ALL };

/* Relative to the root; it is there while scripts run, and not of the template. */
#define SBX_STAND_INS_POLICY "usr/sbin/policy-rc.d"

/* Which there are, as words for the key of a trace. A constant. */
const char *sbx_stand_ins_describe(enum sbx_stand_ins which);

/*
 * Write them to the folder that is bound at /run/sbx. Returns "SRC:DST" of each over a file of the
 * tree (struct sbx_sandbox), NULL-ended, or NULL with the error set.
 */
GPtrArray *sbx_stand_ins_make(struct sbx_store *store, struct sbx_tree *tree, const char *work,
			      enum sbx_stand_ins which, GError **error);

#endif
