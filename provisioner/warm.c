/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/warm.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* Why there is no answer. */
static int fail_to_answer(ssize_t n, int why, struct sbx_error *err)
{
	if (n < 0 && why == EAGAIN)
		return sbx_fail(err, SBX_E_TIMED_OUT, "zygote: there is no answer from it");
	if (n < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, why, "zygote");
	return sbx_fail(err, SBX_E_SANDBOX, n ? "zygote: it answers nonsense" : "zygote: it ended");
}

int sbx_warm_answer(int socket_fd, int wait_msec, pid_t *out_pid, struct sbx_error *err)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct sbx_error answer;
	struct iovec data = {&answer, sizeof(answer)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct pollfd readable = {socket_fd, POLLIN, 0};
	struct ucred sender = {0};
	ssize_t n;
	while (poll(&readable, 1, wait_msec) < 0 && errno == EINTR)
		;
	do
		n = recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(answer) || message.msg_flags & MSG_TRUNC || answer.code >= SBX_N_CODES)
		return fail_to_answer(n, errno, err);
	answer.message[sizeof(answer.message) - 1] = '\0';
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	*out_pid = sender.pid;
	return answer.code == SBX_OK ? 0 : sbx_error_propagate(err, &answer);
}

int sbx_warm_meet(struct sbx_warm *warm, int wait_msec, struct sbx_error *err)
{
	pid_t pid = 0;
	if (sbx_warm_answer(warm->socket_fd, wait_msec, &pid, err) < 0)
		return -1;
	if (pid <= 1)
		return sbx_fail(err, SBX_E_SANDBOX, "zygote: its child cannot be seen here");
	warm->pid = pid;
	return 0;
}

void sbx_warm_release(struct sbx_warm *warm)
{
	sbx_close(&warm->user_fd);
	sbx_close(&warm->pid_fd);
	sbx_close(&warm->socket_fd);
	warm->pid = 0;
}
