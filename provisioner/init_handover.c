/* SPDX-License-Identifier: Apache-2.0 */
/* A sandbox that stands already learns what to run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/init.h"
#include "provisioner/packet.h"

/* How long the next packet is; 0 when there will be none. */
static size_t next_length(int fd)
{
	ssize_t n;
	do
		n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

void sbx_init_take_over(struct sbx_init *init)
{
	struct sbx_handover handover;
	int fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	size_t room = next_length(init->handover_fd);
	/* It is kept: the environment lies in it as long as commands are started. */
	char *packet = room >= sizeof(handover) ? malloc(room) : NULL;
	ssize_t n =
		packet ? sbx_packet_receive(init->handover_fd, 0, packet, room, fds, &n_fds) : -1;
	if (n < (ssize_t)sizeof(handover) || n_fds != SBX_HANDOVER_FDS)
		_exit(0);
	memcpy(&handover, packet, sizeof(handover));
	char *at = packet + sizeof(handover), *end = packet + n;
	const struct sbx_options spoken = {
		.uid = init->options->uid,
		.env = (const char **)sbx_take_words(&at, end, handover.n_env),
		.n_env = handover.n_env,
	};
	init->command = spoken.env ? sbx_take_words(&at, end, handover.n_words) : NULL;
	init->command_env = init->command ? sbx_container_env(&spoken, NULL) : NULL;
	if (!init->command_env)
		_exit(0);
	for (int i = 0; i < 3; i++) {
		if (dup2(fds[i], i) < 0)
			_exit(0);
		sbx_close(&fds[i]);
	}
	init->socket_fd = sbx_steal_fd(&init->handover_fd);
}
