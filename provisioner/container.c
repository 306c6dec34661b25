/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/container.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/layer.h"
#include "provisioner/packet.h"
#include "provisioner/record.h"
#include "provisioner/slot.h"
#include "provisioner/supervise.h"

static struct sbx_container *of(struct sbx_sandbox *s)
{
	return (struct sbx_container *)s;
}

static void container_free(struct sbx_sandbox *s)
{
	if (!s)
		return;
	struct sbx_result unused;
	sbx_backend_container.destroy(s, &unused);
	sbx_layer_let_go(&s->layer_fd);
	free(of(s)->env);
	struct sbx_slot *slot = of(s)->slot;
	if (slot && !slot->spare)
		slot->spare = of(s);
	else
		free(s);
}

/* Pages of memory: a slot's are kept, to map and unmap them takes as long as to tell a sandbox. */
static struct sbx_container *take_memory(struct sbx_slot *slot)
{
	struct sbx_container *c = slot ? slot->spare : NULL;
	if (!c)
		return calloc(1, sizeof(*c));
	slot->spare = NULL;
	memset(c, 0, sizeof(*c));
	return c;
}

/* Of the operations on the host what the clone waits for. */
static int make_groups(struct sbx_container *c, struct sbx_error *err)
{
	const struct sbx_plan *plan = c->request->plan;
	for (size_t i = 0; i < plan->n_ops && plan->ops[i].kind == SBX_OP_GROUP; i++)
		if (sbx_group_make(&c->groups, &c->request->places->place[plan->ops[i].index],
				   &c->reaper, err) < 0)
			return -1;
	return 0;
}

static int limit_groups(struct sbx_container *c, struct sbx_error *err)
{
	struct sbx_group_limits limits;
	sbx_plan_take_limits(c->request->plan, &limits);
	return sbx_group_limits_set(&limits, &c->groups, 0, err);
}

/*
 * A file that the caller keeps what was written in. Inside it could be opened anew and what is in
 * it already be written over, so that it is not handed in but written to by us.
 */
static bool writes_to_files(void)
{
	struct stat st;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			return true;
	return false;
}

static int make_parts(struct sbx_container *c, struct sbx_error *err)
{
	const struct sbx_policy *policy = &c->request->options->policy;
	uint64_t before = sbx_now_usec();
	c->env = sbx_container_env(c->request->options, err);
	if (!c->env || make_groups(c, err) < 0)
		return -1;
	sbx_result_set_stage(&c->result, SBX_STAGE_CGROUPS, before, sbx_now_usec());
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	c->socket_fd = ends[0];
	c->inner_socket_fd = ends[1];
	c->base.policy = *policy;
	c->base.timeout_usec = policy->limit[SBX_LIMIT_TIMEOUT];
	c->base.grace_usec = sbx_grace_usec(policy->limit[SBX_LIMIT_GRACE]);
	if (!policy->limit[SBX_LIMIT_OUTPUT] && !writes_to_files())
		return 0;
	return sbx_relay_open(&c->base.relay, policy->limit[SBX_LIMIT_OUTPUT], err);
}

static int container_prepare(const struct sbx_request *request, struct sbx_sandbox **out,
			     struct sbx_error *err)
{
	struct sbx_container *c = take_memory(request->slot);
	if (!c)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "sandbox");
	c->base.backend = &sbx_backend_container;
	c->base.report_fd = c->base.end_fd = c->base.layer_fd = -1;
	c->request = request;
	c->reaper = (struct sbx_reaper)SBX_REAPER_INIT;
	c->socket_fd = c->inner_socket_fd = c->pidfd = c->io_fd = -1;
	c->user_fd = c->pid_fd = c->handover_fd = -1;
	c->started_usec = sbx_now_usec();
	c->result.error = (struct sbx_error)SBX_ERROR_INIT;
	sbx_groups_init(&c->groups);
	sbx_relay_init(&c->base.relay);
	c->n_own_pids = 1;
	/* A slot's keeper is who knows. */
	c->is_recorded = request->record && !request->slot;
	if (request->slot) {
		c->slot = request->slot;
		c->groups = request->slot->groups;
		c->n_own_pids += request->slot->n_own_pids + (request->slot->warm.family ? 1 : 0);
		*out = &c->base;
		return 0;
	}
	if (make_parts(c, err) < 0) {
		container_free(&c->base);
		return -1;
	}
	*out = &c->base;
	return 0;
}

