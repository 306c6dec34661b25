/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of a server: their requests, and what they are answered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "provisioner/packet.h"
#include "provisioner/serve.h"
#include "provisioner/supervise.h"

#define MAX_WAITING_BYTES (1 << 20)

void sbx_client_drop(struct sbx_server *s, struct sbx_client *c)
{
	sbx_close(&c->fd);
	while (c->first) {
		struct sbx_outgoing *next = c->first->next;
		free(c->first);
		c->first = next;
	}
	sbx_families_forget(s, c);
	for (unsigned i = 0; i < s->max_sandboxes; i++) {
		struct sbx_entry *e = &s->entry[i];
		if (e->destroyer == c)
			e->destroyer = NULL;
		for (unsigned k = 0; k < e->n_commands; k++)
			if (e->command[k].client == c)
				e->command[k].client = NULL;
		if (!e->number || e->client != c)
			continue;
		e->client = NULL;
		if (!e->is_kept)
			sbx_entry_kill(e);
	}
	*c = (struct sbx_client){.fd = -1};
}

static bool send_now(struct sbx_client *c, const struct sbx_outgoing *o)
{
	return sbx_packet_send(c->fd, o->data, o->n_bytes, NULL, 0, NULL, 0) == 0;
}

void sbx_client_flush(struct sbx_server *s, struct sbx_client *c)
{
	while (c->first) {
		struct sbx_outgoing *o = c->first;
		if (!send_now(c, o)) {
			if (errno != EAGAIN && errno != ENOBUFS)
				sbx_client_drop(s, c);
			return;
		}
		c->first = o->next;
		c->n_waiting_bytes -= o->n_bytes;
		free(o);
	}
	c->last = &c->first;
}

/* With so much waiting already that it would be more than `most`, the client is dropped. */
static void send_or_keep(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
			 const struct sbx_buffer *words, size_t most)
{
	if (!c || c->fd < 0)
		return;
	size_t n = words ? words->n_bytes : 0;
	if (!c->first) {
		if (sbx_packet_send(c->fd, m, sizeof(*m), n ? words->data : NULL, n, NULL, 0) == 0)
			return;
		if (errno != EAGAIN && errno != ENOBUFS)
			return sbx_client_drop(s, c);
	}
	struct sbx_outgoing *o = NULL;
	if (c->n_waiting_bytes + sizeof(*m) + n <= most)
		o = malloc(sizeof(*o) + sizeof(*m) + n);
	if (!o)
		return sbx_client_drop(s, c);
	o->next = NULL;
	o->n_bytes = sizeof(*m) + n;
	memcpy(o->data, m, sizeof(*m));
	if (n)
		memcpy(o->data + sizeof(*m), words->data, n);
	if (!c->first)
		c->last = &c->first;
	*c->last = o;
	c->last = &o->next;
	c->n_waiting_bytes += o->n_bytes;
}

void sbx_client_send(struct sbx_server *s, struct sbx_client *c, struct sbx_message *m,
		     const struct sbx_buffer *words)
{
	send_or_keep(s, c, m, words, MAX_WAITING_BYTES);
}

/*
 * An answer of any length, in as many messages as that takes. No request is read as long as any of
 * it waits, so that a client can have one waiting that is longer than what else may.
 */
static void send_answer(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
			const struct sbx_buffer *words)
{
	const size_t most = MAX_WAITING_BYTES + words->n_bytes, room = SBX_MAX_MESSAGE - sizeof(*m);
	struct sbx_message part = *m;
	struct sbx_buffer rest = *words;
	uint32_t n_words = m->n_words;
	while (rest.n_bytes > room) {
		struct sbx_buffer now = {.data = rest.data};
		for (part.n_words = 0; part.n_words < n_words; part.n_words++) {
			size_t n = strlen(now.data + now.n_bytes) + 1;
			if (part.n_words && now.n_bytes + n > room)
				break;
			now.n_bytes += n;
		}
		part.flags = SBX_FLAG_MORE;
		send_or_keep(s, c, &part, &now, most);
		rest.data += now.n_bytes;
		rest.n_bytes -= now.n_bytes;
		n_words -= part.n_words;
	}
	part.flags = 0;
	part.n_words = n_words;
	send_or_keep(s, c, &part, &rest, most);
}

