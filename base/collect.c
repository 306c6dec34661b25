/* SPDX-License-Identifier: Apache-2.0 */
#include "base/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define MAX_DEPTH 64 /* folders in folders; a task could nest them without end */

/* From `at` to `end`, both in the same place of both files. */
static int copy_range(int in, int out, off_t at, off_t end)
{
	if (lseek(in, at, SEEK_SET) < 0 || lseek(out, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		off_t left = end - at;
		ssize_t n = sendfile(out, in, NULL, left > 1 << 24 ? 1 << 24 : (size_t)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		at += n;
	}
	return 0;
}

/* Its data alone: a file of a few bytes can seem to be as large as files get. */
static int copy_data(int in, int out, off_t size)
{
	off_t at = 0;
	while (at < size && (at = lseek(in, at, SEEK_DATA)) >= 0 && at < size) {
		off_t end = lseek(in, at, SEEK_HOLE);
		if (end < 0 || copy_range(in, out, at, end < size ? end : size) < 0)
			return -1;
		at = end;
	}
	return at < 0 && errno != ENXIO ? -1 : ftruncate(out, size);
}

static void leave_out(struct sbx_collect *c, const char *name, const char *why)
{
	c->n_left_out++;
	if (c->left_out)
		c->left_out(name, why, c->data);
}

/* Written aside and renamed, so that a reader of the target never sees half a file. */
static int copy_file(int from_dfd, int to_dfd, const char *name, struct sbx_collect *c,
		     struct sbx_error *err)
{
	char aside[64];
	struct stat st;
	SBX_CLEANUP_FD int in =
		openat(from_dfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (in < 0 && errno == EACCES) {
		leave_out(c, name, "a file that cannot be read");
		return 0;
	}
	if (in < 0 || fstat(in, &st) < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", name);
	if (!S_ISREG(st.st_mode))
		return sbx_fail(err, SBX_E_FAILED, "%s: changed while it was looked at", name);
	if (c->max_bytes && (uint64_t)st.st_size > c->max_bytes - c->n_bytes)
		return sbx_fail(err, SBX_E_NO_SPACE,
				"%s: with it there would be more than %llu bytes", name,
				(unsigned long long)c->max_bytes);
	snprintf(aside, sizeof(aside), ".sbx-%d.%llu", getpid(), (unsigned long long)c->n_files);
	SBX_CLEANUP_FD int out = openat(to_dfd, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
					st.st_mode & 0100 ? 0755 : 0644);
	if (out < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", aside);
	if (copy_data(in, out, st.st_size) < 0 || renameat(to_dfd, aside, to_dfd, name) < 0) {
		sbx_fail_os(err, SBX_E_FAILED, errno, "%s", name);
		unlinkat(to_dfd, aside, 0);
		return -1;
	}
	c->n_bytes += (uint64_t)st.st_size;
	return 0;
}

static int collect_folder(int from_dfd, int to_dfd, unsigned depth, struct sbx_collect *c,
			  struct sbx_error *err);

static int collect_subfolder(int from_dfd, int to_dfd, const char *name, unsigned depth,
			     struct sbx_collect *c, struct sbx_error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (mkdirat(to_dfd, name, 0755) < 0 && errno != EEXIST)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", name);
	SBX_CLEANUP_FD int from = openat(from_dfd, name, flags);
	if (from < 0 && errno == EACCES) {
		leave_out(c, name, "a folder that cannot be read");
		return 0;
	}
	SBX_CLEANUP_FD int to = from < 0 ? -1 : openat(to_dfd, name, flags);
	if (from < 0 || to < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", name);
	return collect_folder(from, to, depth + 1, c, err);
}

static int collect_entry(int from_dfd, int to_dfd, const char *name, unsigned depth,
			 struct sbx_collect *c, struct sbx_error *err)
{
	struct stat st;
	if (fstatat(from_dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "%s", name);
	bool is_folder = S_ISDIR(st.st_mode);
	if (!S_ISREG(st.st_mode) && (!is_folder || depth == MAX_DEPTH)) {
		leave_out(c, name,
			  is_folder		? "nested too deep"
			  : S_ISLNK(st.st_mode) ? "a link"
						: "no plain file");
		return 0;
	}
	if (c->max_files && c->n_files + c->n_folders >= c->max_files)
		return sbx_fail(err, SBX_E_NO_SPACE, "%s: more than %llu files and folders", name,
				(unsigned long long)c->max_files);
	*(is_folder ? &c->n_folders : &c->n_files) += 1;
	return is_folder ? collect_subfolder(from_dfd, to_dfd, name, depth, c, err)
			 : copy_file(from_dfd, to_dfd, name, c, err);
}

static int collect_folder(int from_dfd, int to_dfd, unsigned depth, struct sbx_collect *c,
			  struct sbx_error *err)
{
	int again = openat(from_dfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_DIR DIR *dir = again < 0 ? NULL : fdopendir(again);
	if (!dir) {
		int why = errno;
		sbx_close(&again);
		return sbx_fail_os(err, SBX_E_FAILED, why, "the folder");
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (collect_entry(from_dfd, to_dfd, entry->d_name, depth, c, err) < 0)
			return -1;
	}
	return 0;
}

int sbx_collect_below(int from_dfd, int to_dfd, struct sbx_collect *collect, struct sbx_error *err)
{
	collect->n_files = collect->n_folders = collect->n_bytes = collect->n_left_out = 0;
	return collect_folder(from_dfd, to_dfd, 0, collect, err);
}
