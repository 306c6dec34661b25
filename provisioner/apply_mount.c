/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "provisioner/apply.h"

/*
 * The calls of the new mount interface (Linux 5.2; mount_setattr 5.12) by number: the C library's
 * header for them cannot be included beside the kernel's, which has what it lacks.
 */
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/*
 * A call of the new interface did not work, by errno. Kernels without one have none of them (but
 * mount_setattr); where some work, a filter around us, a container's, holds back the rest.
 */
__attribute__((format(printf, 3, 4))) static int fail_call(struct sbx_error *err, const char *call,
							   const char *fmt, ...)
{
	char what[256];
	int why = errno;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (why == ENOSYS)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, why,
				   "%s: the call %s is missing; it takes Linux 5.2, and in a "
				   "container a seccomp profile that allows it",
				   what, call);
	return sbx_fail_os(err, why == ENODEV ? SBX_E_UNSUPPORTED : SBX_E_SANDBOX, why, "%s", what);
}

static int set_attributes(const struct sbx_apply *a, int mount_fd, uint64_t attributes,
			  unsigned flags)
{
	struct mount_attr attr = {.attr_set = attributes};
	if (attributes & MOUNT_ATTR_IDMAP)
		attr.userns_fd = (uint64_t)a->userns_fd;
	return (int)syscall(SYS_mount_setattr, mount_fd, "", AT_EMPTY_PATH | flags, &attr,
			    sizeof(attr));
}

int sbx_mount_set(const struct sbx_apply *a, int mount_fd, uint64_t attributes,
		  struct sbx_error *err)
{
	if (set_attributes(a, mount_fd, attributes, 0) == 0)
		return 0;
	return errno == ENOSYS ? sbx_mount_set_old(a, mount_fd, attributes, false, err)
			       : sbx_fail_os(err, SBX_E_SANDBOX, errno, "mount_setattr");
}

