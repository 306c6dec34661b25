/* SPDX-License-Identifier: Apache-2.0 */
#include "store/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

char *sbx_template_path(struct sbx_store *store, const char *id, const char *file)
{
	return g_build_filename(store->root, "templates", id, file, NULL);
}

static gboolean has_folder(struct sbx_store *store, const char *id, const char *name)
{
	g_autofree char *path = sbx_template_path(store, id, name);
	return g_file_test(path, G_FILE_TEST_IS_DIR);
}

gboolean sbx_template_is_present(struct sbx_store *store, const char *id)
{
	g_autofree char *lock = sbx_template_path(store, id, "lock");
	return access(lock, F_OK) == 0 &&
	       (has_folder(store, id, SBX_TEMPLATE_ROOT) ||
		(has_folder(store, id, SBX_TEMPLATE_LAYER) &&
		 has_folder(store, id, SBX_TEMPLATE_BASE "/" SBX_TEMPLATE_ROOT)));
}

int sbx_template_hold(struct sbx_store *store, const char *id, GError **error)
{
	g_autofree char *path = sbx_template_path(store, id, "lock");
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) {
		sbx_set_error(error, SBX_E_BUSY,
			      "%.16s: the template is being removed; run it again", id);
		return -1;
	}
	return sbx_steal_fd(&fd);
}

gboolean sbx_template_place(struct sbx_store *store, const char *folder, const char *id,
			    GError **error)
{
	g_autofree char *path = sbx_template_path(store, id, NULL);
	if (!sbx_store_remove_tree(path, error))
		return FALSE;
	if (rename(folder, path) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

gboolean sbx_template_name(struct sbx_store *store, const char *name, const char *id,
			   GError **error)
{
	if (!sbx_catalog_set_name(store, name, id, error))
		return FALSE;
	g_autofree char *path = sbx_template_path(store, name, NULL);
	g_autofree char *aside = g_strconcat(path, ".new", NULL);
	unlink(aside);
	if (symlink(id, aside) < 0 || rename(aside, path) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

gboolean sbx_template_unname(struct sbx_store *store, const char *name, gboolean *out_existed,
			     GError **error)
{
	if (!sbx_catalog_remove_name(store, name, out_existed, error))
		return FALSE;
	g_autofree char *path = sbx_template_path(store, name, NULL);
	if (*out_existed && unlink(path) < 0 && errno != ENOENT)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}
