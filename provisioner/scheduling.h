/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SCHEDULING_H
#define SBX_PROVISIONER_SCHEDULING_H

#include "base/error.h"

/*
 * Have what this process starts from now on scheduled as an ordinary one, where this process itself
 * is a real-time one (chrt(1)) and stays it (SCHED_FLAG_RESET_ON_FORK, sched_setattr(2)). Else the
 * sandbox would be one too: no CPU limit holds such a process, and version 1's cpu groups take none
 * without a budget of their own (cpu.rt_runtime_us). SBX_E_SANDBOX where that is forbidden.
 */
int sbx_keep_real_time_outside(struct sbx_error *err);

#endif
