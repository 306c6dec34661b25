/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said around a zygote (zygote/join.h), by a side that is taken for hostile. The first byte
 * says which packet the rest is.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "provisioner/container.h"
#include "provisioner/packet.h"
#include "provisioner/warm.h"
#include "provisioner/zygote/text.h"
#include "tests/lib/fuzz/fuzz.h"

static int lowest_free_descriptor(void)
{
	int fd = dup(STDERR_FILENO);
	close(fd);
	return fd;
}

/* Send it with as many descriptors as the first byte says; returns our end of the socket. */
static int send_it(const uint8_t *data, size_t n_bytes)
{
	const int on = 1, fds[SBX_MAX_PACKET_FDS] = {0};
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ||
	    setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		abort();
	unsigned n_fds = n_bytes ? data[0] % (SBX_MAX_PACKET_FDS + 1) : 0;
	if (n_bytes > 1)
		sbx_packet_send(ends[1], data + 1, n_bytes - 1, NULL, 0, fds, n_fds);
	close(ends[1]);
	return ends[0];
}

/* A zygote's, or its child's, to the server, a keeper, or process 1. */
static void take_answer(int socket_fd, size_t n_bytes)
{
	struct sbx_error err = SBX_ERROR_INIT;
	pid_t pid = -1;
	int failed = sbx_warm_answer(socket_fd, 0, &pid, &err);
	if ((failed < 0) != (err.code != SBX_OK) || err.code >= SBX_N_CODES ||
	    !memchr(err.message, '\0', sizeof(err.message)))
		abort();
	if (failed == 0 && (n_bytes != sizeof(err) || pid != getpid()))
		abort();
	/* The first that parks tells who it is; there is no such process here. */
	struct sbx_warm warm = SBX_WARM_INIT;
	warm.socket_fd = socket_fd;
	if (sbx_warm_meet(&warm, SBX_WARM_PATIENCE_MSEC, NULL) == 0)
		abort();
}

/* Process 1's to the server: it runs where a task does. */
static void take_report(int socket_fd)
{
	struct sbx_container c = {.socket_fd = socket_fd, .pidfd = -1, .io_fd = -1};
	struct sbx_event event;
	c.base.backend = &sbx_backend_container;
	c.base.report_fd = socket_fd;
	c.base.end_fd = -1;
	for (int i = 0; i < 2; i++) {
		sbx_container_next_event(&c.base, &event);
		if (event.error.code >= SBX_N_CODES ||
		    !memchr(event.error.message, '\0', sizeof(event.error.message)))
			abort();
	}
}

/* Process 1's to a zygote's child. */
static void take_join(const uint8_t *data, size_t n_bytes)
{
	struct sbx_join join;
	struct sbx_join_text t;
	struct sbx_op op;
	if (n_bytes <= sizeof(join))
		return;
	memcpy(&join, data, sizeof(join));
	join.n_bytes = n_bytes - sizeof(join);
	/* As sbx_read_text() leaves it. */
	char *text = malloc(join.n_bytes);
	memcpy(text, data + sizeof(join), join.n_bytes);
	text[join.n_bytes - 1] = '\0';
	if (sbx_join_text_open(&join, text, &t)) {
		unsigned sum = 0;
		for (uint32_t i = 0; i < join.n_filter; i++)
			sum += t.filter[i].code;
		while (sbx_join_text_next(&t, &op) > 0)
			if (op.kind >= SBX_N_OPS || op.target + strlen(op.target) >= t.end)
				abort();
		/* What was summed is read: so the compiler has to. */
		if (sum == 0xdeadbeef)
			abort();
	}
	free(text);
}

static void take_words(const uint8_t *data, size_t n_bytes)
{
	uint32_t n[2];
	if (n_bytes <= sizeof(n))
		return;
	memcpy(n, data, sizeof(n));
	size_t n_text = n_bytes - sizeof(n);
	char *text = malloc(n_text), *at = text;
	memcpy(text, data + sizeof(n), n_text);
	for (int i = 0; i < 2; i++) {
		char **words = sbx_take_words(&at, text + n_text, n[i]);
		for (uint32_t k = 0; words && k < n[i]; k++)
			if (words[k] + strlen(words[k]) >= text + n_text)
				abort();
		free(words);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	if (n_bytes < 2)
		return 0;
	int before = lowest_free_descriptor();
	if (data[0] % 4 == 2)
		take_join(data + 1, n_bytes - 1);
	else if (data[0] % 4 == 3)
		take_words(data + 1, n_bytes - 1);
	else {
		int socket_fd = send_it(data + 1, n_bytes - 1);
		if (data[0] % 4 == 0)
			take_answer(socket_fd, n_bytes - 2);
		else
			take_report(socket_fd);
		close(socket_fd);
	}
	/* Nothing that was sent along is left open. */
	if (lowest_free_descriptor() != before)
		abort();
	return 0;
}
