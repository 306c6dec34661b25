/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/delta.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/build/debconf.h"
#include "builder/build/keystore.h"

/* Empty in what is to become many machines: it is made when one starts (machine-id(5)). */
#define MACHINE_ID	     "etc/machine-id"
#define MAX_NORMALISED_BYTES (8 * 1024 * 1024)

/*
 * What scripts leave that differs from run to run or from machine to machine, or must not be shared
 * at all. Patterns as fnmatch(3), relative to the root.
 */
static const char *const unwanted[] = {
	"dev/*",
	"proc/*",
	"sys/*",
	"tmp/*",
	"run/*",
	"var/log/*.log",
	"var/cache/ldconfig/aux-cache", /* inode numbers and times */
	"var/cache/man/*",		/* mandb's database: times of pages */
	"var/cache/debconf/*-old",
	"var/cache/debconf/*.sbx/.lock",
	"var/lib/dpkg/*-old",
	"var/lib/dpkg/lock*",
	"var/lib/dpkg/triggers/Lock",
	"var/lib/dpkg/triggers/Unincorp",
	"etc/passwd-",
	"etc/group-",
	"etc/shadow-",
	"etc/gshadow-",
	"etc/.pwd.lock",
	"var/lib/systemd/random-seed",
	"var/lib/dbus/machine-id", /* made when it is missing */
	/* A private key that every user of the template would have. */
	"etc/ssl/private/ssl-cert-snakeoil.key",
	"etc/ssl/certs/ssl-cert-snakeoil.pem",
	NULL,
};

struct reader {
	struct sbx_store *store;
	const char *const *skip;
	GPtrArray *removed;
	GCancellable *cancellable;
	GByteArray *buffer;
	guint64 n_bytes;
};

void sbx_delta_free(struct sbx_delta *delta)
{
	if (!delta)
		return;
	sbx_tree_free(delta->tree);
	g_clear_pointer(&delta->removed, g_ptr_array_unref);
	g_free(delta);
}

static gboolean is_unwanted(const struct reader *r, const char *path)
{
	for (const char *const *pattern = unwanted; *pattern; pattern++)
		if (fnmatch(*pattern, path, FNM_PATHNAME) == 0)
			return TRUE;
	return r->skip && g_strv_contains(r->skip, path);
}

/* overlayfs marks a folder that hides its lower one; user.* where the mount had userxattr. */
static gboolean is_opaque(int dfd)
{
	char value[2];
	return (fgetxattr(dfd, "trusted.overlay.opaque", value, 1) == 1 && value[0] == 'y') ||
	       (fgetxattr(dfd, "user.overlay.opaque", value, 1) == 1 && value[0] == 'y');
}

static GVariant *file_capability(int fd)
{
	guint8 value[64];
	ssize_t n = fgetxattr(fd, "security.capability", value, sizeof(value));
	if (n <= 0)
		return NULL;
	g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ayay)"));
	g_variant_builder_add(&list, "(@ay@ay)", g_variant_new_bytestring("security.capability"),
			      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, value, (gsize)n, 1));
	return g_variant_ref_sink(g_variant_builder_end(&list));
}

/* FALSE: it stays as it is. */
static gboolean normalise_bytes(const char *path, char *bytes, gsize n_bytes)
{
	if (g_str_equal(path, SBX_KEYSTORE_PATH))
		return sbx_keystore_normalise((guint8 *)bytes, n_bytes);
	g_autofree char *sorted = sbx_debconf_sort(bytes);
	if (strlen(sorted) != n_bytes) /* not what debconf writes */
		return FALSE;
	memcpy(bytes, sorted, n_bytes);
	return TRUE;
}

