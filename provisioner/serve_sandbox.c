/* SPDX-License-Identifier: Apache-2.0 */
/* Sandboxes of a server, from the request to the record. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "provisioner/container.h"
#include "provisioner/layer.h"
#include "provisioner/serve.h"
#include "provisioner/supervise.h"

static struct sbx_entry *free_entry(struct sbx_server *s)
{
	for (unsigned i = 0; i < s->max_sandboxes; i++)
		if (!s->entry[i].number)
			return &s->entry[i];
	return NULL;
}

static void clear(struct sbx_entry *e)
{
	for (int i = 0; i < 3; i++)
		sbx_close(&e->stdio_fd[i]);
	sbx_close(&e->input_fd);
	sbx_close(&e->output_fd);
	sbx_record_release(&e->record);
	sbx_buffer_release(&e->text);
	sbx_buffer_release(&e->words);
	*e = (struct sbx_entry)SBX_ENTRY_INIT;
}

/* Those of the command, or none; behind them those that flags stand for. */
static int take_descriptors(struct sbx_entry *e, const struct sbx_client *c, uint32_t flags,
			    int fds[], unsigned n_fds, struct sbx_error *err)
{
	unsigned n = n_fds >= 3 ? 3 : 0;
	if (sbx_entry_take_in_and_out(e, c, flags, &fds[n],
				      &fds[n + (flags & SBX_FLAG_INPUT ? 1 : 0)], err) < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		e->stdio_fd[i] = n   ? sbx_steal_fd(&fds[i])
				 : i ? fcntl(e->stdio_fd[0], F_DUPFD_CLOEXEC, 0)
				     : open("/dev/null", O_RDWR | O_CLOEXEC);
		if (e->stdio_fd[i] < 0)
			return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "/dev/null");
	}
	return 0;
}

/* The first words of a request for a zygote's child: the zygotes' name, and the modules. */
static int take_wanted(struct sbx_server *s, struct sbx_entry *e, const struct sbx_client *c,
		       struct sbx_slot_warmth *out, struct sbx_error *err)
{
	const char *name = e->words.data;
	if (e->request.n_words < 3)
		return sbx_fail(err, SBX_E_USAGE,
				"create: the zygotes' name and modules come before the template");
	const char *modules = name + strlen(name) + 1;
	size_t n = strlen(name) + strlen(modules) + 2;
	if (sbx_family_choose(s, c, name, modules, out, err) < 0)
		return -1;
	memmove(e->words.data, e->words.data + n, e->words.n_bytes - n);
	e->words.n_bytes -= n;
	e->request.n_words -= 2;
	return 0;
}

static int start_in_slot(struct sbx_entry *e, struct sbx_slot_warmth wanted, struct sbx_error *err)
{
	const bool is_forked = wanted.family;
	e->request = (struct sbx_request){
		.slot = e->slot,
		.is_live = true,
		.is_forked = is_forked,
		.words = e->words.data,
		.n_words = e->request.n_words,
		.n_words_bytes = (uint32_t)e->words.n_bytes,
		.input_fd = e->input_fd >= 0 ? &e->input_fd : NULL,
		.takes_output = e->output_fd >= 0,
		.record = &e->record,
	};
	memcpy(e->request.stdio_fd, e->stdio_fd, sizeof(e->stdio_fd));
	if (e->slot->is_broken)
		sbx_serve_put_back(e->slot, NULL, 0);
	if (is_forked && sbx_slot_want(e->slot, wanted, err) < 0)
		return -1;
	e->family = wanted.family;
	e->request.may_hand_over = sbx_warmth_is_same(e->slot->ready, wanted);
	e->slot->last = wanted;
	if (sbx_backend_container.prepare(&e->request, &e->sandbox, err) < 0)
		return -1;
	if (e->sandbox->backend->start(e->sandbox, err) == 0) {
		e->slot->is_taken = true;
		return 0;
	}
	e->sandbox->backend->free(e->sandbox);
	return -1;
}

