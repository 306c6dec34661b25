/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/order.h"
#include "provisioner/packet.h"

int sbx_apply_HOSTNAME(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (sethostname(op->target, strlen(op->target)) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--hostname %s", op->target);
	return 0;
}

int sbx_loopback_up(struct sbx_error *err)
{
	/* Up is enough: the kernel gives it 127.0.0.1 and ::1 by itself. */
	SBX_CLEANUP_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "loopback");
	return 0;
}

int sbx_apply_LOOPBACK(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	return sbx_loopback_up(err);
}

/* What sbx_network_send() sends. */
int sbx_apply_NETWORK(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct sbx_order order;
	int fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	ssize_t n = sbx_packet_receive(a->report_fd, 0, &order, sizeof(order), fds, &n_fds);
	/* Whoever makes us is gone, or has failed and says so itself. */
	if (n != sizeof(order) || order.kind != SBX_ORDER_NETWORK || n_fds != 1)
		_exit(0);
	SBX_CLEANUP_FD int fd = fds[0];
	if (syscall(SYS_setns, fd, CLONE_NEWNET) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "entering the network namespace");
	return 0;
}

static int make_network(struct sbx_error *err)
{
	SBX_CLEANUP_FD int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0 || unshare(CLONE_NEWNET) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "making a network namespace");
	int failed = sbx_loopback_up(err);
	SBX_CLEANUP_FD int made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (syscall(SYS_setns, own, CLONE_NEWNET) < 0 || made < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "leaving the network namespace");
	return failed < 0 ? -1 : sbx_steal_fd(&made);
}

int sbx_network_send(int socket_fd, struct sbx_error *err)
{
	const struct sbx_order order = {.kind = SBX_ORDER_NETWORK};
	SBX_CLEANUP_FD int fd = make_network(err);
	if (fd < 0)
		return -1;
	/* When it has failed meanwhile, its report says so. */
	sbx_packet_send_waiting(socket_fd, &order, sizeof(order), NULL, 0, &fd, 1);
	return 0;
}
