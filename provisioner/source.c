/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

#define OF_PROC ": nothing of the host's /proc can be handed in; copy it to a file before"

static int open_shared(const char *const *shared, const char *path, int flags,
		       struct sbx_error *err)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	for (; *shared; shared++) {
		size_t n = strlen(*shared);
		if (strncmp(path, *shared, n) != 0 || (path[n] != '/' && path[n] != '\0'))
			continue;
		SBX_CLEANUP_FD int dfd = open(*shared, O_PATH | O_DIRECTORY | O_CLOEXEC);
		const char *below = path + n;
		while (*below == '/')
			below++;
		int fd = dfd < 0 ? -1
				 : (int)syscall(SYS_openat2, dfd, *below ? below : ".", &how,
						sizeof(how));
		if (fd >= 0)
			return fd;
		int why = errno;
		if (dfd >= 0 && why != ELOOP && why != EXDEV)
			return sbx_fail_os(err, SBX_E_SANDBOX, why, "%s%s", path,
					   sbx_source_hint(why, flags));
	}
	return sbx_fail(err, SBX_E_DENIED,
			"%s: is not in a folder that the server shares (serve --share), or behind "
			"a link",
			path);
}

const char *sbx_source_hint(int why, int flags)
{
	if (why == ENOENT)
		return ": make it first, or name what is there";
	if (why == EACCES)
		return ": allow this user to get there, or name what it may use";
	if (why == ELOOP)
		return ": a link that must not be followed is in the way; name what it leads to";
	if (why == ENOTDIR && flags & O_DIRECTORY)
		return ": a folder is needed, or a file is in the way; files can be bound (--bind)";
	return why == ENOTDIR ? ": a file is in the way; name what is there" : "";
}

static const char *hint(const struct sbx_source_base *base, const char *path, int flags, int why)
{
	/* The staging area lies over it when mounts are made (apply_root.c). */
	if (strncmp(path, "/proc/", 6) == 0)
		return OF_PROC;
	if (why == ENOENT && base->root)
		return ": make it first below the folder of --source-root, or name what is there";
	return sbx_source_hint(why, flags);
}

static int open_any(const struct sbx_source_base *base, const char *path, int flags,
		    struct sbx_error *err)
{
	if (base->shared)
		return open_shared(base->shared, path, flags, err);
	SBX_CLEANUP_FREE char *here = NULL;
	SBX_CLEANUP_FREE char *full = NULL;
	if (!base->root && path[0] != '/') {
		here = base->cwd ? strdup(base->cwd) : getcwd(NULL, 0);
		if (!here || asprintf(&full, "%s/%s", here, path) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "the working directory");
	}
	/* While mounts are made this process is elsewhere than it was started. */
	SBX_CLEANUP_FD int cwd_dfd =
		base->root && base->cwd ? open(base->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	SBX_CLEANUP_FD int root_dfd =
		openat(cwd_dfd < 0 ? AT_FDCWD : cwd_dfd, base->root ? base->root : "/",
		       O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_dfd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--source-root %s%s", base->root,
				   sbx_source_hint(errno, O_DIRECTORY));
	struct sbx_error first = SBX_ERROR_INIT;
	int fd = sbx_open_in_root(root_dfd, full ? full : path, flags, 0, &first);
	if (fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, first.os_errno, "%s%s", path,
				   hint(base, path, flags, first.os_errno));
	return fd;
}

int sbx_source_open(const struct sbx_source_base *base, const char *path, int flags,
		    struct sbx_error *err)
{
	SBX_CLEANUP_FD int fd = open_any(base, path, flags, err);
	struct statfs fs;
	struct stat st;
	if (fd < 0)
		return -1;
	/* By whatever name: of the host's processes nothing is shown, nor what lies over them. */
	if ((fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC) ||
	    (base->staging_dev && fstat(fd, &st) == 0 && st.st_dev == base->staging_dev))
		return sbx_fail(err, SBX_E_SANDBOX, "%s" OF_PROC, path);
	return sbx_steal_fd(&fd);
}

int sbx_source_make(const struct sbx_source_base *base, const char *path, struct sbx_error *err)
{
	struct sbx_error first = SBX_ERROR_INIT;
	int fd = sbx_source_open(base, path, O_PATH | O_DIRECTORY, &first);
	if (fd >= 0 || first.os_errno != ENOENT)
		return fd >= 0 ? fd : sbx_error_propagate(err, &first);
	SBX_CLEANUP_FREE char *parent = strdup(path);
	if (!parent)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "%s", path);
	for (size_t n = strlen(parent); n > 1 && parent[n - 1] == '/';)
		parent[--n] = '\0';
	char *slash = strrchr(parent, '/');
	const char *name = slash ? slash + 1 : parent;
	SBX_CLEANUP_FREE char *last = strdup(name);
	if (slash)
		slash[slash == parent ? 1 : 0] = '\0';
	SBX_CLEANUP_FD int dfd =
		sbx_source_open(base, slash ? parent : ".", O_PATH | O_DIRECTORY, err);
	if (dfd < 0)
		return sbx_error_prefix(err, "%s", path);
	if (!last || (mkdirat(dfd, last, 0755) < 0 && errno != EEXIST))
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s%s", path,
				   sbx_source_hint(errno, O_DIRECTORY));
	fd = openat(dfd, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd
		       : sbx_fail_os(err, SBX_E_SANDBOX, errno,
				     "%s: a link to nowhere is in the way; make what it leads to",
				     path);
}
