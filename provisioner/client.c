/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "provisioner/packet.h"

#define MAX_GATHERED (64 << 20)

static const struct sbx_descriptors no_descriptors;

void sbx_connection_close(struct sbx_connection *c)
{
	sbx_close(&c->fd);
	free(c->packet);
	c->packet = NULL;
	sbx_buffer_release(&c->gathered);
}

static int connect_to(struct sbx_connection *c, const char *path, struct sbx_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return sbx_fail(err, SBX_E_USAGE, "%s: too long for a socket's path", path);
	strcpy(address.sun_path, path);
	c->packet = malloc(SBX_MAX_MESSAGE);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (!c->packet || c->fd < 0)
		return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "%s", path);
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return sbx_fail_os(err, errno == EACCES ? SBX_E_DENIED : SBX_E_NOT_FOUND, errno,
				   "%s: no server to be reached; start sbx-provision serve", path);
	return 0;
}

int sbx_connection_open(struct sbx_connection *c, const char *socket_path, struct sbx_error *err)
{
	struct sbx_message hello = {.type = SBX_MESSAGE_HELLO, .value = SBX_PROTOCOL_VERSION};
	*c = (struct sbx_connection)SBX_CONNECTION_INIT;
	if (connect_to(c, socket_path, err) < 0 ||
	    sbx_connection_ask(c, &hello, NULL, no_descriptors, NULL, err) < 0) {
		sbx_connection_close(c);
		return -1;
	}
	return 0;
}

int sbx_connection_send(struct sbx_connection *c, struct sbx_message *m, const char *const *words,
			struct sbx_descriptors fds, struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	m->id = ++c->last_id ? c->last_id : ++c->last_id;
	m->n_words = 0;
	for (; words && words[m->n_words]; m->n_words++)
		sbx_buffer_add(&text, words[m->n_words], strlen(words[m->n_words]) + 1);
	if (text.failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "request");
	if (sizeof(*m) + text.n_bytes > SBX_MAX_MESSAGE)
		return sbx_fail(err, SBX_E_USAGE,
				"more than %d bytes of arguments and environment; put them into a "
				"file",
				SBX_MAX_MESSAGE);
	if (sbx_packet_send_waiting(c->fd, m, sizeof(*m), text.data, text.n_bytes, fds.fd, fds.n) <
	    0)
		return sbx_fail_os(err, SBX_E_INTERRUPTED, errno, "the server has gone");
	return 0;
}

int sbx_connection_receive(struct sbx_connection *c, struct sbx_message *out,
			   const char **out_words, struct sbx_error *err)
{
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	unsigned n_fds;
	ssize_t n = sbx_packet_receive(c->fd, 0, c->packet, SBX_MAX_MESSAGE, fds, &n_fds);
	if (n < 0 && errno == EMSGSIZE)
		return sbx_fail(err, SBX_E_INPUT,
				"the server sent more than a message may have; start one of this "
				"version");
	if (n <= 0)
		return sbx_fail(err, SBX_E_INTERRUPTED, "the server has gone");
	return sbx_message_decode(c->packet, (size_t)n, n_fds, out, out_words, err);
}

int sbx_connection_fail(const struct sbx_message *m, const char *words, struct sbx_error *err)
{
	enum sbx_code code = SBX_E_FAILED;
	for (unsigned c = SBX_OK + 1; c < SBX_N_CODES; c++)
		if (sbx_code_exit_status((enum sbx_code)c) == m->value)
			code = (enum sbx_code)c;
	return sbx_fail(err, code, "%s", words);
}

/* The next message that is about request `m`. Before a server knows us, a refusal has no number. */
static int receive_answer(struct sbx_connection *c, const struct sbx_message *m,
			  struct sbx_message *out, const char **out_words, struct sbx_error *err)
{
	do {
		if (sbx_connection_receive(c, out, out_words, err) < 0)
			return -1;
	} while (out->id != m->id && !(m->type == SBX_MESSAGE_HELLO && out->id == 0));
	return out->type == SBX_MESSAGE_ERROR ? sbx_connection_fail(out, *out_words, err) : 0;
}

static int add_part(struct sbx_connection *c, const struct sbx_message *part, const char *words,
		    struct sbx_error *err)
{
	size_t n = 0;
	for (uint32_t i = 0; i < part->n_words; i++)
		n += strlen(words + n) + 1;
	sbx_buffer_add(&c->gathered, words, n);
	return c->gathered.failed || c->gathered.n_bytes > MAX_GATHERED
		       ? sbx_fail(err, SBX_E_NO_SPACE, "the server's answer is too long")
		       : 0;
}

int sbx_connection_ask(struct sbx_connection *c, struct sbx_message *m, const char *const *words,
		       struct sbx_descriptors fds, const char **out_words, struct sbx_error *err)
{
	struct sbx_message answer;
	uint32_t n_words = 0;
	const char *text;
	struct sbx_error unsent = SBX_ERROR_INIT;
	/* Whoever is refused finds the reason, though not the server any more. */
	if (sbx_connection_send(c, m, words, fds, &unsent) < 0 &&
	    (m->type != SBX_MESSAGE_HELLO || unsent.code != SBX_E_INTERRUPTED))
		return sbx_error_propagate(err, &unsent);
	sbx_buffer_release(&c->gathered);
	if (receive_answer(c, m, &answer, &text, err) < 0)
		return -1;
	while (answer.flags & SBX_FLAG_MORE) {
		n_words += answer.n_words;
		if (add_part(c, &answer, text, err) < 0 ||
		    receive_answer(c, m, &answer, &text, err) < 0)
			return -1;
	}
	if (n_words) {
		if (add_part(c, &answer, text, err) < 0)
			return -1;
		answer.n_words += n_words;
		text = c->gathered.data;
	}
	*m = answer;
	if (out_words)
		*out_words = text;
	return 0;
}
