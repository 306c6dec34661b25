/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ZYGOTE_JOIN_H
#define SBX_PROVISIONER_ZYGOTE_JOIN_H

#include <stdint.h>

#include "base/error.h"

/*
 * What a zygote, the children that it parks, and a sandbox's first process say to each other, as
 * packets. All three are ours and of one build; docs/zygotes.md tells who speaks when.
 */

/* To a zygote on its control socket. Both carry a socket for the process that is to be. */
enum sbx_zygote_order_kind {
	SBX_ZYGOTE_PARK, /* fork a child that waits for a sandbox to join */
	SBX_ZYGOTE_GROW, /* fork a zygote that imports `modules` besides */
};

#define SBX_ZYGOTE_MODULES 1024 /* room for the names, with their commas */

struct sbx_zygote_order {
	enum sbx_zygote_order_kind kind;
	char modules[SBX_ZYGOTE_MODULES];
};

/*
 * Its answers are struct sbx_error: a new zygote's and a parked child's first packet, and one to
 * each of the two packets below, with SBX_OK when all is well.
 */

/*
 * From a sandbox's first process to the parked child that is to be its command. First, as soon as
 * the sandbox stands: join. With it come SBX_JOIN_FDS descriptors: of a file with the text (below)
 * and the namespaces in the order in which they are joined. The answer comes from inside.
 */
enum { SBX_JOIN_TEXT, SBX_JOIN_NAMESPACES };
#define SBX_JOIN_N_NAMESPACES 7
#define SBX_JOIN_FDS	      (SBX_JOIN_NAMESPACES + SBX_JOIN_N_NAMESPACES)

/* Joining a user namespace gives the rights that joining the others takes: it is the first. */
#define SBX_JOIN_NAMES                                                                             \
	{                                                                                          \
		"user", "ipc", "uts", "cgroup", "net", "pid", "mnt"                                \
	}

/*
 * The text is n_ops struct sbx_join_op, the classes' filter (n_filter struct sock_filter), then
 * the operations' targets, each with its NUL. Those from FILTER on wait for the other packet.
 */
struct sbx_join {
	uint32_t n_ops, n_filter;
	uint64_t n_bytes;
};

/*
 * Then, once it is known: what to be. The text is the command's words and its environment, each
 * with its NUL; the other descriptors become 0, 1 and 2.
 */
enum { SBX_BECOME_TEXT, SBX_BECOME_STDIO };
#define SBX_BECOME_FDS (SBX_BECOME_STDIO + 3)

struct sbx_become {
	uint32_t n_words, n_env;
	uint64_t n_bytes;
	uint64_t mask; /* signals that the command begins with blocked, bit signo-1 */
};

/* An operation of the plan that is about the process, not about the namespaces. */
struct sbx_join_op {
	uint32_t kind, index;
	uint64_t number;
};

#endif
