/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_REAPER_H
#define SBX_PROVISIONER_REAPER_H

#include <sys/types.h>

#include "provisioner/cgroup.h"

/*
 * A process of ours that does nothing but wait for the end of this one, and removes its cgroups
 * should it have been killed: the kernel does that for everything else.
 */
struct sbx_reaper {
	pid_t pid; /* 0: none */
	int fd;
};

#define SBX_REAPER_INIT                                                                            \
	{                                                                                          \
		0, -1                                                                              \
	}

/* Start it, unless it has been. It knows the groups that have a name by then. */
int sbx_reaper_start(struct sbx_reaper *reaper, struct sbx_groups *groups, struct sbx_error *err);

/* The groups are removed by ourselves: from here on it does nothing but end. */
void sbx_reaper_dismiss(struct sbx_reaper *reaper);

/* The same, and wait for its end. */
void sbx_reaper_stop(struct sbx_reaper *reaper);

#endif
