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

char *sbx_read_file(int dfd, const char *path, size_t max_bytes, size_t *out_n,
		    struct sbx_error *err)
{
	SBX_CLEANUP_FD int fd = openat(dfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		sbx_fail_os(err, SBX_E_INPUT, errno, "%s", path);
		return NULL;
	}
	struct stat st;
	if (fstat(fd, &st) < 0) {
		sbx_fail_os(err, SBX_E_INPUT, errno, "%s", path);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		sbx_fail(err, SBX_E_INPUT, "%s: is a folder, a file was expected", path);
		return NULL;
	}
	if (S_ISREG(st.st_mode) && (size_t)st.st_size > max_bytes) {
		sbx_fail(err, SBX_E_INPUT, "%s: %lld bytes, more than the limit of %zu", path,
			 (long long)st.st_size, max_bytes);
		return NULL;
	}
	/* Those of the kernel say 0 and are short as a rule. */
	size_t room = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size + 1 : 1000, n = 0;
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