void sbx_client_fail(struct sbx_server *s, struct sbx_client *c, uint32_t id, uint32_t sandbox,
		     const struct sbx_error *err)
{
	struct sbx_message m = {
		.type = SBX_MESSAGE_ERROR,
		.id = id,
		.sandbox = sandbox,
		.value = sbx_code_exit_status(err->code),
		.n_words = 1,
	};
	const struct sbx_buffer text = {.data = (char *)err->message,
					.n_bytes = strlen(err->message) + 1};
	sbx_client_send(s, c, &m, &text);
}

static int hello(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		 struct sbx_error *err)
{
	struct sbx_message answer = {
		.type = SBX_MESSAGE_WELCOME,
		.id = m->id,
		.value = SBX_PROTOCOL_VERSION,
		.n_words = 1,
	};
	const struct sbx_buffer version = {.data = (char *)SBX_VERSION,
					   .n_bytes = sizeof(SBX_VERSION)};
	if (m->value != SBX_PROTOCOL_VERSION)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"hello: version %d of the protocol; this server speaks %d",
				m->value, SBX_PROTOCOL_VERSION);
	c->has_greeted = true;
	sbx_client_send(s, c, &answer, &version);
	return 1;
}

static int list(struct sbx_server *s, struct sbx_client *c, struct sbx_message *answer,
		struct sbx_buffer *text)
{
	for (unsigned i = 0; i < s->max_sandboxes; i++) {
		const struct sbx_entry *e = &s->entry[i];
		if (!e->number || (e->uid != c->uid && c->uid != 0))
			continue;
		sbx_entry_add_json(e, text);
		sbx_buffer_add(text, "", 1);
		answer->n_words++;
	}
	return 0;
}

static int destroy(struct sbx_client *c, struct sbx_entry *e, const struct sbx_message *m)
{
	e->destroyer = c;
	e->destroy_id = m->id;
	/* One that has ended by itself is waited for: what it left is being handed out. */
	if (!e->collector)
		sbx_entry_kill(e);
	return 1;
}

static int stats(struct sbx_entry *e, struct sbx_message *answer, struct sbx_buffer *text,
		 struct sbx_error *err)
{
	struct sbx_stats now;
	if (e->sandbox->backend->stats(e->sandbox, &now, err) < 0)
		return -1;
	sbx_entry_add_stats(e, &now, text);
	sbx_buffer_add(text, "", 1);
	answer->n_words = 1;
	return 0;
}

static int set(struct sbx_server *s, struct sbx_entry *e, const char *const *words,
	       struct sbx_message *answer, struct sbx_buffer *text, struct sbx_error *err)
{
	if (sbx_entry_set(s, e, words, text, err) < 0)
		return -1;
	for (size_t i = 0; i < text->n_bytes; i++)
		answer->n_words += text->data[i] == '\0';
	return 0;
}

/* One about a sandbox. 0: `answer` is to be sent; 1: an answer comes later. */
static int obey(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		const char *const *words, const int fds[], unsigned n_fds,
		struct sbx_message *answer, struct sbx_buffer *text, struct sbx_error *err)
{
	struct sbx_entry *e = sbx_entry_find(s, c, m->sandbox, err);
	if (!e)
		return -1;
	const struct sbx_backend *b = e->sandbox->backend;
	switch ((enum sbx_message_type)m->type) {
	case SBX_MESSAGE_EXEC:
		return sbx_entry_exec(e, c, m, words, fds, n_fds, err);
	case SBX_MESSAGE_SIGNAL:
		return sbx_entry_signal(e, c, m, err);
	case SBX_MESSAGE_PAUSE:
		if (b->pause(e->sandbox, err) < 0)
			return -1;
		sbx_supervise_paused(e->sandbox);
		return 0;
	case SBX_MESSAGE_RESUME:
		if (b->resume(e->sandbox, err) < 0)
			return -1;
		sbx_supervise_resumed(e->sandbox);
		return 0;
	case SBX_MESSAGE_STATS:
		return stats(e, answer, text, err);
	case SBX_MESSAGE_SET:
		return set(s, e, words, answer, text, err);
	case SBX_MESSAGE_DESTROY:
		return destroy(c, e, m);
	default:
		return sbx_fail(err, SBX_E_USAGE, "%s: is no request", sbx_message_name(m->type));
	}
}

