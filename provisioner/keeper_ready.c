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

/* What was read and settled. */
static void forget(struct sbx_ready *ready)
{
	sbx_task_release(&ready->task);
	free(ready->words);
	free(ready->text);
	*ready = (struct sbx_ready)SBX_READY_INIT;
}

/* What stands, or was told what to run; not what is known of it. */
static void let_go(struct sbx_keeper *k)
{
	struct sbx_ready *ready = &k->ready;
	struct sbx_standing *standing = k->slot->standing;
	if (standing->was_told && ready->task.role == SBX_ROLE_PLAIN)
		sbx_keeper_give_net(k, &ready->task);
	standing->is_up = standing->was_told = ready->is_up = false;
	sbx_close(&ready->mounts_fd);
	sbx_warm_release(&ready->warm);
}

static void clear(struct sbx_keeper *k)
{
	let_go(k);
	forget(&k->ready);
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
		memset(*word, '-', strlen(*word));
	for (size_t i = 0; i < o->n_env; i++)
		memset((char *)o->env[i], '-', strlen(o->env[i]));
	o->command = no_command;
	o->n_env = 0;
}

static int spawn(struct sbx_keeper *k, struct sbx_ready *ready, int handover_fd)
{
	struct sbx_request request;
	struct sbx_container c;
	SBX_CLEANUP_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int stdio[] = {null_fd, null_fd, null_fd};
	if (null_fd < 0 || stat(ready->task.lower.path, &ready->lower) < 0)
		return -1;
	sbx_keeper_fill(k, &ready->task, stdio, &request, &c);
	c.handover_fd = handover_fd;
	if (ready->task.role == SBX_ROLE_FORKED)
		request.warm = &ready->warm;
	int failed = sbx_container_spawn(&c, NULL);
	k->slot->standing->host_uid = c.host_uid;
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

/* Words that mean what those of the last one meant. */
static bool is_known(const struct sbx_keeper *k, const char *text, size_t n_bytes)
{
	const struct sbx_ready *ready = &k->ready;
	const struct sbx_standing *standing = k->slot->standing;
	return ready->is_described && standing->is_comparable &&
	       ready->task.has_net == k->has_net &&
	       sbx_standing_is_for(standing, ready->text, ready->n_bytes, text, n_bytes);
}

static int settle(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words)
{
	struct sbx_ready *ready = &k->ready;
	struct sbx_standing *standing = k->slot->standing;
	ready->text = malloc(n_bytes);
	ready->n_bytes = n_bytes;
	if (ready->text)
		memcpy(ready->text, text, n_bytes);
	char *at = ready->text;
	ready->words = at ? sbx_take_words(&at, at + n_bytes, n_words) : NULL;
	standing->policy_mark = sbx_mark_of(SBX_HOST_POLICY);
	if (!ready->words ||
	    sbx_keeper_settle(k, &ready->task, (int)n_words, ready->words, NULL) < 0 ||
	    !can_be_ready(&ready->task))
		return -1;
	ready->is_described = sbx_standing_describe(standing, &ready->task, ready->words, n_words);
	forget_words(&ready->task.options);
	return 0;
}

/* The server has to reap what was made, or what was to help when that failed. */
static bool is_unreaped(const struct sbx_slot *slot)
{
	for (int i = 0; i <= SBX_N_BETWEEN; i++)
		if (slot->made[i] > 0)
			return true;
	return false;
}

static int make(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words,
		int handover_fd)
{
	struct sbx_ready *ready = &k->ready;
	struct sbx_standing *standing = k->slot->standing;
	const enum sbx_role role = ready->task.role;
	/* What was in the memory of the last one's files is gone only now. */
	sbx_groups_reset_peak(&k->slot->groups);
	/* Nothing can be in the way but what has not been reaped. */
	if (n_words == 0 || is_unreaped(k->slot))
		return -1;
	bool is_renewed = role == SBX_ROLE_PLAIN && is_known(k, text, n_bytes) &&
			  sbx_task_renew(&ready->task, NULL) == 0;
	/* What does not work is told to whoever asks for it again. */
	if (!is_renewed) {
		struct sbx_warm warm = ready->warm;
		ready->warm = (struct sbx_warm)SBX_WARM_INIT;
		forget(ready);
		ready->warm = warm;
		ready->task.role = role;
		if (settle(k, text, n_bytes, n_words) < 0)
			return -1;
	}
	if (spawn(k, ready, handover_fd) < 0)
		return -1;
	ready->is_up = true;
	/* A zygote's child is particular about its command. */
	standing->is_up = ready->is_described && standing->is_comparable && role == SBX_ROLE_PLAIN;
	return 0;
}

void sbx_ready_make(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words,
		    int handover_fd)
{
	let_go(k);
	/* Behind that: our sockets to the last one were made in its network namespace. */
	sbx_keeper_ready_net(k);
	if (k->ready.task.role != SBX_ROLE_PLAIN)
		forget(&k->ready);
	if (make(k, text, n_bytes, n_words, handover_fd) < 0)
		clear(k);
}

void sbx_ready_make_forked(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words,
			   int handover_fd, int fds[3])
{
	struct sbx_ready *ready = &k->ready;
	clear(k);
	ready->task.role = SBX_ROLE_FORKED;
	ready->warm = (struct sbx_warm){.user_fd = sbx_steal_fd(&fds[0]),
					.pid_fd = sbx_steal_fd(&fds[1]),
					.socket_fd = sbx_steal_fd(&fds[2]),
					.first_id = k->first_id};
	if (sbx_keeper_meet(k, &ready->warm, NULL) < 0 ||
	    make(k, text, n_bytes, n_words, handover_fd) < 0)
		clear(k);
}

bool sbx_ready_answer(struct sbx_keeper *k, bool is_forked, int argc, char **argv)
{
	struct sbx_ready *ready = &k->ready;
	SBX_CLEANUP_TASK struct sbx_task task = SBX_TASK_INIT;
	struct sbx_slot_reply reply = {.error = SBX_ERROR_INIT, .is_standing = true};
	if (!ready->is_up || k->slot->standing->was_told)
		return false;
	task.role = is_forked ? SBX_ROLE_FORKED : SBX_ROLE_PLAIN;
	task.has_ids = ready->task.plan.maps_ids;
	if (sbx_keeper_settle(k, &task, argc, argv, NULL) < 0 || !fits(ready, &task))
		return false;
	/* It is about this one's words now. */
	ready->is_described = false;
	if (!sbx_standing_describe(k->slot->standing, &task, argv, (uint32_t)argc))
		return false;
	reply.planned_nsec = sbx_keeper_now_nsec();
	/* Nobody to answer to: then nobody wants what was made either. */
	if (sbx_packet_send(k->socket_fd, &reply, sizeof(reply), NULL, 0, NULL, 0) < 0)
		_exit(1);
	return true;
}

void sbx_ready_forget(struct sbx_keeper *k)
{
	const struct sbx_slot_reply done = {.is_pending = true};
	clear(k);
	if (sbx_packet_send(k->socket_fd, &done, sizeof(done), NULL, 0, NULL, 0) < 0)
		_exit(1);
}

void sbx_ready_end(struct sbx_keeper *k)
{
	const struct sbx_slot_reply pending = {.is_pending = true};
	struct sbx_slot_order order;
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	unsigned n_fds;
	clear(k);
	if (!is_unreaped(k->slot))
		return;
	if (*k->slot->made > 0)
		kill(*k->slot->made, SIGKILL);
	/* It is the server's child. */
	if (sbx_packet_send(k->socket_fd, &pending, sizeof(pending), NULL, 0, NULL, 0) < 0 ||
	    sbx_packet_receive(k->socket_fd, 0, &order, sizeof(order), fds, &n_fds) !=
		    sizeof(order) ||
	    order.kind != SBX_SLOT_GO_ON)
		_exit(1);
}
