/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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

#define MAX_PROC_FILE  (16 << 20)
#define SBX_MADE_BYTES ((1 + SBX_N_BETWEEN) * sizeof(pid_t))
/* Given to a keeper that has nothing else to do. */
#define TELL_PATIENCE_MSEC 1000

int sbx_slots_open(struct sbx_slots *slots, struct sbx_error *err)
{
	struct sbx_places places = {0};
	sbx_groups_init(&slots->server);
	slots->places = (struct sbx_places){0};
	SBX_CLEANUP_FREE char *mounts =
		sbx_read_file(AT_FDCWD, "/proc/self/mountinfo", MAX_PROC_FILE, NULL, err);
	SBX_CLEANUP_FREE char *own =
		mounts ? sbx_read_file(AT_FDCWD, "/proc/self/cgroup", MAX_PROC_FILE, NULL, err)
		       : NULL;
	if (!own || sbx_places_find(mounts, own, "", SBX_LIVE_CONTROLLERS, &places, err) < 0)
		return -1;
	int failed = 0;
	for (unsigned i = 0; i < places.n && failed == 0; i++)
		failed = sbx_group_make(&slots->server, &places.place[i], err);
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
	sbx_groups_remove(&slots->server);
}

static int make_groups(struct sbx_slot *slot, struct sbx_error *err)
{
	for (unsigned i = 0; i < slot->slots->places.n; i++)
		if (sbx_group_make(&slot->groups, &slot->slots->places.place[i], err) < 0)
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
	slot->made = mmap(NULL, SBX_MADE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	if (slot->made == MAP_FAILED) {
		slot->made = NULL;
		return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "a slot's memory");
	}
	slot->keeper = fork();
	if (slot->keeper < 0) {
		slot->keeper = 0;
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "starting a slot's keeper");
	}
	if (slot->keeper == 0)
		sbx_keeper_run(slot, inner);
	/* It waits for our first word, so that nothing of it is left outside of the groups. */
	if (sbx_groups_join(&slot->groups, slot->keeper, err) < 0)
		return -1;
	slot->n_own_pids = has_v1(&slot->groups) ? 1 : 0;
	return 0;
}

int sbx_slot_make(const struct sbx_slots *slots, struct sbx_slot *out, struct sbx_error *err)
{
	struct sbx_slot slot = {.slots = slots, .socket_fd = -1};
	sbx_groups_init(&slot.groups);
	if (make_groups(&slot, err) < 0 || start_keeper(&slot, err) < 0) {
		sbx_slot_release(&slot);
		return -1;
	}
	*out = slot;
	return 0;
}

static int send_child(struct sbx_slot *slot, const struct sbx_slot_order *order,
		      const struct sbx_warm *warm, const struct sbx_buffer *text,
		      struct sbx_error *err)
{
	const int fds[] = {warm->user_fd, warm->pid_fd, warm->socket_fd};
	if (text->failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygote");
	if (sbx_packet_send(slot->socket_fd, order, sizeof(*order), text->data, text->n_bytes, fds,
			    3) == 0)
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
	return send_child(slot, &order, warm, &text, err);
}

int sbx_slot_ready_forked(struct sbx_slot *slot, const struct sbx_warm *warm, const char *words,
			  size_t n_bytes, uint32_t n_words, struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	const struct sbx_slot_order order = {
		.kind = SBX_SLOT_READY, .n_words = n_words, .is_forked = true};
	sbx_buffer_add(&text, words, n_bytes);
	slot->readied_usec = sbx_now_usec();
	return send_child(slot, &order, warm, &text, err);
}

void sbx_slot_ready(struct sbx_slot *slot, const char *words, size_t n_bytes, uint32_t n_words)
{
	const struct sbx_slot_order order = {.kind = SBX_SLOT_READY, .n_words = n_words};
	int fds[SBX_N_CONTROLLERS];
	unsigned n = 0;
	if (slot->groups.n && !has_v1(&slot->groups))
		for (; n < slot->groups.n; n++)
			fds[n] = slot->groups.group[n].fd;
	slot->readied_usec = sbx_now_usec();
	/* Without, the next sandbox takes longer; but not without its groups. */
	if (sbx_packet_send(slot->socket_fd, &order, sizeof(order), words, n_bytes, fds, n) < 0 &&
	    n > 0)
		slot->is_broken = true;
}

void sbx_slot_unready(struct sbx_slot *slot)
{
	pid_t pid = slot->made ? *slot->made : 0;
	slot->ready = (struct sbx_slot_warmth){0};
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

/* Ask a keeper that has no request in its hands, and wait for what it says. */
static bool ask(const struct sbx_slot *slot, enum sbx_slot_order_kind kind, int wait_msec,
		struct sbx_slot_reply *reply)
{
	const struct sbx_slot_order order = {.kind = kind};
	struct pollfd answer = {slot->socket_fd, POLLIN, 0};
	int fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	return sbx_packet_send(slot->socket_fd, &order, sizeof(order), NULL, 0, NULL, 0) == 0 &&
	       poll(&answer, 1, wait_msec) > 0 &&
	       sbx_packet_receive(slot->socket_fd, MSG_DONTWAIT, reply, sizeof(*reply), fds,
				  &n_fds) == sizeof(*reply);
}

/* Is the keeper done with all that it was told before? */
static bool is_idle(const struct sbx_slot *slot)
{
	struct sbx_slot_reply reply;
	return ask(slot, SBX_SLOT_UNREADY, SBX_WARM_PATIENCE_MSEC, &reply);
}

bool sbx_slot_was_taken_over(struct sbx_slot *slot)
{
	struct sbx_slot_reply reply;
	/* Where nobody knows, it is to be taken for begun. */
	return slot->is_broken || !ask(slot, SBX_SLOT_WAS_TAKEN_OVER, TELL_PATIENCE_MSEC, &reply) ||
	       !reply.is_pending;
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
		sbx_groups_remove(&slot->groups);
		return make_groups(slot, err);
	}
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (sbx_limit_controller(i) != SBX_N_CONTROLLERS &&
		    slot->limited & 1U << sbx_limit_controller(i) &&
		    sbx_group_limit(&slot->groups, i, 0, err) < 0)
			return -1;
	sbx_groups_reset_peak(&slot->groups);
	slot->cpu_usec_before = sbx_groups_cpu_usec(&slot->groups);
	slot->oom_kills_before = sbx_groups_oom_kills(&slot->groups);
	return 0;
}

bool sbx_slot_is_counted(struct sbx_slot *slot)
{
	if (slot->is_broken)
		return false;
	/* A child of a zygote that was not needed waits on, if it has not been killed. */
	if (sbx_groups_oom_kills(&slot->groups) > slot->oom_kills_before)
		slot->warm = (struct sbx_slot_warmth){0};
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
		munmap(slot->made, SBX_MADE_BYTES);
	slot->made = NULL;
	sbx_groups_remove(&slot->groups);
}
