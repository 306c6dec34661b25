/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/deb.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define READ_BYTES (256 * 1024)

struct sbx_deb {
	char *name; /* the file's, for messages */
	int fd;
	struct archive *ar, *tar;
	gnutls_hash_hd_t hash;
	guint64 n_read;
	guint8 *buffer;
};

gboolean sbx_deb_fail(struct archive *archive, const char *what, GError **error)
{
	const char *text = archive_error_string(archive);
	if (archive_errno(archive) == ENOSPC)
		return sbx_set_error_os(error, SBX_E_NO_SPACE, ENOSPC, "%s", what);
	return sbx_set_error(error, SBX_E_ARCHIVE, "%s: damaged package archive: %s", what,
			     text ? text : "truncated");
}

/* The file as libarchive's ar reader pulls it; every byte passes the hash once. */
static la_ssize_t read_file(struct archive *archive, void *data, const void **out)
{
	struct sbx_deb *deb = data;
	ssize_t n;
	do
		n = read(deb->fd, deb->buffer, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		archive_set_error(archive, errno, "%s", strerror(errno));
		return -1;
	}
	gnutls_hash(deb->hash, deb->buffer, (size_t)n);
	deb->n_read += (guint64)n;
	*out = deb->buffer;
	return n;
}

/* The present ar member as libarchive's tar reader pulls it. */
static la_ssize_t read_member(struct archive *archive, void *data, const void **out)
{
	struct sbx_deb *deb = data;
	size_t n = 0;
	la_int64_t offset;
	int status = archive_read_data_block(deb->ar, out, &n, &offset);
	if (status == ARCHIVE_EOF)
		return 0;
	if (status < ARCHIVE_WARN) {
		archive_set_error(archive, archive_errno(deb->ar), "%s",
				  archive_error_string(deb->ar));
		return -1;
	}
	return (la_ssize_t)n;
}

struct sbx_deb *sbx_deb_open(const char *path, const char *name, GError **error)
{
	struct sbx_deb *deb = g_new0(struct sbx_deb, 1);
	SBX_AUTO(sbx_deb) owned = deb;
	deb->name = g_strdup(name);
	deb->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (deb->fd < 0) {
		sbx_set_error_os(error, SBX_E_INPUT, errno, "%s", path);
		return NULL;
	}
	deb->buffer = g_malloc(READ_BYTES);
	if (gnutls_hash_init(&deb->hash, GNUTLS_DIG_SHA256) < 0)
		g_error("SHA-256 is not to be had from GnuTLS");
	deb->ar = archive_read_new();
	archive_read_support_format_ar(deb->ar);
	if (archive_read_open(deb->ar, deb, NULL, read_file, NULL) != ARCHIVE_OK) {
		sbx_deb_fail(deb->ar, deb->name, error);
		return NULL;
	}
	struct archive_entry *entry;
	char version[4] = {0};
	if (archive_read_next_header(deb->ar, &entry) != ARCHIVE_OK ||
	    g_strcmp0(archive_entry_pathname(entry), "debian-binary") != 0 ||
	    archive_read_data(deb->ar, version, sizeof(version) - 1) < 2 ||
	    strncmp(version, "2.", 2) != 0) {
		sbx_set_error(error, SBX_E_ARCHIVE, "%s: not a Debian package of format 2.x",
			      deb->name);
		return NULL;
	}
	owned = NULL;
	return deb;
}

void sbx_deb_free(struct sbx_deb *deb)
{
	if (!deb)
		return;
	if (deb->tar)
		archive_read_free(deb->tar);
	if (deb->ar)
		archive_read_free(deb->ar);
	if (deb->hash)
		gnutls_hash_deinit(deb->hash, NULL);
	sbx_close(&deb->fd);
	g_free(deb->buffer);
	g_free(deb->name);
	g_free(deb);
}

