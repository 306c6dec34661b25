/* SPDX-License-Identifier: Apache-2.0 */
/* The process of ours that lives in a slot: it waits for orders, and has what they take. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/descriptors.h"
#include "provisioner/keeper.h"
#include "provisioner/packet.h"
#include "provisioner/warm.h"

int sbx_keeper_meet(struct sbx_keeper *k, struct sbx_warm *warm, struct sbx_error *err)
{
	const struct sbx_standing *standing = k->slot->standing;
	struct pollfd there = {warm->socket_fd, POLLIN, 0};
	for (int waited = 0; waited < SBX_WARM_PATIENCE_MSEC && !standing->is_unwanted &&
			     poll(&there, 1, SBX_WARM_STEP_MSEC) == 0;
	     waited += SBX_WARM_STEP_MSEC)
		;
	/* Late, as it was born elsewhere; but nobody waits for it. */
	return sbx_warm_meet(warm, 0, err) < 0
		       ? -1
		       : sbx_groups_join_all(&k->slot->groups, warm->pid, err);
}

/* What becomes of it is told when a sandbox asks for it. */
static void take_warm(struct sbx_keeper *k, int fds[3], const char *text, size_t n_bytes)
{
	size_t n = strnlen(text, n_bytes);
	if (n_bytes < sizeof(k->first_id))
		_exit(1);
	n_bytes -= sizeof(k->first_id);
	memcpy(&k->first_id, text + n_bytes, sizeof(k->first_id));
	sbx_warm_release(&k->warm);
	k->warm = (struct sbx_warm){.user_fd = sbx_steal_fd(&fds[0]),
				    .pid_fd = sbx_steal_fd(&fds[1]),
				    .socket_fd = sbx_steal_fd(&fds[2]),
				    .first_id = k->first_id};
	sbx_error_clear(&k->warm_error);
	free(k->python);
	free(k->lower);
	k->python = strndup(text, n);
	k->lower = n < n_bytes ? strndup(text + n + 1, n_bytes - n - 1) : NULL;
	if (!k->python || !k->lower)
		_exit(1);
	if (sbx_keeper_meet(k, &k->warm, &k->warm_error) < 0)
		sbx_warm_release(&k->warm);
}

/*
 * Its own descriptors of the groups: the server's are locked as long as anyone has them open, and a
 * keeper that is paused outlives the server.
 */
static void reopen_groups(struct sbx_groups *groups)
{
	for (unsigned i = 0; i < groups->n; i++) {
		int locked = groups->group[i].fd;
		groups->group[i].fd = openat(locked, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(locked);
	}
}

/* Those of the slot, made anew. */
static void take_groups(struct sbx_keeper *k, int fds[], unsigned n_fds)
{
	struct sbx_groups *groups = &k->slot->groups;
	for (unsigned i = 0; i < groups->n && i < n_fds; i++) {
		close(groups->group[i].fd);
		groups->group[i].fd = sbx_steal_fd(&fds[i]);
	}
	if (n_fds > 0)
		reopen_groups(groups);
}

static void take_order(struct sbx_keeper *k)
{
	static char packet[SBX_MAX_SLOT_ORDER];
	struct sbx_slot_order order;
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	unsigned n_fds;
	ssize_t n = sbx_packet_receive(k->socket_fd, 0, packet, sizeof(packet), fds, &n_fds);
	if (n < (ssize_t)sizeof(order))
		_exit(0);
	memcpy(&order, packet, sizeof(order));
	k->has_input = order.has_input;
	k->takes_output = order.takes_output;
	char *text = packet + sizeof(order);
	size_t n_text = (size_t)n - sizeof(order);
	const unsigned has_handover = order.n_words > 0 ? 1 : 0;
	if (order.kind == SBX_SLOT_WARM && n_fds == 3) {
		take_warm(k, fds, text, n_text);
	} else if (order.kind == SBX_SLOT_READY && order.is_forked && n_fds == 4) {
		sbx_ready_make_forked(k, text, n_text, order.n_words, fds[0], fds + 1);
	} else if (order.kind == SBX_SLOT_UNREADY) {
		sbx_ready_forget(k);
	} else if (order.kind == SBX_SLOT_READY &&
		   (n_fds == has_handover || n_fds == has_handover + k->slot->groups.n)) {
		take_groups(k, fds + has_handover, n_fds - has_handover);
		sbx_ready_make(k, text, n_text, order.n_words, fds[0]);
	} else if (order.kind == SBX_SLOT_MAKE && n_fds == (order.has_input ? 5 : 4)) {
		SBX_CLEANUP_FREE char **words = sbx_take_words(&text, text + n_text, order.n_words);
		if (!words)
			_exit(1);
		sbx_keeper_make(k, &order, (int)order.n_words, words, fds);
	} else {
		_exit(0);
	}
	/* What is forked for somebody else shall have nothing of it in memory. */
	memset(packet, 0, (size_t)n);
}

/* All but what a keeper needs: other slots' sockets above all. */
static void close_others(const struct sbx_keeper *k)
{
	int kept[SBX_N_CONTROLLERS + 2] = {k->socket_fd, k->slot->slots->host_net_fd};
	for (unsigned i = 0; i < k->slot->groups.n; i++)
		kept[2 + i] = k->slot->groups.group[i].fd;
	if (sbx_close_all_but(kept, 2 + k->slot->groups.n, NULL) < 0)
		_exit(1);
}

void sbx_keeper_run(const struct sbx_slot *slot, int socket_fd)
{
	struct sbx_slot own = *slot;
	struct sbx_keeper keeper = {.slot = &own,
				    .socket_fd = socket_fd,
				    .warm = SBX_WARM_INIT,
				    .net = SBX_SLOT_NET_INIT,
				    .ready = SBX_READY_INIT};
	own.n_own_pids = 0;
	for (unsigned i = 0; i < own.groups.n; i++)
		own.n_own_pids = own.groups.group[i].kind == SBX_PLACE_V1 ? 1 : own.n_own_pids;
	if (own.slots->forget)
		own.slots->forget(own.slots);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, "sbx-keeper", 0, 0, 0);
	setsid();
	reopen_groups(&own.groups);
	close_others(&keeper);
	sbx_keeper_ready_net(&keeper);
	for (;;)
		take_order(&keeper);
}
