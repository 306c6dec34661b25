/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <unistd.h>

#include "base/fd.h"

#define CHUNK_BYTES (256 * 1024)

void sbx_digest_begin(struct sbx_digest *digest)
{
	sbx_digest_release(digest);
	gnutls_hash_hd_t handle;
	int status = gnutls_hash_init(&handle, GNUTLS_DIG_SHA256);
	if (status < 0)
		g_error("SHA-256: %s", gnutls_strerror(status));
	digest->handle = handle;
}

void sbx_digest_add(struct sbx_digest *digest, const void *data, gsize n_bytes)
{
	gnutls_hash(digest->handle, data, n_bytes);
}

char *sbx_digest_finish(struct sbx_digest *digest)
{
	guint8 bytes[32];
	gnutls_hash_deinit(g_steal_pointer(&digest->handle), bytes);
	char *hex = g_malloc(2 * sizeof(bytes) + 1);
	for (gsize i = 0; i < sizeof(bytes); i++)
		g_snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

void sbx_digest_release(struct sbx_digest *digest)
{
	if (digest->handle)
		gnutls_hash_deinit(g_steal_pointer(&digest->handle), NULL);
}

gboolean sbx_digest_add_fd(struct sbx_digest *digest, int fd, const char *where,
			   guint64 *out_n_bytes, GError **error)
{
	g_autofree guint8 *chunk = g_malloc(CHUNK_BYTES);
	guint64 n_bytes = 0;
	for (;;) {
		ssize_t n = pread(fd, chunk, CHUNK_BYTES, (off_t)n_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: cannot read",
						where);
		if (n == 0)
			break;
		sbx_digest_add(digest, chunk, (gsize)n);
		n_bytes += (guint64)n;
	}
	if (out_n_bytes)
		*out_n_bytes = n_bytes;
	return TRUE;
}

char *sbx_digest_file(int dfd, const char *path, GError **error)
{
	SBX_CLEANUP_DIGEST struct sbx_digest digest = {0};
	SBX_CLEANUP_FD int fd = openat(dfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		sbx_set_error_os(error, errno == ENOENT ? SBX_E_NOT_FOUND : SBX_E_FAILED, errno,
				 "%s", path);
		return NULL;
	}
	sbx_digest_begin(&digest);
	if (!sbx_digest_add_fd(&digest, fd, path, NULL, error))
		return NULL;
	return sbx_digest_finish(&digest);
}
