/* SPDX-License-Identifier: Apache-2.0 */
/* A container that is made by a slot's keeper: asked for, answered later. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/descriptors.h"
#include "provisioner/packet.h"
#include "provisioner/record.h"
#include "provisioner/slot.h"
#include "provisioner/supervise.h"

/* Given to a keeper that is at it when nobody wants its answer any more. */
#define PATIENCE_MSEC 50

/* The keeper's end of the sandbox's socket goes with it. */
static int ask_keeper(struct sbx_container *c, bool may_hand_over, struct sbx_error *err)
{
	const struct sbx_request *r = c->request;
	const struct sbx_slot_order order = {
		.kind = SBX_SLOT_MAKE,
		.n_words = r->n_words,
		.may_hand_over = may_hand_over,
		.is_forked = r->is_forked,
		.has_input = r->input_fd != NULL,
		.takes_output = r->takes_output,
	};
	int ends[2];
	sbx_close(&c->socket_fd);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	c->socket_fd = ends[0];
	SBX_CLEANUP_FD int inner = ends[1];
	const int fds[] = {r->stdio_fd[0], r->stdio_fd[1], r->stdio_fd[2], inner,
			   r->input_fd ? *r->input_fd : -1};
	c->slot->is_used = true;
	if (sbx_packet_send(c->slot->socket_fd, &order, sizeof(order), r->words, r->n_words_bytes,
			    fds, r->input_fd ? 5 : 4) < 0) {
		/* A packet that is too long is not the keeper's fault. */
		c->slot->is_broken = errno != EMSGSIZE;
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "asking a slot's keeper");
	}
	c->is_awaited = true;
	c->base.report_fd = c->slot->socket_fd;
	return 0;
}

int sbx_container_order(struct sbx_container *c, struct sbx_error *err)
{
	const struct sbx_request *r = c->request;
	for (int i = 0; i < 3; i++)
		if (sbx_check_descriptor(r->stdio_fd[i], i, err) < 0)
			return -1;
	if (c->slot->is_broken || c->slot->is_used)
		return sbx_fail(err, SBX_E_BUSY, "the slot is in use or broken");
	if (r->may_hand_over && sbx_container_try_standing(c))
		return 0;
	return ask_keeper(c, r->may_hand_over, err);
}

void sbx_container_fail(struct sbx_container *c)
{
	c->last = (struct sbx_report){.kind = SBX_REPORT_FAILED};
	sbx_error_propagate(&c->last.error, &c->result.error);
	c->has_last = c->base.has_ended = true;
	c->base.report_fd = -1;
}

int sbx_container_begin(struct sbx_container *c, const struct sbx_policy *policy, int socket_fd,
			struct sbx_error *err)
{
	c->base.policy = *policy;
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "pidfd_open");
	c->base.timeout_usec = policy->limit[SBX_LIMIT_TIMEOUT];
	c->base.grace_usec = sbx_grace_usec(policy->limit[SBX_LIMIT_GRACE]);
	c->base.end_fd = c->pidfd;
	c->base.report_fd = socket_fd;
	sbx_supervise_begin(&c->base);
	return 0;
}

static int adopt(struct sbx_container *c, const struct sbx_slot_reply *reply, int fds[],
		 struct sbx_error *err)
{
	c->pid = reply->pid;
	c->unenforced = reply->unenforced;
	c->reduced = reply->reduced;
	c->planned_usec = reply->planned_nsec / 1000;
	c->spawn_usec = reply->spawned_nsec / 1000;
	if (reply->has_layer)
		c->base.layer_fd = sbx_steal_fd(&fds[(reply->has_relay ? SBX_RELAY_CHANNELS : 0) +
						     (reply->has_record ? 1 : 0)]);
	if (reply->has_relay) {
		const int from[] = {sbx_steal_fd(&fds[0]), sbx_steal_fd(&fds[1])};
		int to[] = {-1, -1};
		int failed = sbx_relay_targets(c->request->stdio_fd + 1, to, err);
		sbx_relay_adopt(&c->base.relay, reply->policy.limit[SBX_LIMIT_OUTPUT], from, to);
		if (failed < 0)
			return -1;
	}
	if (reply->has_record && c->request->record) {
		int *ledger_fd = &fds[reply->has_relay ? SBX_RELAY_CHANNELS : 0];
		if (sbx_record_adopt(c->request->record, reply->wanted, *ledger_fd, err) < 0)
			return -1;
		/* Other sandboxes' processes 1 come from us as well. */
		sbx_record_hide_from_children(c->request->record);
		c->is_recorded = true;
		sbx_container_open_io(c);
	}
	return sbx_container_begin(c, &reply->policy, c->socket_fd, err);
}

