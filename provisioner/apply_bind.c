/* SPDX-License-Identifier: Apache-2.0 */
/* What of the host is shown inside. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"

static bool holds_proc(const struct stat *source)
{
	struct stat root;
	return stat("/", &root) == 0 && root.st_dev == source->st_dev &&
	       root.st_ino == source->st_ino;
}

static int bind(struct sbx_apply *a, const struct sbx_op *op, uint64_t attributes,
		struct sbx_error *err)
{
	/* Opened once: what was looked at is what gets mounted. */
	SBX_CLEANUP_FD int source = sbx_mount_given(a, op);
	if (source < 0)
		source = sbx_source_open(&a->sources, op->source, O_PATH, err);
	struct stat st;
	if (source < 0 || fstat(source, &st) < 0)
		return sbx_error_prefix(err, "--%s", sbx_op_name(op->kind));
	const bool is_folder = S_ISDIR(st.st_mode);
	/* Over it lies the staging area, with what the sandbox must not write to in other ways. */
	if (is_folder && holds_proc(&st))
		return sbx_fail(err, SBX_E_USAGE,
				"--%s %s: the host's /proc is in it, of which nothing can be "
				"handed in; name the folders that are needed",
				sbx_op_name(op->kind), op->source);
	SBX_CLEANUP_FD int target =
		sbx_mount_point(a, op->target, is_folder ? SBX_NODE_FOLDER : SBX_NODE_FILE, err);
	/* A folder is only taken for a folder there already, see sbx_mount_point(). */
	if (target >= 0 && !is_folder && fstat(target, &st) == 0 && S_ISDIR(st.st_mode))
		return sbx_fail(err, SBX_E_USAGE,
				"--%s %s: is a file, but %s is a folder inside; name the file "
				"there, too",
				sbx_op_name(op->kind), op->source, op->target);
	SBX_CLEANUP_FD int copy =
		target < 0 ? -1 : sbx_mount_from_host(a, op, source, attributes, target, "", err);
	return copy < 0 ? sbx_error_prefix(err, "--%s %s", sbx_op_name(op->kind), op->source) : 0;
}

int sbx_apply_BIND(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	return bind(a, op, 0, err);
}

int sbx_apply_RO_BIND(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	return bind(a, op, MOUNT_ATTR_RDONLY, err);
}

/* Folders of the staging tmpfs for one more overlay, the source bound to the first. */
static int stage_overlay(const struct sbx_apply *a, const struct sbx_op *op, int source_fd,
			 char names[4][16], unsigned n, struct sbx_error *err)
{
	static const char *const stems[4] = {"lower", "upper", "work", "root"};
	for (int i = 0; i < 4; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%u", stems[i], n);
		if (mkdir(names[i], 0755) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging folder %s",
					   names[i]);
	}
	SBX_CLEANUP_FD int lower =
		sbx_mount_from_host(a, op, source_fd, MOUNT_ATTR_RDONLY, AT_FDCWD, names[0], err);
	return lower < 0 ? -1 : sbx_mount_copy_mode(names[0], names[1], err);
}

int sbx_apply_OVERLAY(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int source = sbx_mount_given(a, op);
	if (source < 0)
		source = sbx_source_open(&a->sources, op->source, O_PATH | O_DIRECTORY, err);
	if (source < 0)
		return sbx_error_prefix(err, "--overlay");
	char names[4][16], data[160];
	if (stage_overlay(a, op, source, names, ++a->n_overlays, err) < 0)
		return sbx_error_prefix(err, "--overlay %s", op->source);
	snprintf(
		data, sizeof(data),
		"lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=nofollow,metacopy=off,index=off%s",
		names[0], names[1], names[2], a->overlay_flags);
	if (syscall(SYS_mount, "sbx", names[3], "overlay", MS_NOSUID | MS_NODEV, data) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--overlay %s", op->source);
	SBX_CLEANUP_FD int target = sbx_mount_point(a, op->target, SBX_NODE_FOLDER, err);
	SBX_CLEANUP_FD int copy =
		target < 0 ? -1 : sbx_mount_bind(a, AT_FDCWD, names[3], 0, target, "", err);
	return copy < 0 ? sbx_error_prefix(err, "--overlay %s", op->source) : 0;
}
