/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/catalog.h"

static gboolean make_folder(const char *path, mode_t mode, GError **error)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return TRUE;
	if (errno == ENOENT) {
		g_autofree char *parent = g_path_get_dirname(path);
		if (g_mkdir_with_parents(parent, 0755) == 0 && mkdir(path, mode) == 0)
			return TRUE;
	}
	return sbx_set_error_os(error, errno == EACCES ? SBX_E_DENIED : SBX_E_FAILED, errno,
				"%s: name a folder that can be made with --root", path);
}

gboolean (*sbx_store_is_cancelled)(GCancellable *cancellable);

gboolean sbx_store_flock(int fd, int operation, const char *what, GCancellable *cancellable,
			 GError **error)
{
	while (flock(fd, operation | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: lock", what);
		if (sbx_store_is_cancelled && cancellable && sbx_store_is_cancelled(cancellable))
			return sbx_set_error(error, SBX_E_INTERRUPTED, "%s: interrupted", what);
		g_usleep(20000);
	}
	return TRUE;
}

int sbx_store_lock_creation(const struct sbx_store *store, GCancellable *cancellable,
			    GError **error)
{
	g_autofree char *path = g_build_filename(store->root, "create.lock", NULL);
	SBX_CLEANUP_FD int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
		return -1;
	}
	return sbx_store_flock(fd, LOCK_EX, path, cancellable, error) ? sbx_steal_fd(&fd) : -1;
}

static gboolean find_idmap(struct sbx_store *store, GError **error)
{
	g_autofree char *path = g_build_filename(store->root, SBX_IDMAP_FILE, NULL);
	struct sbx_error err = SBX_ERROR_INIT;
	int found = sbx_idmap_read(AT_FDCWD, path, &store->idmap, &err);
	if (found < 0)
		return sbx_set_error_from(error, &err);
	const struct sbx_idmap *entered = sbx_idmap_entered();
	if (!found && entered)
		store->idmap = *entered;
	store->has_idmap = found || entered;
	store->rootless = !store->has_idmap && geteuid() != 0;
	return TRUE;
}

const char *sbx_store_ids(const struct sbx_store *store)
{
	return store->has_idmap ? "range" : store->rootless ? "single" : "root";
}

struct sbx_store *sbx_store_open_catalog(const char *root, GCancellable *cancellable,
					 GError **error)
{
	struct sbx_store *store = g_new0(struct sbx_store, 1);
	SBX_AUTO(sbx_store) owned = store;
	store->lock_fd = -1;
	store->root = g_strdup(root);
	if (!make_folder(root, 0700, error) || !find_idmap(store, error))
		return NULL;
	const char *folders[] = {"templates", "tmp", "cache", "index"};
	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(root, folders[i], NULL);
		if (!make_folder(path, 0700, error))
			return NULL;
	}
	if (!sbx_catalog_open(store, cancellable, error))
		return NULL;
	owned = NULL;
	return store;
}

void sbx_store_free(struct sbx_store *store)
{
	if (!store)
		return;
	if (store->repo)
		store->close_repo(store);
	sbx_catalog_close(store);
	sbx_close(&store->lock_fd);
	g_free(store->root);
	g_free(store);
}

char *sbx_store_make_tmp(struct sbx_store *store, const char *prefix, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s-XXXXXX", prefix);
	char *path = g_build_filename(store->root, "tmp", name, NULL);
	if (!mkdtemp(path)) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
		g_clear_pointer(&path, g_free);
	}
	return path;
}

static int remove_below(int parent_dfd, const char *name)
{
	if (unlinkat(parent_dfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM && errno != EACCES)
		return -1;
	int dfd = openat(parent_dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dfd < 0 && errno == EACCES && fchmodat(parent_dfd, name, 0700, 0) == 0)
		dfd = openat(parent_dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dfd < 0)
		return -1;
	/* A script inside may have left a folder that its own user can't write to. */
	struct stat st;
	if (fstat(dfd, &st) == 0 && (st.st_mode & 0700) != 0700)
		fchmod(dfd, 0700);
	SBX_CLEANUP_DIR DIR *dir = fdopendir(dfd);
	if (!dir) {
		sbx_close(&dfd);
		return -1;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (remove_below(dirfd(dir), entry->d_name) < 0)
			return -1;
	}
	return unlinkat(parent_dfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

gboolean sbx_store_remove_tree(const char *path, GError **error)
{
	if (remove_below(AT_FDCWD, path) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: remove", path);
	return TRUE;
}

char *sbx_store_ref_part(const char *text)
{
	GString *out = g_string_new(NULL);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		/* A part may not begin with a dot or a dash. */
		gboolean plain = g_ascii_isalnum(*p) ||
				 ((*p == '.' || *p == '-') && p != (const unsigned char *)text);
		if (plain)
			g_string_append_c(out, (char)*p);
		else
			g_string_append_printf(out, "_%02x", *p);
	}
	return g_string_free(out, FALSE);
}
