/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/packet.h"
#include "provisioner/supervise.h"
#include "provisioner/warm.h"

/* What a keeper and the server both see. */
struct shared {
	pid_t made[1 + SBX_N_BETWEEN];
	struct sbx_standing standing;
};

int sbx_slots_open(struct sbx_slots *slots, struct sbx_error *err)
{
	struct sbx_places places = {0};
	sbx_groups_init(&slots->server);
	slots->reaper = (struct sbx_reaper)SBX_REAPER_INIT;
	slots->places = (struct sbx_places){0};
	if (sbx_places_find_own(SBX_LIVE_CONTROLLERS, &places, err) < 0)
		return -1;
	int failed = 0;
	for (unsigned i = 0; i < places.n && failed == 0; i++)
		failed = sbx_group_make(&slots->server, &places.place[i], &slots->reaper, err);
	sbx_groups_sweep(&slots->server, true);
	if (failed == 0)
		failed = sbx_groups_nest(&slots->server, &places, &slots->places, err);
	sbx_places_release(&places);
	if (failed < 0)
		sbx_slots_close(slots);
	return failed;
}

void sbx_slots_close(struct sbx_slots *slots)
{
	sbx_places_release(&slots->places);
	sbx_reaper_stop(&slots->reaper);
	sbx_groups_remove(&slots->server);
}

static int make_groups(struct sbx_slot *slot, struct sbx_error *err)
{
	for (unsigned i = 0; i < slot->slots->places.n; i++)
		if (sbx_group_make(&slot->groups, &slot->slots->places.place[i], NULL, err) < 0)
			return -1;
	return 0;
}

/* In version 1 the keeper has to live in a group to give birth there; in version 2 it need not. */
static bool has_v1(const struct sbx_groups *groups)
{
	for (unsigned i = 0; i < groups->n; i++)
		if (groups->group[i].kind == SBX_PLACE_V1)
			return true;
	return false;
}

static int start_keeper(struct sbx_slot *slot, struct sbx_error *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	slot->socket_fd = ends[0];
	SBX_CLEANUP_FD int inner = ends[1];
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "a slot's memory");
	slot->made = shared->made;
	slot->standing = &shared->standing;
	slot->keeper = fork();
	if (slot->keeper < 0) {
		slot->keeper = 0;
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "starting a slot's keeper");
	}
	/*
	 * Nobody who is forked by the one or the other has it: in process 1 of a sandbox it would
	 * be a way to what we go by.
	 */
	int kept = madvise(shared, sizeof(*shared), MADV_DONTFORK);
	if (slot->keeper == 0 && kept < 0)
		_exit(1);
	if (slot->keeper == 0)
		sbx_keeper_run(slot, inner);
	if (kept < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "a slot's memory");
	/* It waits for our first word, so that nothing of it is left outside of the groups. */
	if (sbx_groups_join(&slot->groups, slot->keeper, err) < 0)
		return -1;
	slot->n_own_pids = has_v1(&slot->groups) ? 1 : 0;
	return 0;
}

int sbx_slot_make(const struct sbx_slots *slots, struct sbx_slot *out, struct sbx_error *err)
{
	struct sbx_slot slot = {.slots = slots, .socket_fd = -1, .ready_fd = -1};
	sbx_groups_init(&slot.groups);
	if (make_groups(&slot, err) < 0 || start_keeper(&slot, err) < 0) {
		sbx_slot_release(&slot);
		return -1;
	}
	*out = slot;
	return 0;
}

