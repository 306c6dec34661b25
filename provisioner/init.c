/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/filter.h"

static _Noreturn void report_and_end(const struct sbx_init *init, const struct sbx_report *report)
{
	send(init->socket_fd, report, sizeof(*report), MSG_NOSIGNAL);
	_exit(0);
}

/*
 * Die with sbx-provision. The kernel forgets this whenever ids or capabilities change, so it is
 * called again after that. Should sbx-provision have died in between, its end of the socket is
 * closed; a hang-up shows that even while its last packet is still unread.
 */
static int die_with_parent(const struct sbx_init *init, struct sbx_error *err)
{
	struct pollfd socket = {.fd = init->socket_fd};
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "parent-death signal");
	if (poll(&socket, 1, 0) != 0)
		_exit(0);
	return 0;
}

static void close_range_if_any(int first, int last)
{
	if (first <= last)
		syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0);
}

/* Nothing that the caller had open, knowingly or not, gets inside. */
static void close_inherited(const struct sbx_init *init)
{
	int low = init->socket_fd, high = init->lock_fd;
	if (high < low) {
		low = init->lock_fd;
		high = init->socket_fd;
	}
	close_range_if_any(3, low - 1);
	close_range_if_any(low < 3 ? 3 : low + 1, high - 1);
	syscall(SYS_close_range, (unsigned)high + 1, ~0U, 0);
}

/* /proc/1/cmdline can be read by all inside: it shall not tell the host's paths. */
static void wipe_command_line(const struct sbx_init *init)
{
	for (char **word = init->arguments; *word; word++)
		memset(*word, 0, strlen(*word));
	char *program = program_invocation_name;
	strncpy(program, "sbx-init", strlen(program));
}

/* The command's words, in memory that /proc/1/cmdline does not show. */
static char **copy_words(char **words)
{
	size_t n = 0;
	while (words[n])
		n++;
	char **copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(words[i]);
		if (!copy[i])
			return NULL;
	}
	return copy;
}

static int wait_for_go(const struct sbx_init *init, struct sbx_error *err)
{
	char byte;
	ssize_t n;
	do
		n = recv(init->socket_fd, &byte, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "waiting for cgroups");
	if (n == 0)
		_exit(0);
	return 0;
}

static int set_up(const struct sbx_init *init, struct sbx_error *err)
{
	struct sbx_apply apply = {
		.plan = init->plan,
		.host_uid = init->host_uid,
		.host_gid = init->host_gid,
		.cwd_fd = -1,
		.root_fd = -1,
		.proc_fd = -1,
		.dev_fd = -1,
	};
	close_inherited(init);
	if (die_with_parent(init, err) < 0)
		return -1;
	umask(0);
	if (setsid() < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "setsid");
	if (sbx_apply_plan(&apply, err) < 0 || die_with_parent(init, err) < 0)
		return -1;
	sbx_close(&apply.cwd_fd);
	sbx_close(&apply.root_fd);
	sbx_close(&apply.proc_fd);
	sbx_close(&apply.dev_fd);
	umask(022);
	/* Whatever runs inside may not look into this process, nor reach its file. */
	prctl(PR_SET_NAME, "sbx-init", 0, 0, 0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "dumpable");
	return init->wait_for_go ? wait_for_go(init, err) : 0;
}

