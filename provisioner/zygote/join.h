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
 * Its answers are struct sbx_error: a new zygote's and a parked child's first packet, and twice a
 * joined child's, with SBX_OK when all is well.
 */

/*
 * From a sandbox's first process to the parked child that is to be its command. With it come
 * SBX_JOIN_FDS descriptors: of a file with the text (below), 0, 1 and 2 of the command, and
 * the namespaces in the order in which they are joined.
 */
enum { SBX_JOIN_TEXT, SBX_JOIN_STDIO, SBX_JOIN_NAMESPACES = SBX_JOIN_STDIO + 3 };
#define SBX_JOIN_N_NAMESPACES 7
#define SBX_JOIN_FDS	      (SBX_JOIN_NAMESPACES + SBX_JOIN_N_NAMESPACES)

/* Joining a user namespace gives the rights that joining the others takes: it is the first. */
#define SBX_JOIN_NAMES                                                                             \
	{                                                                                          \
		"user", "ipc", "uts", "cgroup", "net", "pid", "mnt"                                \
	}

/*
 * The text is n_ops struct sbx_join_op, the classes' filter (n_filter struct sock_filter), then
 * strings, each with its NUL: the operations' targets, the command's words, its environment.
 */
struct sbx_join {
	uint32_t n_ops, n_filter, n_words, n_env;
	uint64_t n_bytes;
	uint64_t mask; /* signals that the command begins with blocked, bit signo-1 */
};

/* An operation of the plan that is about the process, not about the namespaces. */
struct sbx_join_op {
	uint32_t kind, index;
	uint64_t number;
};

#endif
