/* SPDX-License-Identifier: Apache-2.0 */
/* A container that was made ahead, and is told by the server itself what to run. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/ids.h"
#include "provisioner/packet.h"
#include "provisioner/slot.h"
#include "provisioner/supervise.h"

static int set_limits(struct sbx_container *c, struct sbx_error *err)
{
	const struct sbx_group_limits limits = c->slot->standing->limits;
	/* Those that are set when another fails are to be taken off as well. */
	c->slot->limited |= sbx_group_limits_mask(&limits);
	/* Process 1 is in the plan's own number. */
	return sbx_group_limits_set(&limits, &c->slot->groups, c->n_own_pids - 1, err);
}

/* What is counted goes through us. */
static int open_relay(struct sbx_container *c, int fds[3], struct sbx_error *err)
{
	struct sbx_relay *relay = &c->base.relay;
	uint64_t limit = c->slot->standing->policy.limit[SBX_LIMIT_OUTPUT];
	int to[SBX_RELAY_CHANNELS] = {-1, -1}, from[SBX_RELAY_CHANNELS];
	if (!limit)
		return 0;
	if (sbx_relay_open(relay, limit, err) < 0)
		return -1;
	/* One of them may have been opened: it is the relay's to close. */
	int failed = sbx_relay_targets(c->request->stdio_fd + 1, to, err);
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++) {
		from[i] = relay->channel[i].read_fd;
		fds[STDOUT_FILENO + i] = relay->sandbox_fd[i];
	}
	sbx_relay_adopt(relay, limit, from, to);
	return failed;
}

/* Its variables, its command, and what are to be its 0, 1 and 2. */
static int tell(struct sbx_container *c, const int fds[SBX_HANDOVER_FDS], struct sbx_error *err)
{
	const struct sbx_request *r = c->request;
	const struct sbx_standing *s = c->slot->standing;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_spoken spoken;
	if (!sbx_standing_split(s, r->words, r->n_words_bytes, &text, &spoken))
		return sbx_fail(err, SBX_E_USAGE, "create: the words are malformed");
	const struct sbx_handover handover = {.n_env = spoken.n_env, .n_words = spoken.n_words};
	for (int i = 0; s->host_uid && i < SBX_HANDOVER_FDS; i++)
		sbx_ids_own_pipe(s->host_uid, fds[i]);
	if (spoken.n_env)
		sbx_buffer_add(&text, spoken.command, spoken.n_command_bytes);
	if (text.failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "create");
	if (sbx_packet_send(c->slot->ready_fd, &handover, sizeof(handover),
			    spoken.n_env ? text.data : spoken.command,
			    spoken.n_env ? text.n_bytes : spoken.n_command_bytes, fds,
			    SBX_HANDOVER_FDS) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "telling what to run");
	return 0;
}

/* From now on it is this one's. */
static int take(struct sbx_container *c, uint64_t planned_usec, struct sbx_error *err)
{
	struct sbx_slot *slot = c->slot;
	struct sbx_standing *s = slot->standing;
	s->was_told = true;
	s->is_up = false;
	c->pid = slot->made[0];
	sbx_container_reap_between(slot->made + 1);
	memset(slot->made, 0, (1 + SBX_N_BETWEEN) * sizeof(*slot->made));
	sbx_close(&c->socket_fd);
	c->socket_fd = sbx_steal_fd(&slot->ready_fd);
	slot->ready = (struct sbx_slot_warmth){0};
	slot->is_used = c->is_handed_over = true;
	c->unenforced = s->unenforced;
	c->reduced = s->reduced;
	c->host_uid = s->host_uid;
	c->planned_usec = planned_usec;
	c->spawn_usec = sbx_now_usec();
	return sbx_container_begin(c, &s->policy, c->socket_fd, err);
}

int sbx_container_tell_standing(struct sbx_container *c, uint64_t planned_usec,
				struct sbx_error *err)
{
	struct sbx_relay *relay = &c->base.relay;
	int fds[SBX_HANDOVER_FDS];
	memcpy(fds, c->request->stdio_fd, sizeof(fds));
	int failed = set_limits(c, err) < 0 || open_relay(c, fds, err) < 0 || tell(c, fds, err) < 0
			     ? -1
			     : 0;
	for (int i = 0; i < SBX_RELAY_CHANNELS; i++)
		sbx_close(&relay->sandbox_fd[i]);
	if (failed < 0) {
		sbx_relay_release(relay);
		sbx_relay_init(relay);
		return -1;
	}
	/* Told it is: what fails from now on is its own failure. */
	if (take(c, planned_usec, &c->result.error) < 0) {
		kill(c->pid, SIGKILL);
		sbx_container_fail(c);
	}
	return 0;
}

bool sbx_container_try_standing(struct sbx_container *c)
{
	const struct sbx_request *r = c->request;
	const struct sbx_slot *slot = c->slot;
	const struct sbx_standing *s = slot->standing;
	return s->is_up && slot->ready_fd >= 0 && *slot->made > 0 && !r->is_forked &&
	       !r->input_fd && !r->takes_output &&
	       sbx_standing_is_for(s, slot->made_for.data, slot->made_for.n_bytes, r->words,
				   r->n_words_bytes) &&
	       sbx_container_tell_standing(c, sbx_now_usec(), NULL) == 0;
}
