/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#define PROC_ROOT_INODE 1  /* the kernel's include/linux/proc_fs.h */
#define MAX_LINKS	40 /* as many as the kernel follows, path_resolution(7) */

bool sbx_path_force_fallback;

static int try_openat2(int root_dfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.mode = (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;
	/* EAGAIN: a rename elsewhere raced with a `..` lookup; openat2(2) says to try again. */
	for (int tries = 0; tries < 100; tries++) {
		fd = (int)syscall(SYS_openat2, root_dfd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* The folders from the root down to where the walk is, so that `..` never asks the kernel. */
struct walk {
	int stack[256];
	unsigned depth;
};

static void walk_release(struct walk *w)
{
	while (w->depth > 0)
		sbx_close(&w->stack[--w->depth]);
}

static int walk_push(struct walk *w, int fd)
{
	if (w->depth == sizeof(w->stack) / sizeof(w->stack[0])) {
		sbx_close(&fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	w->stack[w->depth++] = fd;
	return 0;
}

/*
 * Does a link in that folder lead where its text does not say? Those of /proc/PID do (proc(5));
 * what is in the root of that file system (self, mounts, net) does not.
 */
static bool has_magic_links(int dfd)
{
	struct statfs fs;
	struct stat st;
	return fstatfs(dfd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
	       (fstat(dfd, &st) < 0 || st.st_ino != PROC_ROOT_INODE);
}

/*
 * Component by component with O_NOFOLLOW, links read and spliced in by hand. A rename during the
 * walk may make it fail, never leave the root.
 */
static int walk_in_root(int root_dfd, const char *path, int flags, mode_t mode)
{
	__attribute__((cleanup(walk_release))) struct walk w = {.depth = 0};
	SBX_CLEANUP_FREE char *todo = strdup(path);
	unsigned links = 0;
	while (todo) {
		char *name = todo + strspn(todo, "/");
		size_t n = strcspn(name, "/");
		char *rest = name + n + strspn(name + n, "/");
		bool last = *rest == '\0', slash = name[n] == '/';
		int at = w.depth ? w.stack[w.depth - 1] : root_dfd;
		if (n == 0)
			return openat(at, ".", flags | O_CLOEXEC, mode);
		name[n] = '\0';
		if (!strcmp(name, "..") && w.depth > 0)
			sbx_close(&w.stack[--w.depth]);
		if (!strcmp(name, "..") || !strcmp(name, ".")) {
			memmove(todo, rest, strlen(rest) + 1);
			continue;
		}
		if (last && !slash && (flags & (O_NOFOLLOW | O_EXCL)))
			return openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
		char target[4096];
		ssize_t len = readlinkat(at, name, target, sizeof(target) - 1);
		if (len >= 0) {
			if (++links > MAX_LINKS || has_magic_links(at)) {
				errno = ELOOP;
				return -1;
			}
			target[len] = '\0';
			char *joined = NULL;
			if (asprintf(&joined, "%s/%s", target, rest) < 0)
				return -1;
			if (last && !slash)
				joined[len] = '\0';
			if (target[0] == '/')
				walk_release(&w);
			free(todo);
			todo = joined;
			continue;
		}
		if (last && !slash)
			return openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
		int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 || walk_push(&w, next) < 0)
			return -1;
		memmove(todo, rest, strlen(rest) + 1);
	}
	errno = ENOMEM;
	return -1;
}

int sbx_open_in_root(int root_dfd, const char *path, int flags, mode_t mode, struct sbx_error *err)
{
	int fd = -1;
	bool fallback = sbx_path_force_fallback;
	if (!fallback) {
		fd = try_openat2(root_dfd, path, flags, mode);
		fallback = fd < 0 && (errno == ENOSYS || errno == EPERM);
	}
	if (fallback)
		fd = walk_in_root(root_dfd, path, flags, mode);
	if (fd < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", path);
	return fd;
}

int sbx_mkdirs_in_root(int root_dfd, const char *path, mode_t mode, struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *partial = strdup(path);
	if (!partial)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "%s", path);
	for (char *p = partial + strspn(partial, "/"); *p;) {
		char *end = p + strcspn(p, "/");
		char kept = *end;
		char before = *p;
		/* The parent is resolved beneath the root, the last name is made in it. */
		*p = '\0';
		SBX_CLEANUP_FD int parent = sbx_open_in_root(root_dfd, *partial ? partial : ".",
							     O_PATH | O_DIRECTORY, 0, err);
		*p = before;
		if (parent < 0)
			return -1;
		*end = '\0';
		if (mkdirat(parent, p, mode) < 0 && errno != EEXIST)
			return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", partial);
		*end = kept;
		p = end + strspn(end, "/");
	}
	/* What was there already may be a file, or a link to nothing. */
	SBX_CLEANUP_FD int made = sbx_open_in_root(root_dfd, path, O_PATH | O_DIRECTORY, 0, err);
	return made < 0 ? -1 : 0;
}

const char *sbx_path_check_relative(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	if (*path == '\0' || !strcmp(path, "."))
		return ".";
	if (*path == '/')
		return NULL;
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return NULL;
		p += n + strspn(p + n, "/");
	}
	return path;
}