static int start(struct sbx_server *s, struct sbx_entry *e, const struct sbx_client *c,
		 bool is_forked, struct sbx_error *err)
{
	struct sbx_error first = SBX_ERROR_INIT;
	struct sbx_slot_warmth wanted = {0};
	if (is_forked && take_wanted(s, e, c, &wanted, err) < 0)
		return -1;
	e->slot = sbx_serve_take_slot(s, wanted, err);
	if (!e->slot)
		return -1;
	if (start_in_slot(e, wanted, &first) == 0)
		return 0;
	const bool is_gone = e->slot->is_broken;
	if (e->slot->is_used || e->slot->is_broken)
		sbx_serve_put_back(e->slot, NULL, 0);
	if (!is_gone)
		return sbx_error_propagate(err, &first);
	/* Its keeper was killed since it was used last; it has a new one now, or another serves. */
	if (e->slot->is_broken)
		e->slot = sbx_serve_take_slot(s, wanted, err);
	if (e->slot && start_in_slot(e, wanted, err) == 0)
		return 0;
	if (e->slot && (e->slot->is_used || e->slot->is_broken))
		sbx_serve_put_back(e->slot, NULL, 0);
	return -1;
}

int sbx_entry_create(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		     const char *words, size_t n_bytes, int fds[], unsigned n_fds,
		     struct sbx_error *err)
{
	struct sbx_entry *e = free_entry(s);
	if (!e || s->is_ending)
		return sbx_fail(err, SBX_E_BUSY,
				"create: %u sandboxes are there, as many as this server makes "
				"(--max-sandboxes)",
				s->max_sandboxes);
	sbx_buffer_add(&e->words, words, n_bytes);
	e->request.n_words = m->n_words;
	if (e->words.failed)
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "create");
	if (e->words.failed || take_descriptors(e, c, m->flags, fds, n_fds, err) < 0 ||
	    start(s, e, c, m->flags & SBX_FLAG_ZYGOTE, err) < 0) {
		clear(e);
		return -1;
	}
	while (++s->last_number == 0)
		;
	e->number = s->last_number;
	if (e >= s->entry + s->n_entries)
		s->n_entries = (unsigned)(e - s->entry) + 1;
	e->client = c;
	e->uid = c->uid;
	e->gid = c->gid;
	e->is_kept = m->flags & SBX_FLAG_KEEP;
	e->create_id = m->id;
	return 1;
}

struct sbx_entry *sbx_entry_find(struct sbx_server *s, const struct sbx_client *c, uint32_t number,
				 struct sbx_error *err)
{
	for (unsigned i = 0; number && i < s->max_sandboxes; i++) {
		struct sbx_entry *e = &s->entry[i];
		if (e->number == number && (e->uid == c->uid || c->uid == 0))
			return e;
	}
	sbx_fail(err, SBX_E_NOT_FOUND, "sandbox %u: there is none of that number", number);
	return NULL;
}

void sbx_entry_kill(struct sbx_entry *e)
{
	e->is_doomed = true;
	if (e->collector)
		kill(e->collector, SIGKILL);
	sbx_supervise_kill(e->sandbox);
}

static void tell_start(struct sbx_server *s, struct sbx_entry *e)
{
	struct sbx_message m = {.type = SBX_MESSAGE_OK, .id = e->create_id, .sandbox = e->number};
	e->has_answer = true;
	/* Whoever waits for the end of a pipe must not wait for us. */
	for (int i = 0; i < 3; i++)
		sbx_close(&e->stdio_fd[i]);
	sbx_client_send(s, e->client, &m, NULL);
}

