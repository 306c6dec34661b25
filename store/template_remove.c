/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/fd.h"
#include "store/template.h"

/* Those that lie on it get what it has. */
static gboolean free_upper(struct sbx_store *store, const char *id, GCancellable *cancellable,
			   GError **error)
{
	g_auto(GStrv) upper = sbx_catalog_upper(store, id, error);
	for (guint i = 0; upper && upper[i]; i++) {
		if (sbx_template_make_whole(store, upper[i], cancellable, error))
			continue;
		g_prefix_error(error, "%.16s: another template lies on it: ", id);
		return FALSE;
	}
	return upper != NULL;
}

gboolean sbx_template_remove(struct sbx_store *store, const char *id, GCancellable *cancellable,
			     GError **error)
{
	g_autofree char *lock_path = sbx_template_path(store, id, "lock");
	SBX_CLEANUP_FD int fd = open(lock_path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return sbx_set_error(error, SBX_E_BUSY,
				     "%.16s: a sandbox runs on it, or a build begins with it; "
				     "remove it when that has ended",
				     id);
	SBX_AUTO(sbx_template) row = sbx_catalog_template(store, id, error);
	if (!row)
		return error && *error
			       ? FALSE
			       : sbx_set_error(error, SBX_E_NOT_FOUND, "%s: no such template", id);
	if (!free_upper(store, id, cancellable, error))
		return FALSE;
	for (char **name = row->names; *name; name++) {
		gboolean existed;
		if (!sbx_template_unname(store, *name, &existed, error))
			return FALSE;
	}
	/* First out of sight, then out of existence: a crash leaves a folder that nobody finds. */
	if (!sbx_catalog_remove_template(store, id, error))
		return FALSE;
	g_autofree char *path = sbx_template_path(store, id, NULL);
	g_autofree char *aside = g_strdup_printf("%s/tmp/removed-%s", store->root, id);
	if (!sbx_store_remove_tree(aside, error))
		return FALSE;
	if (rename(path, aside) < 0 && errno != ENOENT)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	g_autofree char *ref = g_strconcat("template/", id, NULL);
	if (store->repo &&
	    !ostree_repo_set_ref_immediate(store->repo, NULL, ref, NULL, NULL, error))
		return FALSE;
	return sbx_store_remove_tree(aside, error);
}
