/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/slot_net.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"

#define MAX_TEXT (1 << 20)

/*
 * What each of them would give away of a task that was there before:
 *	sockstat: a socket that is still open, as one that was passed on to somebody outside; its
 *		first line alone, as others count for the whole host
 *	dev, snmp, snmp6, netstat: any packet that was sent or could not be, any connection, and so
 *		whatever comes of packets: TIME_WAIT, metrics, neighbours, tracked connections
 *	ip6_flowlabel: a label that is leased for longer than its socket lives
 *	igmp, igmp6: groups that were joined
 *	rt6_stats: routes that were looked up and kept
 */
static const char *const files[SBX_SLOT_NET_FILES] = {
	"sockstat",	 "dev",	 "snmp",  "snmp6",     "netstat",
	"ip6_flowlabel", "igmp", "igmp6", "rt6_stats",
};

static int open_files(struct sbx_slot_net *net)
{
	SBX_CLEANUP_FD int dir = open("/proc/self/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	for (size_t i = 0; i < SBX_SLOT_NET_FILES; i++) {
		net->fd[i] = openat(dir, files[i], O_RDONLY | O_CLOEXEC);
		/* Without IPv6 some are missing; without the first nothing can be said. */
		if (net->fd[i] < 0 && (errno != ENOENT || i == 0))
			return -1;
	}
	return 0;
}

static int add_text(int fd, struct sbx_buffer *out)
{
	char piece[4096];
	ssize_t n;
	for (off_t at = 0; (n = pread(fd, piece, sizeof(piece), at)) > 0; at += n) {
		sbx_buffer_add(out, piece, (size_t)n);
		if (out->n_bytes > MAX_TEXT)
			return -1;
	}
	return n < 0 || out->failed ? -1 : 0;
}

static int read_all(const struct sbx_slot_net *net, struct sbx_buffer *out)
{
	for (size_t i = 0; i < SBX_SLOT_NET_FILES; i++) {
		if (net->fd[i] >= 0 && add_text(net->fd[i], out) < 0)
			return -1;
		char *end = i == 0 ? memchr(out->data, '\n', out->n_bytes) : NULL;
		if (i == 0 && !end)
			return -1;
		if (end)
			out->n_bytes = (size_t)(end - out->data);
	}
	return 0;
}

int sbx_slot_net_renew(struct sbx_slot_net *net)
{
	sbx_slot_net_release(net);
	if (unshare(CLONE_NEWNET) < 0 || sbx_loopback_up(NULL) < 0)
		return -1;
	/* What cannot be looked at is used once. */
	net->is_known = open_files(net) == 0 && read_all(net, &net->text) == 0;
	if (!net->is_known)
		sbx_slot_net_release(net);
	return 0;
}

bool sbx_slot_net_is_as_new(const struct sbx_slot_net *net)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer now = SBX_BUFFER_INIT;
	return net->is_known && read_all(net, &now) == 0 && now.n_bytes == net->text.n_bytes &&
	       memcmp(now.data, net->text.data, now.n_bytes) == 0;
}

void sbx_slot_net_release(struct sbx_slot_net *net)
{
	for (size_t i = 0; i < SBX_SLOT_NET_FILES; i++)
		sbx_close(&net->fd[i]);
	sbx_buffer_release(&net->text);
	*net = (struct sbx_slot_net)SBX_SLOT_NET_INIT;
}
