/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SUPERVISE_H
#define SBX_PROVISIONER_SUPERVISE_H

#include <signal.h>
#include <sys/types.h>

#include "provisioner/relay.h"
#include "provisioner/result.h"

/* The signals that are passed on to the sandbox. They must be blocked before it is made. */
void sbx_supervise_signals(sigset_t *out);

struct sbx_watch {
	pid_t pid;     /* the sandbox's first process */
	int pidfd;     /* readable when it has ended */
	int signal_fd; /* signalfd(2) of sbx_supervise_signals() */
	uint64_t timeout_usec, grace_usec;
	struct sbx_relay *relay;
};

/*
 * Wait until the sandbox has ended, pass signals and output on, end it when a limit of ours is
 * reached. Returns SBX_REASON_TIMED_OUT, SBX_REASON_OUTPUT_LIMIT, or SBX_REASON_EXITED when it
 * ended without our doing.
 */
enum sbx_reason sbx_supervise(const struct sbx_watch *watch);

uint64_t sbx_now_usec(void); /* monotonic */

#endif
