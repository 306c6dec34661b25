/* SPDX-License-Identifier: Apache-2.0 */
/* In the first process inside: answers for the filter. */
#include "provisioner/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define MAX_PEERS_READ 1000 /* of how many calls the address is looked at */
#define MAX_STRUCT     512  /* later kernels' structs may be larger than these headers' */

union question {
	struct seccomp_notif notif;
	char room[MAX_STRUCT];
};
union answer {
	struct seccomp_notif_resp resp;
	char room[MAX_STRUCT];
};

/* What another thread does to that memory meanwhile makes the ledger wrong, and nothing else. */
static bool read_address(pid_t pid, uint64_t at, uint64_t n, struct sockaddr_in6 *out)
{
	char path[40];
	memset(out, 0, sizeof(*out));
	if (n < sizeof(struct sockaddr_in))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && at <= INT64_MAX &&
	       pread(fd, out, n < sizeof(*out) ? n : sizeof(*out), (off_t)at) >=
		       (ssize_t)sizeof(struct sockaddr_in);
}

static void note_peer(struct sbx_ledger *ledger, const struct sbx_peer *peer)
{
	for (unsigned i = 0; i < ledger->n_peers && i < SBX_MAX_PEERS; i++) {
		struct sbx_peer *known = &ledger->peer[i];
		if (known->port != peer->port || known->is_6 != peer->is_6 ||
		    memcmp(known->address, peer->address, sizeof(peer->address)) != 0)
			continue;
		known->count++;
		return;
	}
	if (ledger->n_peers == SBX_MAX_PEERS)
		ledger->has_more_peers = true;
	else
		ledger->peer[ledger->n_peers++] = *peer;
}

static void note_network(struct sbx_ledger *ledger, const struct seccomp_notif *q)
{
	struct sockaddr_in6 address;
	bool is_connect = q->data.nr == SYS_connect;
	struct sbx_peer peer = {.count = 1};
	if (ledger->n_looked_at == MAX_PEERS_READ) {
		ledger->has_more_peers = true;
		return;
	}
	ledger->n_looked_at++;
	if (!read_address((pid_t)q->pid, q->data.args[is_connect ? 1 : 4],
			  q->data.args[is_connect ? 2 : 5] & UINT32_MAX, &address))
		return;
	peer.is_6 = address.sin6_family == AF_INET6;
	if (!peer.is_6 && address.sin6_family != AF_INET)
		return;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
	peer.port = ntohs(address.sin6_port);
	memcpy(peer.address, peer.is_6 ? (void *)&address.sin6_addr : (void *)&four->sin_addr,
	       peer.is_6 ? 16 : 4);
	ledger->n_attempts++;
	note_peer(ledger, &peer);
}

static void note_refusal(struct sbx_ledger *ledger, unsigned number, uint32_t error)
{
	unsigned at = number < SBX_LEDGER_CALLS ? number : SBX_LEDGER_CALLS - 1;
	if (ledger->refused[at] < UINT32_MAX)
		ledger->refused[at]++;
	ledger->answer[at] = (uint16_t)error;
}

bool sbx_watch_answer(const struct sbx_watch_program *program, int listener_fd,
		      struct sbx_ledger *ledger)
{
	union question q;
	union answer a;
	memset(&q, 0, sizeof(q));
	memset(&a, 0, sizeof(a));
	if (ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &q) < 0)
		/* Whoever asked was killed meanwhile. */
		return errno == ENOENT || errno == EINTR;
	const struct seccomp_data *call = &q.notif.data;
	uint32_t verdict = sbx_watch_judge(program->judge, program->n_judge, call);
	uint32_t error = verdict & SECCOMP_RET_DATA;
	a.resp.id = q.notif.id;
	if (call->nr == SYS_connect || call->nr == SYS_sendto)
		note_network(ledger, &q.notif);
	if (verdict == SECCOMP_RET_ALLOW) {
		/* The kernel goes on as if it had not asked. */
		a.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else {
		bool has_error = (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
		a.resp.error = -(int)(has_error ? error : EPERM);
		note_refusal(ledger, (unsigned)call->nr, has_error ? error : EPERM);
	}
	return ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &a) == 0 || errno == ENOENT ||
	       errno == EINTR || errno == EINPROGRESS;
}
