/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_CLIENT_H
#define SBX_PROVISIONER_CLIENT_H

#include "provisioner/protocol.h"

/*
 * A connection to `sbx-provision serve`, for programs that drive it: send a request, read messages.
 * Free of everything but base/ and the protocol; the daemon links it too.
 */
struct sbx_connection {
	int fd; /* to poll(2); -1: closed */
	uint32_t last_id;
	char *packet;
	struct sbx_buffer gathered; /* the words of an answer of several messages */
};
#define SBX_CONNECTION_INIT                                                                        \
	{                                                                                          \
		-1, 0, NULL, SBX_BUFFER_INIT                                                       \
	}

/* Connect and greet. SBX_E_NOT_FOUND when nobody listens, SBX_E_DENIED when we may not. */
int sbx_connection_open(struct sbx_connection *c, const char *socket_path, struct sbx_error *err);
void sbx_connection_close(struct sbx_connection *c);
#define SBX_CLEANUP_CONNECTION __attribute__((cleanup(sbx_connection_close)))

/*
 * Send a request: `m` without id and n_words, which are set; `words` NULL-ended or NULL; the
 * descriptors stay the caller's. Waits until it is taken.
 */
struct sbx_descriptors {
	const int *fd;
	unsigned n;
};
int sbx_connection_send(struct sbx_connection *c, struct sbx_message *m, const char *const *words,
			struct sbx_descriptors fds, struct sbx_error *err);

/*
 * Wait for the next message. *out_words are its n_words strings, one after the other, valid until
 * the next call. SBX_E_INTERRUPTED when the server has gone.
 */
int sbx_connection_receive(struct sbx_connection *c, struct sbx_message *out,
			   const char **out_words, struct sbx_error *err);

/*
 * Send, and wait for the answer, all of its messages (SBX_FLAG_MORE) as one; others are dropped. An
 * ERROR comes as *err.
 */
int sbx_connection_ask(struct sbx_connection *c, struct sbx_message *m, const char *const *words,
		       struct sbx_descriptors fds, const char **out_words, struct sbx_error *err);

/* An ERROR message as an error. Returns -1. */
int sbx_connection_fail(const struct sbx_message *m, const char *words, struct sbx_error *err);

#endif
