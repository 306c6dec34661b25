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
 * These files are written a line at a time, or all at once, into what room there is: a piece with
 * room left for another line was the last one. To ask once more would have all of it written again.
 */
#define PIECE	     4096
#define LONGEST_LINE 512 /* of those that are written by the line; they have some 100 bytes */

/*
 * What each of them would give away of a task that was there before:
 *	sockstat: a socket that is still open, as one that was passed on to somebody outside; its
 *		first line alone, as others count for the whole host
 *	dev, snmp, snmp6: any packet that was sent or could not be, any connection, and so whatever
 *		comes of packets: TIME_WAIT, metrics, neighbours, tracked connections. What netstat
 *		has besides counts what became of packets, too; to write it takes the kernel as long
 *		as all the others
 *	ip6_flowlabel: a label that is leased for longer than its socket lives
 *	igmp, igmp6: groups that were joined
 *	rt6_stats: routes that were looked up and kept
 */
static const char *const files[SBX_SLOT_NET_FILES] = {
	"sockstat", "dev", "snmp", "snmp6", "ip6_flowlabel", "igmp", "igmp6", "rt6_stats",
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

/* What becomes of each piece of text; false: it is enough. */
typedef bool sbx_take_text(const char *piece, size_t n, void *data);

/* Their text piece by piece; -1: some of it cannot be read, or is not wanted. */
static int read_all(const struct sbx_slot_net *net, sbx_take_text *take, void *data)
{
	char piece[PIECE];
	for (size_t i = 0; i < SBX_SLOT_NET_FILES; i++) {
		ssize_t n = 0;
		for (off_t at = 0; net->fd[i] >= 0; at += n) {
			n = pread(net->fd[i], piece, sizeof(piece), at);
			char *end = i == 0 && n > 0 ? memchr(piece, '\n', (size_t)n) : NULL;
			/* The first's first line is short. */
			if (n < 0 || (i == 0 && !end))
				return -1;
			if (n > 0 && !take(piece, end ? (size_t)(end - piece) : (size_t)n, data))
				return -1;
			if (n < PIECE - LONGEST_LINE || end)
				break;
		}
	}
	return 0;
}

static bool keep(const char *piece, size_t n, void *data)
{
	struct sbx_buffer *text = data;
	sbx_buffer_add(text, piece, n);
	return !text->failed && text->n_bytes <= MAX_TEXT;
}

/* What is still to come of the text that was kept. */
struct rest {
	const char *at;
	size_t n;
};

static bool is_next(const char *piece, size_t n, void *data)
{
	struct rest *rest = data;
	if (n > rest->n || memcmp(piece, rest->at, n) != 0)
		return false;
	rest->at += n;
	rest->n -= n;
	return true;
}

int sbx_slot_net_renew(struct sbx_slot_net *net)
{
	sbx_slot_net_release(net);
	if (unshare(CLONE_NEWNET) < 0 || sbx_loopback_up(NULL) < 0)
		return -1;
	/* What cannot be looked at is used once. */
	net->is_known = open_files(net) == 0 && read_all(net, keep, &net->text) == 0;
	if (!net->is_known)
		sbx_slot_net_release(net);
	return 0;
}

bool sbx_slot_net_is_as_new(const struct sbx_slot_net *net)
{
	struct rest rest = {net->text.data, net->text.n_bytes};
	return net->is_known && read_all(net, is_next, &rest) == 0 && rest.n == 0;
}

void sbx_slot_net_release(struct sbx_slot_net *net)
{
	for (size_t i = 0; i < SBX_SLOT_NET_FILES; i++)
		sbx_close(&net->fd[i]);
	sbx_buffer_release(&net->text);
	*net = (struct sbx_slot_net)SBX_SLOT_NET_INIT;
}
