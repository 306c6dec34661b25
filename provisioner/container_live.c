/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to a container while it runs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/ids.h"
#include "provisioner/descriptors.h"
#include "provisioner/filter.h"
#include "provisioner/packet.h"
#include "provisioner/record.h"
#include "provisioner/slot.h"

static struct sbx_container *of(struct sbx_sandbox *s)
{
	return (struct sbx_container *)s;
}

static int check_runs(const struct sbx_container *c, struct sbx_error *err)
{
	if (c->pid > 0 && !c->has_last && !c->is_destroyed)
		return 0;
	return sbx_fail(err, SBX_E_NOT_FOUND,
			c->is_destroyed || c->has_last ? "the sandbox has ended"
						       : "the sandbox has not been started");
}

static int send_order(struct sbx_container *c, const struct sbx_order *order,
		      const struct sbx_buffer *text, const int *fds, struct sbx_error *err)
{
	if (sbx_packet_send(c->socket_fd, order, sizeof(*order), text ? text->data : NULL,
			    text ? text->n_bytes : 0, fds, fds ? 3 : 0) == 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return sbx_fail(err, SBX_E_NOT_FOUND, "the sandbox has ended");
	return sbx_fail_os(err, errno == EAGAIN ? SBX_E_BUSY : SBX_E_SANDBOX, errno,
			   "an order to the sandbox");
}

static uint32_t add_words(struct sbx_buffer *text, const char *const *words)
{
	uint32_t n = 0;
	for (; words && words[n]; n++)
		sbx_buffer_add(text, words[n], strlen(words[n]) + 1);
	return n;
}

int sbx_container_exec(struct sbx_sandbox *s, const struct sbx_exec *exec, struct sbx_error *err)
{
	struct sbx_container *c = of(s);
	if (check_runs(c, err) < 0)
		return -1;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	SBX_CLEANUP_FD int null_fd = -1;
	int fds[3];
	for (int i = 0; i < 3; i++) {
		if (exec->stdio_fd[i] < 0 && null_fd < 0 &&
		    (null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/dev/null");
		fds[i] = exec->stdio_fd[i] < 0 ? null_fd : exec->stdio_fd[i];
		if (sbx_check_descriptor(fds[i], i, err) < 0)
			return -1;
		if (c->host_uid)
			sbx_ids_own_pipe(c->host_uid, fds[i]);
	}
	const struct sbx_order order = {
		.kind = SBX_ORDER_EXEC,
		.command = exec->command,
		.n_env = add_words(&text, exec->env),
		.n_words = add_words(&text, exec->words),
		.has_classes = exec->has_classes,
		.classes = exec->classes,
	};
	if (text.failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "exec");
	if (order.n_words == 0 || !*exec->words[0])
		return sbx_fail(err, SBX_E_USAGE, "exec: the command is missing");
	if (text.n_bytes > SBX_MAX_ORDER)
		return sbx_fail(err, SBX_E_USAGE,
				"exec: more than %d bytes of arguments and environment; put them "
				"into a file",
				SBX_MAX_ORDER);
	if (send_order(c, &order, &text, fds, err) < 0)
		return -1;
	c->n_commands++;
	c->base.report_fd = c->socket_fd;
	return 0;
}

int sbx_container_signal(struct sbx_sandbox *s, unsigned command, int signo, struct sbx_error *err)
{
	const struct sbx_order order = {
		.kind = SBX_ORDER_SIGNAL, .command = command, .signo = signo};
	if (signo < 1 || signo > 64)
		return sbx_fail(err, SBX_E_USAGE, "signal %d: there is none of that number", signo);
	if (check_runs(of(s), err) < 0)
		return -1;
	/* These two are about the sandbox as a whole, its first process knows how. */
	if (command == 0 && (signo == SIGTSTP || signo == SIGCONT))
		return kill(of(s)->pid, signo);
	return send_order(of(s), &order, NULL, NULL, err);
}

int sbx_container_stats(struct sbx_sandbox *s, struct sbx_stats *out, struct sbx_error *err)
{
	struct sbx_container *c = of(s);
	if (check_runs(c, err) < 0)
		return -1;
	uint64_t pids = sbx_groups_pids(&c->groups);
	*out = (struct sbx_stats){
		.has_cpu = sbx_groups_have(&c->groups, SBX_CONTROLLER_CPUACCT),
		.has_memory = sbx_groups_have(&c->groups, SBX_CONTROLLER_MEMORY),
		.has_pids = sbx_groups_have(&c->groups, SBX_CONTROLLER_PIDS),
		.cpu_usec =
			sbx_groups_cpu_usec(&c->groups) - (c->slot ? c->slot->cpu_usec_before : 0),
		.memory_bytes = sbx_groups_memory_bytes(&c->groups),
		.peak_memory_bytes = sbx_groups_peak_bytes(&c->groups),
		.oom_kills = sbx_groups_oom_kills(&c->groups) -
			     (c->slot ? c->slot->oom_kills_before : 0),
		/* Our own first process inside is not the task's. */
		.pids = pids > c->n_own_pids ? pids - c->n_own_pids : 0,
		.is_paused = s->is_paused,
		.n_commands = c->n_commands,
	};
	return 0;
}

int sbx_container_set_limit(struct sbx_sandbox *s, enum sbx_limit limit, uint64_t value,
			    struct sbx_error *err)
{
	struct sbx_container *c = of(s);
	enum sbx_controller controller = sbx_limit_controller(limit);
	if (check_runs(c, err) < 0)
		return -1;
	if (controller == SBX_N_CONTROLLERS)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"--%s: is fixed when the sandbox starts; make another one",
				sbx_limit_name(limit));
	if (!sbx_groups_have(&c->groups, controller))
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"--%s: no cgroup here lets this user set it; run as root or in a "
				"delegated cgroup",
				sbx_limit_name(limit));
	/* Version 2 would kill for it where version 1 refuses. */
	if (limit == SBX_LIMIT_MEMORY && value &&
	    sbx_groups_memory_bytes(&c->groups) > value + sbx_groups_file_bytes(&c->groups))
		return sbx_fail(err, SBX_E_BUSY, "--%s: more than %llu bytes are in use",
				sbx_limit_name(limit), (unsigned long long)value);
	if (limit == SBX_LIMIT_PIDS && value)
		value += c->n_own_pids;
	if (c->slot)
		c->slot->limited |= 1U << controller;
	return sbx_group_limit(&c->groups, limit, value, err) < 0
		       ? sbx_error_prefix(err, "--%s", sbx_limit_name(limit))
		       : 0;
}

int sbx_container_tighten(struct sbx_sandbox *s, const struct sbx_policy *policy,
			  struct sbx_error *err)
{
	struct sbx_policy to = s->policy;
	if (check_runs(of(s), err) < 0 || sbx_policy_restrict(&to, policy, err) < 0)
		return -1;
	const struct sbx_order order = {
		.kind = SBX_ORDER_TIGHTEN,
		.has_classes = to.has_classes,
		.classes = to.classes,
		.refusals = sbx_filter_refusals(to.unknown, to.dangerous),
	};
	if (send_order(of(s), &order, NULL, NULL, err) < 0)
		return -1;
	s->policy.has_classes = to.has_classes;
	s->policy.classes = to.classes;
	s->policy.unknown = to.unknown;
	s->policy.dangerous = to.dangerous;
	return 0;
}

int sbx_container_pause(struct sbx_sandbox *s, struct sbx_error *err)
{
	if (check_runs(of(s), err) < 0)
		return -1;
	if (s->is_paused)
		return 0;
	if (sbx_groups_freeze(&of(s)->groups, err) < 0)
		return -1;
	s->is_paused = true;
	return 0;
}

int sbx_container_resume(struct sbx_sandbox *s, struct sbx_error *err)
{
	if (check_runs(of(s), err) < 0)
		return -1;
	if (!s->is_paused)
		return 0;
	if (sbx_groups_thaw(&of(s)->groups, err) < 0)
		return -1;
	s->is_paused = false;
	return 0;
}

/* One packet. The layers' folder is kept for the record; any other descriptor is closed. */
static bool receive(struct sbx_container *c, struct sbx_report *out)
{
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	int why = 0;
	unsigned n_fds;
	socklen_t n_why = sizeof(why);
	/* A socket that is closed with something unread in it resets the other end (unix(7)). */
	if (c->is_handed_over && !c->has_reported && !c->was_unread)
		c->was_unread = getsockopt(c->socket_fd, SOL_SOCKET, SO_ERROR, &why, &n_why) == 0 &&
				why == ECONNRESET;
	ssize_t n = sbx_packet_receive(c->socket_fd, MSG_DONTWAIT, out, sizeof(*out), fds, &n_fds);
	if (n < 0)
		return false;
	c->has_reported = c->has_reported || n > 0;
	/* A hang-up stays readable for as long as its end takes. */
	if (n == 0)
		c->base.report_fd = -1;
	struct sbx_record *record = c->is_recorded ? c->request->record : NULL;
	if (n == sizeof(*out) && out->kind == SBX_REPORT_LAYERS && record && record->layers_fd < 0)
		record->layers_fd = sbx_steal_fd(&fds[0]);
	return n == sizeof(*out);
}

bool sbx_container_take_report(struct sbx_container *c, struct sbx_report *out)
{
	struct sbx_report report;
	/* Behind the last one nothing counts: what failed out here may have begun in there. */
	do
		if (c->has_last || c->socket_fd < 0 || !receive(c, &report))
			return false;
	while (report.kind == SBX_REPORT_LAYERS);
	/* The sender is inside: its text need not end where it should. */
	report.error.message[sizeof(report.error.message) - 1] = '\0';
	if (report.error.code >= SBX_N_CODES)
		report.error.code = SBX_E_SANDBOX;
	if (report.kind == SBX_REPORT_STARTED) {
		c->built_usec = report.built_nsec / 1000;
		c->command_usec = report.command_nsec / 1000;
	}
	if (report.kind == SBX_REPORT_FAILED || report.kind == SBX_REPORT_ENDED) {
		c->last = report;
		c->has_last = true;
		c->base.report_fd = -1;
	}
	*out = report;
	return true;
}

void sbx_container_next_event(struct sbx_sandbox *s, struct sbx_event *out)
{
	static const enum sbx_event_kind kinds[] = {
		[SBX_REPORT_STARTED] = SBX_EVENT_STARTED,
		[SBX_REPORT_FAILED] = SBX_EVENT_FAILED,
		[SBX_REPORT_ENDED] = SBX_EVENT_ENDED,
		[SBX_REPORT_COMMAND_STARTED] = SBX_EVENT_COMMAND_STARTED,
		[SBX_REPORT_COMMAND_FAILED] = SBX_EVENT_COMMAND_FAILED,
		[SBX_REPORT_COMMAND_ENDED] = SBX_EVENT_COMMAND_ENDED,
	};
	struct sbx_container *c = of(s);
	struct sbx_report report;
	*out = (struct sbx_event){.kind = SBX_EVENT_NONE};
	if (c->is_awaited) {
		sbx_container_take_answer(c);
		if (!c->is_awaited && c->has_last) {
			out->kind = SBX_EVENT_FAILED;
			out->error = c->last.error;
		}
		return;
	}
	if (!sbx_container_take_report(c, &report) ||
	    (unsigned)report.kind >= sizeof(kinds) / sizeof(kinds[0]))
		return;
	out->kind = kinds[report.kind];
	out->command = report.command;
	out->wait_status = report.wait_status;
	out->error = report.error;
	if ((out->kind == SBX_EVENT_COMMAND_FAILED || out->kind == SBX_EVENT_COMMAND_ENDED) &&
	    c->n_commands > 0)
		c->n_commands--;
	/*
	 * What is told without a command of exec is how it ended, a moment before it has: to be
	 * woken by its end alone lets it end the sooner.
	 */
	if (c->n_commands == 0)
		c->base.report_fd = -1;
}
