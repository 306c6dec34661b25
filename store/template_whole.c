/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/checkout.h"
#include "store/template.h"

/* The tree of its commit, which is the same however its files lie on the disk. */
static gboolean put_root(struct sbx_store *store, const char *id, const char *path,
			 guint *out_n_entries, GCancellable *cancellable, GError **error)
{
	g_autofree char *ref = g_strconcat("template/", id, NULL);
	g_autofree char *aside = sbx_store_make_tmp(store, "whole", error);
	g_autofree char *root = aside ? g_build_filename(aside, SBX_TEMPLATE_ROOT, NULL) : NULL;
	SBX_AUTO(sbx_tree) tree = NULL;
	if (!aside || !sbx_tree_load_ref(store, ref, 0, &tree, NULL, NULL, error))
		return FALSE;
	gboolean fine =
		tree ? sbx_tree_checkout(tree, store, root, out_n_entries, cancellable, error)
		     : sbx_set_error(error, SBX_E_DAMAGED,
				     "%s: is gone; run `sbx-build fsck --repair`", ref);
	/* On the disk before anything relies on it. */
	if (fine && (syncfs(ostree_repo_get_dfd(store->repo)) < 0 || rename(root, path) < 0))
		fine = sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return sbx_store_remove_tree(aside, fine ? error : NULL) && fine;
}

/* What sandboxes that began on the layer see must stay. */
static gboolean drop_layer(struct sbx_store *store, const char *id, GError **error)
{
	g_autofree char *lock = sbx_template_path(store, id, "lock");
	g_autofree char *layer = sbx_template_path(store, id, SBX_TEMPLATE_LAYER);
	g_autofree char *base = sbx_template_path(store, id, SBX_TEMPLATE_BASE);
	SBX_CLEANUP_FD int fd = open(lock, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return sbx_set_error(error, SBX_E_BUSY,
				     "%.16s: a sandbox runs on it, and what it lies on is needed "
				     "until that has ended",
				     id);
	if (unlink(base) < 0 && errno != ENOENT)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", base);
	return sbx_store_remove_tree(layer, error);
}

gboolean sbx_template_make_whole(struct sbx_store *store, const char *id, GCancellable *cancellable,
				 GError **error)
{
	g_autoptr(GError) failed = NULL;
	SBX_AUTO(sbx_template) row = sbx_catalog_template(store, id, &failed);
	g_autofree char *path = sbx_template_path(store, id, SBX_TEMPLATE_ROOT);
	guint n_entries = 0;
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!row || !row->base)
		return TRUE;
	return (g_file_test(path, G_FILE_TEST_IS_DIR) ||
		put_root(store, id, path, &n_entries, cancellable, error)) &&
	       drop_layer(store, id, error) && sbx_catalog_set_whole(store, id, n_entries, error);
}
