/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/sandbox.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/supervise.h"

static void pass_signal_on(struct sbx_sandbox *s, int signal_fd)
{
	struct signalfd_siginfo info;
	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	s->backend->signal(s, 0, (int)info.ssi_signo, NULL);
	/* Ctrl-Z: the sandbox stops its processes, and we stop as the shell expects. */
	if (info.ssi_signo == SIGTSTP)
		raise(SIGSTOP);
}

static void wait_for_end(struct sbx_sandbox *s, int signal_fd)
{
	struct pollfd fds[SBX_SUPERVISE_FDS + 1];
	sbx_supervise_begin(s);
	do {
		uint64_t deadline = sbx_supervise_deadline(s);
		sbx_supervise_fds(s, fds);
		fds[SBX_SUPERVISE_FDS] = (struct pollfd){signal_fd, POLLIN, 0};
		if (poll(fds, SBX_SUPERVISE_FDS + 1,
			 sbx_poll_timeout(deadline, deadline ? sbx_now_usec() : 0)) < 0) {
			if (errno != EINTR)
				return;
			for (int i = 0; i <= SBX_SUPERVISE_FDS; i++)
				fds[i].revents = 0;
		}
		if (fds[SBX_SUPERVISE_FDS].revents)
			pass_signal_on(s, signal_fd);
	} while (sbx_supervise_move(s, fds));
}

static int run(const struct sbx_backend *backend, const struct sbx_request *request, int signal_fd,
	       struct sbx_result *out)
{
	struct sbx_sandbox *s = NULL;
	if (signal_fd < 0)
		return sbx_fail_os(&out->error, SBX_E_SANDBOX, errno, "signalfd");
	if (backend->prepare(request, &s, &out->error) < 0)
		return -1;
	if (backend->start(s, NULL) == 0)
		wait_for_end(s, signal_fd);
	backend->destroy(s, out);
	backend->free(s);
	return 0;
}

void sbx_sandbox_run(const struct sbx_backend *backend, struct sbx_request *request,
		     struct sbx_result *out)
{
	uint64_t begun = sbx_now_usec();
	/* The copy inside shall have blocked what is passed on from its first instruction. */
	sigset_t signals = sbx_supervise_signals(), blocked = signals, callers;
	/* A write to a reader that is gone, or of too much, shall be an error, not our end. */
	sigaddset(&blocked, SIGPIPE);
	sigaddset(&blocked, SIGXFSZ);
	sigprocmask(SIG_BLOCK, &blocked, &callers);
	request->command_mask = &callers;
	SBX_CLEANUP_FD int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	*out = (struct sbx_result){.reason = SBX_REASON_FAILED};
	if (run(backend, request, signal_fd, out) < 0) {
		out->exit_status = sbx_code_exit_status(SBX_E_SANDBOX);
		out->wall_usec = sbx_now_usec() - begun;
	}
}
