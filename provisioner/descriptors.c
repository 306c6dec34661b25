/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/*
 * A socket keeps the network namespace that it was made in. Only a connected Unix stream can be
 * connected to nobody else: even a TCP connection can be taken off (AF_UNSPEC) and made anew.
 */
static bool is_tied_socket(int fd)
{
	int domain = 0, type = 0;
	socklen_t size = sizeof(int);
	struct sockaddr_un peer;
	socklen_t peer_size = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type != SOCK_DGRAM &&
	       getpeername(fd, (struct sockaddr *)&peer, &peer_size) == 0;
}

int sbx_check_descriptor(int fd, int number, struct sbx_error *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return sbx_fail_os(err, SBX_E_USAGE, errno, "descriptor %d", number);
	if (S_ISSOCK(st.st_mode) && !is_tied_socket(fd))
		return sbx_fail(err, SBX_E_USAGE,
				"descriptor %d is a socket that can reach others in the host's "
				"network; give it a pipe",
				number);
	if (S_ISDIR(st.st_mode) || fcntl(fd, F_GETFL) & O_PATH)
		return sbx_fail(err, SBX_E_USAGE,
				"descriptor %d is a folder, a way out of the sandbox; open a file "
				"there",
				number);
	return 0;
}

int sbx_check_standard_descriptors(struct sbx_error *err)
{
	int fd, n_open = 0;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		bool is_open = fcntl(fd, F_GETFD) >= 0;
		if (is_open && sbx_check_descriptor(fd, fd, err) < 0)
			return -1;
		n_open += is_open;
	}
	if (n_open > STDERR_FILENO)
		return 0;
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/null");
	} while (fd <= STDERR_FILENO);
	sbx_close(&fd);
	return 0;
}

int sbx_close_all_but(const int *kept, size_t n, struct sbx_error *err)
{
	unsigned first = STDERR_FILENO + 1;
	for (;;) {
		/* Up to the lowest of those that are not behind us. */
		unsigned next = ~0U;
		for (size_t i = 0; i < n; i++)
			if (kept[i] >= (int)first && (unsigned)kept[i] < next)
				next = (unsigned)kept[i];
		if (next > first &&
		    syscall(SYS_close_range, first, next == ~0U ? next : next - 1, 0) < 0)
			return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
					   "close_range; Linux 5.9 is needed, and in a container a "
					   "filter that lets it through");
		if (next == ~0U)
			return 0;
		first = next + 1;
	}
}
