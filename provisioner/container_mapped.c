/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the host is shown in a sandbox whose user namespace is not its maker's own: the one of
 * zygotes, and those below it. Its first process cannot map ids, nor open what others may not read;
 * so that is done out here, and it gets descriptors: one for each operation with a source.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/ids.h"
#include "provisioner/packet.h"
#include "provisioner/shown.h"
#include "provisioner/source.h"

/* A packet without descriptor is the word to begin. */
#define NO_OP UINT32_MAX

static int open_source(const struct sbx_request *request, const struct sbx_op *op, int userns_fd,
		       struct sbx_error *err)
{
	if (op->kind != SBX_OP_INPUT) {
		int fd = sbx_shown_open(request->options, op, userns_fd, err);
		return fd < 0 ? sbx_error_prefix(err, "--%s", sbx_op_name(op->kind)) : fd;
	}
	const struct sbx_source_base base = sbx_shown_base(request->options, op->kind);
	int fd = sbx_source_open(&base, op->source, O_RDONLY | O_NONBLOCK | O_NOCTTY, err);
	return fd < 0 ? sbx_error_prefix(err, "--input") : fd;
}

static bool has_source(const struct sbx_request *request, enum sbx_op_kind kind)
{
	return kind == SBX_OP_INPUT ? !request->input_fd : sbx_shown_is_of(kind);
}

/* What is handed in as 0, 1 and 2 can be opened again by its name inside. */
static void own_pipes(const struct sbx_container *c)
{
	const struct sbx_relay *relay = &c->base.relay;
	for (int i = 0; i < 3; i++) {
		int fd = c->stdio_fd ? c->stdio_fd[i] : i;
		if (relay->is_active && i > 0)
			fd = relay->sandbox_fd[i - 1];
		sbx_ids_own_pipe(c->host_uid, fd);
	}
}

int sbx_container_send_sources(struct sbx_container *c, int socket_fd, int userns_fd,
			       struct sbx_error *err)
{
	const struct sbx_plan *plan = c->request->plan;
	uint32_t number = NO_OP;
	for (size_t i = 0; c->host_uid && i < plan->n_ops; i++) {
		if (!has_source(c->request, plan->ops[i].kind))
			continue;
		number = (uint32_t)i;
		SBX_CLEANUP_FD int fd = open_source(c->request, &plan->ops[i], userns_fd, err);
		if (fd < 0)
			return -1;
		if (sbx_packet_send_waiting(socket_fd, &number, sizeof(number), NULL, 0, &fd, 1) <
		    0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "handing in mounts");
	}
	if (c->host_uid)
		own_pipes(c);
	number = NO_OP;
	if (sbx_packet_send_waiting(socket_fd, &number, sizeof(number), NULL, 0, NULL, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "handing in mounts");
	return 0;
}

int *sbx_container_take_sources(const struct sbx_container *c, int socket_fd)
{
	size_t n_ops = c->request->plan->n_ops;
	int *sources = malloc((n_ops + 1) * sizeof(*sources));
	for (size_t i = 0; sources && i < n_ops; i++)
		sources[i] = -1;
	while (sources) {
		SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
		unsigned n_fds;
		uint32_t number;
		if (sbx_packet_receive(socket_fd, 0, &number, sizeof(number), fds, &n_fds) !=
		    sizeof(number))
			break;
		if (number == NO_OP)
			return sources;
		if (number >= n_ops || sources[number] >= 0)
			break;
		sources[number] = sbx_steal_fd(&fds[0]);
	}
	/* Whoever makes us is gone, or there is no memory. */
	_exit(0);
}