static void tell_end(struct sbx_server *s, struct sbx_entry *e)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_entry_add_record(e, &text);
	sbx_buffer_add(&text, "", 1);
	struct sbx_message ended = {.type = SBX_MESSAGE_ENDED, .sandbox = e->number, .n_words = 1};
	struct sbx_message answer = {
		.type = SBX_MESSAGE_OK, .id = e->destroy_id, .sandbox = e->number, .n_words = 1};
	if (text.failed)
		return;
	/* A command may have written too much before the sandbox came to tell that it runs. */
	if (!e->has_answer && e->result.reason == SBX_REASON_OUTPUT_LIMIT)
		tell_start(s, e);
	/* What never stood has not ended either. */
	struct sbx_error never = SBX_ERROR_INIT;
	sbx_error_propagate(&never, &e->result.error);
	if (never.code == SBX_OK)
		sbx_fail(&never, SBX_E_INTERRUPTED,
			 "ended before it stood; somebody killed it, or "
			 "the host is out of memory: try again");
	if (!e->has_answer)
		sbx_client_fail(s, e->client, e->create_id, 0, &never);
	else if (e->destroyer != e->client || !e->destroyer)
		sbx_client_send(s, e->client, &ended, &text);
	for (unsigned i = 0; i < e->n_commands; i++)
		if (e->command[i].client != e->client && e->command[i].client != e->destroyer)
			sbx_client_send(s, e->command[i].client, &ended, &text);
	sbx_client_send(s, e->destroyer, &answer, &text);
}

/* It has ended, and is told of; the slot is another's already. */
static void leave(struct sbx_server *s, struct sbx_entry *e)
{
	/* Whoever is told of the end may use it at once. */
	sbx_layer_let_go(&e->sandbox->layer_fd);
	tell_end(s, e);
	e->sandbox->backend->free(e->sandbox);
	clear(e);
	while (s->n_entries && !s->entry[s->n_entries - 1].number)
		s->n_entries--;
}

/*
 * The zygote, or its child, was in no state to be used, or what was made ahead, or a keeper, was
 * killed before it read what to do: that is no reason not to serve.
 */
static bool can_do_without(const struct sbx_server *s, const struct sbx_entry *e)
{
	const struct sbx_container *c = (const struct sbx_container *)e->sandbox;
	const enum sbx_code code = e->result.error.code;
	if (!e->client || e->has_answer || e->is_doomed || s->is_ending ||
	    (e->request.input_fd && e->input_fd < 0))
		return false;
	if (c->was_unread)
		return code == SBX_OK ? e->result.reason == SBX_REASON_SIGNALLED
				      : code == SBX_E_SANDBOX;
	return e->family &&
	       (code == SBX_E_SANDBOX || code == SBX_E_BUSY || code == SBX_E_TIMED_OUT);
}

static void start_again(struct sbx_server *s, struct sbx_entry *e)
{
	struct sbx_error err = SBX_ERROR_INIT;
	e->is_held = sbx_serve_slots_rest(s);
	if (e->is_held)
		return;
	if (e->is_doomed || !e->client || s->is_ending)
		return leave(s, e);
	e->sandbox->backend->free(e->sandbox);
	e->sandbox = NULL;
	e->result = (struct sbx_result){0};
	/* What the first one noted is not the second one's. */
	sbx_record_release(&e->record);
	if (start(s, e, e->client, false, &err) == 0)
		return;
	/* Telling may drop the client, who must have nothing to do any more with what is no
	 * sandbox. */
	struct sbx_client *client = e->client;
	const uint32_t id = e->create_id;
	clear(e);
	sbx_client_fail(s, client, id, 0, &err);
}

static void start_without(struct sbx_server *s, struct sbx_entry *e)
{
	struct sbx_family *family = e->family;
	sbx_serve_put_back(e->slot, NULL, 0);
	e->family = NULL;
	if (family)
		sbx_family_left(s, family);
	sbx_layer_let_go(&e->sandbox->layer_fd);
	start_again(s, e);
}