/*
 * While it builds its mounts its groups get their limits, somebody to remove them should we be
 * killed, and those of version 1 their process; then it may start the command. Until there is a
 * reaper the next run's sweep stands in for it.
 */
static int let_go(struct sbx_container *c, struct sbx_error *err)
{
	const struct sbx_order go = {.kind = SBX_ORDER_GO};
	if (c->groups.n == 0)
		return 0;
	if (limit_groups(c, err) < 0 || sbx_reaper_start(&c->reaper, &c->groups, err) < 0 ||
	    sbx_groups_join(&c->groups, c->pid, err) < 0 ||
	    (c->warm.pid && sbx_groups_join_all(&c->groups, c->warm.pid, err) < 0))
		return -1;
	/* When it has failed meanwhile, its report says so. */
	send(c->socket_fd, &go, sizeof(go), MSG_NOSIGNAL);
	/* Nor does it wait for this. */
	sbx_groups_sweep(&c->groups, true);
	return 0;
}

static int container_start(struct sbx_sandbox *s, struct sbx_error *err)
{
	struct sbx_container *c = of(s);
	c->spawn_usec = sbx_now_usec();
	if (c->slot)
		return sbx_container_order(c, err);
	int failed = sbx_container_spawn(c, &c->result.error);
	sbx_close(&c->inner_socket_fd);
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++)
		sbx_close(&s->relay.sandbox_fd[i]);
	if (failed < 0 || let_go(c, &c->result.error) < 0) {
		s->backend->kill(s);
		return sbx_error_propagate(err, &c->result.error);
	}
	s->end_fd = c->pidfd;
	s->report_fd = c->request->is_live ? c->socket_fd : -1;
	return 0;
}

/* A command runs, so that its process 1 obeys: it ends the others, and counts what they took. */
static bool can_end_itself(const struct sbx_container *c)
{
	const struct sbx_ledger *ledger = c->is_recorded ? c->request->record->ledger : NULL;
	return !c->asked_to_end_usec && (c->command_usec || (ledger && ledger->command_nsec));
}

static void end_or_kill(struct sbx_container *c)
{
	const struct sbx_order end = {.kind = SBX_ORDER_END};
	if (can_end_itself(c) &&
	    sbx_packet_send(c->socket_fd, &end, sizeof(end), NULL, 0, NULL, 0) == 0)
		c->asked_to_end_usec = sbx_now_usec();
	else if (!c->asked_to_end_usec ||
		 sbx_now_usec() - c->asked_to_end_usec >= SBX_KILL_PATIENCE_USEC)
		kill(c->pid, SIGKILL);
}

static void container_kill(struct sbx_sandbox *s)
{
	struct sbx_container *c = of(s);
	if (c->pid > 0 && !s->has_ended)
		end_or_kill(c);
	/* A frozen process dies when it thaws. */
	if (s->is_paused)
		sbx_container_resume(s, NULL);
}

static void take_status(struct sbx_result *out, int wait_status)
{
	if (WIFSIGNALED(wait_status)) {
		out->signal = WTERMSIG(wait_status);
		out->exit_status = 128 + out->signal;
		out->reason = SBX_REASON_SIGNALLED;
	} else {
		out->exit_status = WEXITSTATUS(wait_status);
		out->reason = SBX_REASON_EXITED;
	}
}

static void fail_result(struct sbx_result *out)
{
	enum sbx_code code = out->error.code;
	out->reason = SBX_REASON_FAILED;
	out->signal = 0;
	out->exit_status = code == SBX_E_NO_COMMAND || code == SBX_E_CANNOT_EXEC
				   ? sbx_code_exit_status(code)
				   : sbx_code_exit_status(SBX_E_SANDBOX);
}

