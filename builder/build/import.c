/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/import.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/build/control.h"
#include "builder/build/deb.h"

#define IN_MEMORY_BYTES	   (32 * 1024 * 1024) /* larger files pass through a temporary one */
#define CONTROL_FILE_BYTES (16 * 1024 * 1024)
#define RATIO_FREE_BYTES   (64ull * 1024 * 1024)

/* One package on its way into the store. */
struct import {
	struct sbx_store *store;
	const struct sbx_lock_package *package;
	const struct sbx_import_limits *limits;
	GCancellable *cancellable;
	struct sbx_control *control;
	GHashTable *conffiles; /* path with leading '/' -> its MD5, "" until seen */
	GPtrArray *conffile_order;
	GString *list; /* becomes info/<package>.list */
	GByteArray *buffer;
	guint64 n_bytes, n_entries;
	gint64 store_usec;
	GPtrArray *special; /* what a rootless store cannot keep, for people */
	guint8 default_dirmeta[SBX_CHECKSUM_BYTES];
};

static void import_release(struct import *in)
{
	sbx_control_free(in->control);
	g_clear_pointer(&in->conffiles, g_hash_table_unref);
	g_clear_pointer(&in->conffile_order, g_ptr_array_unref);
	g_clear_pointer(&in->buffer, g_byte_array_unref);
	g_clear_pointer(&in->special, g_ptr_array_unref);
	if (in->list)
		g_string_free(in->list, TRUE);
}

char *sbx_import_ref(const struct sbx_lock_package *package)
{
	g_autofree char *name = sbx_store_ref_part(package->name);
	g_autofree char *version = sbx_store_ref_part(package->version);
	return g_strdup_printf("pkg/deb/%s/%s/%s", name, version, package->architecture);
}

gboolean sbx_import_is_stored(struct sbx_store *store, const struct sbx_lock_package *package)
{
	g_autofree char *ref = sbx_import_ref(package);
	g_autoptr(GVariant) metadata = NULL;
	g_autoptr(GError) ignored = NULL;
	const char *sha256 = NULL;
	return sbx_tree_load_ref(store, ref, 0, NULL, &metadata, NULL, &ignored) && metadata &&
	       g_variant_lookup(metadata, "sbx.sha256", "&s", &sha256) &&
	       g_str_equal(sha256, package->sha256);
}

static gboolean refuse(struct import *in, const char *path, const char *reason, GError **error)
{
	g_autofree char *start = g_strndup(path ? path : "", 300);
	g_autofree char *shown = g_strescape(start, NULL);
	return sbx_set_error(error, SBX_E_ARCHIVE, "%s %s: '%s' %s; the package was not taken",
			     in->package->name, in->package->version, shown, reason);
}

static gboolean count(struct import *in, const char *path, guint64 n_bytes, GError **error)
{
	in->n_bytes += n_bytes;
	if (in->n_bytes > in->limits->max_bytes)
		return refuse(in, path, "goes past the limit of unpacked bytes", error);
	if (in->n_bytes > RATIO_FREE_BYTES && in->package->size &&
	    in->n_bytes / in->package->size > in->limits->max_ratio)
		return refuse(in, path, "unpacks to too many times its packed size", error);
	return TRUE;
}