/* What scripts leave and is wanted, but not as it is. The layer is ours to write to. */
static gboolean normalise(int dfd, const char *name, const char *path, const struct stat *st,
			  GError **error)
{
	gboolean is_identity = g_str_equal(path, MACHINE_ID);
	if ((!is_identity && !g_str_equal(path, SBX_KEYSTORE_PATH) && !sbx_debconf_is_ours(path)) ||
	    st->st_size > MAX_NORMALISED_BYTES)
		return TRUE;
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	g_autofree char *bytes = g_malloc0((gsize)st->st_size + 1);
	if (fd >= 0 && is_identity && ftruncate(fd, 0) == 0)
		return TRUE;
	if (fd < 0 || pread(fd, bytes, (gsize)st->st_size, 0) != st->st_size ||
	    (normalise_bytes(path, bytes, (gsize)st->st_size) &&
	     pwrite(fd, bytes, (gsize)st->st_size, 0) != st->st_size))
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

static gboolean read_regular(struct reader *r, int dfd, const char *name, const struct stat *st,
			     guint8 *checksum, GError **error)
{
	/* Root inside wrote it; a rootless reader may first have to make it readable. */
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dfd, name, 0600, 0) == 0)
		fd = openat(dfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", name);
	g_autoptr(GVariant) xattrs = file_capability(fd);
	struct sbx_file_meta meta = {
		.uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode, .xattrs = xattrs};
	struct sbx_object_hash *hash = sbx_object_hash_new(r->store, &meta);
	g_byte_array_set_size(r->buffer, 256 * 1024);
	guint64 n_bytes = 0;
	ssize_t n;
	while ((n = read(fd, r->buffer->data, r->buffer->len)) > 0) {
		sbx_object_hash_add(hash, r->buffer->data, (gsize)n);
		n_bytes += (guint64)n;
	}
	int failed = n < 0 ? errno : 0;
	r->n_bytes += n_bytes;
	sbx_object_hash_finish(hash, checksum);
	if (failed || lseek(fd, 0, SEEK_SET) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, failed ? failed : errno, "%s", name);
	return sbx_object_write_fd(r->store, &meta, sbx_steal_fd(&fd), n_bytes, checksum,
				   r->cancellable, error);
}

static gboolean read_link(struct reader *r, int dfd, const char *name, const struct stat *st,
			  guint8 *checksum, GError **error)
{
	char target[4096];
	ssize_t n = readlinkat(dfd, name, target, sizeof(target) - 1);
	if (n < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", name);
	target[n] = '\0';
	struct sbx_file_meta meta = {
		.uid = st->st_uid, .gid = st->st_gid, .mode = S_IFLNK | 0777, .target = target};
	return sbx_object_write(r->store, &meta, NULL, 0, checksum, r->cancellable, error);
}

static struct sbx_tree *read_folder(struct reader *r, int parent_dfd, const char *name,
				    const char *path, GError **error);

static gboolean read_entry(struct reader *r, struct sbx_tree *tree, int dfd, const char *name,
			   const char *path, GError **error)
{
	struct stat st;
	guint8 checksum[SBX_CHECKSUM_BYTES];
	if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)) {
		g_ptr_array_add(r->removed, g_strdup(path));
		return TRUE;
	}
	if (is_unwanted(r, path))
		return TRUE;
	if (!g_utf8_validate(path, -1, NULL))
		return sbx_set_error(error, SBX_E_SCRIPT,
				     "a script made a file whose name is not UTF-8");
	if (S_ISDIR(st.st_mode)) {
		struct sbx_tree *folder = read_folder(r, dfd, name, path, error);
		return folder && sbx_tree_put_folder(tree, name, folder, 0, error);
	}
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return TRUE;
	if (S_ISREG(st.st_mode) && !normalise(dfd, name, path, &st, error))
		return FALSE;
	gboolean done = S_ISREG(st.st_mode) ? read_regular(r, dfd, name, &st, checksum, error)
					    : read_link(r, dfd, name, &st, checksum, error);
	return done && sbx_tree_put_file(tree, name, checksum, 0, error);
}

static struct sbx_tree *read_folder(struct reader *r, int parent_dfd, const char *name,
				    const char *path, GError **error)
{
	int dfd = openat(parent_dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SBX_CLEANUP_DIR DIR *dir = dfd < 0 ? NULL : fdopendir(dfd);
	struct stat st;
	if (!dir || fstat(dfd, &st) < 0) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
		return NULL;
	}
	if (*path && is_opaque(dfd))
		g_ptr_array_add(r->removed, g_strdup(path));
	struct sbx_file_meta meta = {.uid = st.st_uid, .gid = st.st_gid, .mode = st.st_mode};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	if (!sbx_object_write_dirmeta(r->store, &meta, dirmeta, r->cancellable, error))
		return NULL;
	SBX_AUTO(sbx_tree) tree = sbx_tree_new(r->store, dirmeta);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, ".."))
			continue;
		g_autofree char *below = *path ? g_strconcat(path, "/", entry->d_name, NULL)
					       : g_strdup(entry->d_name);
		if (g_cancellable_set_error_if_cancelled(r->cancellable, error) ||
		    !read_entry(r, tree, dfd, entry->d_name, below, error))
			return NULL;
	}
	return g_steal_pointer(&tree);
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct sbx_delta *sbx_delta_read(struct sbx_store *store, const char *upper,
				 const char *const *skip, GCancellable *cancellable, GError **error)
{
	SBX_AUTO(sbx_delta) delta = g_new0(struct sbx_delta, 1);
	delta->removed = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GByteArray) buffer = g_byte_array_new();
	struct reader r = {store, skip, delta->removed, cancellable, buffer, 0};
	delta->tree = read_folder(&r, AT_FDCWD, upper, "", error);
	delta->n_bytes = r.n_bytes;
	g_ptr_array_sort(delta->removed, compare_paths); /* readdir has no order */
	return delta->tree ? g_steal_pointer(&delta) : NULL;
}

