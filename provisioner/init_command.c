/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a command inside. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "provisioner/filter.h"
#include "provisioner/init.h"

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
	if (why == ENOENT || why == ENOTDIR || why == ENAMETOOLONG)
		return sbx_fail(err, SBX_E_NO_COMMAND,
				"%s: not found inside; name a command of the template, or set PATH "
				"with --env",
				name);
	const char *way =
		strchr(name, '/') && stat(name, &st) == 0 && S_ISDIR(st.st_mode)
			? "; it is a folder"
		: why == ENOEXEC ? "; it is no program for this machine, and no script "
				   "with #! and its interpreter in the first line"
		: why == EACCES || why == EPERM
			? "; make it executable (chmod +x), or name its interpreter before it"
			: "";
	if (why == EACCES || why == EPERM || why == ENOEXEC || why == EISDIR || why == ELOOP)
		return sbx_fail_os(err, SBX_E_CANNOT_EXEC, why, "%s: cannot be executed%s", name,
				   way);
	return sbx_fail_os(err, SBX_E_SANDBOX, why, "%s: cannot be started", name);
}

/* In the child, which borrows its parent's memory. Returns errno. */
static int take_descriptors(const int *stdio_fd)
{
	for (int i = 0; stdio_fd && i < 3; i++)
		if (dup2(stdio_fd[i], i) < 0)
			return errno;
	return 0;
}

struct child {
	const struct sbx_start *start;
	const struct sock_filter *filter;
	size_t n_filter;
	int why, unfiltered; /* errno */
};

static int install_filter(struct child *c)
{
	if (c->start->watch) {
		int fd = sbx_watch_install(c->start->watch);
		*c->start->out_listener_fd = fd < 0 ? -1 : fd;
		return fd < 0 ? -fd : 0;
	}
	return c->filter ? -sbx_filter_install_program(c->filter, c->n_filter) : 0;
}

static int run_child(void *argument)
{
	struct child *c = argument;
	setsid();
	sigprocmask(SIG_SETMASK, &c->start->mask, NULL);
	c->why = take_descriptors(c->start->stdio_fd);
	if (!c->why)
		c->why = c->unfiltered = install_filter(c);
	if (!c->why)
		c->why = execute(c->start->argv, c->start->env);
	_exit(127);
}

/* Of the child, until it executes. */
static char stack[64 << 10] __attribute__((aligned(4096)));

void sbx_start_ahead(void)
{
	*(volatile char *)&stack[sizeof(stack) - 1] = 0;
}

/*
 * As vfork(2): the child borrows this memory until it executes, so that nothing is copied and a
 * failure is seen at once. Where its filter asks, it borrows the descriptors as well: so the
 * listener that it opens is ours, and executing takes it away from the command.
 */
pid_t sbx_start_command(const struct sbx_start *start, struct sbx_error *err)
{
	struct child c = {.start = start};
	if (start->has_classes && !start->watch)
		c.filter = sbx_filter_classes_program(start->classes, start->refusals, &c.n_filter);
	pid_t pid = clone(run_child, stack + sizeof(stack),
			  CLONE_VM | CLONE_VFORK | (start->watch ? CLONE_FILES : 0) | SIGCHLD, &c);
	if (pid < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "starting the command%s",
				   errno == EAGAIN ? "; allow more processes (--pids, ulimit -u)"
						   : "");
	if (!*(volatile int *)&c.why)
		return pid;
	waitpid(pid, NULL, 0);
	if (c.unfiltered)
		return sbx_fail_os(err, SBX_E_SANDBOX, c.why, "%s: seccomp filter",
				   start->watch ? "--record" : "--syscalls");
	return fail_execution(start->argv[0], c.why, err);
}
