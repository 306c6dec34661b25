/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_WARM_H
#define SBX_PROVISIONER_WARM_H

#include "provisioner/backend.h"

/* A zygote's child that does not answer for so long is stopped or broken. */
#define SBX_WARM_PATIENCE_MSEC 10000

/*
 * Take an answer of a zygote or of a child of one (zygote/join.h), waiting that long for it (-1:
 * for ever), and the number here of who gave it, by what the kernel says (0: unknown; the socket
 * needs SO_PASSCRED). A failure is the answer's, or SBX_E_TIMED_OUT. What comes is not trusted:
 * modules ran where it comes from.
 */
int sbx_warm_answer(int socket_fd, int wait_msec, pid_t *out_pid, struct sbx_error *err);

/* How soon it is seen meanwhile that it is waited for no longer (standing.h). */
#define SBX_WARM_STEP_MSEC 20

/* Wait that long until a parked child is there, and fill in its number. */
int sbx_warm_meet(struct sbx_warm *warm, int wait_msec, struct sbx_error *err);

/* Close what there is. */
void sbx_warm_release(struct sbx_warm *warm);

#define SBX_WARM_INIT                                                                              \
	{                                                                                          \
		.user_fd = -1, .pid_fd = -1, .socket_fd = -1                                       \
	}

#endif
