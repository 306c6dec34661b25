/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from store/store.c, so that who needs only the catalog is not linked with libostree. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/fd.h"
#include "store/transaction.h"

#define SECTION	 "core"
#define LAST_KEY "min-free-space-percent"

/*
 * Libostree keeps 3 % of a disk free, gigabytes on a large one. A full disk is an error that we
 * report as such and recover from.
 */
static gboolean use_whole_disk(struct sbx_store *store, GError **error)
{
	g_autoptr(GKeyFile) config = ostree_repo_copy_config(store->repo);
	g_key_file_set_string(config, SECTION, LAST_KEY, "0");
	return ostree_repo_write_config(store->repo, config, error) &&
	       ostree_repo_reload_config(store->repo, NULL, error);
}

/* That key is written last: with it, the repository is whole, whoever was killed making it. */
static gboolean is_complete(const char *path)
{
	g_autofree char *config = g_build_filename(path, "config", NULL);
	g_autoptr(GKeyFile) keys = g_key_file_new();
	return g_key_file_load_from_file(keys, config, G_KEY_FILE_NONE, NULL) &&
	       g_key_file_has_key(keys, SECTION, LAST_KEY, NULL);
}

/* Before the repository, whose owners mean nothing without it. */
static gboolean keep_idmap(struct sbx_store *store, GError **error)
{
	g_autofree char *path = g_build_filename(store->root, SBX_IDMAP_FILE, NULL);
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	if (!store->has_idmap || g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	sbx_idmap_add_text(&store->idmap, &text);
	return g_file_set_contents(path, text.data, (gssize)text.n_bytes, error);
}

static gboolean make_repo(struct sbx_store *store, const char *path, GCancellable *cancellable,
			  GError **error)
{
	OstreeRepoMode mode =
		store->rootless ? OSTREE_REPO_MODE_BARE_USER_ONLY : OSTREE_REPO_MODE_BARE;
	SBX_CLEANUP_FD int lock_fd = sbx_store_lock_creation(store, cancellable, error);
	if (lock_fd < 0)
		return FALSE;
	return is_complete(path) || (keep_idmap(store, error) &&
				     ostree_repo_create(store->repo, mode, cancellable, error) &&
				     use_whole_disk(store, error));
}

static void close_repo(struct sbx_store *store)
{
	g_clear_object(&store->repo);
	g_clear_pointer(&store->pending, sbx_pending_refs_free);
}

/* Its owners mean something only to who made it, in the way it was made. */
static gboolean check_ids(struct sbx_store *store, const char *path, GError **error)
{
	gboolean keeps = ostree_repo_get_mode(store->repo) == OSTREE_REPO_MODE_BARE;
	g_autofree char *file = g_build_filename(store->root, SBX_IDMAP_FILE, NULL);
	gboolean has_file = g_file_test(file, G_FILE_TEST_EXISTS);
	if (keeps && has_file && !sbx_idmap_is_entered(&store->idmap))
		return sbx_set_error(error, SBX_E_DENIED,
				     "%s: its owners are in a range of ids of user %u; use it as "
				     "that user, or name another folder with --root",
				     store->root, store->idmap.uid);
	if (keeps && store->has_idmap && !has_file)
		return sbx_set_error(error, SBX_E_DENIED,
				     "%s: was made by root; use --root to name another folder",
				     path);
	if (keeps != store->rootless)
		return TRUE;
	return sbx_set_error(error, SBX_E_DENIED,
			     "%s: was made by %s; use --root to name another folder", path,
			     store->rootless	? "root"
			     : store->has_idmap ? "an ordinary user with a single id"
						: "an ordinary user");
}

static gboolean open_repo(struct sbx_store *store, GCancellable *cancellable, GError **error)
{
	g_autofree char *path = g_build_filename(store->root, "repo", NULL);
	g_autoptr(GFile) file = g_file_new_for_path(path);
	store->repo = ostree_repo_new(file);
	store->pending = sbx_pending_refs_new();
	store->close_repo = close_repo;
	if (!is_complete(path) && !make_repo(store, path, cancellable, error))
		return FALSE;
	if (!ostree_repo_open(store->repo, cancellable, error)) {
		g_prefix_error(error, "%s: ", path);
		return FALSE;
	}
	ostree_repo_set_disable_fsync(store->repo, TRUE); /* see store/transaction.h */
	return check_ids(store, path, error);
}

struct sbx_store *sbx_store_open(const char *root, enum sbx_store_access access,
				 GCancellable *cancellable, GError **error)
{
	SBX_AUTO(sbx_store) store = sbx_store_open_catalog(root, cancellable, error);
	if (!store)
		return NULL;
	g_autofree char *path = g_build_filename(root, "lock", NULL);
	store->lock_fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (store->lock_fd < 0) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
		return NULL;
	}
	if (!sbx_store_flock(store->lock_fd, access == SBX_STORE_EXCLUSIVE ? LOCK_EX : LOCK_SH,
			     path, cancellable, error) ||
	    !open_repo(store, cancellable, error))
		return NULL;
	struct sbx_store *opened = store;
	store = NULL;
	return opened;
}
