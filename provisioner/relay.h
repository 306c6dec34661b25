/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_RELAY_H
#define SBX_PROVISIONER_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * With --output-limit, and when one of them is a file, stdout and stderr are pipes that we read,
 * count and pass on. Never waits for whoever reads our output: a piece is written when poll(2) says
 * that it can be.
 */
#define SBX_RELAY_CHANNELS 2
#define SBX_RELAY_PIECE	   4096 /* PIPE_BUF: what POLLOUT promises to take at once */

struct sbx_relay {
	struct {
		int read_fd;  /* from the sandbox, -1 when it ended */
		int write_fd; /* to our own stdout or stderr */
		size_t n_bytes, n_written;
		char *piece; /* of SBX_RELAY_PIECE bytes, from the first that come */
	} channel[SBX_RELAY_CHANNELS];
	int sandbox_fd[SBX_RELAY_CHANNELS]; /* the pipes' other ends, for the sandbox */
	uint64_t limit, n_bytes;
	int write_errno; /* of the first piece that was lost, as on a full disk; 0: none */
	bool is_active, owns_targets;
};

void sbx_relay_init(struct sbx_relay *relay);
void sbx_relay_release(struct sbx_relay *relay);

/* A limit of 0 is none. */
int sbx_relay_open(struct sbx_relay *relay, uint64_t limit, struct sbx_error *err);

/*
 * Where output of others can be passed on to without ever waiting for them: their pipes, opened
 * anew, so that being non-blocking is up to us; or the null device. SBX_E_USAGE for anything else.
 */
int sbx_relay_targets(const int fds[SBX_RELAY_CHANNELS], int out[SBX_RELAY_CHANNELS],
		      struct sbx_error *err);

/* The same with pipes that were made elsewhere: reading ends and where it goes, taken over. */
void sbx_relay_adopt(struct sbx_relay *relay, uint64_t limit, const int read_fd[SBX_RELAY_CHANNELS],
		     const int write_fd[SBX_RELAY_CHANNELS]);

/* What to poll for; unused entries get a descriptor of -1. */
void sbx_relay_prepare(const struct sbx_relay *relay, struct pollfd fds[SBX_RELAY_CHANNELS]);

/* Move what can be moved. Returns whether the limit is exceeded; nothing is passed on beyond it. */
bool sbx_relay_move(struct sbx_relay *relay, const struct pollfd fds[SBX_RELAY_CHANNELS]);

/* Has everything been passed on, and both pipes ended? */
bool sbx_relay_is_done(const struct sbx_relay *relay);

#endif
