/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ORDER_H
#define SBX_PROVISIONER_ORDER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * What sbx-provision and the first process of a sandbox say to each other, over a socket pair of
 * packets. Both ends are the same program; what comes from inside is checked all the same.
 */
enum sbx_report_kind {
	SBX_REPORT_STARTED, /* the sandbox stands; only if it is live */
	SBX_REPORT_FAILED,
	SBX_REPORT_ENDED,
	SBX_REPORT_LAYERS, /* with a descriptor: the folder of its writable layers */
	SBX_REPORT_COMMAND_STARTED,
	SBX_REPORT_COMMAND_FAILED,
	SBX_REPORT_COMMAND_ENDED,
};

struct sbx_report {
	enum sbx_report_kind kind;
	unsigned command;	/* COMMAND_* */
	int wait_status;	/* *ENDED: as from waitpid(2) */
	struct sbx_error error; /* *FAILED */
	uint64_t built_nsec;	/* when everything was in place (CLOCK_MONOTONIC), 0: never */
	uint64_t command_nsec;	/* when the command was started */
};

enum sbx_order_kind {
	SBX_ORDER_GO,
	SBX_ORDER_SIGNAL,
	SBX_ORDER_EXEC,
	SBX_ORDER_TIGHTEN,
	SBX_ORDER_NETWORK, /* the first, with a network namespace to enter (apply_net.c) */
	SBX_ORDER_END,	   /* kill all, and go; who is killed with process 1 is counted by nobody */
};

/* EXEC is followed by n_env + n_words strings, each with its NUL, and carries three descriptors. */
struct sbx_order {
	enum sbx_order_kind kind;
	unsigned command;
	int signo;
	uint32_t n_env, n_words;
	uint32_t has_classes;
	uint64_t classes, refusals;
};

/*
 * To a sandbox that was made before anybody asked for it (standing.h), over what is to be its
 * socket: followed by the variables that are set besides the usual ones, and the words of a
 * command, with the descriptors 0, 1 and 2.
 */
struct sbx_handover {
	uint32_t n_env, n_words;
};
#define SBX_HANDOVER_FDS 3

#define SBX_MAX_ORDER	 (128 << 10)
#define SBX_MAX_COMMANDS 64 /* at once in one sandbox, besides the first */

#endif
