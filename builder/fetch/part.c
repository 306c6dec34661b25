/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"

/* Where the validator survives the process. File systems without user attributes: no resume of
 * files whose checksum is not known before, nothing worse. */
#define VALIDATOR_ATTRIBUTE "user.sbx.validator"

static gboolean fail(const struct sbx_part *part, int os_errno, GError **error)
{
	return sbx_set_error_os(error, os_errno == EACCES ? SBX_E_DENIED : SBX_E_FAILED, os_errno,
				"%s", part->path);
}

/* Is there already what is asked for? A file with another checksum is in the way. */
static gboolean is_whole(struct sbx_fetch *fetch)
{
	struct stat st;
	if (!fetch->sha256 || lstat(fetch->path, &st) < 0 || !S_ISREG(st.st_mode))
		return FALSE;
	if (fetch->size && (guint64)st.st_size != fetch->size)
		return FALSE;
	g_autofree char *digest = sbx_digest_file(AT_FDCWD, fetch->path, NULL);
	if (!digest || g_ascii_strcasecmp(digest, fetch->sha256) != 0)
		return FALSE;
	g_free(fetch->out_sha256);
	fetch->out_sha256 = g_steal_pointer(&digest);
	return TRUE;
}

/* Open and lock. A file that its holder renamed meanwhile is no longer ours to write to. */
static enum sbx_part_state open_locked(struct sbx_part *part, GError **error)
{
	for (;;) {
		struct stat ours, theirs;
		sbx_close(&part->fd);
		part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (part->fd < 0) {
			fail(part, errno, error);
			return SBX_PART_FAILED;
		}
		if (flock(part->fd, LOCK_EX | LOCK_NB) < 0) {
			sbx_close(&part->fd);
			return SBX_PART_LOCKED;
		}
		if (fstat(part->fd, &ours) == 0 && stat(part->path, &theirs) == 0 &&
		    ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev)
			return SBX_PART_OPEN;
	}
}

static void load_validator(struct sbx_part *part)
{
	char value[512];
	ssize_t n = fgetxattr(part->fd, VALIDATOR_ATTRIBUTE, value, sizeof(value));
	g_clear_pointer(&part->validator, g_free);
	if (n > 0)
		part->validator = g_strndup(value, (gsize)n);
}

/* Hash what is there, if it can be part of the answer. */
static gboolean take_over(struct sbx_part *part, const struct sbx_fetch *fetch, gboolean resume,
			  GError **error)
{
	struct stat st;
	if (fstat(part->fd, &st) < 0)
		return fail(part, errno, error);
	guint64 n_there = (guint64)st.st_size;
	load_validator(part);
	if (n_there == 0)
		return TRUE;
	if (!resume || (fetch->size && n_there > fetch->size) ||
	    (!fetch->sha256 && !part->validator))
		return sbx_part_restart(part, error);
	return sbx_digest_add_fd(&part->digest, part->fd, part->path, &part->n_bytes, error);
}

enum sbx_part_state sbx_part_open(struct sbx_part *part, const struct sbx_fetch *fetch,
				  gboolean resume, GError **error)
{
	struct sbx_fetch *result = (struct sbx_fetch *)fetch;
	g_autofree char *folder = g_path_get_dirname(fetch->path);
	if (!part->path)
		part->path = g_strconcat(fetch->path, ".part", NULL);
	if (g_mkdir_with_parents(folder, 0700) < 0) {
		fail(part, errno, error);
		return SBX_PART_FAILED;
	}
	enum sbx_part_state state = open_locked(part, error);
	if (state != SBX_PART_OPEN)
		return state;
	if (is_whole(result)) {
		unlink(part->path);
		sbx_part_close(part);
		return SBX_PART_WHOLE;
	}
	part->n_bytes = 0;
	sbx_digest_begin(&part->digest);
	return take_over(part, fetch, resume, error) ? SBX_PART_OPEN : SBX_PART_FAILED;
}

gboolean sbx_part_add(struct sbx_part *part, const void *data, gsize n_bytes, GError **error)
{
	const char *at = data;
	while (n_bytes) {
		ssize_t n = pwrite(part->fd, at, n_bytes, (off_t)part->n_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(part, errno, error);
		sbx_digest_add(&part->digest, at, (gsize)n);
		part->n_bytes += (guint64)n;
		at += n;
		n_bytes -= (gsize)n;
	}
	return TRUE;
}

gboolean sbx_part_restart(struct sbx_part *part, GError **error)
{
	if (ftruncate(part->fd, 0) < 0)
		return fail(part, errno, error);
	part->n_bytes = 0;
	sbx_digest_begin(&part->digest);
	sbx_part_set_validator(part, NULL);
	return TRUE;
}

void sbx_part_set_validator(struct sbx_part *part, const char *validator)
{
	if (g_strcmp0(part->validator, validator) == 0)
		return;
	g_free(part->validator);
	part->validator = g_strdup(validator);
	if (validator)
		fsetxattr(part->fd, VALIDATOR_ATTRIBUTE, validator, strlen(validator), 0);
	else
		fremovexattr(part->fd, VALIDATOR_ATTRIBUTE);
}

gboolean sbx_part_commit(struct sbx_part *part, struct sbx_fetch *fetch, gboolean *out_mismatch,
			 GError **error)
{
	g_autofree char *digest = sbx_digest_finish(&part->digest);
	if (fetch->sha256 && g_ascii_strcasecmp(digest, fetch->sha256) != 0) {
		g_autofree char *shown = g_ascii_strdown(fetch->sha256, 12);
		*out_mismatch = TRUE;
		unlink(part->path);
		sbx_part_close(part);
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "wrong content: SHA-256 %.12s... instead of %s...", digest,
				     shown);
	}
	fremovexattr(part->fd, VALIDATOR_ATTRIBUTE);
	if (rename(part->path, fetch->path) < 0)
		return fail(part, errno, error);
	g_free(fetch->out_sha256);
	fetch->out_sha256 = g_steal_pointer(&digest);
	sbx_close(&part->fd);
	return TRUE;
}

void sbx_part_close(struct sbx_part *part)
{
	if (part->fd >= 0 && part->n_bytes == 0 && part->path)
		unlink(part->path);
	sbx_close(&part->fd);
	sbx_digest_release(&part->digest);
	g_clear_pointer(&part->validator, g_free);
	g_clear_pointer(&part->path, g_free);
}
