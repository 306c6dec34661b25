/* SPDX-License-Identifier: Apache-2.0 */
#include "store/object.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sbx_object_hash {
	gnutls_hash_hd_t handle;
};

/* What the store can keep of a file's metadata. */
static struct sbx_file_meta kept_meta(struct sbx_store *store, const struct sbx_file_meta *meta)
{
	struct sbx_file_meta kept = *meta;
	if (!store->rootless)
		return kept;
	kept.uid = kept.gid = 0;
	kept.xattrs = NULL;
	/* libostree allows 0775 in bare-user-only; the owner must be able to read what it links. */
	if (S_ISREG(kept.mode))
		kept.mode = S_IFREG | (kept.mode & 0755) | 0600;
	else if (S_ISDIR(kept.mode))
		kept.mode = S_IFDIR | (kept.mode & 01777) | 0700;
	else if (S_ISLNK(kept.mode))
		kept.mode = S_IFLNK | 0777;
	return kept;
}

static GVariant *xattrs_or_empty(GVariant *xattrs)
{
	return xattrs ? g_variant_ref(xattrs)
		      : g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE("(ayay)"), NULL, 0));
}

/* libostree's file header: big-endian length, four zero bytes, then (uuuusa(ayay)) of uid, gid,
 * mode, rdev, link target, xattrs (ostree-core.h, OSTREE_FILE_HEADER...). */
static GBytes *file_header(const struct sbx_file_meta *meta)
{
	g_autoptr(GVariant) xattrs = xattrs_or_empty(meta->xattrs);
	g_autoptr(GVariant) header = g_variant_ref_sink(g_variant_new(
		"(uuuus@a(ayay))", GUINT32_TO_BE(meta->uid), GUINT32_TO_BE(meta->gid),
		GUINT32_TO_BE(meta->mode), 0, meta->target ? meta->target : "", xattrs));
	gsize n = g_variant_get_size(header);
	guint8 *bytes = g_malloc0(8 + n);
	guint32 length = GUINT32_TO_BE((guint32)n);
	memcpy(bytes, &length, sizeof(length));
	g_variant_store(header, bytes + 8);
	return g_bytes_new_take(bytes, 8 + n);
}

struct sbx_object_hash *sbx_object_hash_new(struct sbx_store *store,
					    const struct sbx_file_meta *meta)
{
	struct sbx_object_hash *hash = g_new0(struct sbx_object_hash, 1);
	struct sbx_file_meta kept = kept_meta(store, meta);
	g_autoptr(GBytes) header = file_header(&kept);
	if (gnutls_hash_init(&hash->handle, GNUTLS_DIG_SHA256) < 0)
		g_error("SHA-256 is not to be had from GnuTLS");
	sbx_object_hash_add(hash, g_bytes_get_data(header, NULL), g_bytes_get_size(header));
	return hash;
}

void sbx_object_hash_add(struct sbx_object_hash *hash, const void *data, gsize n_bytes)
{
	if (n_bytes)
		gnutls_hash(hash->handle, data, n_bytes);
}

void sbx_object_hash_finish(struct sbx_object_hash *hash, guint8 out[SBX_CHECKSUM_BYTES])
{
	gnutls_hash_deinit(hash->handle, out);
	g_free(hash);
}

static GFileInfo *file_info(const struct sbx_file_meta *meta, guint64 n_bytes)
{
	GFileInfo *info = g_file_info_new();
	gboolean link = S_ISLNK(meta->mode);
	g_file_info_set_attribute_uint32(info, "standard::type",
					 link ? G_FILE_TYPE_SYMBOLIC_LINK : G_FILE_TYPE_REGULAR);
	g_file_info_set_attribute_boolean(info, "standard::is-symlink", link);
	g_file_info_set_attribute_uint32(info, "unix::uid", meta->uid);
	g_file_info_set_attribute_uint32(info, "unix::gid", meta->gid);
	g_file_info_set_attribute_uint32(info, "unix::mode", meta->mode);
	g_file_info_set_attribute_uint64(info, "standard::size", link ? 0 : n_bytes);
	if (link)
		g_file_info_set_attribute_byte_string(info, "standard::symlink-target",
						      meta->target);
	return info;
}

static gboolean write_stream(struct sbx_store *store, const struct sbx_file_meta *kept,
			     GInputStream *content, guint64 n_bytes,
			     const guint8 checksum[SBX_CHECKSUM_BYTES], GCancellable *cancellable,
			     GError **error)
{
	g_autofree char *hex = ostree_checksum_from_bytes(checksum);
	gboolean present = FALSE;
	if (!ostree_repo_has_object(store->repo, OSTREE_OBJECT_TYPE_FILE, hex, &present,
				    cancellable, error))
		return FALSE;
	if (present)
		return TRUE;
	g_autoptr(GFileInfo) info = file_info(kept, n_bytes);
	g_autoptr(GVariant) xattrs = xattrs_or_empty(kept->xattrs);
	g_autoptr(GInputStream) object = NULL;
	guint64 length = 0;
	return ostree_raw_file_to_content_stream(content, info, xattrs, &object, &length,
						 cancellable, error) &&
	       ostree_repo_write_content_trusted(store->repo, hex, object, length, cancellable,
						 error);
}