/* It stands and fits. Where it cannot be told, as it was killed, another one is made. */
static void take_standing(struct sbx_container *c, const struct sbx_slot_reply *reply)
{
	struct sbx_error *err = &c->result.error;
	c->is_awaited = false;
	if (sbx_container_tell_standing(c, reply->planned_nsec / 1000, err) == 0)
		return;
	sbx_error_clear(err);
	if (ask_keeper(c, false, err) < 0)
		sbx_container_fail(c);
}

/* What it has forked without a word about it is our child, and nobody else knows. */
static void end_keeper(struct sbx_container *c)
{
	struct sbx_slot *slot = c->slot;
	if (slot->keeper > 0)
		kill(slot->keeper, SIGKILL);
	while (slot->keeper > 0 && waitpid(slot->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	slot->keeper = 0;
	c->pid = *slot->made;
	*slot->made = 0;
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

/* What it had made ahead fits not. It counts among the slot's processes until it is reaped. */
static void end_pending(struct sbx_slot *slot)
{
	const struct sbx_slot_order order = {.kind = SBX_SLOT_GO_ON};
	sbx_slot_unready(slot);
	/* When it has ended meanwhile, that shows as any end of it. */
	sbx_packet_send(slot->socket_fd, &order, sizeof(order), NULL, 0, NULL, 0);
}

void sbx_container_take_answer(struct sbx_container *c)
{
	struct sbx_slot_reply reply;
	struct sbx_error *err = &c->result.error;
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	unsigned n_fds;
	ssize_t n = sbx_packet_receive(c->slot->socket_fd, MSG_DONTWAIT, &reply, sizeof(reply), fds,
				       &n_fds);
	if (n < 0 && errno == EAGAIN)
		return;
	c->was_unread = n == 0 && errno == ECONNRESET;
	if (n == sizeof(reply) && reply.is_pending)
		return end_pending(c->slot);
	if (n == sizeof(reply) && reply.is_standing)
		return take_standing(c, &reply);
	c->is_awaited = false;
	c->slot->ready = (struct sbx_slot_warmth){0};
	if (n == sizeof(reply) && reply.used_warm)
		c->slot->warm = (struct sbx_slot_warmth){0};
	c->slot->limited |= n == sizeof(reply) ? reply.limited : 0;
	c->host_uid = n == sizeof(reply) ? reply.host_uid : 0;
	if (n != sizeof(reply)) {
		c->slot->is_broken = true;
		sbx_fail(err, SBX_E_SANDBOX,
			 "the slot's keeper ended; what was asked for may take "
			 "too much memory to be read");
		end_keeper(c);
	} else if (*c->slot->made = 0, sbx_container_reap_between(reply.between), !reply.pid) {
		sbx_error_propagate(err, &reply.error);
	} else {
		adopt(c, &reply, fds, err);
	}
	if (err->code != SBX_OK) {
		if (c->pid > 0)
			kill(c->pid, SIGKILL);
		sbx_container_fail(c);
	}
}

void sbx_container_give_up(struct sbx_container *c)
{
	struct pollfd answer = {c->slot->socket_fd, POLLIN, 0};
	if (poll(&answer, 1, PATIENCE_MSEC) > 0)
		sbx_container_take_answer(c);
	if (!c->is_awaited)
		return;
	c->is_awaited = false;
	c->slot->is_broken = true;
	sbx_fail(&c->result.error, SBX_E_INTERRUPTED, "ended before it was made");
	end_keeper(c);
	sbx_container_fail(c);
}
