/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sandboxes that are made ahead. All that takes time is done before anybody asks: namespaces,
 * mounts, the new root, the user. What is asked for gets one whose plan is the same, operation by
 * operation; only the command, its environment, its descriptors and the cgroups' limits are new.
 * No task has ever run in it, and none of an earlier one's words is in its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/keeper.h"
#include "provisioner/order.h"
#include "provisioner/packet.h"

/* It takes some descriptors to learn what to run, whatever the command may have. */
#define LEAST_FILES 64

static void clear(struct sbx_ready *ready)
{
	sbx_close(&ready->told_fd);
	sbx_close(&ready->told_mounts_fd);
	sbx_close(&ready->mounts_fd);
	sbx_close(&ready->socket_fd);
	sbx_warm_release(&ready->warm);
	sbx_task_release(&ready->task);
	free(ready->words);
	free(ready->text);
	*ready = (struct sbx_ready)SBX_READY_INIT;
}

/* What of the host a sandbox shows or changes is looked at when it is asked for, not before. */
static bool can_be_ready(const struct sbx_task *task)
{
	const struct sbx_options *o = &task->options;
	uint64_t files = o->policy.limit[SBX_LIMIT_NOFILE];
	return o->policy.net == SBX_NET_NONE && o->profile != SBX_PROFILE_BUILD &&
	       o->n_binds == 0 && !o->layer && !o->input && !o->output && !o->record &&
	       (!files || files >= LEAST_FILES);
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Done by the keeper when it is asked, or known only then. */
static bool comes_later(const struct sbx_op *op)
{
	return op->kind == SBX_OP_GROUP || op->kind == SBX_OP_GROUP_LIMIT ||
	       op->kind == SBX_OP_COMMAND;
}

static const struct sbx_op *next_op(const struct sbx_plan *plan, size_t *at)
{
	while (*at < plan->n_ops && comes_later(&plan->ops[*at]))
		++*at;
	return *at < plan->n_ops ? &plan->ops[(*at)++] : NULL;
}

static bool is_same_plan(const struct sbx_plan *a, const struct sbx_plan *b)
{
	size_t at_a = 0, at_b = 0;
	if (a->namespaces != b->namespaces || a->classes != b->classes || a->filter != b->filter ||
	    a->maps_ids != b->maps_ids || a->maps_all_ids != b->maps_all_ids)
		return false;
	for (;;) {
		const struct sbx_op *x = next_op(a, &at_a), *y = next_op(b, &at_b);
		if (!x || !y)
			return x == y;
		if (x->kind != y->kind || x->number != y->number || x->index != y->index ||
		    !is_same_text(x->source, y->source) || !is_same_text(x->target, y->target))
			return false;
	}
}

static bool fits(const struct sbx_ready *ready, const struct sbx_task *task)
{
	struct stat lower;
	return can_be_ready(task) && ready->task.role == task->role &&
	       is_same_plan(&ready->task.plan, &task->plan) &&
	       stat(task->lower.path, &lower) == 0 && lower.st_dev == ready->lower.st_dev &&
	       lower.st_ino == ready->lower.st_ino;
}

/* A request's own words are nobody else's business: its command and environment. */
static void forget_words(struct sbx_options *o)
{
	static char *no_command[] = {NULL};
	for (char **word = o->command; *word; word++)
		memset(*word, 0, strlen(*word));
	for (size_t i = 0; i < o->n_env; i++)
		memset((char *)o->env[i], 0, strlen(o->env[i]));
	o->command = no_command;
	o->n_env = 0;
}

static int spawn(struct sbx_keeper *k, struct sbx_ready *ready)
{
	int ends[2];
	struct sbx_request request;
	struct sbx_container c;
	SBX_CLEANUP_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int stdio[] = {null_fd, null_fd, null_fd};
	if (null_fd < 0 || stat(ready->task.lower.path, &ready->lower) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ready->socket_fd = ends[0];
	SBX_CLEANUP_FD int inner = ends[1];
	sbx_keeper_fill(k, &ready->task, stdio, &request, &c);
	c.handover_fd = inner;
	if (ready->task.role == SBX_ROLE_FORKED)
		request.warm = &ready->warm;
	int failed = sbx_container_spawn(&c, NULL);
	ready->host_uid = c.host_uid;
	sbx_close(&c.pidfd);
	/*
	 * It has its own hold on all of this: when it is ended, nothing else shall keep the
	 * template locked, and none of ours shall be left in the groups.
	 */
	sbx_ids_release(&ready->task.ids);
	sbx_close(&ready->task.lower.lock_fd);
	sbx_warm_release(&ready->warm);
	if (failed < 0)
		return -1;
	char path[40];
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", c.pid);
	ready->mounts_fd = open(path, O_RDONLY | O_CLOEXEC);
	return 0;
}

static void make(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words)
{
	struct sbx_ready *ready = &k->ready;
	/* What was in the memory of the last one's files is gone only now. */
	sbx_groups_reset_peak(&k->slot->groups);
	/* Nothing can be in the way but what has not been reaped. */
	if (n_words == 0 || *k->slot->made > 0)
		return clear(ready);
	ready->text = malloc(n_bytes);
	if (ready->text)
		memcpy(ready->text, text, n_bytes);
	char *at = ready->text;
	ready->words = at ? sbx_take_words(&at, at + n_bytes, n_words) : NULL;
	/* What does not work is told to whoever asks for it again. */
	if (!ready->words ||
	    sbx_keeper_settle(k, &ready->task, (int)n_words, ready->words, NULL) < 0 ||
	    !can_be_ready(&ready->task))
		return clear(ready);
	forget_words(&ready->task.options);
	if (spawn(k, ready) < 0)
		clear(ready);
}

void sbx_ready_make(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words)
{
	clear(&k->ready);
	/* Behind that: our sockets to the last one were made in its network namespace. */
	sbx_keeper_ready_net(k);
	make(k, text, n_bytes, n_words);
}

void sbx_ready_make_forked(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words,
			   int fds[3])
{
	struct sbx_ready *ready = &k->ready;
	clear(ready);
	ready->task.role = SBX_ROLE_FORKED;
	ready->warm = (struct sbx_warm){.user_fd = sbx_steal_fd(&fds[0]),
					.pid_fd = sbx_steal_fd(&fds[1]),
					.socket_fd = sbx_steal_fd(&fds[2]),
					.first_id = k->first_id};
	if (sbx_keeper_meet(k, &ready->warm, NULL) < 0)
		return clear(ready);
	make(k, text, n_bytes, n_words);
}

static uint32_t add_words(struct sbx_buffer *text, char *const *words)
{
	uint32_t n = 0;
	for (; words[n]; n++)
		sbx_buffer_add(text, words[n], strlen(words[n]) + 1);
	return n;
}

/* What to run, and where its output goes. */
static int tell(const struct sbx_ready *ready, const struct sbx_task *task,
		const struct sbx_container *c, int socket_fd)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	int fds[SBX_HANDOVER_FDS];
	struct sbx_handover handover = {.n_env = add_words(&text, c->env)};
	handover.n_words = add_words(&text, task->options.command);
	if (text.failed)
		return -1;
	memcpy(fds, c->stdio_fd, 3 * sizeof(fds[0]));
	for (int i = 0; c->base.relay.is_active && i < SBX_RELAY_CHANNELS; i++)
		fds[STDOUT_FILENO + i] = c->base.relay.sandbox_fd[i];
	fds[3] = socket_fd;
	for (int i = 0; ready->host_uid && i < 3; i++)
		sbx_ids_own_pipe(ready->host_uid, fds[i]);
	return sbx_packet_send(ready->socket_fd, &handover, sizeof(handover), text.data,
			       text.n_bytes, fds, SBX_HANDOVER_FDS);
}

bool sbx_ready_hand_over(struct sbx_keeper *k, bool is_forked, int argc, char **argv,
			 const int fds[4])
{
	struct sbx_ready *ready = &k->ready;
	SBX_CLEANUP_TASK struct sbx_task task = SBX_TASK_INIT;
	struct sbx_slot_reply reply = {.error = SBX_ERROR_INIT};
	struct sbx_request request;
	struct sbx_container c;
	if (ready->socket_fd < 0)
		return false;
	task.role = is_forked ? SBX_ROLE_FORKED : SBX_ROLE_PLAIN;
	task.has_ids = ready->task.plan.maps_ids;
	if (sbx_keeper_settle(k, &task, argc, argv, NULL) < 0 || !fits(ready, &task))
		return false;
	reply.planned_nsec = sbx_keeper_now_nsec();
	reply.is_handed_over = true;
	sbx_keeper_fill(k, &task, fds, &request, &c);
	c.env = sbx_container_env(&task.options, NULL);
	uint64_t output = task.options.policy.limit[SBX_LIMIT_OUTPUT];
	bool is_told = c.env && sbx_keeper_limit(k, &task.plan, NULL) == 0 &&
		       (!output || sbx_relay_open(&c.base.relay, output, NULL) == 0) &&
		       tell(ready, &task, &c, fds[3]) == 0;
	if (is_told) {
		c.pid = *k->slot->made;
		c.host_uid = ready->host_uid;
		if (!is_forked)
			sbx_keeper_give_net(k, &task);
		/* The server reaps them. */
		memcpy(c.between, k->slot->made + 1, sizeof(c.between));
		memset(k->slot->made + 1, 0, sizeof(c.between));
		reply.spawned_nsec = sbx_keeper_now_nsec();
		sbx_keeper_answer(k, &task, &c, -1, &reply);
		int told_fd = sbx_steal_fd(&ready->socket_fd);
		int mounts_fd = sbx_steal_fd(&ready->mounts_fd);
		clear(ready);
		ready->told_fd = told_fd;
		ready->told_mounts_fd = mounts_fd;
	}
	sbx_relay_release(&c.base.relay);
	free(c.env);
	return is_told;
}

void sbx_ready_tell_taken_over(struct sbx_keeper *k)
{
	struct sbx_slot_reply reply = {.error = SBX_ERROR_INIT};
	int why = 0;
	socklen_t n = sizeof(why);
	/* A socket that is closed with something unread in it resets the other end (unix(7)). */
	reply.is_pending = k->ready.told_fd >= 0 &&
			   getsockopt(k->ready.told_fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 &&
			   why == ECONNRESET;
	if (sbx_packet_send(k->socket_fd, &reply, sizeof(reply), NULL, 0, NULL, 0) < 0)
		_exit(1);
}

void sbx_ready_forget(struct sbx_keeper *k)
{
	const struct sbx_slot_reply done = {.is_pending = true};
	clear(&k->ready);
	if (sbx_packet_send(k->socket_fd, &done, sizeof(done), NULL, 0, NULL, 0) < 0)
		_exit(1);
}

void sbx_ready_end(struct sbx_keeper *k)
{
	const struct sbx_slot_reply pending = {.is_pending = true};
	struct sbx_slot_order order;
	int fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	clear(&k->ready);
	if (*k->slot->made <= 0)
		return;
	kill(*k->slot->made, SIGKILL);
	/* It is the server's child. */
	if (sbx_packet_send(k->socket_fd, &pending, sizeof(pending), NULL, 0, NULL, 0) < 0 ||
	    sbx_packet_receive(k->socket_fd, 0, &order, sizeof(order), fds, &n_fds) !=
		    sizeof(order) ||
	    order.kind != SBX_SLOT_GO_ON)
		_exit(1);
}