/* The folder is the caller's tree's; below it the delta's folders win, files replace. */
static gboolean apply_folder(struct sbx_tree *into, struct sbx_tree *from, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(from, error);
	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *name = g_strdup(names->pdata[i]);
		struct sbx_entry *coming = sbx_tree_lookup(from, name, error);
		struct sbx_entry *present = sbx_tree_lookup(into, name, error);
		if (coming->kind == SBX_ENTRY_FILE) {
			if (!sbx_tree_put_file(into, name, coming->checksum, 0, error))
				return FALSE;
		} else if (present && present->kind == SBX_ENTRY_FOLDER) {
			sbx_tree_set_dirmeta(present->folder, sbx_tree_dirmeta(coming->folder));
			if (!apply_folder(present->folder, coming->folder, error))
				return FALSE;
		} else {
			struct sbx_tree *folder = sbx_tree_take_folder(from, name, error);
			if (!sbx_tree_put_folder(into, name, folder, 0, error))
				return FALSE;
		}
	}
	return names != NULL;
}

gboolean sbx_delta_apply(struct sbx_delta *delta, struct sbx_tree *root, GError **error)
{
	for (guint i = 0; i < delta->removed->len; i++) {
		const char *path = delta->removed->pdata[i];
		g_autofree char *folder_path = g_path_get_dirname(path);
		g_autofree char *name = g_path_get_basename(path);
		struct sbx_entry *folder = g_str_equal(folder_path, ".")
						   ? NULL
						   : sbx_tree_find(root, folder_path, NULL);
		struct sbx_tree *tree = folder				? folder->folder
					: g_str_equal(folder_path, ".") ? root
									: NULL;
		if (tree && !sbx_tree_remove(tree, name, error))
			return FALSE;
	}
	return apply_folder(root, delta->tree, error);
}

gboolean sbx_delta_commit(struct sbx_delta *delta, const char *ref, GCancellable *cancellable,
			  GError **error)
{
	g_auto(GVariantBuilder) removed = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("as"));
	for (guint i = 0; i < delta->removed->len; i++)
		g_variant_builder_add(&removed, "s", delta->removed->pdata[i]);
	GVariantDict dict = G_VARIANT_DICT_INIT(NULL);
	g_variant_dict_insert_value(&dict, "sbx.removed", g_variant_builder_end(&removed));
	return sbx_tree_commit(delta->tree, ref, g_variant_dict_end(&dict), NULL, cancellable,
			       error);
}

gboolean sbx_delta_load(struct sbx_store *store, const char *ref, struct sbx_delta **out_delta,
			GError **error)
{
	*out_delta = NULL;
	SBX_AUTO(sbx_tree) tree = NULL;
	g_autoptr(GVariant) metadata = NULL;
	if (!sbx_tree_load_ref(store, ref, 0, &tree, &metadata, NULL, error))
		return FALSE;
	if (!tree)
		return TRUE;
	struct sbx_delta *delta = g_new0(struct sbx_delta, 1);
	delta->tree = g_steal_pointer(&tree);
	delta->removed = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GVariant) removed =
		g_variant_lookup_value(metadata, "sbx.removed", G_VARIANT_TYPE("as"));
	for (gsize i = 0; removed && i < g_variant_n_children(removed); i++) {
		char *path;
		g_variant_get_child(removed, i, "s", &path);
		g_ptr_array_add(delta->removed, path);
	}
	*out_delta = delta;
	return TRUE;
}