int sbx_mount_bind(const struct sbx_apply *a, int from_dfd, const char *from, uint64_t attributes,
		   int to_dfd, const char *to, struct sbx_error *err)
{
	bool is_old = false;
	SBX_CLEANUP_FD int fd =
		(int)syscall(SYS_open_tree, from_dfd, from,
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (fd < 0)
		return fail_call(err, "open_tree", "%s",
				 *from ? from : "what is to be shown inside");
	if (a->userns_fd < 0)
		attributes &= ~(uint64_t)MOUNT_ATTR_IDMAP;
	if (attributes && set_attributes(a, fd, attributes, AT_RECURSIVE) < 0) {
		is_old = errno == ENOSYS && !(attributes & MOUNT_ATTR_IDMAP);
		if (!is_old)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s: mount_setattr", from);
	}
	if (sbx_mount_attach(fd, to_dfd, to, err) < 0 ||
	    (is_old && sbx_mount_set_old(a, fd, attributes, true, err) < 0))
		return -1;
	return sbx_steal_fd(&fd);
}

#define TAKEN (-2) /* given, and used */

int sbx_mount_given(struct sbx_apply *a, const struct sbx_op *op)
{
	int *given = a->given ? &a->given[op - a->plan->ops] : NULL;
	int fd = given ? *given : -1;
	if (fd >= 0)
		*given = TAKEN;
	return fd;
}

int sbx_mount_from_host(const struct sbx_apply *a, const struct sbx_op *op, int source_fd,
			uint64_t attributes, int to_dfd, const char *to, struct sbx_error *err)
{
	if (!a->given || a->given[op - a->plan->ops] != TAKEN)
		return sbx_mount_bind(a, source_fd, "", attributes | FROM_HOST, to_dfd, to, err);
	int fd = dup(source_fd);
	if (fd < 0 || sbx_mount_attach(fd, to_dfd, to, err) < 0) {
		sbx_close(&fd);
		return sbx_error_prefix(err, "%s", op->source);
	}
	return fd;
}

int sbx_mount_new(const char *type, const char *const *parameters, uint64_t attributes,
		  struct sbx_error *err)
{
	SBX_CLEANUP_FD int fs_fd = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return fail_call(err, "fsopen", "%s file system", type);
	for (; parameters && *parameters; parameters += 2)
		if (syscall(SYS_fsconfig, fs_fd, FSCONFIG_SET_STRING, parameters[0], parameters[1],
			    0) < 0)
			return fail_call(err, "fsconfig", "%s file system: %s=%s", type,
					 parameters[0], parameters[1]);
	if (syscall(SYS_fsconfig, fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fail_call(err, "fsconfig", "%s file system", type);
	int mount_fd = (int)syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, attributes);
	if (mount_fd < 0)
		return fail_call(err, "fsmount", "%s file system", type);
	return mount_fd;
}

int sbx_mount_attach(int mount_fd, int dfd, const char *name, struct sbx_error *err)
{
	if (syscall(SYS_move_mount, mount_fd, "", dfd, name,
		    MOVE_MOUNT_F_EMPTY_PATH | (*name ? 0 : MOVE_MOUNT_T_EMPTY_PATH)) < 0)
		return fail_call(err, "move_mount", "mounting%s%s", *name ? " " : "", name);
	return 0;
}

static int make_mount_point(const struct sbx_apply *a, const char *path, enum sbx_node node,
			    struct sbx_error *err)
{
	if (node == SBX_NODE_FOLDER)
		return sbx_mkdirs_in_root(a->root_fd, path, 0755, err);
	SBX_CLEANUP_FREE char *parent = strdup(path);
	if (!parent)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "%s", path);
	*strrchr(parent, '/') = '\0';
	if (*parent && sbx_mkdirs_in_root(a->root_fd, parent, 0755, err) < 0)
		return -1;
	SBX_CLEANUP_FD int fd = sbx_open_in_root(a->root_fd, path, O_CREAT | O_WRONLY, 0644, err);
	return fd < 0 ? -1 : 0;
}

int sbx_mount_point(const struct sbx_apply *a, const char *path, enum sbx_node node,
		    struct sbx_error *err)
{
	struct sbx_error first = SBX_ERROR_INIT;
	int flags = O_PATH | (node == SBX_NODE_FOLDER ? O_DIRECTORY : 0);
	SBX_CLEANUP_FD int fd = sbx_open_in_root(a->root_fd, path, flags, 0, &first);
	if (fd < 0 && first.os_errno == ENOENT) {
		if (make_mount_point(a, path, node, err) < 0)
			return sbx_error_prefix(err, "making the mount point %s", path);
		sbx_error_clear(&first);
		fd = sbx_open_in_root(a->root_fd, path, flags, 0, &first);
	}
	if (fd < 0 && first.os_errno == ENOTDIR)
		return sbx_fail(err, SBX_E_USAGE,
				"%s is, or is below, a file inside; a folder can go where a folder "
				"or nothing is",
				path);
	if (fd < 0)
		return sbx_error_propagate(err, &first);
	struct statfs fs;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return sbx_fail(err, SBX_E_DENIED,
				"%s: a link of the template leads it into /proc; name another path",
				path);
	return sbx_steal_fd(&fd);
}

int sbx_mount_point_fixed(const struct sbx_apply *a, const char *name, struct sbx_error *err)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(a->root_fd, name, flags);
	if (fd < 0 && errno == ENOENT && mkdirat(a->root_fd, name, 0755) == 0)
		fd = openat(a->root_fd, name, flags);
	if (fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno,
				   "/%s of the template must be a folder or missing", name);
	return fd;
}

int sbx_mount_copy_mode(const char *from, const char *to, struct sbx_error *err)
{
	struct stat st;
	if (stat(from, &st) < 0 || chmod(to, st.st_mode & 07777) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging folder %s", to);
	/* In a user namespace other owners than the caller have no number. */
	if (chown(to, st.st_uid, st.st_gid) < 0 && errno != EPERM && errno != EINVAL)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging folder %s", to);
	return 0;
}
