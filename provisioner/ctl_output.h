/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_CTL_OUTPUT_H
#define SBX_PROVISIONER_CTL_OUTPUT_H

#include "base/error.h"

/*
 * What a sandbox of a server writes to regular files of ours. A server counts what goes to pipes
 * only, so that it never waits: we copy from there.
 */
struct sbx_ctl_output {
	struct sbx_ctl_channel {
		int read_fd, write_fd, target_fd; /* -1: none */
	} channel[2];
	int failed; /* errno of a file that could not be written to, or 0 */
};
#define SBX_CTL_OUTPUT_INIT                                                                        \
	{                                                                                          \
		{{-1, -1, -1}, {-1, -1, -1}}, 0                                                    \
	}

/* Put pipes in the place of those of stdio_fd[1] and [2] that are regular files. */
int sbx_ctl_output_open(struct sbx_ctl_output *o, int stdio_fd[3], struct sbx_error *err);

/* They have been sent: the ends that are the sandbox's are closed here. */
void sbx_ctl_output_sent(struct sbx_ctl_output *o);

/* Copy until another descriptor is readable (-1: to the end of all). */
void sbx_ctl_output_copy(struct sbx_ctl_output *o, int other_fd);

void sbx_ctl_output_release(struct sbx_ctl_output *o);

#endif
