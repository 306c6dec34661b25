/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/shown.h"

int sbx_layer_open_nearest(const struct sbx_options *o, bool *out_is_there)
{
	const struct sbx_source_base base = sbx_shown_base(o, SBX_OP_LAYER);
	int fd = sbx_source_open(&base, o->layer, O_PATH, NULL);
	*out_is_there = fd >= 0;
	SBX_CLEANUP_FREE char *parent = fd < 0 ? strdup(o->layer) : NULL;
	return parent ? sbx_source_open(&base, dirname(parent), O_PATH, NULL) : fd;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Is the folder that one, or below it? An overlay shows nothing of what is mounted below its
 * folders, so that one file system is enough to look at.
 */
static bool is_within(int fd, int folder_fd)
{
	struct stat folder, st, above;
	SBX_CLEANUP_FD int at = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (at < 0 || fstat(at, &st) < 0 || fstat(folder_fd, &folder) < 0)
		return false;
	while (!is_same(&st, &folder)) {
		int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		sbx_close(&at);
		at = up;
		if (at < 0 || fstat(at, &above) < 0 || above.st_dev != st.st_dev ||
		    is_same(&above, &st))
			return false;
		st = above;
	}
	return true;
}

/* What a sandbox writes would change its own template meanwhile, and that of others. */
static int check_apart(const struct sbx_options *o, int fd, bool is_there, const char *lower,
		       struct sbx_error *err)
{
	const struct sbx_source_base base = sbx_shown_base(o, SBX_OP_STAGING);
	SBX_CLEANUP_FD int template =
		lower ? sbx_source_open(&base, lower, O_PATH | O_DIRECTORY, NULL) : -1;
	const char *how = template <0					  ? NULL
				    : is_within(fd, template)		  ? "it lies in"
				    : is_there && is_within(template, fd) ? "it holds"
									  : NULL;
	return how ? sbx_fail(err, SBX_E_USAGE,
			      "--layer %s: %s the template %s, which nobody may write to; name a "
			      "folder outside, or on another file system",
			      o->layer, how, lower)
		   : 0;
}

/* Before it is made: a folder that is refused shall not be left in the template. */
static int check_place(const struct sbx_task *task, struct sbx_error *err)
{
	const struct sbx_options *o = &task->options;
	bool is_there;
	SBX_CLEANUP_FD int fd = o->layer ? sbx_layer_open_nearest(o, &is_there) : -1;
	return fd >= 0 && (check_apart(o, fd, is_there, task->lower.path, err) < 0 ||
			   check_apart(o, fd, is_there, task->lower.base, err) < 0)
		       ? -1
		       : 0;
}

int sbx_layer_hold(const struct sbx_task *task, int *out_fd, struct sbx_error *err)
{
	const struct sbx_options *o = &task->options;
	const struct sbx_source_base base = sbx_shown_base(o, SBX_OP_LAYER);
	if (check_place(task, err) < 0)
		return -1;
	SBX_CLEANUP_FD int dir = o->layer ? sbx_source_make(&base, o->layer, err) : -1;
	SBX_CLEANUP_FD int fd = dir < 0 ? -1 : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->layer && dir < 0)
		return sbx_error_prefix(err, "--layer");
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return sbx_fail(err, SBX_E_BUSY,
				"--layer %s: another sandbox writes to it; wait for its end, or "
				"name another folder",
				o->layer);
	*out_fd = sbx_steal_fd(&fd);
	return 0;
}

void sbx_layer_let_go(int *fd)
{
	if (*fd < 0)
		return;
	flock(*fd, LOCK_UN);
	sbx_close(fd);
}
