/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/init.h"
#include "provisioner/reaper.h"
#include "provisioner/supervise.h"

#define DEFAULT_GRACE_USEC 2000000

/* What a run holds, to be let go of in release(). */
struct run {
	const struct sbx_request *request;
	struct sbx_groups groups;
	struct sbx_reaper reaper;
	struct sbx_relay relay;
	sigset_t signals, caller_mask;
	int signal_fd, socket_fd, inner_socket_fd, pidfd;
	pid_t pid;
	char **env;
};

static void release(struct run *run)
{
	sbx_relay_release(&run->relay);
	/* The reaper first: it must not find the groups half removed. */
	sbx_reaper_stop(&run->reaper);
	sbx_groups_remove(&run->groups);
	sbx_close(&run->signal_fd);
	sbx_close(&run->socket_fd);
	sbx_close(&run->inner_socket_fd);
	sbx_close(&run->pidfd);
	free(run->env);
}

static bool sets(const struct sbx_options *o, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < o->n_env; i++)
		if (strncmp(o->env[i], name, n) == 0 && o->env[i][n] == '=')
			return true;
	return false;
}

/* Is it set again later on the command line? Then the later one counts. */
static bool is_replaced(const struct sbx_options *o, size_t index)
{
	size_t n = strcspn(o->env[index], "=") + 1;
	for (size_t i = index + 1; i < o->n_env; i++)
		if (strncmp(o->env[i], o->env[index], n) == 0)
			return true;
	return false;
}

/* The command's environment. The strings are the options', static, or this process's. */
static char **make_env(const struct sbx_options *o, struct sbx_error *err)
{
	const char *term = getenv("TERM");
	static char term_buffer[80];
	snprintf(term_buffer, sizeof(term_buffer), "TERM=%s", term && *term ? term : "dumb");
	const struct {
		const char *name, *value;
	} defaults[] = {
		{"PATH", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		{"HOME", o->uid == 0 ? "HOME=/root" : "HOME=/tmp"},
		{"LANG", "LANG=C.UTF-8"},
		{"TERM", term_buffer},
	};
	const size_t n_defaults = sizeof(defaults) / sizeof(defaults[0]);
	char **env = calloc(n_defaults + o->n_env + 1, sizeof(*env));
	if (!env) {
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "environment");
		return NULL;
	}
	size_t n = 0;
	for (size_t i = 0; i < n_defaults; i++)
		if (!sets(o, defaults[i].name))
			env[n++] = (char *)defaults[i].value;
	for (size_t i = 0; i < o->n_env; i++)
		if (!is_replaced(o, i))
			env[n++] = (char *)o->env[i];
	return env;
}

/* The operations on the host. The reaper comes as soon as there is something for it to remove. */
static int make_groups(struct run *run, struct sbx_error *err)
{
	const struct sbx_plan *plan = run->request->plan;
	for (size_t i = 0; i < plan->n_ops && plan->ops[i].kind == SBX_OP_GROUP; i++)
		if (sbx_group_make(&run->groups, &run->request->places->place[plan->ops[i].index],
				   err) < 0)
			return -1;
	if (run->groups.n && sbx_reaper_start(&run->reaper, &run->groups, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->n_ops && plan->ops[i].kind != SBX_OP_SPAWN; i++)
		if (plan->ops[i].kind == SBX_OP_GROUP_LIMIT &&
		    sbx_group_limit(&run->groups, plan->ops[i].index, plan->ops[i].number, err) < 0)
			return -1;
	return 0;
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

static int prepare(struct run *run, struct sbx_error *err)
{
	const struct sbx_options *o = run->request->options;
	run->env = make_env(o, err);
	if (!run->env)
		return -1;
	sbx_supervise_signals(&run->signals);
	sigset_t blocked = run->signals;
	/* A write to a reader that is gone shall be an error, not our end. */
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_BLOCK, &blocked, &run->caller_mask);
	run->signal_fd = signalfd(-1, &run->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signal_fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "signalfd");
	if (make_groups(run, err) < 0)
		return -1;
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	run->socket_fd = ends[0];
	run->inner_socket_fd = ends[1];
	if (!o->policy.limit[SBX_LIMIT_OUTPUT] && !writes_to_files())
		return 0;
	return sbx_relay_open(&run->relay, o->policy.limit[SBX_LIMIT_OUTPUT], err);
}

/* In the copy that becomes process 1 inside. */
static _Noreturn void become_init(const struct run *run)
{
	const struct sbx_request *request = run->request;
	const struct sbx_init init = {
		.plan = request->plan,
		.options = request->options,
		.arguments = request->arguments,
		.command_env = run->env,
		.host_uid = request->host->uid,
		.host_gid = request->host->gid,
		.socket_fd = run->inner_socket_fd,
		.lock_fd = request->lock_fd,
		.wait_for_go = run->groups.n > 0,
		.signals = run->signals,
		.caller_mask = run->caller_mask,
	};
	if (run->relay.is_active)
		for (int i = 0; i < SBX_RELAY_CHANNELS; i++)
			if (dup2(run->relay.sandbox_fd[i], STDOUT_FILENO + i) < 0)
				_exit(1);
	sbx_init_run(&init);
}

/* All namespaces in one call, and the version 2 cgroup with it if there is one. */
static int spawn(struct run *run, struct sbx_error *err)
{
	struct clone_args args = {
		.flags = run->request->plan->namespaces | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&run->pidfd,
		.exit_signal = SIGCHLD,
	};
	int birth_fd = sbx_groups_birth_fd(&run->groups);
	if (birth_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)birth_fd;
	}
	run->pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (run->pid == 0)
		become_init(run);
	if (run->pid > 0)
		return 0;
	bool user = run->request->plan->namespaces & CLONE_NEWUSER;
	if (user && (errno == EPERM || errno == ENOSPC || errno == EUSERS))
		return sbx_fail_os(
			err, SBX_E_UNSUPPORTED, errno,
			"this host gives ordinary users no user namespaces; run as root, or "
			"allow them (sysctl user.max_user_namespaces, "
			"kernel.unprivileged_userns_clone)");
	if (errno == ENOSYS)
		return sbx_fail_os(
			err, SBX_E_UNSUPPORTED, errno,
			"clone3 is not to be had; Linux 5.12 is needed, and in a container "
			"a filter that lets it through");
	return sbx_fail_os(err, SBX_E_SANDBOX, errno, "making namespaces");
}

