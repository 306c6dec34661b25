/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_LEDGER_H
#define SBX_PROVISIONER_LEDGER_H

#include <stdint.h>

/*
 * Memory that sbx-provision shares with the first process inside, which writes down what it sees:
 * there it is still to be had when the sandbox was killed. Whoever reads it takes nothing in it for
 * true: all counts are bounded, all numbers looked up.
 */
struct sbx_ledger {
	/* CLOCK_MONOTONIC; 0: it did not come to that. */
	uint64_t begun_nsec;   /* the first process runs */
	uint64_t built_nsec;   /* everything is in place */
	uint64_t command_nsec; /* the command runs */
};

#endif
