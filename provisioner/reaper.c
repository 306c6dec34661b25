/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

/* Close all but a few descriptors: whoever waits for the end of a pipe must not wait for us. */
static void keep_only(const struct sbx_groups *groups, int fd)
{
	int highest = fd;
	for (unsigned i = 0; i < groups->n; i++) {
		const int kept[] = {groups->group[i].parent_fd, groups->group[i].fd,
				    groups->group[i].own_fd};
		for (int k = 0; k < 3; k++)
			highest = kept[k] > highest ? kept[k] : highest;
	}
	for (int i = 0; i < highest; i++) {
		bool keep = i == fd;
		for (unsigned g = 0; g < groups->n; g++)
			keep = keep || i == groups->group[g].parent_fd ||
			       i == groups->group[g].fd || i == groups->group[g].own_fd;
		if (!keep)
			close(i);
	}
	syscall(SYS_close_range, (unsigned)highest + 1, ~0U, 0);
}

static _Noreturn void wait_and_remove(struct sbx_groups *groups, int fd)
{
	/* Out of the terminal's and the caller's groups: what kills them shall not end this. */
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "sbx-reaper", 0, 0, 0);
	keep_only(groups, fd);
	char byte;
	ssize_t n;
	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		sbx_groups_clear(groups);
	_exit(0);
}

int sbx_reaper_start(struct sbx_reaper *reaper, struct sbx_groups *groups, struct sbx_error *err)
{
	int ends[2];
	if (reaper->pid)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "pipe");
	SBX_CLEANUP_FD int read_fd = ends[0];
	SBX_CLEANUP_FD int write_fd = ends[1];
	pid_t pid = fork();
	if (pid < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "starting the reaper of cgroups");
	if (pid == 0) {
		sbx_close(&write_fd);
		wait_and_remove(groups, read_fd);
	}
	reaper->pid = pid;
	reaper->fd = sbx_steal_fd(&write_fd);
	return 0;
}

void sbx_reaper_dismiss(struct sbx_reaper *reaper)
{
	if (!reaper->pid || reaper->fd < 0)
		return;
	/* A byte, not a signal: it blocks them all. */
	if (write(reaper->fd, "", 1) < 0)
		kill(reaper->pid, SIGKILL);
	sbx_close(&reaper->fd);
}

void sbx_reaper_stop(struct sbx_reaper *reaper)
{
	sbx_reaper_dismiss(reaper);
	while (reaper->pid && waitpid(reaper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	reaper->pid = 0;
}
