/* SPDX-License-Identifier: Apache-2.0 */
/* From the data member of a .deb to objects and a tree. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/build/import_private.h"

#define IN_MEMORY_BYTES	 (32 * 1024 * 1024) /* larger files pass through a temporary one */
#define RATIO_FREE_BYTES (64ull * 1024 * 1024)

/* The site decides how much is too much. */
static gboolean refuse_excess(const struct import *in, const char *path, const char *what,
			      const char *variable, guint64 limit, GError **error)
{
	g_autofree char *reason = g_strdup_printf(
		"%s (%" G_GUINT64_FORMAT "; $%s sets another limit)", what, limit, variable);
	return sbx_import_refuse(in, path, reason, error);
}

static gboolean count(struct import *in, const char *path, guint64 n_bytes, GError **error)
{
	in->n_bytes += n_bytes;
	if (in->n_bytes > in->limits->max_bytes)
		return refuse_excess(in, path, "goes past the limit of unpacked bytes",
				     SBX_MAX_BYTES_VARIABLE, in->limits->max_bytes, error);
	if (in->n_bytes > RATIO_FREE_BYTES && in->package->size &&
	    in->n_bytes / in->package->size > in->limits->max_ratio)
		return refuse_excess(in, path, "unpacks to too many times its packed size",
				     SBX_MAX_RATIO_VARIABLE, in->limits->max_ratio, error);
	return TRUE;
}

/* A file too large for memory: to an unnamed temporary file, hashed on the way. */
static gboolean store_large(struct import *in, struct archive *tar, const char *path,
			    const struct sbx_file_meta *meta, guint8 *checksum, GError **error)
{
	g_autofree char *folder = g_build_filename(in->store->root, "tmp", NULL);
	SBX_CLEANUP_FD int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", folder);
	struct sbx_object_hash *hash = sbx_object_hash_new(in->store, meta);
	guint64 n_bytes = 0;
	la_ssize_t n = 0;
	gboolean fine = TRUE;
	g_byte_array_set_size(in->buffer, 1024 * 1024);
	while (fine && (n = archive_read_data(tar, in->buffer->data, in->buffer->len)) > 0) {
		sbx_object_hash_add(hash, in->buffer->data, (gsize)n);
		n_bytes += (guint64)n;
		fine = count(in, path, (guint64)n, error) &&
		       !g_cancellable_set_error_if_cancelled(in->cancellable, error);
		if (fine && sbx_write_all(fd, in->buffer->data, (size_t)n) < 0)
			fine = sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", folder);
	}
	if (n < 0)
		fine = sbx_deb_fail(tar, in->package->name, error);
	sbx_object_hash_finish(hash, checksum);
	if (fine && lseek(fd, 0, SEEK_SET) < 0)
		fine = sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", folder);
	return fine && sbx_object_write_fd(in->store, meta, sbx_steal_fd(&fd), n_bytes, checksum,
					   in->cancellable, error);
}

static gboolean store_regular(struct import *in, struct archive *tar, struct archive_entry *entry,
			      const char *path, const struct sbx_file_meta *meta, guint8 *checksum,
			      GError **error)
{
	guint64 size = (guint64)archive_entry_size(entry);
	if (size > IN_MEMORY_BYTES)
		return store_large(in, tar, path, meta, checksum, error);
	if (!sbx_import_read(in, tar, path, IN_MEMORY_BYTES, error) ||
	    !count(in, path, in->buffer->len, error))
		return FALSE;
	g_autofree char *absolute = g_strconcat("/", path, NULL);
	if (g_hash_table_contains(in->conffiles, absolute)) {
		char *md5 = g_compute_checksum_for_data(G_CHECKSUM_MD5, in->buffer->data,
							in->buffer->len);
		g_hash_table_replace(in->conffiles, g_steal_pointer(&absolute), md5);
	}
	gint64 began = g_get_monotonic_time();
	gboolean fine = sbx_object_write(in->store, meta, in->buffer->data, in->buffer->len,
					 checksum, in->cancellable, error);
	in->store_usec += g_get_monotonic_time() - began;
	return fine;
}

/* A hard link is a second name of a file of the same package that came before it. */
static gboolean link_checksum(struct import *in, struct sbx_tree *root, const char *to,
			      const char *path, guint8 *checksum, GError **error)
{
	const char *target = sbx_path_check_relative(to);
	const struct sbx_entry *known = target ? sbx_tree_find(root, target, NULL) : NULL;
	if (!known || known->kind != SBX_ENTRY_FILE)
		return sbx_import_refuse(
			in, path, "is a hard link to a file that the package does not hold", error);
	memcpy(checksum, known->checksum, SBX_CHECKSUM_BYTES);
	return TRUE;
}

static gboolean add_folder(struct import *in, struct sbx_tree *root, const char *path,
			   const struct sbx_file_meta *meta, GError **error)
{
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	if (!sbx_object_write_dirmeta(in->store, meta, dirmeta, in->cancellable, error))
		return FALSE;
	struct sbx_tree *folder =
		g_str_equal(path, ".")
			? root
			: sbx_tree_make_folders(root, path, in->default_dirmeta, 0, error);
	if (!folder) {
		g_prefix_error(error, "%s %s: ", in->package->name, in->package->version);
		return FALSE;
	}
	sbx_tree_set_dirmeta(folder, dirmeta);
	return TRUE;
}