/* Put it into its groups while it builds its mounts, then let it start the command. */
static int let_go(struct run *run, struct sbx_error *err)
{
	if (run->groups.n == 0)
		return 0;
	if (sbx_groups_join(&run->groups, run->pid, err) < 0) {
		kill(run->pid, SIGKILL);
		return -1;
	}
	/* When it has failed meanwhile, its report says so. */
	send(run->socket_fd, "", 1, MSG_NOSIGNAL);
	return 0;
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

static void fill_usage(struct run *run, const struct rusage *usage, struct sbx_result *out)
{
	out->cpu_usec = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
			(uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
	out->peak_memory_bytes = sbx_groups_peak_bytes(&run->groups);
	if (!out->peak_memory_bytes)
		out->peak_memory_bytes = (uint64_t)usage->ru_maxrss * 1024;
	out->oom_kills = sbx_groups_oom_kills(&run->groups);
	out->has_output_bytes = run->relay.is_active;
	out->output_bytes = run->relay.n_bytes;
}

/* Reap the sandbox and find out why it ended. */
static void collect(struct run *run, enum sbx_reason ours, struct sbx_result *out)
{
	struct sbx_report report;
	ssize_t n = recv(run->socket_fd, &report, sizeof(report), MSG_DONTWAIT);
	struct rusage usage = {0};
	int wait_status = 0;
	while (wait4(run->pid, &wait_status, __WALL, &usage) < 0 && errno == EINTR)
		;
	fill_usage(run, &usage, out);
	if (n == sizeof(report) && report.kind == SBX_REPORT_FAILED) {
		sbx_error_propagate(&out->error, &report.error);
		return;
	}
	take_status(out, n == sizeof(report) ? report.wait_status : wait_status);
	if (ours == SBX_REASON_TIMED_OUT)
		out->exit_status = sbx_code_exit_status(SBX_E_TIMED_OUT);
	else if (ours == SBX_REASON_OUTPUT_LIMIT)
		out->exit_status = 128 + SIGKILL;
	if (ours != SBX_REASON_EXITED)
		out->reason = ours;
	else if (out->oom_kills && out->exit_status != 0)
		out->reason = SBX_REASON_OOM;
}

static int run_sandbox(struct run *run, struct sbx_result *out)
{
	struct sbx_error *err = &out->error;
	if (prepare(run, err) < 0 || spawn(run, err) < 0)
		return -1;
	sbx_close(&run->inner_socket_fd);
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++)
		sbx_close(&run->relay.sandbox_fd[i]);
	int went = let_go(run, err);
	const struct sbx_options *o = run->request->options;
	const struct sbx_watch watch = {
		.pid = run->pid,
		.pidfd = run->pidfd,
		.signal_fd = run->signal_fd,
		.timeout_usec = o->policy.limit[SBX_LIMIT_TIMEOUT],
		.grace_usec = o->policy.limit[SBX_LIMIT_GRACE] ? o->policy.limit[SBX_LIMIT_GRACE]
							       : DEFAULT_GRACE_USEC,
		.relay = &run->relay,
	};
	collect(run, sbx_supervise(&watch), out);
	return went < 0 || out->error.code != SBX_OK ? -1 : 0;
}

void sbx_sandbox_run(const struct sbx_request *request, struct sbx_result *out)
{
	uint64_t started = sbx_now_usec();
	struct run run = {
		.request = request,
		.reaper = SBX_REAPER_INIT,
		.signal_fd = -1,
		.socket_fd = -1,
		.inner_socket_fd = -1,
		.pidfd = -1,
	};
	sbx_groups_init(&run.groups);
	sbx_relay_init(&run.relay);
	*out = (struct sbx_result){.reason = SBX_REASON_EXITED};
	if (run_sandbox(&run, out) < 0) {
		enum sbx_code code = out->error.code;
		out->reason = SBX_REASON_FAILED;
		out->signal = 0;
		out->exit_status = code == SBX_E_NO_COMMAND || code == SBX_E_CANNOT_EXEC
					   ? sbx_code_exit_status(code)
					   : sbx_code_exit_status(SBX_E_SANDBOX);
	}
	release(&run);
	out->wall_usec = sbx_now_usec() - started;
}
