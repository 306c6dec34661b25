/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/store.h"

/* A suite may have slashes ("bullseye/updates"). */
static char *name_of(const char *base, const char *prefix, const char *suite,
		     const char *architecture)
{
	g_autofree char *name = g_strdup_printf("%s%s-%s", prefix, suite, architecture);
	g_strdelimit(name, "/", '_');
	return g_build_filename(base, name, NULL);
}

static gboolean is_index(const char *folder)
{
	g_autofree char *meta = g_build_filename(folder, "meta.json", NULL);
	return access(meta, F_OK) == 0;
}

char *sbx_index_folder_find(const char *base, const char *suite, const char *architecture)
{
	g_autofree char *folder = name_of(base, "", suite, architecture);
	if (is_index(folder))
		return g_steal_pointer(&folder);
	g_autofree char *aside = name_of(base, ".old-", suite, architecture);
	return is_index(aside) ? g_steal_pointer(&aside) : g_steal_pointer(&folder);
}

void sbx_index_folder_delete(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		unlink(path);
	}
	rmdir(folder);
}

char *sbx_index_folder_begin(const char *base, const char *suite, const char *architecture,
			     GError **error)
{
	g_autofree char *folder = name_of(base, ".new-", suite, architecture);
	sbx_index_folder_delete(folder);
	if (mkdir(folder, 0700) < 0) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", folder);
		return NULL;
	}
	return g_steal_pointer(&folder);
}

static gboolean sync_path(const char *path, GError **error)
{
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

static gboolean sync_folder(const char *folder, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (!sync_path(path, error))
			return FALSE;
	}
	return sync_path(folder, error);
}

/* Without RENAME_EXCHANGE: sbx_index_folder_find() knows both places. */
static gboolean replace_in_steps(const char *folder, const char *target, const char *aside)
{
	sbx_index_folder_delete(aside);
	if (rename(target, aside) < 0)
		return FALSE;
	if (rename(folder, target) == 0)
		return TRUE;
	int problem = errno;
	rename(aside, target);
	errno = problem;
	return FALSE;
}

gboolean sbx_index_folder_commit(const char *base, const char *suite, const char *architecture,
				 const char *folder, GError **error)
{
	g_autofree char *target = name_of(base, "", suite, architecture);
	g_autofree char *aside = name_of(base, ".old-", suite, architecture);
	if (!sync_folder(folder, error))
		return FALSE;
	gboolean ok;
	if (access(target, F_OK) < 0) {
		ok = rename(folder, target) == 0;
	} else if (renameat2(AT_FDCWD, folder, AT_FDCWD, target, RENAME_EXCHANGE) == 0) {
		ok = TRUE;
		sbx_index_folder_delete(folder);
	} else {
		ok = (errno == EINVAL || errno == ENOSYS) &&
		     replace_in_steps(folder, target, aside);
	}
	if (!ok)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", target);
	sbx_index_folder_delete(aside);
	return sync_path(base, error);
}

int sbx_index_lock(const char *base, GCancellable *cancellable, GError **error)
{
	g_autofree char *path = g_build_filename(base, ".lock", NULL);
	SBX_CLEANUP_FD int fd = -1;
	if (g_mkdir_with_parents(base, 0700) < 0 ||
	    (fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0) {
		sbx_set_error_os(error, errno == EACCES ? SBX_E_DENIED : SBX_E_FAILED, errno, "%s",
				 path);
		return -1;
	}
	if (!sbx_store_flock(fd, LOCK_EX, path, cancellable, error))
		return -1;
	return sbx_steal_fd(&fd);
}
