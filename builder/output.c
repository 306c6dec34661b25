/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/gerror.h"

static gboolean fail(const char *path, const char *what, enum sbx_code code, const char *reason,
		     GError **error)
{
	return sbx_set_error(error, code, "%s: %s cannot be written: %s; name another file", path,
			     what, reason);
}

static gboolean fail_os(const char *path, const char *what, int os_errno, GError **error)
{
	gboolean is_full = os_errno == ENOSPC || os_errno == EDQUOT;
	gboolean is_denied = os_errno == EACCES || os_errno == EPERM || os_errno == EROFS;
	return fail(path, what,
		    is_full	? SBX_E_NO_SPACE
		    : is_denied ? SBX_E_DENIED
				: SBX_E_FAILED,
		    g_strerror(os_errno), error);
}

/* Not stat(2): /dev/stdout leads to a plain file often, and still must stay a link. */
static gboolean is_written_through(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static gboolean write_through(const char *path, const char *text, const char *what, GError **error)
{
	SBX_CLEANUP_FD int fd = open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || sbx_write_all(fd, text, strlen(text)) < 0)
		return fail_os(path, what, errno, error);
	return TRUE;
}

gboolean sbx_output_write(const char *path, const char *text, const char *what, GError **error)
{
	g_autoptr(GError) problem = NULL;
	if (is_written_through(path))
		return write_through(path, text, what, error);
	if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
				     &problem))
		return TRUE;
	return fail(path, what, sbx_gerror_code(problem), problem->message, error);
}

gboolean sbx_output_check(const char *path, const char *what, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return fail_os(path, what, EISDIR, error);
	/* A file is replaced by one that is made beside it. */
	const char *written = is_written_through(path) ? path : folder;
	if (access(written, W_OK) < 0)
		return fail_os(path, what, errno, error);
	return TRUE;
}
