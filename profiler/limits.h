/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_LIMITS_H
#define SBX_PROFILER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Private to profiler/: how long a text may take. What counts is the processor's time, so that a
 * text gives the same facts on a machine that is busy with other things; the clock on the wall is
 * for what waits forever.
 */
#define PARSE_LIMIT_USEC    2000000  /* processor time for a text with everything in it */
#define PARSE_PATIENCE_USEC 60000000 /* the same by the clock on the wall */

/* Shared by a text and the texts inside it. */
struct sbx_limits {
	clockid_t cpu_clock; /* of whoever works */
	int64_t cpu_end_usec, wall_end_usec;
	int64_t look_usec; /* wall time before which cpu_end_usec cannot be reached */
	unsigned n_codes;
};

int64_t sbx_now_usec(void); /* CLOCK_MONOTONIC */

/* From now on, for the thread that calls. */
void sbx_limits_start(struct sbx_limits *limits, int64_t cpu_usec, int64_t wall_usec);
/* ... for all threads of another process. */
void sbx_limits_start_process(struct sbx_limits *limits, pid_t pid, int64_t cpu_usec,
			      int64_t wall_usec);
/*
 * Is the time up? Cheap: as long as too little time went by on the wall, the processor's clock,
 * which takes a system call, is not looked at.
 */
bool sbx_limits_are_over(struct sbx_limits *limits);

#endif