static int send_child(struct sbx_slot *slot, const struct sbx_slot_order *order,
		      const struct sbx_warm *warm, int inner_fd, const struct sbx_buffer *text,
		      struct sbx_error *err)
{
	int fds[4] = {inner_fd};
	unsigned n = inner_fd >= 0 ? 1 : 0;
	fds[n++] = warm->user_fd;
	fds[n++] = warm->pid_fd;
	fds[n++] = warm->socket_fd;
	if (text->failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygote");
	if (sbx_packet_send(slot->socket_fd, order, sizeof(*order), text->data, text->n_bytes, fds,
			    n) == 0)
		return 0;
	slot->is_broken = true;
	return sbx_fail_os(err, SBX_E_SANDBOX, errno, "a slot's keeper");
}

int sbx_slot_warm(struct sbx_slot *slot, const struct sbx_warm *warm, const char *python,
		  const char *lower, struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	const struct sbx_slot_order order = {.kind = SBX_SLOT_WARM, .n_words = 2};
	sbx_buffer_add(&text, python, strlen(python) + 1);
	sbx_buffer_add(&text, lower, strlen(lower) + 1);
	sbx_buffer_add(&text, &warm->first_id, sizeof(warm->first_id));
	return send_child(slot, &order, warm, -1, &text, err);
}

/*
 * Where what is to be made for these words (none: NULL) will wait. Returns the keeper's end; -1:
 * nothing is to be made, or can be.
 */
static int open_ready(struct sbx_slot *slot, const char *words, size_t n_bytes, uint32_t n_words)
{
	int ends[2];
	sbx_close(&slot->ready_fd);
	sbx_buffer_release(&slot->made_for);
	if (n_words == 0)
		return -1;
	sbx_standing_remember(&slot->made_for, words, n_bytes);
	if (slot->made_for.failed ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	slot->ready_fd = ends[0];
	return ends[1];
}

int sbx_slot_ready_forked(struct sbx_slot *slot, const struct sbx_warm *warm, const char *words,
			  size_t n_bytes, uint32_t n_words, struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	const struct sbx_slot_order order = {
		.kind = SBX_SLOT_READY, .n_words = n_words, .is_forked = true};
	SBX_CLEANUP_FD int inner = open_ready(slot, words, n_bytes, n_words);
	if (inner < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	sbx_buffer_add(&text, words, n_bytes);
	slot->readied_usec = sbx_now_usec();
	return send_child(slot, &order, warm, inner, &text, err);
}

void sbx_slot_ready(struct sbx_slot *slot, const char *words, size_t n_bytes, uint32_t n_words)
{
	SBX_CLEANUP_FD int inner = open_ready(slot, words, n_bytes, n_words);
	const struct sbx_slot_order order = {.kind = SBX_SLOT_READY,
					     .n_words = inner < 0 ? 0 : n_words};
	int fds[1 + SBX_N_CONTROLLERS] = {inner};
	unsigned n = inner < 0 ? 0 : 1;
	bool has_new = slot->groups.n && !has_v1(&slot->groups);
	for (unsigned i = 0; has_new && i < slot->groups.n; i++)
		fds[n++] = slot->groups.group[i].fd;
	slot->readied_usec = sbx_now_usec();
	/* Without, the next sandbox takes longer; but not without its groups, or a keeper. */
	if (sbx_packet_send(slot->socket_fd, &order, sizeof(order), words, inner < 0 ? 0 : n_bytes,
			    fds, n) < 0 &&
	    (has_new || errno == EPIPE))
		slot->is_broken = true;
}

void sbx_slot_unready(struct sbx_slot *slot)
{
	pid_t pid = slot->made ? *slot->made : 0;
	slot->ready = (struct sbx_slot_warmth){0};
	sbx_close(&slot->ready_fd);
	if (slot->standing)
		slot->standing->is_up = false;
	if (slot->made)
		sbx_container_reap_between(slot->made + 1);
	for (int i = 1; slot->made && i <= SBX_N_BETWEEN; i++)
		slot->made[i] = 0;
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	*slot->made = 0;
}

/* Is the keeper done with all that it was told before? It has no request in its hands. */
static bool is_idle(const struct sbx_slot *slot)
{
	const struct sbx_slot_order order = {.kind = SBX_SLOT_UNREADY};
	struct pollfd answer = {slot->socket_fd, POLLIN, 0};
	struct sbx_slot_reply reply;
	SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
	unsigned n_fds;
	slot->standing->is_unwanted = true;
	bool has_answered =
		sbx_packet_send(slot->socket_fd, &order, sizeof(order), NULL, 0, NULL, 0) == 0 &&
		poll(&answer, 1, SBX_WARM_PATIENCE_MSEC) > 0 &&
		sbx_packet_receive(slot->socket_fd, MSG_DONTWAIT, &reply, sizeof(reply), fds,
				   &n_fds) == sizeof(reply);
	slot->standing->is_unwanted = false;
	return has_answered;
}

void sbx_slot_unready_surely(struct sbx_slot *slot)
{
	if (slot->keeper > 0 && !slot->is_broken && !is_idle(slot))
		slot->is_broken = true;
	sbx_slot_unready(slot);
}

/* A group of version 2 costs little, and a new one has no past. */
static int renew_groups(struct sbx_slot *slot, struct sbx_error *err)
{
	if (slot->groups.n && !has_v1(&slot->groups)) {
		slot->oom_kills_before = 0;
		sbx_groups_remove(&slot->groups);
		return make_groups(slot, err);
	}
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (sbx_limit_controller(i) != SBX_N_CONTROLLERS &&
		    slot->limited & 1U << sbx_limit_controller(i) &&
		    sbx_group_limit(&slot->groups, i, 0, err) < 0)
			return -1;
	slot->cpu_usec_before = sbx_groups_cpu_usec(&slot->groups);
	return 0;
}

uint64_t sbx_slot_take_oom_kills(struct sbx_slot *slot)
{
	uint64_t now = sbx_groups_oom_kills(&slot->groups), kills = now - slot->oom_kills_before;
	slot->oom_kills_before = now;
	/* A child of a zygote that was not needed waits on, if it has not been killed. */
	if (kills)
		slot->warm = (struct sbx_slot_warmth){0};
	return kills;
}

bool sbx_slot_is_counted(struct sbx_slot *slot)
{
	if (slot->is_broken)
		return false;
	if (slot->warm.family)
		sbx_slot_take_oom_kills(slot);
	return sbx_groups_pids(&slot->groups) > slot->n_own_pids + (slot->warm.family ? 1 : 0);
}

int sbx_slot_reset(struct sbx_slot *slot, struct sbx_error *err)
{
	if (slot->is_broken)
		return sbx_fail(err, SBX_E_SANDBOX, "the slot is broken");
	if (renew_groups(slot, err) < 0) {
		slot->is_broken = true;
		return -1;
	}
	slot->limited = 0;
	slot->is_used = false;
	return 0;
}

void sbx_slot_release(struct sbx_slot *slot)
{
	sbx_close(&slot->socket_fd);
	sbx_buffer_release(&slot->words);
	sbx_buffer_release(&slot->made_for);
	if (slot->is_used || slot->is_broken) {
		sbx_groups_thaw(&slot->groups, NULL);
		sbx_groups_kill(&slot->groups, 0);
	}
	if (slot->keeper > 0) {
		kill(slot->keeper, SIGKILL);
		while (waitpid(slot->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	slot->keeper = 0;
	sbx_slot_unready(slot);
	if (slot->made)
		munmap(slot->made, sizeof(struct shared));
	slot->made = NULL;
	slot->standing = NULL;
	free(slot->spare);
	slot->spare = NULL;
	sbx_groups_remove(&slot->groups);
}
