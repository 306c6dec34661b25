/* SPDX-License-Identifier: Apache-2.0 */
/* What a keeper does when a sandbox is asked for that does not stand yet: read, check, fork. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/keeper.h"
#include "provisioner/layer.h"
#include "provisioner/packet.h"
#include "provisioner/record.h"
#include "provisioner/task.h"
#include "provisioner/words.h"
#include "provisioner/zygotes.h"

void sbx_keeper_ready_net(struct sbx_keeper *k)
{
	/* An ordinary user's sandbox has a network of its own from its user namespace. */
	if (k->has_net || k->slot->slots->host_net_fd < 0)
		return;
	k->has_net = sbx_slot_net_is_as_new(&k->net) || sbx_slot_net_renew(&k->net) == 0;
}

void sbx_keeper_give_net(struct sbx_keeper *k, const struct sbx_task *task)
{
	k->has_net = false;
	/* A right in it changes what no counter shows. */
	if (task->options.policy.capabilities || task->options.policy.net == SBX_NET_HOST)
		sbx_slot_net_release(&k->net);
}

/* What is loaded came from one template; what is to be loaded shall come from the same. */
static int check_template(const struct sbx_keeper *k, const struct sbx_task *task,
			  struct sbx_error *err)
{
	struct stat ours, theirs;
	if (stat(k->lower, &theirs) == 0 && stat(task->lower.path, &ours) == 0 &&
	    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return 0;
	return sbx_fail(err, SBX_E_UNSUPPORTED,
			"zygote: it is of another template than %s; name the zygotes of that, or "
			"start without",
			task->options.template);
}

int sbx_keeper_settle(struct sbx_keeper *k, struct sbx_task *task, int argc, char **argv,
		      struct sbx_error *err)
{
	const struct sbx_slots *slots = k->slot->slots;
	bool is_forked = task->role == SBX_ROLE_FORKED;
	if (is_forked && !k->python)
		return sbx_fail(err, SBX_E_BUSY, "zygote: none is here");
	task->options.is_live = true;
	/* What they are the client has opened itself. */
	task->options.input = k->has_input ? "of the client" : NULL;
	task->options.output = k->takes_output ? "of the client" : NULL;
	if (sbx_words_check(slots, argc, argv, err) < 0 ||
	    sbx_options_parse(&task->options, argc, argv, err) < 0 ||
	    sbx_words_check_options(slots, &task->options, err) < 0)
		return -1;
	task->options.root_dir = slots->root_dir;
	task->options.shared = task->options.shared_template = slots->shared;
	task->slot = k->slot;
	/* A zygote's child has no rights to this one: it gets one of its own. */
	task->has_net = k->has_net && !is_forked;
	task->first_id = k->first_id;
	if (sbx_options_hold(&task->options, "the server's policy", &slots->ceiling, err) < 0 ||
	    sbx_task_settle(task, err) < 0 ||
	    (is_forked && (sbx_zygotes_check(k->python, k->first_id, &task->options, err) < 0 ||
			   check_template(k, task, err) < 0)))
		return -1;
	return 0;
}

static int check_warm(const struct sbx_keeper *k, struct sbx_error *err)
{
	if (k->warm.socket_fd >= 0)
		return 0;
	return k->warm_error.code ? sbx_error_propagate(err, &k->warm_error)
				  : sbx_fail(err, SBX_E_BUSY, "zygote: none is here");
}

static int enter_net(struct sbx_keeper *k, const struct sbx_task *task, struct sbx_error *err)
{
	const struct sbx_slots *slots = k->slot->slots;
	if (task->options.policy.net != SBX_NET_HOST)
		return 0;
	/* The slot's own network is left for good; a new one is made afterwards. */
	sbx_slot_net_release(&k->net);
	k->has_net = false;
	if (slots->host_net_fd < 0 || setns(slots->host_net_fd, CLONE_NEWNET) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--net host");
	return 0;
}

int sbx_keeper_limit(struct sbx_keeper *k, const struct sbx_plan *plan, struct sbx_error *err)
{
	struct sbx_group_limits limits;
	sbx_plan_take_limits(plan, &limits);
	return sbx_group_limits_set(&limits, &k->slot->groups,
				    k->slot->n_own_pids + (k->warm.socket_fd >= 0 ? 1 : 0), err);
}

void sbx_keeper_answer(struct sbx_keeper *k, const struct sbx_task *task, struct sbx_container *c,
		       int ledger_fd, struct sbx_slot_reply *reply)
{
	const struct sbx_relay *relay = &c->base.relay;
	struct sbx_group_limits limits;
	int fds[SBX_RELAY_CHANNELS + 2];
	unsigned n = 0;
	sbx_plan_take_limits(&task->plan, &limits);
	reply->pid = c->pid;
	memcpy(reply->between, c->between, sizeof(reply->between));
	reply->host_uid = c->host_uid;
	reply->policy = task->options.policy;
	reply->unenforced = task->plan.unenforced;
	reply->reduced = task->options.reduced;
	reply->limited = sbx_group_limits_mask(&limits);
	reply->has_relay = relay->is_active;
	reply->has_record = ledger_fd >= 0;
	reply->has_layer = c->base.layer_fd >= 0;
	for (int i = 0; relay->is_active && i < SBX_RELAY_CHANNELS; i++)
		fds[n++] = relay->channel[i].read_fd;
	if (ledger_fd >= 0)
		fds[n++] = ledger_fd;
	if (reply->has_layer)
		fds[n++] = c->base.layer_fd;
	reply->policy.hidden = reply->policy.read_only = reply->policy.writable =
		reply->policy.patterns = (struct sbx_paths){0};
	/* Nobody to answer to: then nobody wants what was made either. */
	if (sbx_packet_send(k->socket_fd, reply, sizeof(*reply), NULL, 0, fds, n) < 0)
		_exit(1);
}

void sbx_keeper_fill(struct sbx_keeper *k, struct sbx_task *task, const int *stdio_fd,
		     struct sbx_request *request, struct sbx_container *c)
{
	sbx_task_fill_request(task, request);
	request->arguments = k->slot->slots->arguments;
	request->warm = task->role == SBX_ROLE_FORKED ? &k->warm : NULL;
	request->command_mask = &k->slot->slots->command_mask;
	*c = (struct sbx_container){
		.request = request,
		.base.layer_fd = -1,
		.slot = k->slot,
		.made = k->slot->made,
		.groups = k->slot->groups,
		.stdio_fd = stdio_fd,
		.socket_fd = -1,
		.inner_socket_fd = -1,
		.handover_fd = -1,
		.pidfd = -1,
		.io_fd = -1,
		.clone_flags = CLONE_PARENT,
	};
	sbx_relay_init(&c->base.relay);
}

static int make(struct sbx_keeper *k, const struct sbx_task *task, const int fds[4],
		struct sbx_container *c, struct sbx_error *err)
{
	c->inner_socket_fd = fds[3];
	c->env = sbx_container_env(&task->options, err);
	uint64_t output = task->options.policy.limit[SBX_LIMIT_OUTPUT];
	if (!c->env || sbx_layer_hold(task, &c->base.layer_fd, err) < 0 ||
	    sbx_keeper_limit(k, &task->plan, err) < 0 ||
	    (output && sbx_relay_open(&c->base.relay, output, err) < 0))
		return -1;
	return sbx_container_spawn(c, err);
}

uint64_t sbx_keeper_now_nsec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void sbx_keeper_make(struct sbx_keeper *k, const struct sbx_slot_order *order, int argc,
		     char **argv, const int fds[5])
{
	SBX_CLEANUP_TASK struct sbx_task task = SBX_TASK_INIT;
	SBX_CLEANUP_RECORD struct sbx_record record = SBX_RECORD_INIT;
	SBX_CLEANUP_FD int ledger_fd = -1;
	struct sbx_slot_reply reply = {.error = SBX_ERROR_INIT};
	struct sbx_request request;
	struct sbx_container c;
	const bool is_forked = order->is_forked;
	if (order->may_hand_over && !k->has_input && !k->takes_output &&
	    sbx_ready_answer(k, is_forked, argc, argv))
		return;
	sbx_ready_end(k);
	task.role = is_forked ? SBX_ROLE_FORKED : SBX_ROLE_PLAIN;
	int failed = is_forked ? check_warm(k, &reply.error) : 0;
	failed = failed < 0 ? failed : sbx_keeper_settle(k, &task, argc, argv, &reply.error);
	/* Where its command is to be the only one, it must not be counted when that starts. */
	sbx_ids_reap(&task.ids);
	failed = failed < 0 ? failed : enter_net(k, &task, &reply.error);
	reply.planned_nsec = sbx_keeper_now_nsec();
	reply.wanted = task.options.record;
	sbx_keeper_fill(k, &task, fds, &request, &c);
	request.input_fd = k->has_input ? &fds[4] : NULL;
	if (failed == 0 && (reply.wanted || k->takes_output))
		failed = sbx_record_open(&record, reply.wanted, &ledger_fd, &reply.error);
	request.record = record.ledger ? &record : NULL;
	if (failed == 0)
		failed = make(k, &task, fds, &c, &reply.error);
	reply.spawned_nsec = sbx_keeper_now_nsec();
	/* Process 1 has its own hold on it, and none of ours shall be left in the groups. */
	sbx_ids_release(&task.ids);
	if (failed < 0) {
		c.pid = 0;
		sbx_layer_let_go(&c.base.layer_fd);
	}
	for (int i = 1; i <= SBX_N_BETWEEN; i++)
		k->slot->made[i] = 0;
	reply.used_warm = is_forked;
	sbx_keeper_answer(k, &task, &c, failed < 0 ? -1 : ledger_fd, &reply);
	sbx_close(&c.pidfd);
	sbx_close(&c.base.layer_fd);
	sbx_relay_release(&c.base.relay);
	free(c.env);
	if (is_forked)
		sbx_warm_release(&k->warm);
	else if (failed == 0)
		sbx_keeper_give_net(k, &task);
}
