/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/packet.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

#define CONTROL_ROOM CMSG_SPACE(SBX_MAX_PACKET_FDS * sizeof(int))

static int send_packet(int socket_fd, int flags, const void *a, size_t n_a, const void *b,
		       size_t n_b, const int *fds, unsigned n_fds)
{
	struct iovec data[2] = {{(void *)a, n_a}, {(void *)b, n_b}};
	union {
		struct cmsghdr header;
		char room[CONTROL_ROOM];
	} control;
	struct msghdr message = {.msg_iov = data, .msg_iovlen = n_b ? 2 : 1};
	if (n_fds > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	ssize_t n;
	do
		n = sendmsg(socket_fd, &message, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int sbx_packet_send(int socket_fd, const void *a, size_t n_a, const void *b, size_t n_b,
		    const int *fds, unsigned n_fds)
{
	return send_packet(socket_fd, MSG_DONTWAIT, a, n_a, b, n_b, fds, n_fds);
}

int sbx_packet_send_waiting(int socket_fd, const void *a, size_t n_a, const void *b, size_t n_b,
			    const int *fds, unsigned n_fds)
{
	return send_packet(socket_fd, 0, a, n_a, b, n_b, fds, n_fds);
}

ssize_t sbx_packet_receive(int socket_fd, int flags, void *data, size_t room,
			   int fds[SBX_MAX_PACKET_FDS], unsigned *out_n_fds)
{
	union {
		struct cmsghdr header;
		char room[CONTROL_ROOM];
	} control;
	struct iovec where = {data, room};
	struct msghdr message = {
		.msg_iov = &where,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	*out_n_fds = 0;
	for (int i = 0; i < SBX_MAX_PACKET_FDS; i++)
		fds[i] = -1;
	ssize_t n;
	bool is_reset = false;
	/*
	 * ECONNRESET: the other side closed with something of ours unread. That is told once,
	 * before what it had sent.
	 */
	do {
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | flags);
		is_reset = is_reset || (n < 0 && errno == ECONNRESET);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*out_n_fds = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), *out_n_fds * sizeof(int));
	}
	bool is_cut = message.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	if (!is_cut && n > 0)
		return n;
	for (int i = 0; i < SBX_MAX_PACKET_FDS; i++)
		sbx_close(&fds[i]);
	*out_n_fds = 0;
	errno = is_cut ? EMSGSIZE : is_reset ? ECONNRESET : 0;
	return is_cut ? -1 : 0;
}

void sbx_packet_close(int (*fds)[SBX_MAX_PACKET_FDS])
{
	for (int i = 0; i < SBX_MAX_PACKET_FDS; i++)
		sbx_close(&(*fds)[i]);
}

char **sbx_take_words(char **at, char *end, uint32_t n)
{
	/* Each takes its NUL at least: a number out of the air asks for no more memory than that.
	 */
	char **words = n <= (size_t)(end - *at) ? calloc((size_t)n + 1, sizeof(*words)) : NULL;
	for (uint32_t i = 0; words && i < n; i++) {
		char *nul = memchr(*at, '\0', (size_t)(end - *at));
		if (!nul) {
			free(words);
			return NULL;
		}
		words[i] = *at;
		*at = nul + 1;
	}
	return words;
}
