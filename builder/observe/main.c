/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/observe/observe.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6: the answer wakes the task on this processor */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define STATUS_BROKEN 125

/* The listener goes from the child, which installed the filter, to us, whom it must not hold. */
static int send_descriptor(int socket_fd, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = fd < 0;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	return sendmsg(socket_fd, &message, 0) == 1 ? 0 : -1;
}

static int receive_descriptor(int socket_fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int fd = -1;
	if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

static void answer(int listener)
{
	struct seccomp_notif call = {0};
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* it was killed while it waited */
	sbx_observe_call(&call);
	struct seccomp_notif_resp go_on = {.id = call.id,
					   .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go_on);
}

/* Until the command ends; what it left running ends with the sandbox. */
static void observe(int listener, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = {{listener, POLLIN, 0}, {pidfd, POLLIN, 0}};
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	if (pidfd < 0) {
		sbx_seen_unclear("pidfd_open");
		close(listener);
		return;
	}
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents & POLLIN)
			answer(listener);
		else if (fds[1].revents)
			return;
		else if (fds[0].revents)
			fds[0].fd = -1;
	}
}

static void become(int socket_fd, enum sbx_observe_sleep sleep, char **argv)
{
	int listener = sbx_observe_filter(sleep);
	if (send_descriptor(socket_fd, listener) < 0)
		_exit(STATUS_BROKEN);
	if (listener >= 0)
		close(listener);
	close(socket_fd);
	execv(argv[0], argv);
	fprintf(stderr, "sbx-observe: %s: %s\n", argv[0], strerror(errno));
	_exit(STATUS_BROKEN);
}

int main(int argc, char **argv)
{
	int pair[2], status = 0;
	enum sbx_observe_sleep sleep = SBX_OBSERVE_SLEEP;
	if (argc > 1 && strcmp(argv[1], "--no-sleep") == 0) {
		sleep = SBX_OBSERVE_NO_SLEEP;
		argc--, argv++;
	}
	if (argc < 3 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fputs("usage: sbx-observe [--no-sleep] OUT COMMAND...\n", stderr);
		return STATUS_BROKEN;
	}
	pid_t pid = fork();
	if (pid < 0)
		return STATUS_BROKEN;
	if (pid == 0) {
		close(pair[0]);
		become(pair[1], sleep, argv + 2);
	}
	close(pair[1]);
	int listener = receive_descriptor(pair[0]);
	if (listener < 0)
		sbx_seen_unclear("the kernel gives no notifications of system calls");
	else
		observe(listener, pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (sbx_seen_write(argv[1]) < 0) {
		fprintf(stderr, "sbx-observe: %s: %s\n", argv[1], strerror(errno));
		return STATUS_BROKEN;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
