/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_COLLECT_H
#define SBX_BUILDER_RUN_COLLECT_H

#include "builder/context.h"

/*
 * Copy what a task left below `from` into `to` (made when missing): regular files and folders
 * only, with plain modes (0644 or 0755) and the caller as owner. Links, devices and set-id bits are
 * the task's tricks: links and special files are passed over with a warning. A file of the same
 * name is replaced, atomically. *out_n_files counts.
 */
gboolean sbx_collect(struct sbx_context *ctx, const char *from, const char *to, guint *out_n_files,
		     GError **error);

#endif