/* execve(2) along PATH, as a shell would. Returns with the errno that says most. */
static int execute(char **argv, char **env)
{
	const char *name = argv[0], *path = NULL;
	int most = ENOENT;
	if (strchr(name, '/')) {
		execve(name, argv, env);
		return errno;
	}
	for (char **e = env; *e; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			path = *e + 5;
	while (path && *path) {
		char full[4096];
		size_t n = strcspn(path, ":");
		int length = snprintf(full, sizeof(full), "%.*s/%s", (int)n, path, name);
		if (n > 0 && length > 0 && (size_t)length < sizeof(full)) {
			execve(full, argv, env);
			if (errno != ENOENT && errno != ENOTDIR)
				most = errno;
		}
		path += n + (path[n] == ':');
	}
	return most;
}

static int fail_execution(const char *name, int why, struct sbx_error *err)
{
	struct stat st;
	if (why == ENOENT && strchr(name, '/') && stat(name, &st) == 0)
		return sbx_fail(
			err, SBX_E_NO_COMMAND,
			"%s: is there, but its interpreter or loader is not in the template", name);
	if (why == ENOENT || why == ENOTDIR)
		return sbx_fail(err, SBX_E_NO_COMMAND,
				"%s: not found inside; name a command of the template, or set PATH "
				"with --env",
				name);
	if (why == EACCES || why == EPERM || why == ENOEXEC || why == EISDIR || why == ELOOP)
		return sbx_fail_os(err, SBX_E_CANNOT_EXEC, why, "%s: cannot be executed", name);
	return sbx_fail_os(err, SBX_E_SANDBOX, why, "%s: cannot be started", name);
}

/*
 * vfork: the child borrows this memory until it executes, so that nothing is copied and a failure
 * is seen at once.
 */
static pid_t start_command(const struct sbx_init *init, char **argv, char **env,
			   struct sbx_error *err)
{
	volatile int why = 0, unfiltered = 0;
	size_t n = 0;
	const struct sbx_policy *policy = &init->options->policy;
	const struct sock_filter *filter =
		policy->has_classes
			? sbx_filter_classes_program(
				  policy->classes,
				  sbx_filter_refusals(policy->unknown, policy->dangerous), &n)
			: NULL;
	pid_t pid = vfork();
	if (pid == 0) {
		setsid();
		sigprocmask(SIG_SETMASK, &init->caller_mask, NULL);
		unfiltered = filter ? sbx_filter_install_program(filter, n) : 0;
		why = unfiltered ? -unfiltered : execute(argv, env);
		_exit(127);
	}
	if (pid < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "starting the command");
	if (!why)
		return pid;
	waitpid(pid, NULL, 0);
	if (unfiltered)
		return sbx_fail_os(err, SBX_E_SANDBOX, why, "--syscalls: seccomp filter");
	return fail_execution(argv[0], why, err);
}

/* Reap all that ended; the command's end is the sandbox's. */
static void reap(const struct sbx_init *init, pid_t command)
{
	struct sbx_report report = {.kind = SBX_REPORT_ENDED};
	pid_t pid;
	while ((pid = waitpid(-1, &report.wait_status, WNOHANG)) > 0)
		if (pid == command)
			report_and_end(init, &report);
}

static _Noreturn void serve(const struct sbx_init *init, pid_t command)
{
	sigset_t set = init->signals;
	sigaddset(&set, SIGCHLD);
	for (;;) {
		siginfo_t info;
		int signo = sigwaitinfo(&set, &info);
		if (signo == SIGCHLD)
			reap(init, command);
		/* Only what comes from outside: there the sender has no number in here. */
		else if (signo < 0 || info.si_pid != 0)
			continue;
		else if (signo == SIGTSTP)
			kill(-1, SIGSTOP);
		else if (signo == SIGCONT)
			kill(-1, SIGCONT);
		else if (kill(-command, signo) < 0)
			kill(command, signo);
	}
}

void sbx_init_run(const struct sbx_init *init)
{
	struct sbx_report report = {.kind = SBX_REPORT_FAILED, .error = SBX_ERROR_INIT};
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	if (set_up(init, &report.error) < 0)
		report_and_end(init, &report);
	char **argv = copy_words(init->options->command), **env = copy_words(init->command_env);
	if (!argv || !env) {
		sbx_fail_os(&report.error, SBX_E_NO_SPACE, ENOMEM, "the command's arguments");
		report_and_end(init, &report);
	}
	wipe_command_line(init);
	pid_t command = start_command(init, argv, env, &report.error);
	if (command < 0)
		report_and_end(init, &report);
	serve(init, command);
}