/* Reap the sandbox and find out why it ended. */
static void collect(struct sbx_container *c, struct sbx_result *out)
{
	struct sbx_report report;
	struct rusage usage = {0};
	int wait_status = 0;
	bool had_process = c->pid > 0;
	while (!c->has_last && sbx_container_take_report(c, &report))
		;
	sbx_container_read_io(c, out);
	while (c->pid && wait4(c->pid, &wait_status, __WALL, &usage) < 0 && errno == EINTR)
		;
	c->pid = 0;
	if (had_process)
		sbx_container_fill_usage(c, &usage, out);
	if (c->has_last && c->last.kind == SBX_REPORT_FAILED)
		sbx_error_propagate(&out->error, &c->last.error);
	/* Process 1 has an end of its own only with a report of the command's. */
	else if (had_process && !c->has_last && c->base.reason == SBX_REASON_EXITED &&
		 WIFEXITED(wait_status))
		sbx_fail(&out->error, SBX_E_SANDBOX,
			 "the sandbox ended and has not said how; it may be out of memory");
	if (out->error.code != SBX_OK)
		return fail_result(out);
	take_status(out, c->has_last ? c->last.wait_status : wait_status);
	if (c->base.reason == SBX_REASON_TIMED_OUT)
		out->exit_status = sbx_code_exit_status(SBX_E_TIMED_OUT);
	else if (c->base.reason == SBX_REASON_OUTPUT_LIMIT)
		out->exit_status = 128 + SIGKILL;
	if (c->base.reason != SBX_REASON_EXITED)
		out->reason = c->base.reason;
	else if (out->oom_kills && out->exit_status != 0)
		out->reason = SBX_REASON_OOM;
}

/* What was asked to end itself may be stopped, or stuck in what it does. */
static void await_end(struct sbx_container *c)
{
	struct pollfd ended = {c->pidfd, POLLIN, 0};
	if (c->pid > 0 && !c->base.has_ended && c->asked_to_end_usec &&
	    poll(&ended, 1, SBX_KILL_PATIENCE_USEC / 1000) <= 0)
		kill(c->pid, SIGKILL);
}

static void container_destroy(struct sbx_sandbox *s, struct sbx_result *out)
{
	struct sbx_container *c = of(s);
	if (!c->is_destroyed) {
		uint64_t ended = sbx_now_usec();
		if (c->is_awaited)
			sbx_container_give_up(c);
		container_kill(s);
		await_end(c);
		/* Before they are removed: it must not find them half so. Its own end takes a
		 * while. */
		if (s->has_ended)
			sbx_reaper_dismiss(&c->reaper);
		collect(c, &c->result);
		sbx_relay_release(&s->relay);
		sbx_reaper_dismiss(&c->reaper);
		if (!c->slot)
			sbx_groups_remove(&c->groups);
		sbx_reaper_stop(&c->reaper);
		sbx_close(&c->socket_fd);
		sbx_close(&c->inner_socket_fd);
		sbx_close(&c->pidfd);
		sbx_close(&c->io_fd);
		sbx_close(&c->user_fd);
		sbx_close(&c->pid_fd);
		s->report_fd = s->end_fd = -1;
		s->has_ended = c->is_destroyed = true;
		uint64_t now = sbx_now_usec();
		c->result.wall_usec = now - c->started_usec;
		sbx_result_set_stage(&c->result, SBX_STAGE_CLEANUP, ended, now);
		sbx_container_fill_stages(c, ended);
	}
	*out = c->result;
}

const struct sbx_backend sbx_backend_container = {
	.name = "container",
	.networks = 1U << SBX_NET_NONE | 1U << SBX_NET_HOST,
	.prepare = container_prepare,
	.start = container_start,
	.exec = sbx_container_exec,
	.signal = sbx_container_signal,
	.stats = sbx_container_stats,
	.set_limit = sbx_container_set_limit,
	.tighten = sbx_container_tighten,
	.pause = sbx_container_pause,
	.resume = sbx_container_resume,
	.next_event = sbx_container_next_event,
	.kill = container_kill,
	.destroy = container_destroy,
	.free = container_free,
};
