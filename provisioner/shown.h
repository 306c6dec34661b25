/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SHOWN_H
#define SBX_PROVISIONER_SHOWN_H

#include "provisioner/plan.h"
#include "provisioner/source.h"

/*
 * What of the host a sandbox shows, made out here: a copy of the mounts at and below what an
 * operation names, attached nowhere, in which the ids of a user namespace are mapped. It becomes
 * the sandbox's when its first process attaches it (sbx_mount_from_host()); until then closing the
 * last descriptor of it takes a grace period of the kernel.
 */

/* Is that an operation for which there can be a copy? */
bool sbx_shown_is_of(enum sbx_op_kind kind);

/*
 * Make it. SBX_E_UNSUPPORTED: the kernel, or the file system, cannot map ids. Anything else is what
 * opening it came to.
 */
int sbx_shown_open(const struct sbx_options *options, const struct sbx_op *op, int userns_fd,
		   struct sbx_error *err);

/* What the names of a template, and of the rest, are opened below. */
struct sbx_source_base sbx_shown_base(const struct sbx_options *options, enum sbx_op_kind kind);

#endif
