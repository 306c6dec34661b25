/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

void sbx_relay_init(struct sbx_relay *relay)
{
	relay->is_active = relay->owns_targets = false;
	relay->limit = relay->n_bytes = 0;
	relay->write_errno = 0;
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		relay->channel[i].read_fd = relay->channel[i].write_fd = -1;
		relay->channel[i].n_bytes = relay->channel[i].n_written = 0;
		relay->channel[i].piece = NULL;
		relay->sandbox_fd[i] = -1;
	}
}

void sbx_relay_release(struct sbx_relay *relay)
{
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		sbx_close(&relay->channel[i].read_fd);
		sbx_close(&relay->sandbox_fd[i]);
		if (relay->owns_targets)
			sbx_close(&relay->channel[i].write_fd);
		free(relay->channel[i].piece);
		relay->channel[i].piece = NULL;
	}
}

int sbx_relay_targets(const int fds[SBX_RELAY_CHANNELS], int out[SBX_RELAY_CHANNELS],
		      struct sbx_error *err)
{
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		struct stat st;
		char path[32];
		bool known = fstat(fds[i], &st) == 0 &&
			     (S_ISFIFO(st.st_mode) ||
			      (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)));
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
		out[i] = known ? open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
		if (out[i] < 0)
			return sbx_fail(err, SBX_E_USAGE,
					"descriptor %d: output that is counted goes to a pipe",
					i + 1);
	}
	return 0;
}

void sbx_relay_adopt(struct sbx_relay *relay, uint64_t limit, const int read_fd[SBX_RELAY_CHANNELS],
		     const int write_fd[SBX_RELAY_CHANNELS])
{
	relay->limit = limit ? limit : UINT64_MAX;
	relay->is_active = relay->owns_targets = true;
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		relay->channel[i].read_fd = read_fd[i];
		relay->channel[i].write_fd = write_fd[i];
	}
}

int sbx_relay_open(struct sbx_relay *relay, uint64_t limit, struct sbx_error *err)
{
	static const int targets[SBX_RELAY_CHANNELS] = {STDOUT_FILENO, STDERR_FILENO};
	relay->limit = limit ? limit : UINT64_MAX;
	relay->is_active = true;
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "pipe");
		relay->channel[i].read_fd = ends[0];
		relay->channel[i].write_fd = targets[i];
		relay->sandbox_fd[i] = ends[1];
	}
	return 0;
}

void sbx_relay_prepare(const struct sbx_relay *relay, struct pollfd fds[SBX_RELAY_CHANNELS])
{
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		bool full = relay->channel[i].n_bytes > 0;
		fds[i].fd = full ? relay->channel[i].write_fd : relay->channel[i].read_fd;
		fds[i].events = full ? POLLOUT : POLLIN;
		fds[i].revents = 0;
	}
}

/* The reader of our output is gone: so is the sandbox's, which gets EPIPE and SIGPIPE. */
static void give_up(struct sbx_relay *relay, int i, int why)
{
	if (why != EPIPE && !relay->write_errno)
		relay->write_errno = why;
	relay->channel[i].n_bytes = relay->channel[i].n_written = 0;
	sbx_close(&relay->channel[i].read_fd);
}

static void pass_on(struct sbx_relay *relay, int i)
{
	ssize_t n = write(relay->channel[i].write_fd,
			  relay->channel[i].piece + relay->channel[i].n_written,
			  relay->channel[i].n_bytes - relay->channel[i].n_written);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		give_up(relay, i, errno);
	if (n <= 0)
		return;
	relay->channel[i].n_written += (size_t)n;
	if (relay->channel[i].n_written == relay->channel[i].n_bytes)
		relay->channel[i].n_written = relay->channel[i].n_bytes = 0;
}

static bool take_in(struct sbx_relay *relay, int i)
{
	/* Most sandboxes of a server write nothing. */
	if (!relay->channel[i].piece)
		relay->channel[i].piece = malloc(SBX_RELAY_PIECE);
	if (!relay->channel[i].piece) {
		give_up(relay, i, ENOMEM);
		return false;
	}
	ssize_t n = read(relay->channel[i].read_fd, relay->channel[i].piece, SBX_RELAY_PIECE);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0) {
		sbx_close(&relay->channel[i].read_fd);
		return false;
	}
	uint64_t left = relay->limit - relay->n_bytes;
	bool over = (uint64_t)n > left;
	relay->channel[i].n_bytes = over ? (size_t)left : (size_t)n;
	relay->n_bytes += relay->channel[i].n_bytes;
	return over;
}

bool sbx_relay_move(struct sbx_relay *relay, const struct pollfd fds[SBX_RELAY_CHANNELS])
{
	bool over = false;
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		if (fds[i].fd < 0 || !fds[i].revents)
			continue;
		if (relay->channel[i].n_bytes > 0)
			pass_on(relay, i);
		else
			over = take_in(relay, i) || over;
	}
	return over;
}

bool sbx_relay_is_done(const struct sbx_relay *relay)
{
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++)
		if (relay->channel[i].read_fd >= 0 || relay->channel[i].n_bytes > 0)
			return false;
	return true;
}
