/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/collect.h"

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

static gboolean copy_bytes(int in, int out)
{
	ssize_t n;
	while ((n = sendfile(out, in, NULL, 1 << 24)) != 0)
		if (n < 0 && errno != EINTR)
			return FALSE;
	return TRUE;
}

/* Written aside and renamed, so that a reader of `to` never sees half a file. */
static gboolean copy_file(int from_dfd, int to_dfd, const char *name, const struct stat *st,
			  GError **error)
{
	g_autofree char *aside = g_strdup_printf(".sbx-%d.%u", getpid(), g_random_int());
	SBX_CLEANUP_FD int in =
		openat(from_dfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	SBX_CLEANUP_FD int out = openat(to_dfd, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
					st->st_mode & 0100 ? 0755 : 0644);
	struct stat opened;
	gboolean fine = in >= 0 && out >= 0 && fstat(in, &opened) == 0 && S_ISREG(opened.st_mode) &&
			copy_bytes(in, out) && renameat(to_dfd, aside, to_dfd, name) == 0;
	if (fine)
		return TRUE;
	int failed = errno;
	unlinkat(to_dfd, aside, 0);
	return sbx_set_error_os(error, SBX_E_FAILED, failed, "--output: %s", name);
}

static gboolean collect_folder(struct sbx_context *ctx, int from, int to, guint depth,
			       guint *n_files, GError **error);

static gboolean collect_entry(struct sbx_context *ctx, int from, int to, const char *name,
			      guint depth, guint *n_files, GError **error)
{
	struct stat st;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "--output: %s", name);
	if (S_ISREG(st.st_mode)) {
		++*n_files;
		return copy_file(from, to, name, &st, error);
	}
	if (!S_ISDIR(st.st_mode) || depth == MAX_DEPTH) {
		g_autofree char *shown = g_strescape(name, NULL);
		sbx_progress_warn(ctx->progress, "--output: %s is %s and was left out", shown,
				  S_ISDIR(st.st_mode)	? "nested too deep"
				  : S_ISLNK(st.st_mode) ? "a link"
							: "no plain file");
		return TRUE;
	}
	if (mkdirat(to, name, 0755) < 0 && errno != EEXIST)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "--output: %s", name);
	SBX_CLEANUP_FD int from_below =
		openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SBX_CLEANUP_FD int to_below =
		openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from_below < 0 || to_below < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "--output: %s", name);
	return collect_folder(ctx, from_below, to_below, depth + 1, n_files, error);
}

static gboolean collect_folder(struct sbx_context *ctx, int from, int to, guint depth,
			       guint *n_files, GError **error)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_DIR DIR *dir = again < 0 ? NULL : fdopendir(again);
	if (!dir)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "--output");
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!collect_entry(ctx, from, to, entry->d_name, depth, n_files, error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_collect(struct sbx_context *ctx, const char *from, const char *to, guint *out_n_files,
		     GError **error)
{
	guint n_files = 0;
	if (g_mkdir_with_parents(to, 0755) < 0)
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "--output %s", to);
	SBX_CLEANUP_FD int from_dfd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_FD int to_dfd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from_dfd < 0 || to_dfd < 0)
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "--output %s", to);
	if (!collect_folder(ctx, from_dfd, to_dfd, 0, &n_files, error))
		return FALSE;
	*out_n_files = n_files;
	return TRUE;
}
