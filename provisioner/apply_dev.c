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
	return sbx_mount_attach(a->proc_fd, at, "", err);
}

/*
 * Names in our own /proc are followed nowhere: nobody else can have put anything there. What this
 * kernel has not needs no cover.
 */
int sbx_apply_MASK(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct stat st;
	if (fstatat(a->proc_fd, op->target, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			       ? 0
			       : sbx_fail_os(err, SBX_E_SANDBOX, errno, "/proc/%s", op->target);
	/* An empty folder over a folder, the null device over a file. */
	bool folder = S_ISDIR(st.st_mode);
	int *first = &a->cover_fd[folder];
	/* What is mounted already is copied as it is, attributes and all. */
	SBX_CLEANUP_FD int cover =
		*first >= 0
			? sbx_mount_bind(a, *first, "", 0, a->proc_fd, op->target, err)
			: sbx_mount_bind(a, AT_FDCWD, folder ? "empty" : "/dev/null",
					 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
						 (folder ? MOUNT_ATTR_NODEV : 0),
					 a->proc_fd, op->target, err);
	if (cover < 0)
		return -1;
	if (*first < 0)
		*first = sbx_steal_fd(&cover);
	return 0;
}

int sbx_apply_READ_ONLY(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct sbx_error first = SBX_ERROR_INIT;
	SBX_CLEANUP_FD int copy =
		sbx_mount_bind(a, a->proc_fd, op->target, QUIET | MOUNT_ATTR_RDONLY, a->proc_fd,
			       op->target, &first);
	return copy >= 0 || first.os_errno == ENOENT ? 0 : sbx_error_propagate(err, &first);
}

static int add_shared_memory(const struct sbx_apply *a, struct sbx_error *err)
{
	if (mkdirat(a->dev_fd, "shm", 0755) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/shm");
	SBX_CLEANUP_FD int copy = sbx_mount_bind(a, AT_FDCWD, "shm", QUIET, a->dev_fd, "shm", err);
	return copy < 0 ? -1 : 0;
}

static int add_terminals(const struct sbx_apply *a, struct sbx_error *err)
{
	/*
	 * Group 5 is tty in every Debian; an ordinary user's sandbox has no such group. Terminals
	 * are counted for the whole host.
	 */
	char group[16];
	const char *parameters[] = {"ptmxmode", "0666", "mode", "0620", "max",
				    "64",	"gid",	group,	NULL};
	snprintf(group, sizeof(group), "%u", a->first_id + 5);
	if (a->plan->namespaces & CLONE_NEWUSER)
		parameters[6] = NULL;
	SBX_CLEANUP_FD int pts =
		sbx_mount_new("devpts", parameters, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (pts < 0)
		return -1;
	if (mkdirat(a->dev_fd, "pts", 0755) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/pts");
	return sbx_mount_attach(pts, a->dev_fd, "pts", err);
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
	/* Nobody inside may make nodes; those that we make must work. */
	a->dev_fd = sbx_mount_bind(a, AT_FDCWD, "dev",
				   op->index ? QUIET & ~MOUNT_ATTR_NODEV : QUIET, at, "", err);
	if (a->dev_fd < 0)
		return -1;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i].target, a->dev_fd, links[i].name) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/%s", links[i].name);
	return add_shared_memory(a, err) < 0 ? -1 : add_terminals(a, err);
}

static int bind_node(const struct sbx_apply *a, const char *name, struct sbx_error *err)
{
	char path[32];
	snprintf(path, sizeof(path), "/dev/%s", name);
	/* Read-only does not keep anyone from writing to a device, but from changing its mode. */
	if (mknodat(a->dev_fd, name, S_IFREG | 0644, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	SBX_CLEANUP_FD int copy = sbx_mount_bind(
		a, AT_FDCWD, path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		a->dev_fd, name, err);
	return copy < 0 ? -1 : 0;
}

int sbx_apply_DEV_NODE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (op->index && mknodat(a->dev_fd, op->target, S_IFCHR | 0666, op->number) == 0)
		return 0;
	/* Root of a container has the capability, but not what it takes. */
	if (op->index && errno != EPERM)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/%s", op->target);
	return bind_node(a, op->target, err);
}

int sbx_apply_TMP(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int at = sbx_mount_point_fixed(a, op->target + 1, err);
	if (at < 0)
		return -1;
	SBX_CLEANUP_FD int copy = sbx_mount_bind(a, AT_FDCWD, op->source,
						 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, at, "", err);
	return copy < 0 ? -1 : 0;
}

int sbx_apply_SYS(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int at = sbx_mount_point_fixed(a, "sys", err);
	if (at < 0)
		return -1;
	SBX_CLEANUP_FD int sys = sbx_mount_new("sysfs", NULL, QUIET | MOUNT_ATTR_RDONLY, err);
	if (sys < 0 || sbx_mount_attach(sys, at, "", err) < 0)
		return sbx_error_prefix(err, "--sys; it needs a network namespace of its own");
	if (faccessat(sys, "firmware", F_OK, 0) < 0)
		return 0;
	SBX_CLEANUP_FD int cover = sbx_mount_bind(a, AT_FDCWD, "empty", QUIET | MOUNT_ATTR_RDONLY,
						  sys, "firmware", err);
	return cover < 0 ? -1 : 0;
}
