/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/limits.h"

#include <time.h>

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;
	/* A process that is gone has no clock and uses nothing. */
	if (clock_gettime(clock, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sbx_now_usec(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static void start(struct sbx_limits *limits, clockid_t clock, int64_t cpu_usec, int64_t wall_usec)
{
	int64_t now = sbx_now_usec();
	*limits = (struct sbx_limits){.cpu_clock = clock,
				      .cpu_end_usec = read_clock(clock) + cpu_usec,
				      .wall_end_usec = now + wall_usec,
				      .look_usec = now + cpu_usec};
}

void sbx_limits_start(struct sbx_limits *limits, int64_t cpu_usec, int64_t wall_usec)
{
	start(limits, CLOCK_THREAD_CPUTIME_ID, cpu_usec, wall_usec);
}

void sbx_limits_start_process(struct sbx_limits *limits, pid_t pid, int64_t cpu_usec,
			      int64_t wall_usec)
{
	clockid_t clock;
	if (clock_getcpuclockid(pid, &clock) != 0)
		clock = CLOCK_MONOTONIC;
	start(limits, clock, cpu_usec, wall_usec);
}

bool sbx_limits_are_over(struct sbx_limits *limits)
{
	int64_t now = sbx_now_usec();
	if (now < limits->look_usec)
		return false;
	int64_t left = limits->cpu_end_usec - read_clock(limits->cpu_clock);
	if (left <= 0 || now >= limits->wall_end_usec)
		return true;
	limits->look_usec = now + left < limits->wall_end_usec ? now + left : limits->wall_end_usec;
	return false;
}
