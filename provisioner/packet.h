/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_PACKET_H
#define SBX_PROVISIONER_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SBX_MAX_PACKET_FDS 12

/*
 * One packet with descriptors over a SOCK_SEQPACKET socket, without waiting. `a` and `b` are sent
 * as one. Returns 0, or -1 with errno.
 */
int sbx_packet_send(int socket_fd, const void *a, size_t n_a, const void *b, size_t n_b,
		    const int *fds, unsigned n_fds);

/* The same, waiting until there is room. */
int sbx_packet_send_waiting(int socket_fd, const void *a, size_t n_a, const void *b, size_t n_b,
			    const int *fds, unsigned n_fds);

/*
 * Receive one: its length, 0 at the end, -1 with errno. One that is longer than `room`, or has more
 * descriptors than fit, is -1 with EMSGSIZE: it is lost, its descriptors are closed. One that is
 * empty counts as the end, and its descriptors are closed as well. At the end errno is ECONNRESET
 * when the other side has not read all that was sent to it, else 0. The descriptors are
 * close-on-exec and the caller's; unused places of `fds` are set to -1.
 */
ssize_t sbx_packet_receive(int socket_fd, int flags, void *data, size_t room,
			   int fds[SBX_MAX_PACKET_FDS], unsigned *out_n_fds);

/* Whoever sent it, what came with a packet and was not taken (sbx_steal_fd) is to be closed. */
void sbx_packet_close(int (*fds)[SBX_MAX_PACKET_FDS]);
#define SBX_CLEANUP_PACKET_FDS __attribute__((cleanup(sbx_packet_close)))
#define SBX_NO_PACKET_FDS                                                                          \
	{                                                                                          \
		[0 ... SBX_MAX_PACKET_FDS - 1] = -1                                                \
	}

/*
 * The n strings at *at, each with its NUL, as an array ended by NULL that is the caller's and
 * points to them; *at moves behind the last. NULL: there are not as many before `end`, or no
 * memory.
 */
char **sbx_take_words(char **at, char *end, uint32_t n);

#endif
