/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/zygote/park.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/packet.h"

#define MAX_TEXT (16 << 20)

void sbx_answer(int socket_fd, const struct sbx_error *err)
{
	/* write(2), not send: after all filters it is what still is let through. */
	while (write(socket_fd, err, sizeof(*err)) < 0 && errno == EINTR)
		;
}

void sbx_close_others(int kept_fd)
{
	if (kept_fd > 3)
		syscall(SYS_close_range, 3U, (unsigned)kept_fd - 1, 0);
	syscall(SYS_close_range, (unsigned)kept_fd + 1, ~0U, 0);
}

static _Noreturn void fail_join(int socket_fd, const struct sbx_error *err)
{
	sbx_answer(socket_fd, err);
	_exit(1);
}

/* The new user namespace is owned by our user: that is all it takes, no capability. */
static void join_namespaces(int socket_fd, const int *fds)
{
	static const char *const names[] = SBX_JOIN_NAMES;
	struct sbx_error err = SBX_ERROR_INIT;
	for (int i = 0; i < SBX_JOIN_N_NAMESPACES; i++) {
		if (setns(fds[i], 0) == 0)
			continue;
		sbx_fail_os(&err, SBX_E_SANDBOX, errno, "zygote: joining the %s namespace",
			    names[i]);
		fail_join(socket_fd, &err);
	}
}

char *sbx_read_text(int fd, uint64_t n_bytes, struct sbx_error *err)
{
	char *text = n_bytes && n_bytes <= MAX_TEXT ? malloc(n_bytes) : NULL;
	if (!text) {
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygote: join");
		return NULL;
	}
	for (uint64_t done = 0; done < n_bytes;) {
		ssize_t n = pread(fd, text + done, n_bytes - done, (off_t)done);
		if (n <= 0) {
			sbx_fail_os(err, SBX_E_SANDBOX, n < 0 ? errno : EIO, "zygote: join");
			free(text);
			return NULL;
		}
		done += (uint64_t)n;
	}
	/* It ends with strings, the last of them ended. */
	text[n_bytes - 1] = '\0';
	return text;
}

/*
 * A process is in a pid namespace by birth, and process 1 reaps only whose parent was in it too. So
 * one that shares our memory is born there, it forks the command, and goes. fork(), not a bare
 * call: the C library has locks, thread ids and handlers of libraries to see to.
 */
static void fork_inside(int socket_fd, const struct sbx_join *join, char *text)
{
	struct sbx_error err = SBX_ERROR_INIT;
	int gone[2];
	char byte;
	if (pipe2(gone, O_CLOEXEC) < 0) {
		sbx_fail_os(&err, SBX_E_SANDBOX, errno, "zygote: pipe");
		fail_join(socket_fd, &err);
	}
	pid_t between = vfork();
	if (between == 0) {
		pid_t pid = fork();
		if (pid == 0) {
			/* What is between shall not be seen by the command. */
			close(gone[1]);
			while (read(gone[0], &byte, 1) < 0 && errno == EINTR)
				;
			close(gone[0]);
			sbx_become(socket_fd, join, text);
		}
		if (pid < 0) {
			sbx_fail_os(&err, SBX_E_SANDBOX, errno, "zygote: fork");
			sbx_answer(socket_fd, &err);
		}
		_exit(0);
	}
	if (between < 0) {
		sbx_fail_os(&err, SBX_E_SANDBOX, errno, "zygote: fork");
		fail_join(socket_fd, &err);
	}
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	_exit(0);
}

void sbx_park(int socket_fd)
{
	const struct sbx_error well = SBX_ERROR_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_join join;
	int fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* What modules opened goes too: nothing of the zygote's may be left. */
	sbx_close_others(socket_fd);
	sbx_answer(socket_fd, &well);
	if (sbx_packet_receive(socket_fd, 0, &join, sizeof(join), fds, &n_fds) != sizeof(join) ||
	    n_fds != SBX_JOIN_FDS)
		_exit(0);
	char *text = sbx_read_text(fds[SBX_JOIN_TEXT], join.n_bytes, &err);
	if (!text)
		fail_join(socket_fd, &err);
	join_namespaces(socket_fd, fds + SBX_JOIN_NAMESPACES);
	sbx_close_others(socket_fd);
	fork_inside(socket_fd, &join, text);
	_exit(1);
}
