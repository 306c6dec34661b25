/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SUPERVISE_H
#define SBX_PROVISIONER_SUPERVISE_H

#include <signal.h>

#include "provisioner/backend.h"

/*
 * What a running sandbox needs from outside, whatever its back end: its output passed on, its time
 * limit held. One round of a loop for any number of them is fds, poll(2), move.
 */
#define SBX_SUPERVISE_FDS (2 + SBX_RELAY_CHANNELS)

/* Call it when the sandbox has been started. */
void sbx_supervise_begin(struct sbx_sandbox *s);

/* What to poll for; unused entries get a descriptor of -1. */
void sbx_supervise_fds(const struct sbx_sandbox *s, struct pollfd fds[SBX_SUPERVISE_FDS]);

/* Microseconds (sbx_now_usec) at which to call sbx_supervise_move() in any case; 0: never. */
uint64_t sbx_supervise_deadline(const struct sbx_sandbox *s);

/*
 * Move what can be moved, end what is to be ended. Returns false when it is over and may be
 * destroyed. Events are left to the caller: fds[1] is readable when there is one.
 */
bool sbx_supervise_move(struct sbx_sandbox *s, const struct pollfd fds[SBX_SUPERVISE_FDS]);

/* Kill it; and again, should it not end at that. */
void sbx_supervise_kill(struct sbx_sandbox *s);
#define SBX_KILL_PATIENCE_USEC 500000

/* Set the time limit of a sandbox that runs, counted from its start; 0 takes it off. */
void sbx_supervise_set_timeout(struct sbx_sandbox *s, uint64_t timeout_usec);

/* Around a pause: time stands still for the limit. */
void sbx_supervise_paused(struct sbx_sandbox *s);
void sbx_supervise_resumed(struct sbx_sandbox *s);

/* How long after SIGTERM a limit, or none (0), lets a command live on. 0: there is no SIGTERM. */
uint64_t sbx_grace_usec(uint64_t limit);

/* Milliseconds for poll(2) until a deadline. */
int sbx_poll_timeout(uint64_t deadline_usec, uint64_t now_usec);

/* The signals that are passed on to a sandbox. They must be blocked before it is made. */
sigset_t sbx_supervise_signals(void);

/*
 * Monotonic. By system call: the vDSO must be found first and its pages be mapped, which pays only
 * for who asks often.
 */
uint64_t sbx_now_nsec(void);
uint64_t sbx_now_usec(void);

#endif
