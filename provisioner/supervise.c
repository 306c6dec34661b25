/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/supervise.h"

#include <limits.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long a reader of our output who has stopped reading holds up the end of a killed sandbox. */
#define PATIENCE_USEC	   1000000
#define DEFAULT_GRACE_USEC 2000000

sigset_t sbx_supervise_signals(void)
{
	static const int passed_on[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
					SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&set, passed_on[i]);
	return set;
}

uint64_t sbx_now_nsec(void)
{
	struct timespec t = {0};
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t sbx_now_usec(void)
{
	return sbx_now_nsec() / 1000;
}

int sbx_poll_timeout(uint64_t deadline_usec, uint64_t now_usec)
{
	if (!deadline_usec)
		return -1;
	if (deadline_usec <= now_usec)
		return 0;
	uint64_t msec = (deadline_usec - now_usec + 999) / 1000;
	return msec > INT_MAX ? INT_MAX : (int)msec;
}

uint64_t sbx_grace_usec(uint64_t limit)
{
	if (limit == SBX_GRACE_AT_ONCE)
		return 0;
	return limit ? limit : DEFAULT_GRACE_USEC;
}

void sbx_supervise_begin(struct sbx_sandbox *s)
{
	s->begun_usec = sbx_now_usec();
	sbx_supervise_set_timeout(s, s->timeout_usec);
}

void sbx_supervise_set_timeout(struct sbx_sandbox *s, uint64_t timeout_usec)
{
	s->timeout_usec = timeout_usec;
	/* What has been asked to end already is not let live on. */
	if (s->reason == SBX_REASON_EXITED && !s->has_ended && !s->is_killed)
		s->deadline_usec = timeout_usec ? s->begun_usec + timeout_usec : 0;
}

void sbx_supervise_paused(struct sbx_sandbox *s)
{
	if (!s->paused_usec)
		s->paused_usec = sbx_now_usec();
}

void sbx_supervise_resumed(struct sbx_sandbox *s)
{
	uint64_t lost = s->paused_usec ? sbx_now_usec() - s->paused_usec : 0;
	s->paused_usec = 0;
	s->begun_usec += lost;
	if (s->deadline_usec)
		s->deadline_usec += lost;
}

void sbx_supervise_fds(const struct sbx_sandbox *s, struct pollfd fds[SBX_SUPERVISE_FDS])
{
	fds[0] = (struct pollfd){s->has_ended ? -1 : s->end_fd, POLLIN, 0};
	fds[1] = (struct pollfd){s->has_ended ? -1 : s->report_fd, POLLIN, 0};
	for (int i = 2; i < SBX_SUPERVISE_FDS; i++)
		fds[i].fd = -1;
	if (s->relay.is_active)
		sbx_relay_prepare(&s->relay, fds + 2);
}

uint64_t sbx_supervise_deadline(const struct sbx_sandbox *s)
{
	return s->paused_usec ? 0 : s->deadline_usec;
}

void sbx_supervise_kill(struct sbx_sandbox *s)
{
	s->backend->kill(s);
	s->is_killed = true;
	s->paused_usec = 0;
	s->deadline_usec = sbx_now_usec() + SBX_KILL_PATIENCE_USEC;
}

static void end_sandbox(struct sbx_sandbox *s, enum sbx_reason reason)
{
	if (s->reason == SBX_REASON_EXITED)
		s->reason = reason;
	sbx_supervise_kill(s);
}

/* The time is up: ask the command to end, then do it. */
static void on_deadline(struct sbx_sandbox *s, uint64_t now)
{
	if (s->is_killed) {
		sbx_supervise_kill(s);
	} else if (s->reason == SBX_REASON_EXITED && s->grace_usec > 0) {
		s->reason = SBX_REASON_TIMED_OUT;
		s->deadline_usec = now + s->grace_usec;
		s->backend->signal(s, 0, SIGTERM, NULL);
	} else {
		end_sandbox(s, SBX_REASON_TIMED_OUT);
	}
}

bool sbx_supervise_move(struct sbx_sandbox *s, const struct pollfd fds[SBX_SUPERVISE_FDS])
{
	if (s->relay.is_active && sbx_relay_move(&s->relay, fds + 2) && !s->has_ended)
		end_sandbox(s, SBX_REASON_OUTPUT_LIMIT);
	if (fds[0].revents) {
		s->has_ended = true;
		s->deadline_usec =
			s->reason == SBX_REASON_EXITED ? 0 : sbx_now_usec() + PATIENCE_USEC;
	}
	if (s->has_ended && (!s->relay.is_active || sbx_relay_is_done(&s->relay)))
		return false;
	uint64_t deadline = sbx_supervise_deadline(s), now = deadline ? sbx_now_usec() : 0;
	if (!deadline || now < deadline)
		return true;
	if (s->has_ended)
		return false;
	on_deadline(s, now);
	return true;
}