/* Read the entry's bytes to memory. */
static gboolean read_bytes(struct import *in, struct archive *tar, const char *path, guint64 max,
			   GError **error)
{
	g_byte_array_set_size(in->buffer, 0);
	for (;;) {
		guint at = in->buffer->len;
		if (at > max)
			return refuse(in, path, "is larger than it may be", error);
		g_byte_array_set_size(in->buffer, at + 256 * 1024);
		la_ssize_t n = archive_read_data(tar, in->buffer->data + at, 256 * 1024);
		if (n < 0)
			return sbx_deb_fail(tar, in->package->name, error);
		g_byte_array_set_size(in->buffer, at + (guint)n);
		if (n == 0)
			return TRUE;
	}
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
	if (!read_bytes(in, tar, path, IN_MEMORY_BYTES, error) ||
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
		return refuse(in, path, "is a hard link to a file that the package does not hold",
			      error);
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
		return refuse(in, path, "is in the package twice", error);
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
		return refuse(in, raw, "is not a path below the root", error);
	if (!g_utf8_validate(path, -1, NULL))
		return refuse(in, raw, "is not UTF-8, which the store's names must be", error);
	if (has_long_name(path))
		return refuse(in, path, "has a name longer than 255 bytes, which no file may",
			      error);
	if (strlen(path) >= PATH_MAX - 1)
		return refuse(in, path, "is longer than 4094 bytes, which no path may", error);
	for (gsize n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	if (++in->n_entries > in->limits->max_entries)
		return refuse(in, path, "goes past the limit of files", error);
	if (g_cancellable_set_error_if_cancelled(in->cancellable, error))
		return FALSE;
	g_autoptr(GVariant) xattrs = NULL;
	if (!sbx_deb_entry_xattrs(entry, &xattrs))
		return refuse(in, path, "has a malformed capability", error);
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
		return refuse(in, path, "is a device, a pipe or a socket", error);
	if (S_ISLNK(meta.mode)) {
		if (!meta.target || !*meta.target)
			return refuse(in, path, "is a link to nothing", error);
		meta.mode = S_IFLNK | 0777;
	}
	return add_file(in, root, tar, entry, path, &meta, error);
}

static struct sbx_tree *import_data(struct import *in, struct sbx_deb *deb, GError **error)
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

static void read_conffiles(struct import *in, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_strchomp(lines[i]);
		/* deb-conffiles(5): a line may begin with a flag such as remove-on-upgrade. */
		if (lines[i][0] != '/' || g_hash_table_contains(in->conffiles, lines[i]))
			continue;
		char *path = g_strdup(lines[i]);
		g_hash_table_insert(in->conffiles, path, g_strdup(""));
		g_ptr_array_add(in->conffile_order, g_strdup(path));
	}
}

static gboolean check_identity(struct import *in, GError **error)
{
	const struct sbx_lock_package *p = in->package;
	const struct {
		const char *field, *expected;
	} pairs[] = {
		{"Package", p->name}, {"Version", p->version}, {"Architecture", p->architecture}};
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
		const char *value = sbx_control_get(in->control, pairs[i].field);
		if (g_strcmp0(value, pairs[i].expected) != 0)
			return sbx_set_error(error, SBX_E_ARCHIVE,
					     "%s %s: its control file says %s: %s, the archive's "
					     "index %s",
					     p->name, p->version, pairs[i].field,
					     value ? value : "(nothing)", pairs[i].expected);
	}
	return TRUE;
}

static gboolean add_control_file(struct import *in, struct sbx_tree *folder, struct archive *tar,
				 struct archive_entry *entry, GError **error)
{
	const char *path = sbx_path_check_relative(archive_entry_pathname(entry));
	if (!path || strchr(path, '/') || !S_ISREG(archive_entry_mode(entry)) ||
	    archive_entry_hardlink(entry) || !g_utf8_validate(path, -1, NULL))
		return refuse(in, archive_entry_pathname(entry), "has no place among control files",
			      error);
	if (!read_bytes(in, tar, path, CONTROL_FILE_BYTES, error))
		return FALSE;
	g_byte_array_append(in->buffer, (const guint8 *)"", 1);
	const char *text = (const char *)in->buffer->data;
	if (g_str_equal(path, "conffiles"))
		read_conffiles(in, text);
	if (g_str_equal(path, "control")) {
		if (!g_utf8_validate(text, -1, NULL) || in->control)
			return refuse(in, path, "is not one text", error);
		in->control = sbx_control_parse(text, in->package->name, error);
		return in->control && check_identity(in, error);
	}
	struct sbx_file_meta meta = {.mode = S_IFREG | (archive_entry_mode(entry) & 0755)};
	guint8 checksum[SBX_CHECKSUM_BYTES];
	return sbx_object_write(in->store, &meta, text, in->buffer->len - 1, checksum,
				in->cancellable, error) &&
	       sbx_tree_put_file(folder, path, checksum, 0, error);
}

static struct sbx_tree *import_control(struct import *in, struct sbx_deb *deb, GError **error)
{
	struct archive *tar = sbx_deb_member(deb, SBX_DEB_CONTROL, error);
	if (!tar)
		return NULL;
	SBX_AUTO(sbx_tree) folder = sbx_tree_new(in->store, in->default_dirmeta);
	struct archive_entry *entry;
	int status;
	while ((status = archive_read_next_header(tar, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN)
		if (!S_ISDIR(archive_entry_mode(entry)) &&
		    !add_control_file(in, folder, tar, entry, error))
			return NULL;
	if (status != ARCHIVE_EOF) {
		sbx_deb_fail(tar, in->package->name, error);
		return NULL;
	}
	if (!in->control) {
		sbx_set_error(error, SBX_E_ARCHIVE, "%s %s: has no control file", in->package->name,
			      in->package->version);
		return NULL;
	}
	return g_steal_pointer(&folder);
}

static char *conffiles_text(struct import *in)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < in->conffile_order->len; i++) {
		const char *path = in->conffile_order->pdata[i];
		const char *md5 = g_hash_table_lookup(in->conffiles, path);
		if (*md5)
			g_string_append_printf(text, " %s %s\n", path, md5);
	}
	return g_string_free(text, FALSE);
}

