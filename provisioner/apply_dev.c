/* SPDX-License-Identifier: Apache-2.0 */
/* /dev, /proc, /sys and /tmp of a sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"

#define QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

int sbx_apply_PROC(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int at = sbx_mount_point_fixed(a, "proc", err);
	if (at < 0)
		return -1;
	a->proc_fd = sbx_mount_new("proc", NULL, QUIET, err);
	if (a->proc_fd < 0)
		return sbx_error_prefix(
			err, "/proc (in a container it must not be masked for this to work)");
	return sbx_mount_attach(a->proc_fd, at, "/proc", err);
}

/* Something of our own /proc, -1 when this kernel has it not. Nobody else can put links there. */
static int open_in_proc(const struct sbx_apply *a, const char *name, struct stat *out)
{
	SBX_CLEANUP_FD int fd = openat(a->proc_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, out) < 0)
		return -1;
	return sbx_steal_fd(&fd);
}

int sbx_apply_MASK(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct stat st;
	SBX_CLEANUP_FD int at = open_in_proc(a, op->target, &st);
	if (at < 0)
		return errno == ENOENT
			       ? 0
			       : sbx_fail_os(err, SBX_E_SANDBOX, errno, "/proc/%s", op->target);
	/* An empty folder over a folder, the null device over a file. */
	bool folder = S_ISDIR(st.st_mode);
	SBX_CLEANUP_FD int cover =
		sbx_mount_copy(AT_FDCWD, folder ? "empty" : "/dev/null",
			       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
				       (folder ? MOUNT_ATTR_NODEV : 0),
			       err);
	if (cover < 0)
		return -1;
	return sbx_mount_attach(cover, at, op->target, err);
}

int sbx_apply_READ_ONLY(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct stat st;
	SBX_CLEANUP_FD int at = open_in_proc(a, op->target, &st);
	if (at < 0)
		return errno == ENOENT
			       ? 0
			       : sbx_fail_os(err, SBX_E_SANDBOX, errno, "/proc/%s", op->target);
	SBX_CLEANUP_FD int copy = sbx_mount_copy(at, "", QUIET | MOUNT_ATTR_RDONLY, err);
	if (copy < 0)
		return -1;
	return sbx_mount_attach(copy, at, op->target, err);
}

static int attach_folder(int dfd, const char *staged, const char *name, uint64_t attributes,
			 struct sbx_error *err)
{
	if (mkdirat(dfd, name, 0755) < 0 && errno != EEXIST)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/%s", name);
	SBX_CLEANUP_FD int at = openat(dfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SBX_CLEANUP_FD int copy = sbx_mount_copy(AT_FDCWD, staged, attributes, err);
	if (copy < 0)
		return -1;
	return sbx_mount_attach(copy, at, name, err);
}

static int add_terminals(const struct sbx_apply *a, struct sbx_error *err)
{
	/* Group 5 is tty in every Debian; an ordinary user's sandbox has no such group. */
	const char *parameters[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
	if (a->plan->namespaces & CLONE_NEWUSER)
		parameters[4] = NULL;
	SBX_CLEANUP_FD int pts =
		sbx_mount_new("devpts", parameters, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (pts < 0)
		return -1;
	if (mkdirat(a->dev_fd, "pts", 0755) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/pts");
	SBX_CLEANUP_FD int at = openat(a->dev_fd, "pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return sbx_mount_attach(pts, at, "/dev/pts", err);
}

int sbx_apply_DEV(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
		{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
		{"ptmx", "pts/ptmx"},
	};
	SBX_CLEANUP_FD int at = sbx_mount_point_fixed(a, "dev", err);
	if (at < 0)
		return -1;
	a->dev_fd = sbx_mount_copy(AT_FDCWD, "dev", QUIET, err);
	if (a->dev_fd < 0 || sbx_mount_attach(a->dev_fd, at, "/dev", err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i].target, a->dev_fd, links[i].name) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/%s", links[i].name);
	if (attach_folder(a->dev_fd, "shm", "shm", QUIET, err) < 0)
		return -1;
	return add_terminals(a, err);
}

int sbx_apply_DEV_NODE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	char path[32];
	snprintf(path, sizeof(path), "/dev/%s", op->target);
	/* Read-only does not keep anyone from writing to a device, but from changing its mode. */
	SBX_CLEANUP_FD int copy = sbx_mount_copy(
		AT_FDCWD, path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (copy < 0)
		return -1;
	SBX_CLEANUP_FD int at = openat(a->dev_fd, op->target,
				       O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (at < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	return sbx_mount_attach(copy, at, path, err);
}

int sbx_apply_TMP(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int at = sbx_mount_point_fixed(a, op->target + 1, err);
	if (at < 0)
		return -1;
	SBX_CLEANUP_FD int copy =
		sbx_mount_copy(AT_FDCWD, op->source, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
	if (copy < 0)
		return -1;
	return sbx_mount_attach(copy, at, op->target, err);
}

int sbx_apply_SYS(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int at = sbx_mount_point_fixed(a, "sys", err);
	if (at < 0)
		return -1;
	SBX_CLEANUP_FD int sys = sbx_mount_new("sysfs", NULL, QUIET | MOUNT_ATTR_RDONLY, err);
	if (sys < 0 || sbx_mount_attach(sys, at, "/sys", err) < 0)
		return sbx_error_prefix(err, "--sys; it needs a network namespace of its own");
	SBX_CLEANUP_FD int firmware = openat(sys, "firmware", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (firmware < 0)
		return 0;
	SBX_CLEANUP_FD int cover =
		sbx_mount_copy(AT_FDCWD, "empty", QUIET | MOUNT_ATTR_RDONLY, err);
	if (cover < 0)
		return -1;
	return sbx_mount_attach(cover, firmware, "/sys/firmware", err);
}