static int handle(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		  const char *text, size_t n_bytes, int fds[], unsigned n_fds,
		  struct sbx_error *err)
{
	struct sbx_message answer = {
		.type = SBX_MESSAGE_OK, .id = m->id, .sandbox = m->sandbox, .command = m->command};
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	int done;
	if (m->type == SBX_MESSAGE_HELLO)
		return hello(s, c, m, err);
	if (!c->has_greeted)
		return sbx_fail(err, SBX_E_USAGE, "the first message has to be a hello");
	if (m->type == SBX_MESSAGE_CREATE)
		return sbx_entry_create(s, c, m, text, n_bytes, fds, n_fds, err);
	if (m->type == SBX_MESSAGE_LIST) {
		done = list(s, c, &answer, &out);
	} else if (m->type == SBX_MESSAGE_ZYGOTES) {
		answer.n_words = sbx_families_list(s, c, &out);
		done = 0;
	} else {
		SBX_CLEANUP_FREE const char **words = sbx_message_words(m, text);
		if (!words)
			return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "request");
		done = m->type == SBX_MESSAGE_WARM ? sbx_family_warm(s, c, m, words, err)
		       : m->type == SBX_MESSAGE_COOL
			       ? sbx_family_cool(s, c, words[0], err)
			       : obey(s, c, m, words, fds, n_fds, &answer, &out, err);
	}
	if (out.failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "answer");
	if (done == 0)
		send_answer(s, c, &answer, &out);
	return done;
}

/* Nobody else shall wait meanwhile: the request stays where it is until a slot is free. */
static bool has_to_wait(const struct sbx_server *s, const struct sbx_client *c)
{
	struct sbx_message m;
	return sbx_serve_slots_rest(s) &&
	       recv(c->fd, &m, sizeof(m), MSG_PEEK | MSG_DONTWAIT) == sizeof(m) &&
	       m.type == SBX_MESSAGE_CREATE;
}

void sbx_client_read(struct sbx_server *s, struct sbx_client *c)
{
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	unsigned n_fds;
	struct sbx_message m = {0};
	const char *words = NULL;
	struct sbx_error err = SBX_ERROR_INIT;
	c->is_held = has_to_wait(s, c);
	if (c->is_held)
		return;
	memset(s->packet, 0, sizeof(m));
	ssize_t n =
		sbx_packet_receive(c->fd, MSG_DONTWAIT, s->packet, SBX_MAX_MESSAGE, fds, &n_fds);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n == 0 || (n < 0 && errno != EMSGSIZE))
		return sbx_client_drop(s, c);
	int failed = -1;
	if (n < 0) {
		memcpy(&m, s->packet, sizeof(m));
		sbx_fail(&err, SBX_E_NO_SPACE,
			 "a message is longer than %d bytes, or its descriptors are more than this "
			 "server can have open now",
			 SBX_MAX_MESSAGE);
	} else {
		failed = sbx_message_decode(s->packet, (size_t)n, n_fds, &m, &words, &err);
	}
	if (failed == 0)
		failed = handle(s, c, &m, words, (size_t)n - sizeof(m), fds, n_fds, &err);
	if (failed < 0)
		sbx_client_fail(s, c, m.id, m.sandbox, &err);
}
