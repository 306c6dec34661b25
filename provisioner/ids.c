/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* Its namespace outlives it for as long as it is not reaped, and that is all it is for. */
static int end_at_once(void *nothing)
{
	syscall(SYS_exit_group, 0);
	return 0;
}

/* A process in a user namespace of its own, in our memory: nothing is copied for it. */
static pid_t make_process(void)
{
	static _Alignas(16) char stack[4096];
	/* No signal at its end: whoever waits for children in general shall not meet it. */
	return clone(end_at_once, stack + sizeof(stack), CLONE_VM | CLONE_NEWUSER, NULL);
}

static int write_map(int process_dfd, const char *name, uint32_t first, struct sbx_error *err)
{
	char text[40];
	int n = snprintf(text, sizeof(text), "0 %u %u\n", first, SBX_IDS_IN_EACH);
	SBX_CLEANUP_FD int fd = openat(process_dfd, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || sbx_write_all(fd, text, (size_t)n) < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "user namespace: %s", name);
	return 0;
}

/* overlayfs takes layers that map ids since Linux 5.19, and can be asked in no other way. */
static bool has_mapped_layers(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;
	return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 19));
}

int sbx_ids_make(struct sbx_ids *ids, uint32_t number, struct sbx_error *err)
{
	SBX_CLEANUP_IDS struct sbx_ids made = SBX_IDS_INIT;
	char path[32];
	if (!has_mapped_layers())
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"overlays with mapped ids need Linux 5.19 or newer");
	made.first = SBX_IDS_FIRST + number % SBX_IDS_RANGES * SBX_IDS_IN_EACH;
	made.maker = make_process();
	if (made.maker < 0) {
		made.maker = 0;
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
				   "user namespace; the kernel needs CONFIG_USER_NS and sysctl "
				   "user.max_user_namespaces");
	}
	snprintf(path, sizeof(path), "/proc/%d", made.maker);
	SBX_CLEANUP_FD int dfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "user namespace: %s", path);
	if (write_map(dfd, "gid_map", made.first, err) < 0 ||
	    write_map(dfd, "uid_map", made.first, err) < 0)
		return -1;
	made.userns_fd = openat(dfd, "ns/user", O_RDONLY | O_CLOEXEC);
	if (made.userns_fd < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "user namespace: %s", path);
	*ids = made;
	made = (struct sbx_ids)SBX_IDS_INIT;
	return 0;
}

void sbx_ids_reap(struct sbx_ids *ids)
{
	if (ids->maker)
		while (waitpid(ids->maker, NULL, __WALL) < 0 && errno == EINTR)
			;
	ids->maker = 0;
}

void sbx_ids_drop_copies(struct sbx_ids *ids)
{
	for (size_t i = 0; i < ids->n_copies; i++)
		sbx_close(&ids->copies[i]);
	free(ids->copies);
	ids->copies = NULL;
	ids->n_copies = 0;
}

void sbx_ids_release(struct sbx_ids *ids)
{
	sbx_ids_drop_copies(ids);
	sbx_close(&ids->userns_fd);
	sbx_ids_reap(ids);
	*ids = (struct sbx_ids)SBX_IDS_INIT;
}

void sbx_ids_own_pipe(uid_t host_uid, int fd)
{
	struct statfs fs;
	/* Those without a name in any folder; there is none who could miss them. */
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC &&
	    fchown(fd, host_uid, host_uid) < 0)
		return;
}

int sbx_ids_copy(int userns_fd, int source_fd, uint64_t attributes, const char *path,
		 struct sbx_error *err)
{
	struct mount_attr attr = {
		.attr_set = attributes | MOUNT_ATTR_IDMAP,
		/* What the host mounts there later is not to be seen in it. */
		.propagation = MS_PRIVATE,
		.userns_fd = (uint64_t)userns_fd,
	};
	SBX_CLEANUP_FD int fd =
		(int)syscall(SYS_open_tree, source_fd, "",
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) ==
	    0)
		return sbx_steal_fd(&fd);
	if (errno == ENOSYS)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
				   "mount_setattr; mapping ids needs Linux 5.12");
	return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
			   "%s: its file system, or one mounted below it, cannot map ids", path);
}
