/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void sbx_close(int *fd)
{
	if (*fd < 0)
		return;
	int saved = errno;
	close(*fd);
	errno = saved;
	*fd = -1;
}

int sbx_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* What is read to its end must have one: no pipe, whose writer may never come, and no device. */
static int check_plain(mode_t mode, const char *name, struct sbx_error *err)
{
	if (S_ISREG(mode))
		return 0;
	return sbx_fail(err, SBX_E_INPUT, "%s: is a %s, a file was expected%s", name,
			S_ISDIR(mode)	 ? "folder"
			: S_ISFIFO(mode) ? "pipe"
					 : "device or socket",
			S_ISDIR(mode) ? "" : "; write what it gives to one, and name that");
}

char *sbx_read_file(int dfd, const char *path, size_t max_bytes, size_t *out_n,
		    struct sbx_error *err)
{
	/* Without waiting: a pipe's writer, a terminal's carrier. */
	SBX_CLEANUP_FD int fd = openat(dfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0)
		return sbx_read_open(fd, path, max_bytes, out_n, err);
	/* A socket cannot be opened at all, nor a device that is not there. */
	int why = errno;
	if (why != ENXIO || check_plain(S_IFSOCK, path, err) == 0)
		sbx_fail_os(err, SBX_E_INPUT, why, "%s", path);
	return NULL;
}

char *sbx_read_open(int fd, const char *path, size_t max_bytes, size_t *out_n,
		    struct sbx_error *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0) {
		sbx_fail_os(err, SBX_E_INPUT, errno, "%s", path);
		return NULL;
	}
	if (check_plain(st.st_mode, path, err) < 0)
		return NULL;
	if ((size_t)st.st_size > max_bytes) {
		sbx_fail(err, SBX_E_INPUT, "%s: %lld bytes, more than the limit of %zu", path,
			 (long long)st.st_size, max_bytes);
		return NULL;
	}
	/* Those of the kernel say 0 and are short as a rule. */
	size_t room = st.st_size > 0 ? (size_t)st.st_size + 1 : 1000, n = 0;
	SBX_CLEANUP_FREE char *data = malloc(room + 1);
	while (data) {
		ssize_t got = read(fd, data + n, room - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			sbx_fail_os(err, SBX_E_INPUT, errno, "%s", path);
			return NULL;
		}
		if (got == 0) {
			data[n] = '\0';
			if (out_n)
				*out_n = n;
			return sbx_steal(data);
		}
		n += (size_t)got;
		if (n > max_bytes) {
			sbx_fail(err, SBX_E_INPUT, "%s: more than the limit of %zu bytes", path,
				 max_bytes);
			return NULL;
		}
		if (n == room) {
			room *= 2;
			char *bigger = realloc(data, room + 1);
			if (!bigger)
				break;
			data = bigger;
		}
	}
	sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "%s", path);
	return NULL;
}
