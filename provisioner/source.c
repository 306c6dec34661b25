/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

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
		if (dfd >= 0 && errno != ELOOP && errno != EXDEV)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	}
	return sbx_fail(err, SBX_E_DENIED,
			"%s: is not in a folder that the server shares (serve --share), or behind "
			"a link",
			path);
}

/* The way out of what opening it came to. */
static const char *hint(const char *path, int flags, int why)
{
	/* The staging area lies over it when mounts are made (apply_root.c). */
	if (strncmp(path, "/proc/", 6) == 0)
		return ": nothing of the host's /proc can be handed in; copy it to a file before";
	if (why == ELOOP)
		return ": a link that must not be followed is in the way";
	if (why == ENOTDIR && flags & O_DIRECTORY)
		return ": a folder is needed, or a file is in the way; --bind takes files";
	return "";
}

int sbx_source_open(const struct sbx_source_base *base, const char *path, int flags,
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
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--source-root %s", base->root);
	struct sbx_error first = SBX_ERROR_INIT;
	int fd = sbx_open_in_root(root_dfd, full ? full : path, flags, 0, &first);
	if (fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, first.os_errno, "%s%s", path,
				   hint(path, flags, first.os_errno));
	return fd;
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
		return -1;
	if (!last || (mkdirat(dfd, last, 0755) < 0 && errno != EEXIST))
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	fd = openat(dfd, last, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd : sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
}
