/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SLOT_NET_H
#define SBX_PROVISIONER_SLOT_NET_H

#include "base/buffer.h"

/*
 * The network namespace of a slot's sandboxes. To make one and to take it down is the largest part
 * of what a sandbox costs the processor, so one is used again when the last sandbox has left
 * nothing in it at all. That is not for its filter to say but for the kernel: every file below
 * /proc/net that counts or lists something of this namespace reads as it did before any task was in
 * it.
 */
#define SBX_SLOT_NET_FILES 8

struct sbx_slot_net {
	int fd[SBX_SLOT_NET_FILES]; /* of the namespace; -1: this kernel has no such file */
	struct sbx_buffer text;	    /* what they said when it was new */
	bool is_known;
};

#define SBX_SLOT_NET_INIT                                                                          \
	{                                                                                          \
		.fd = {-1, -1, -1, -1, -1, -1, -1, -1}, .text = SBX_BUFFER_INIT                    \
	}

/* Put this process into a new one with its loopback up; -1 with errno. */
int sbx_slot_net_renew(struct sbx_slot_net *net);

/*
 * Is it, in which this process still has to be, as it was made? No socket of it is open anywhere,
 * no packet was ever sent in it or tried to be, nothing is leased or joined. To be asked when all
 * processes of the sandbox are gone, and only if none of them had a capability.
 */
bool sbx_slot_net_is_as_new(const struct sbx_slot_net *net);

/* Know nothing of it any more: it is never as new. */
void sbx_slot_net_release(struct sbx_slot_net *net);

#endif