struct archive *sbx_deb_member(struct sbx_deb *deb, enum sbx_deb_member member, GError **error)
{
	const char *prefix = member == SBX_DEB_CONTROL ? "control.tar" : "data.tar";
	g_clear_pointer(&deb->tar, archive_read_free);
	struct archive_entry *entry;
	int status;
	while ((status = archive_read_next_header(deb->ar, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		/* deb(5): unknown members whose name begins with _ are to be passed over. */
		if (name && g_str_has_prefix(name, prefix))
			break;
		if (!name || name[0] != '_') {
			sbx_set_error(error, SBX_E_ARCHIVE, "%s: has no %s where it belongs",
				      deb->name, prefix);
			return NULL;
		}
	}
	if (status != ARCHIVE_OK) {
		if (status == ARCHIVE_EOF)
			sbx_set_error(error, SBX_E_ARCHIVE, "%s: has no %s", deb->name, prefix);
		else
			sbx_deb_fail(deb->ar, deb->name, error);
		return NULL;
	}
	deb->tar = archive_read_new();
	archive_read_support_format_tar(deb->tar);
	archive_read_support_format_empty(deb->tar);
	archive_read_support_filter_xz(deb->tar);
	archive_read_support_filter_gzip(deb->tar);
	archive_read_support_filter_zstd(deb->tar);
	archive_read_support_filter_bzip2(deb->tar);
	archive_read_support_filter_lzma(deb->tar);
	if (archive_read_open(deb->tar, deb, NULL, read_member, NULL) != ARCHIVE_OK) {
		sbx_deb_fail(deb->tar, deb->name, error);
		return NULL;
	}
	return deb->tar;
}

gboolean sbx_deb_check(struct sbx_deb *deb, const char *sha256, guint64 size, GError **error)
{
	const void *rest;
	la_ssize_t n;
	struct archive_entry *entry;
	int status;
	/* The tar may end before the member does; the members must end where they say. */
	while ((status = archive_read_next_header(deb->ar, &entry)) == ARCHIVE_OK)
		;
	if (status != ARCHIVE_EOF)
		return sbx_deb_fail(deb->ar, deb->name, error);
	while ((n = read_file(deb->ar, deb, &rest)) > 0)
		;
	if (n < 0)
		return sbx_deb_fail(deb->ar, deb->name, error);
	guint8 digest[32];
	gnutls_hash_output(deb->hash, digest);
	g_autoptr(GString) hex = g_string_new(NULL);
	for (gsize i = 0; i < sizeof(digest); i++)
		g_string_append_printf(hex, "%02x", digest[i]);
	if (size && deb->n_read != size)
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "%s: %" G_GUINT64_FORMAT
				     " bytes where the archive says %" G_GUINT64_FORMAT
				     "; run `sbx-build update` and try again",
				     deb->name, deb->n_read, size);
	if (!g_str_equal(hex->str, sha256))
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "%s: SHA-256 is %s, the archive says %s; run `sbx-build "
				     "update` and try again",
				     deb->name, hex->str, sha256);
	return TRUE;
}

/* capabilities(7): version 1, 2, and 3 with a user's id. */
static gboolean is_capability(const guint8 *value, size_t n)
{
	guint version = n >= 4 ? value[3] : 0;
	return (n == 12 && version == 1) || (n == 20 && version == 2) || (n == 24 && version == 3);
}

gboolean sbx_deb_entry_xattrs(struct archive_entry *entry, GVariant **out_xattrs)
{
	const char *name;
	const void *value;
	size_t n;
	if (archive_entry_xattr_reset(entry) == 0)
		return TRUE;
	g_autoptr(GVariant) all = NULL;
	while (archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK) {
		/* Only what packages have a use for; others would be smuggled to the host. */
		if (all || !g_str_equal(name, "security.capability"))
			continue;
		if (!is_capability(value, n))
			return FALSE;
		g_auto(GVariantBuilder) list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ayay)"));
		g_variant_builder_add(&list, "(@ay@ay)", g_variant_new_bytestring(name),
				      g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, value, n, 1));
		all = g_variant_ref_sink(g_variant_builder_end(&list));
	}
	*out_xattrs = g_steal_pointer(&all);
	return TRUE;
}
