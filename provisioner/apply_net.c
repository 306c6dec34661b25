/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"

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
