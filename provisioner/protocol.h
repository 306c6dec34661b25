/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_PROTOCOL_H
#define SBX_PROVISIONER_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * What `sbx-provision serve` and its clients say to each other; docs/serve-protocol.md describes
 * it. One packet of a SOCK_SEQPACKET socket is one message: this header, then n_words strings, each
 * with its NUL and nothing behind the last. Numbers are in the machine's own byte order: both ends
 * are on one machine.
 */
#define SBX_PROTOCOL_VERSION 1
#define SBX_MAX_MESSAGE	     (128 << 10)
#define SBX_MAX_WORDS	     16384

/*
 * A row is X(TYPE, number, name, least words, most words, least descriptors, most). Below 100:
 * requests, from 100 on: answers and events.
 */
#define SBX_MESSAGE_TABLE(X)                                                                       \
	X(HELLO, 1, "hello", 0, 1, 0, 0)                                                           \
	X(CREATE, 2, "create", 1, SBX_MAX_WORDS, 0, 3)                                             \
	X(EXEC, 3, "exec", 1, SBX_MAX_WORDS, 0, 3)                                                 \
	X(SIGNAL, 4, "signal", 0, 0, 0, 0)                                                         \
	X(PAUSE, 5, "pause", 0, 0, 0, 0)                                                           \
	X(RESUME, 6, "resume", 0, 0, 0, 0)                                                         \
	X(STATS, 7, "stats", 0, 0, 0, 0)                                                           \
	X(SET, 8, "set", 1, 32, 0, 0)                                                              \
	X(DESTROY, 9, "destroy", 0, 0, 0, 0)                                                       \
	X(LIST, 10, "list", 0, 0, 0, 0)                                                            \
	X(WARM, 11, "warm", 4, 4, 0, 0)                                                            \
	X(COOL, 12, "cool", 1, 1, 0, 0)                                                            \
	X(ZYGOTES, 13, "zygotes", 0, 0, 0, 0)                                                      \
	X(WELCOME, 100, "welcome", 1, 1, 0, 0)                                                     \
	X(OK, 101, "ok", 0, SBX_MAX_WORDS, 0, 0)                                                   \
	X(ERROR, 102, "error", 1, 1, 0, 0)                                                         \
	X(ENDED, 103, "ended", 1, 1, 0, 0)                                                         \
	X(COMMAND_ENDED, 104, "command-ended", 0, 0, 0, 0)

enum sbx_message_type {
#define X(type, number, name, w0, w1, d0, d1) SBX_MESSAGE_##type = (number),
	SBX_MESSAGE_TABLE(X)
#undef X
};

/* Of CREATE: the sandbox lives on when the client is gone. */
#define SBX_FLAG_KEEP 1
/* Of CREATE: its command is forked from zygotes; their name and the modules are in front. */
#define SBX_FLAG_ZYGOTE 2
/* Of CREATE: a descriptor more, of a file to be copied to /task/input.json. */
#define SBX_FLAG_INPUT 4
/* Of CREATE: another, the last, of a folder to copy what is left in /output into. */
#define SBX_FLAG_OUTPUT 8
#define SBX_FLAGS	(SBX_FLAG_KEEP | SBX_FLAG_ZYGOTE | SBX_FLAG_INPUT | SBX_FLAG_OUTPUT)
/* Of OK: more of its words come in another one of the same id. */
#define SBX_FLAG_MORE 1

struct sbx_message {
	uint32_t type;	  /* enum sbx_message_type */
	uint32_t id;	  /* the client's number for a request, in its answer too; 0: an event */
	uint32_t sandbox; /* its number, 0: none */
	uint32_t command; /* EXEC: the client's number for it, above 0; SIGNAL: 0 is the first */
	/*
	 * HELLO, WELCOME: the version. EXEC: how many of the words are NAME=VALUE. SIGNAL: its
	 * number. ERROR: the code's exit status. WARM: how many
	 * children are to wait. COMMAND_ENDED: the status, as from waitpid(2).
	 */
	int32_t value;
	uint32_t flags;
	uint32_t n_words;
	uint32_t unused; /* 0 */
};
_Static_assert(sizeof(struct sbx_message) == 32, "no gaps");

/*
 * Check a packet of n_bytes with n_fds descriptors. *out_words is the first byte behind the header,
 * every word of which ends inside the packet. SBX_E_INPUT says what is wrong; *out is filled in as
 * far as there is a header, so that an answer can be given.
 */
int sbx_message_decode(const void *packet, size_t n_bytes, unsigned n_fds, struct sbx_message *out,
		       const char **out_words, struct sbx_error *err);

/* The words as an array, NULL-ended; to be freed. NULL without memory. */
const char **sbx_message_words(const struct sbx_message *m, const char *words);

const char *sbx_message_name(uint32_t type); /* NULL: no such */

#endif
