/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/checkout.h"

struct check {
	struct sbx_store *store;
	GCancellable *cancellable;
	int objects_dfd;
	char *problem;
};

/* Always FALSE: no need to look further. */
static gboolean found(struct check *c, const char *path, const char *name, const char *what)
{
	c->problem = g_strdup_printf("%s%s%s %s", path, *path && *name ? "/" : "", name, what);
	return FALSE;
}

static gboolean same_bytes(int a_dfd, const char *a, int b_dfd, const char *b)
{
	char x[65536], y[65536];
	SBX_CLEANUP_FD int a_fd = openat(a_dfd, a, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	SBX_CLEANUP_FD int b_fd = openat(b_dfd, b, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = a_fd < 0 || b_fd < 0 ? -1 : 0;
	while (n == 0) {
		ssize_t n_x = read(a_fd, x, sizeof(x)), n_y = read(b_fd, y, sizeof(y));
		if (n_x == 0 && n_y == 0)
			return TRUE;
		n = n_x < 0 || n_x != n_y || memcmp(x, y, (size_t)n_x) != 0 ? -1 : 0;
	}
	return FALSE;
}

static gboolean same_target(int a_dfd, const char *a, int b_dfd, const char *b)
{
	char x[4096], y[4096];
	ssize_t n_x = readlinkat(a_dfd, a, x, sizeof(x)), n_y = readlinkat(b_dfd, b, y, sizeof(y));
	return n_x >= 0 && n_x == n_y && memcmp(x, y, (size_t)n_x) == 0;
}

/* A link to the object, or, of one that has as many links as can be, a copy. */
static gboolean check_file(struct check *c, const guint8 *checksum, int dfd, const char *path,
			   const char *name, const struct stat *st)
{
	char object[SBX_OBJECT_NAME];
	struct stat of_object;
	sbx_object_name(checksum, object);
	if (fstatat(c->objects_dfd, object, &of_object, AT_SYMLINK_NOFOLLOW) < 0)
		return found(c, path, name, "has lost its object");
	if (st->st_ino == of_object.st_ino && st->st_dev == of_object.st_dev)
		return TRUE;
	gboolean same = st->st_mode == of_object.st_mode && st->st_uid == of_object.st_uid &&
			st->st_gid == of_object.st_gid && st->st_size == of_object.st_size &&
			(S_ISLNK(st->st_mode) ? same_target(dfd, name, c->objects_dfd, object)
					      : same_bytes(dfd, name, c->objects_dfd, object));
	return same || found(c, path, name, "is another file than it was");
}

/* The dirmeta object is (uuua(ayay)): owner, group, mode, big-endian. */
static gboolean check_owner(struct check *c, const guint8 *dirmeta, const char *path,
			    const struct stat *st, GError **error)
{
	g_autofree char *hex = ostree_checksum_from_bytes(dirmeta);
	g_autoptr(GVariant) stored = NULL;
	guint32 uid, gid, mode;
	if (!ostree_repo_load_variant(c->store->repo, OSTREE_OBJECT_TYPE_DIR_META, hex, &stored,
				      error))
		return FALSE;
	g_variant_get(stored, "(uuu@a(ayay))", &uid, &gid, &mode, NULL);
	gboolean same = (st->st_mode & 07777) == (GUINT32_FROM_BE(mode) & 07777) &&
			(c->store->rootless || (st->st_uid == GUINT32_FROM_BE(uid) &&
						st->st_gid == GUINT32_FROM_BE(gid)));
	return same || found(c, path, "", "has another owner or mode");
}

static gboolean check_folder(struct check *c, struct sbx_tree *tree, int parent_dfd,
			     const char *name, const char *path, GError **error);

static gboolean check_entry(struct check *c, const struct sbx_entry *entry, int dfd,
			    const char *path, const char *name, GError **error)
{
	struct stat st;
	if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return found(c, path, name, "is gone");
	if (entry->kind == SBX_ENTRY_WHITEOUT)
		return (S_ISCHR(st.st_mode) && st.st_rdev == 0) ||
		       found(c, path, name, "is no whiteout any more");
	if (entry->kind == SBX_ENTRY_FILE)
		return check_file(c, entry->checksum, dfd, path, name, &st);
	g_autofree char *below = g_strconcat(path, *path ? "/" : "", name, NULL);
	return S_ISDIR(st.st_mode) ? check_folder(c, entry->folder, dfd, name, below, error)
				   : found(c, path, name, "is no folder any more");
}

static gboolean check_too_much(struct check *c, struct sbx_tree *tree, DIR *dir, const char *path,
			       GError **error)
{
	for (struct dirent *entry; (entry = readdir(dir));) {
		const char *name = entry->d_name;
		if (g_str_equal(name, ".") || g_str_equal(name, ".."))
			continue;
		if (!sbx_tree_lookup(tree, name, error))
			return found(c, path, name, "is not of the template");
	}
	return TRUE;
}

static gboolean check_folder(struct check *c, struct sbx_tree *tree, int parent_dfd,
			     const char *name, const char *path, GError **error)
{
	int dfd = openat(parent_dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SBX_CLEANUP_DIR DIR *dir = dfd < 0 ? NULL : fdopendir(dfd);
	struct stat st;
	if (!dir || fstat(dfd, &st) < 0) {
		sbx_close(&dfd);
		return found(c, path, "", "cannot be opened");
	}
	g_autoptr(GPtrArray) names = sbx_tree_names(tree, error);
	if (!names || g_cancellable_set_error_if_cancelled(c->cancellable, error) ||
	    !check_owner(c, sbx_tree_dirmeta(tree), path, &st, error) ||
	    !check_too_much(c, tree, dir, path, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const struct sbx_entry *entry = sbx_tree_lookup(tree, names->pdata[i], error);
		if (!entry || !check_entry(c, entry, dfd, path, names->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_tree_check(struct sbx_tree *tree, struct sbx_store *store, const char *path,
			char **out_problem, GCancellable *cancellable, GError **error)
{
	SBX_CLEANUP_FD int objects_dfd = openat(ostree_repo_get_dfd(store->repo), "objects",
						O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (objects_dfd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: objects", store->root);
	struct check c = {.store = store, .cancellable = cancellable, .objects_dfd = objects_dfd};
	if (check_folder(&c, tree, AT_FDCWD, path, "", error))
		return TRUE;
	*out_problem = c.problem;
	return c.problem != NULL;
}