static gboolean add_file(struct import *in, struct sbx_tree *root, struct archive *tar,
			 struct archive_entry *entry, const char *path,
			 const struct sbx_file_meta *meta, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	struct sbx_tree *folder =
		g_str_equal(parent, ".")
			? root
			: sbx_tree_make_folders(root, parent, in->default_dirmeta, 0, error);
	if (!folder) {
		g_prefix_error(error, "%s %s: ", in->package->name, in->package->version);
		return FALSE;
	}
	struct sbx_entry *present = sbx_tree_lookup(folder, name, NULL);
	if (present)
		return sbx_import_refuse(in, path, "is in the package twice", error);
	guint8 checksum[SBX_CHECKSUM_BYTES];
	const char *to = archive_entry_hardlink(entry);
	gboolean stored = to ? link_checksum(in, root, to, path, checksum, error)
			  : S_ISLNK(meta->mode)
				  ? sbx_object_write(in->store, meta, NULL, 0, checksum,
						     in->cancellable, error)
				  : store_regular(in, tar, entry, path, meta, checksum, error);
	return stored && sbx_tree_put_file(folder, name, checksum, 0, error);
}

static gboolean has_long_name(const char *path)
{
	gsize n;
	for (; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (n > NAME_MAX)
			return TRUE;
	}
	return FALSE;
}

static gboolean add_entry(struct import *in, struct sbx_tree *root, struct archive *tar,
			  struct archive_entry *entry, GError **error)
{
	const char *raw = archive_entry_pathname(entry);
	g_autofree char *path = g_strdup(raw ? sbx_path_check_relative(raw) : NULL);
	if (!path)
		return sbx_import_refuse(in, raw, "is not a path below the root", error);
	if (!g_utf8_validate(path, -1, NULL))
		return sbx_import_refuse(in, raw, "is not UTF-8, which the store's names must be",
					 error);
	if (has_long_name(path))
		return sbx_import_refuse(
			in, path, "has a name longer than 255 bytes, which no file may", error);
	if (strlen(path) >= PATH_MAX - 1)
		return sbx_import_refuse(in, path, "is longer than 4094 bytes, which no path may",
					 error);
	for (gsize n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	if (++in->n_entries > in->limits->max_entries)
		return refuse_excess(in, path, "goes past the limit of files",
				     SBX_MAX_FILES_VARIABLE, in->limits->max_entries, error);
	if (g_cancellable_set_error_if_cancelled(in->cancellable, error))
		return FALSE;
	g_autoptr(GVariant) xattrs = NULL;
	if (!sbx_deb_entry_xattrs(entry, &xattrs))
		return sbx_import_refuse(in, path, "has a malformed capability", error);
	struct sbx_file_meta meta = {
		.uid = (guint32)archive_entry_uid(entry),
		.gid = (guint32)archive_entry_gid(entry),
		.mode = archive_entry_mode(entry) & (S_IFMT | 07777),
		.target = archive_entry_symlink(entry),
		.xattrs = xattrs,
	};
	if (archive_entry_hardlink(entry))
		meta.mode = S_IFREG | (meta.mode & 07777);
	if (!g_str_equal(path, "."))
		g_string_append_printf(in->list, "/%s\n", path);
	if (!S_ISLNK(meta.mode) && (meta.uid || meta.gid || meta.mode & 06000 || xattrs))
		g_ptr_array_add(in->special,
				g_strdup_printf("/%s %04o %u:%u%s", path, meta.mode & 07777,
						meta.uid, meta.gid, xattrs ? " capability" : ""));
	if (S_ISDIR(meta.mode))
		return add_folder(in, root, path, &meta, error);
	if (g_str_equal(path, ".") || !(S_ISREG(meta.mode) || S_ISLNK(meta.mode)))
		return sbx_import_refuse(in, path, "is a device, a pipe or a socket", error);
	if (S_ISLNK(meta.mode)) {
		if (!meta.target || !*meta.target)
			return sbx_import_refuse(in, path, "is a link to nothing", error);
		meta.mode = S_IFLNK | 0777;
	}
	return add_file(in, root, tar, entry, path, &meta, error);
}

struct sbx_tree *sbx_import_data(struct import *in, struct sbx_deb *deb, GError **error)
{
	struct archive *tar = sbx_deb_member(deb, SBX_DEB_DATA, error);
	if (!tar)
		return NULL;
	SBX_AUTO(sbx_tree) root = sbx_tree_new(in->store, in->default_dirmeta);
	struct archive_entry *entry;
	int status;
	while ((status = archive_read_next_header(tar, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN)
		if (!add_entry(in, root, tar, entry, error))
			return NULL;
	if (status != ARCHIVE_EOF) {
		sbx_deb_fail(tar, in->package->name, error);
		return NULL;
	}
	return g_steal_pointer(&root);
}