static void finish(struct sbx_server *s, struct sbx_entry *e)
{
	struct sbx_slot *slot = e->slot;
	struct sbx_family *family = e->family;
	e->sandbox->backend->destroy(e->sandbox, &e->result);
	if (can_do_without(s, e))
		return start_without(s, e);
	e->has_record = e->record.ledger != NULL;
	SBX_CLEANUP_BUFFER struct sbx_buffer words = SBX_BUFFER_INIT;
	uint32_t n_words = e->request.n_words;
	bool is_likely = e->result.error.code == SBX_OK;
	if (!sbx_entry_collect(s, e)) {
		/* What came is likely to come again. */
		words = e->words;
		e->words = (struct sbx_buffer)SBX_BUFFER_INIT;
		leave(s, e);
	}
	sbx_serve_put_back(slot, is_likely && words.data ? &words : NULL, n_words);
	if (family)
		sbx_family_left(s, family);
}

static void tell_event(struct sbx_server *s, struct sbx_entry *e, const struct sbx_event *event)
{
	if (event->kind == SBX_EVENT_COMMAND_ENDED || event->kind == SBX_EVENT_COMMAND_FAILED)
		return sbx_entry_tell_command(s, e, event);
	if (event->kind == SBX_EVENT_STARTED)
		tell_start(s, e);
}

uint64_t sbx_entry_fds(const struct sbx_entry *e, struct pollfd *fds)
{
	sbx_supervise_fds(e->sandbox, fds);
	if (!e->collector && !e->is_held)
		return sbx_supervise_deadline(e->sandbox);
	for (int i = 0; i < SBX_SUPERVISE_FDS; i++)
		fds[i].fd = -1;
	if (e->collector)
		fds[0] = (struct pollfd){e->collector_fd, POLLIN, 0};
	return 0;
}

void sbx_entry_move(struct sbx_server *s, struct sbx_entry *e, const struct pollfd *fds)
{
	struct sbx_sandbox *sandbox = e->sandbox;
	struct sbx_event event;
	if (e->is_held)
		return start_again(s, e);
	if (e->collector) {
		if (fds[0].revents && sbx_entry_collected(e))
			leave(s, e);
		return;
	}
	/* The end counts once all that was told before has been read. */
	if (fds[1].revents || fds[0].revents)
		do {
			sandbox->backend->next_event(sandbox, &event);
			tell_event(s, e, &event);
		} while (event.kind != SBX_EVENT_NONE);
	if (e->is_doomed && !sandbox->has_ended)
		sbx_supervise_kill(sandbox);
	if (!sbx_supervise_move(sandbox, fds))
		finish(s, e);
}

void sbx_entry_add_stats(const struct sbx_entry *e, const struct sbx_stats *stats,
			 struct sbx_buffer *out)
{
	struct sbx_json w = {.out = out};
	sbx_json_begin_object(&w, NULL);
	sbx_json_int(&w, "sandbox", e->number);
	sbx_json_bool(&w, "paused", stats->is_paused);
	sbx_json_int(&w, "commands", stats->n_commands);
#define COUNT(has, name, value)                                                                    \
	if (has)                                                                                   \
		sbx_json_int(&w, name, (int64_t)(value));                                          \
	else                                                                                       \
		sbx_json_null(&w, name)
	COUNT(stats->has_cpu, "cpu_usec", stats->cpu_usec);
	COUNT(stats->has_memory, "memory_bytes", stats->memory_bytes);
	COUNT(stats->has_memory, "peak_memory_bytes", stats->peak_memory_bytes);
	COUNT(stats->has_memory, "oom_kills", stats->oom_kills);
	COUNT(stats->has_pids, "pids", stats->pids);
#undef COUNT
	sbx_json_end_object(&w);
}

void sbx_entry_add_json(const struct sbx_entry *e, struct sbx_buffer *out)
{
	struct sbx_json w = {.out = out};
	sbx_json_begin_object(&w, NULL);
	sbx_json_int(&w, "sandbox", e->number);
	sbx_json_int(&w, "uid", e->uid);
	sbx_json_string(&w, "state",
			e->is_doomed || e->collector ? "ending"
			: !e->has_answer	     ? "starting"
			: e->sandbox->is_paused	     ? "paused"
						     : "running");
	sbx_json_bool(&w, "kept", e->is_kept);
	sbx_json_end_object(&w);
}
