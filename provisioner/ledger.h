/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_LEDGER_H
#define SBX_PROVISIONER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Memory that sbx-provision shares with the first process inside, which writes down what it sees:
 * there it is still to be had when the sandbox was killed. Whoever reads it takes nothing in it for
 * true: all counts are bounded, all numbers looked up.
 */
#define SBX_LEDGER_CALLS 512 /* the last one is for all numbers that the kernel never had */
#define SBX_MAX_PEERS	 64

struct sbx_peer {
	uint32_t count;
	uint16_t port;
	bool is_6;
	uint8_t address[16]; /* of IPv4 the first four */
};

struct sbx_ledger {
	/* CLOCK_MONOTONIC; 0: it did not come to that. */
	uint64_t begun_nsec;   /* the first process runs */
	uint64_t built_nsec;   /* everything is in place */
	uint64_t command_nsec; /* the command runs */
	/* proc(5), io, of all that lived inside, once all has ended; its length, 0: not told. */
	uint32_t n_io_bytes;
	char io[256];
	/* By number: how often it was refused, and with which errno at last. */
	uint32_t refused[SBX_LEDGER_CALLS];
	uint16_t answer[SBX_LEDGER_CALLS];
	uint64_t n_attempts; /* to reach somebody by IPv4 or IPv6 */
	uint32_t n_looked_at, n_peers;
	bool has_more_peers;
	struct sbx_peer peer[SBX_MAX_PEERS];
};

#endif