static const char *field_or_empty(struct import *in, const char *field)
{
	const char *value = sbx_control_get(in->control, field);
	return value ? value : "";
}

static GVariant *commit_metadata(struct import *in)
{
	g_autofree char *conffiles = conffiles_text(in);
	g_autofree char *status = sbx_control_status_stanza(in->control, conffiles);
	const char *pre = sbx_control_get(in->control, "Pre-Depends");
	const char *depends = sbx_control_get(in->control, "Depends");
	g_autofree char *both =
		g_strjoin(pre && depends ? ", " : "", pre ? pre : "", depends ? depends : "", NULL);
	const char *essential = sbx_control_get(in->control, "Essential");
	GVariantDict dict = G_VARIANT_DICT_INIT(NULL);
	g_variant_dict_insert(&dict, "sbx.sha256", "s", in->package->sha256);
	g_variant_dict_insert(&dict, "sbx.status", "s", status);
	g_variant_dict_insert(&dict, "sbx.depends", "s", both);
	g_variant_dict_insert(&dict, "sbx.pre-depends", "s", field_or_empty(in, "Pre-Depends"));
	g_variant_dict_insert(&dict, "sbx.replaces", "s", field_or_empty(in, "Replaces"));
	g_variant_dict_insert(&dict, "sbx.provides", "s", field_or_empty(in, "Provides"));
	g_variant_dict_insert(&dict, "sbx.multi-arch", "s", field_or_empty(in, "Multi-Arch"));
	g_variant_dict_insert(&dict, "sbx.essential", "b", g_strcmp0(essential, "yes") == 0);
	g_variant_dict_insert(&dict, "sbx.bytes", "t", in->n_bytes);
	if (in->special->len)
		g_variant_dict_insert_value(
			&dict, "sbx.special",
			g_variant_new_strv((const char *const *)in->special->pdata,
					   (gssize)in->special->len));
	return g_variant_dict_end(&dict);
}

static gboolean add_list(struct import *in, struct sbx_tree *control, GError **error)
{
	struct sbx_file_meta meta = {.mode = S_IFREG | 0644};
	guint8 checksum[SBX_CHECKSUM_BYTES];
	return sbx_object_write(in->store, &meta, in->list->str, in->list->len, checksum,
				in->cancellable, error) &&
	       sbx_tree_put_file(control, "list", checksum, 0, error);
}

gboolean sbx_import_package(struct sbx_store *store, const struct sbx_lock_package *package,
			    const char *path, const struct sbx_import_limits *limits,
			    gint64 *out_store_usec, GCancellable *cancellable, GError **error)
{
	__attribute__((cleanup(import_release))) struct import in = {
		.store = store,
		.package = package,
		.limits = limits,
		.cancellable = cancellable,
		.conffiles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.conffile_order = g_ptr_array_new_with_free_func(g_free),
		.list = g_string_new("/.\n"),
		.special = g_ptr_array_new_with_free_func(g_free),
		.buffer = g_byte_array_new(),
	};
	struct sbx_file_meta folder = {.mode = S_IFDIR | 0755};
	g_autofree char *shown = g_strdup_printf("%s %s", package->name, package->version);
	SBX_AUTO(sbx_deb) deb = sbx_deb_open(path, shown, error);
	if (!deb ||
	    !sbx_object_write_dirmeta(store, &folder, in.default_dirmeta, cancellable, error))
		return FALSE;
	SBX_AUTO(sbx_tree) control = import_control(&in, deb, error);
	SBX_AUTO(sbx_tree) data = control ? import_data(&in, deb, error) : NULL;
	if (!data || !sbx_deb_check(deb, package->sha256, package->size, error) ||
	    !add_list(&in, control, error))
		return FALSE;
	SBX_AUTO(sbx_tree) root = sbx_tree_new(store, in.default_dirmeta);
	g_autofree char *ref = sbx_import_ref(package);
	gint64 began = g_get_monotonic_time();
	gboolean fine = sbx_tree_put_folder(root, "control", g_steal_pointer(&control), 0, error) &&
			sbx_tree_put_folder(root, "data", g_steal_pointer(&data), 0, error) &&
			sbx_tree_commit(root, ref, commit_metadata(&in), NULL, cancellable, error);
	if (out_store_usec)
		*out_store_usec = in.store_usec + g_get_monotonic_time() - began;
	return fine;
}
