/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy says of paths inside: hidden, read-only, and what alone may be written to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "provisioner/apply.h"

#define MAX_MATCHES 1000 /* of one pattern: each becomes a mount */

/* One operation at every path that fits its pattern. */
struct visit {
	const struct sbx_apply *a;
	const struct sbx_op *op;
	int (*act)(const struct visit *v, int fd, const char *path, struct sbx_error *err);
	unsigned n_matches;
};

static bool is_pattern(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("*?[\\", text[i]))
			return true;
	return false;
}

static int visit_path(struct visit *v, const char *path, struct sbx_error *err)
{
	struct sbx_error missing = SBX_ERROR_INIT;
	SBX_CLEANUP_FD int fd = sbx_open_in_root(v->a->root_fd, path, O_PATH, 0, &missing);
	if (fd < 0)
		return missing.os_errno == ENOENT || missing.os_errno == ENOTDIR
			       ? 0
			       : sbx_error_propagate(err, &missing);
	if (++v->n_matches > MAX_MATCHES)
		return sbx_fail(err, SBX_E_INPUT, "%s: fits more than %d paths", v->op->target,
				MAX_MATCHES);
	return v->act(v, fd, path, err);
}

/*
 * `path` is what the pattern's first parts have become, `rest` what is left of it, without a slash
 * at its front. Every step is resolved beneath the new root.
 */
static int visit_pattern(struct visit *v, const char *path, const char *rest, struct sbx_error *err)
{
	if (!*rest)
		return visit_path(v, *path ? path : "/", err);
	size_t n = strcspn(rest, "/");
	const char *next = rest + n + (rest[n] == '/');
	SBX_CLEANUP_FREE char *longer = NULL;
	if (!is_pattern(rest, n)) {
		if (asprintf(&longer, "%s/%.*s", path, (int)n, rest) < 0)
			return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "%s", v->op->target);
		return visit_pattern(v, longer, next, err);
	}
	SBX_CLEANUP_FREE char *part = strndup(rest, n);
	int dfd = sbx_open_in_root(v->a->root_fd, *path ? path : "/", O_RDONLY | O_DIRECTORY, 0,
				   NULL);
	SBX_CLEANUP_DIR DIR *dir = dfd < 0 ? NULL : fdopendir(dfd);
	for (struct dirent *entry; part && dir && (entry = readdir(dir));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    fnmatch(part, entry->d_name, FNM_PERIOD) != 0)
			continue;
		SBX_CLEANUP_FREE char *name = NULL;
		if (asprintf(&name, "%s/%s", path, entry->d_name) < 0)
			return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "%s", v->op->target);
		if (visit_pattern(v, name, next, err) < 0)
			return -1;
	}
	return 0;
}

static int visit(struct sbx_apply *a, const struct sbx_op *op,
		 int (*act)(const struct visit *, int, const char *, struct sbx_error *),
		 struct sbx_error *err)
{
	struct visit v = {.a = a, .op = op, .act = act};
	if (visit_pattern(&v, "", op->target + 1, err) < 0)
		return sbx_error_prefix(err, "%s %s", sbx_op_name(op->kind), op->target);
	return 0;
}

int sbx_apply_DNS(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	char text[SBX_DNS_SIZE + SBX_DNS_MAX * sizeof("nameserver \n")] = "";
	if (sbx_mkdirs_in_root(a->root_fd, "etc", 0755, err) < 0)
		return sbx_error_prefix(err, "--dns");
	SBX_CLEANUP_FD int etc = sbx_open_in_root(a->root_fd, "etc", O_PATH | O_DIRECTORY, 0, err);
	if (etc < 0)
		return sbx_error_prefix(err, "--dns");
	for (const char *p = op->target; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ','))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "nameserver %.*s\n",
			 (int)strcspn(p, ","), p);
	/* A file of its own: what the template has may be a link to what is not there. */
	if (unlinkat(etc, "resolv.conf", 0) < 0 && errno != ENOENT)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--dns: /etc/resolv.conf");
	SBX_CLEANUP_FD int fd = openat(etc, "resolv.conf",
				       O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || sbx_write_all(fd, text, strlen(text)) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--dns: /etc/resolv.conf");
	return 0;
}

static int hide(const struct visit *v, int fd, const char *path, struct sbx_error *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	bool folder = S_ISDIR(st.st_mode);
	SBX_CLEANUP_FD int cover = sbx_mount_bind(v->a, AT_FDCWD, folder ? "empty" : "hidden",
						  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
							  MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV,
						  fd, "", err);
	return cover < 0 ? -1 : 0;
}

/* The same thing on top of itself, with other attributes. */
static int cover_with_itself(const struct visit *v, int fd, uint64_t attributes,
			     struct sbx_error *err)
{
	SBX_CLEANUP_FD int copy = sbx_mount_bind(v->a, fd, "", attributes, fd, "", err);
	return copy < 0 ? -1 : 0;
}

static int protect(const struct visit *v, int fd, const char *path, struct sbx_error *err)
{
	return cover_with_itself(v, fd, MOUNT_ATTR_RDONLY, err);
}

static int leave_writable(const struct visit *v, int fd, const char *path, struct sbx_error *err)
{
	return cover_with_itself(v, fd, 0, err);
}

int sbx_apply_HIDE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/* An empty file that nobody may read; not a device, whose permissions are everybody's. */
	SBX_CLEANUP_FD int file = open("hidden", O_CREAT | O_RDONLY | O_CLOEXEC, 0);
	if (file < 0 && errno != EACCES)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging file");
	return visit(a, op, hide, err);
}

int sbx_apply_PROTECT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	return visit(a, op, protect, err);
}

int sbx_apply_WRITABLE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/* It shall be there to be written to; a pattern names no folder. */
	if (!is_pattern(op->target, strlen(op->target))) {
		SBX_CLEANUP_FD int at = sbx_mount_point(a, op->target, SBX_NODE_FOLDER, NULL);
	}
	return visit(a, op, leave_writable, err);
}

int sbx_apply_PROTECT_ROOT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/* These mounts alone: what lies on them has its own. Devices can be written to all the
	 * same. */
	return sbx_mount_set(a, a->root_fd, MOUNT_ATTR_RDONLY, err) < 0
		       ? -1
		       : sbx_mount_set(a, a->dev_fd, MOUNT_ATTR_RDONLY, err);
}
