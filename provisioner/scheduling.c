/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/scheduling.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

int sbx_keep_real_time_outside(struct sbx_error *err)
{
	struct sched_attr attr = {0};
	/* Where even asking is forbidden by a filter, so was becoming one. */
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) < 0)
		return 0;
	if (attr.sched_policy != SCHED_FIFO && attr.sched_policy != SCHED_RR &&
	    attr.sched_policy != SCHED_DEADLINE)
		return 0;
	attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (syscall(SYS_sched_setattr, 0, &attr, 0) == 0)
		return 0;
	return sbx_fail_os(err, SBX_E_SANDBOX, errno,
			   "started as a real-time process, which a sandbox must not be; start it "
			   "with chrt --reset-on-fork, or as an ordinary one (chrt --other 0)");
}
