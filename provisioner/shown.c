/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/shown.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/ids.h"

bool sbx_shown_is_of(enum sbx_op_kind kind)
{
	return kind == SBX_OP_STAGING || kind == SBX_OP_BASE || kind == SBX_OP_BIND ||
	       kind == SBX_OP_RO_BIND || kind == SBX_OP_OVERLAY;
}

struct sbx_source_base sbx_shown_base(const struct sbx_options *o, enum sbx_op_kind kind)
{
	if (kind != SBX_OP_STAGING && kind != SBX_OP_BASE)
		return (struct sbx_source_base){.root = o->source_root, .shared = o->shared};
	/* A name is one of ours. */
	return (struct sbx_source_base){
		.shared = strchr(o->template, '/') ? o->shared_template : NULL,
	};
}

int sbx_shown_open(const struct sbx_options *o, const struct sbx_op *op, int userns_fd,
		   struct sbx_error *err)
{
	const struct sbx_source_base base = sbx_shown_base(o, op->kind);
	bool is_file_too = op->kind == SBX_OP_BIND || op->kind == SBX_OP_RO_BIND;
	bool is_writable = op->kind == SBX_OP_BIND || op->kind == SBX_OP_LAYER;
	SBX_CLEANUP_FD int fd =
		sbx_source_open(&base, op->source, O_PATH | (is_file_too ? 0 : O_DIRECTORY), err);
	if (fd < 0)
		return -1;
	return sbx_ids_copy(userns_fd, fd, FROM_HOST | (is_writable ? 0 : MOUNT_ATTR_RDONLY),
			    op->source, err);
}