gboolean sbx_object_write(struct sbx_store *store, const struct sbx_file_meta *meta,
			  const void *data, gsize n_bytes, guint8 out[SBX_CHECKSUM_BYTES],
			  GCancellable *cancellable, GError **error)
{
	struct sbx_file_meta kept = kept_meta(store, meta);
	struct sbx_object_hash *hash = sbx_object_hash_new(store, meta);
	gboolean link = S_ISLNK(kept.mode);
	if (!link)
		sbx_object_hash_add(hash, data, n_bytes);
	guint8 checksum[SBX_CHECKSUM_BYTES];
	sbx_object_hash_finish(hash, checksum);
	g_autoptr(GInputStream) content =
		link ? NULL : g_memory_input_stream_new_from_data(data, (gssize)n_bytes, NULL);
	if (!write_stream(store, &kept, content, n_bytes, checksum, cancellable, error))
		return FALSE;
	memcpy(out, checksum, SBX_CHECKSUM_BYTES);
	return TRUE;
}

gboolean sbx_object_write_fd(struct sbx_store *store, const struct sbx_file_meta *meta, int fd,
			     guint64 n_bytes, const guint8 checksum[SBX_CHECKSUM_BYTES],
			     GCancellable *cancellable, GError **error)
{
	struct sbx_file_meta kept = kept_meta(store, meta);
	g_autoptr(GInputStream) content = g_unix_input_stream_new(fd, TRUE);
	return write_stream(store, &kept, content, n_bytes, checksum, cancellable, error);
}

gboolean sbx_object_write_dirmeta(struct sbx_store *store, const struct sbx_file_meta *meta,
				  guint8 out[SBX_CHECKSUM_BYTES], GCancellable *cancellable,
				  GError **error)
{
	struct sbx_file_meta kept = kept_meta(store, meta);
	g_autoptr(GVariant) xattrs = xattrs_or_empty(kept.xattrs);
	g_autoptr(GVariant) dirmeta = g_variant_ref_sink(
		g_variant_new("(uuu@a(ayay))", GUINT32_TO_BE(kept.uid), GUINT32_TO_BE(kept.gid),
			      GUINT32_TO_BE(kept.mode), xattrs));
	g_autofree guchar *checksum = NULL;
	if (!ostree_repo_write_metadata(store->repo, OSTREE_OBJECT_TYPE_DIR_META, NULL, dirmeta,
					&checksum, cancellable, error))
		return FALSE;
	memcpy(out, checksum, SBX_CHECKSUM_BYTES);
	return TRUE;
}

char *sbx_object_read(struct sbx_store *store, const guint8 checksum[SBX_CHECKSUM_BYTES],
		      gsize max_bytes, gsize *out_n, GError **error)
{
	g_autofree char *hex = ostree_checksum_from_bytes(checksum);
	g_autoptr(GInputStream) content = NULL;
	g_autoptr(GFileInfo) info = NULL;
	if (!ostree_repo_load_file(store->repo, hex, &content, &info, NULL, NULL, error))
		return NULL;
	if (!content) {
		sbx_set_error(error, SBX_E_DAMAGED, "object %s: not a regular file", hex);
		return NULL;
	}
	gsize size = (gsize)g_file_info_get_size(info), n = 0;
	if (size > max_bytes) {
		sbx_set_error(error, SBX_E_INPUT, "object %s: larger than %" G_GSIZE_FORMAT, hex,
			      max_bytes);
		return NULL;
	}
	g_autofree char *data = g_malloc(size + 1);
	if (!g_input_stream_read_all(content, data, size, &n, NULL, error))
		return NULL;
	data[n] = '\0';
	if (out_n)
		*out_n = n;
	return g_steal_pointer(&data);
}

GFileInfo *sbx_object_info(struct sbx_store *store, const guint8 checksum[SBX_CHECKSUM_BYTES],
			   GError **error)
{
	g_autofree char *hex = ostree_checksum_from_bytes(checksum);
	GFileInfo *info = NULL;
	if (!ostree_repo_load_file(store->repo, hex, NULL, &info, NULL, NULL, error))
		return NULL;
	return info;
}

void sbx_object_name(const guint8 checksum[SBX_CHECKSUM_BYTES], char out[SBX_OBJECT_NAME])
{
	char hex[OSTREE_SHA256_STRING_LEN + 1];
	ostree_checksum_inplace_from_bytes(checksum, hex);
	snprintf(out, SBX_OBJECT_NAME, "%.2s/%s.file", hex, hex + 2);
}
