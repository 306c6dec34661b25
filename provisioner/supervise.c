/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/supervise.h"

#include <errno.h>
#include <limits.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* How long a reader of our output who has stopped reading holds up the end of a killed sandbox. */
#define PATIENCE_USEC 1000000

void sbx_supervise_signals(sigset_t *out)
{
	static const int passed_on[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
					SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};
	sigemptyset(out);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(out, passed_on[i]);
}

uint64_t sbx_now_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

struct state {
	const struct sbx_watch *watch;
	enum sbx_reason reason;
	uint64_t deadline; /* 0: none */
	bool has_ended;
};

static void pass_signal_on(const struct sbx_watch *watch)
{
	struct signalfd_siginfo info;
	if (read(watch->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	kill(watch->pid, (int)info.ssi_signo);
	/* Ctrl-Z: the sandbox stops its processes, and we stop as the shell expects. */
	if (info.ssi_signo == SIGTSTP)
		raise(SIGSTOP);
}

static void end_sandbox(struct state *s, enum sbx_reason reason)
{
	if (s->reason == SBX_REASON_EXITED)
		s->reason = reason;
	kill(s->watch->pid, SIGKILL);
	s->deadline = 0;
}

/* The time is up: ask the command to end, then do it. */
static void on_deadline(struct state *s, uint64_t now)
{
	if (s->reason == SBX_REASON_EXITED && s->watch->grace_usec > 0) {
		s->reason = SBX_REASON_TIMED_OUT;
		s->deadline = now + s->watch->grace_usec;
		kill(s->watch->pid, SIGTERM);
	} else {
		end_sandbox(s, SBX_REASON_TIMED_OUT);
	}
}

static int poll_timeout(const struct state *s, uint64_t now)
{
	if (!s->deadline)
		return -1;
	if (s->deadline <= now)
		return 0;
	uint64_t msec = (s->deadline - now + 999) / 1000;
	return msec > INT_MAX ? INT_MAX : (int)msec;
}

/* One round. Returns false when there is nothing more to wait for. */
static bool wait_once(struct state *s)
{
	const struct sbx_watch *w = s->watch;
	struct pollfd fds[2 + SBX_RELAY_CHANNELS] = {
		{s->has_ended ? -1 : w->pidfd, POLLIN, 0},
		{w->signal_fd, POLLIN, 0},
	};
	nfds_t n = 2;
	if (w->relay->is_active) {
		sbx_relay_prepare(w->relay, fds + 2);
		n += SBX_RELAY_CHANNELS;
	}
	uint64_t now = s->deadline ? sbx_now_usec() : 0;
	if (poll(fds, n, poll_timeout(s, now)) < 0)
		return errno == EINTR;
	if (n > 2 && sbx_relay_move(w->relay, fds + 2) && !s->has_ended)
		end_sandbox(s, SBX_REASON_OUTPUT_LIMIT);
	if (fds[1].revents)
		pass_signal_on(w);
	if (fds[0].revents) {
		s->has_ended = true;
		s->deadline = s->reason == SBX_REASON_EXITED ? 0 : sbx_now_usec() + PATIENCE_USEC;
	}
	if (s->has_ended && (!w->relay->is_active || sbx_relay_is_done(w->relay)))
		return false;
	if (!s->deadline || (now = sbx_now_usec()) < s->deadline)
		return true;
	if (s->has_ended)
		return false;
	on_deadline(s, now);
	return true;
}

enum sbx_reason sbx_supervise(const struct sbx_watch *watch)
{
	struct state s = {.watch = watch, .reason = SBX_REASON_EXITED};
	if (watch->timeout_usec)
		s.deadline = sbx_now_usec() + watch->timeout_usec;
	while (wait_once(&s))
		;
	return s.reason;
}
