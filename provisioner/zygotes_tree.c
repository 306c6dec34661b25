/* SPDX-License-Identifier: Apache-2.0 */
/* The zygotes of a family: which serves, what it grows from, their children, their end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/packet.h"
#include "provisioner/supervise.h"
#include "provisioner/zygotes_private.h"

int sbx_zygote_socket(int *ours, int *theirs, struct sbx_error *err)
{
	const int on = 1;
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	if (setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		sbx_fail_os(err, SBX_E_SANDBOX, errno, "zygote: socket");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	*ours = ends[0];
	*theirs = ends[1];
	return 0;
}

static int send_order(struct zygote *zygote, const struct sbx_zygote_order *order, int fd,
		      struct sbx_error *err)
{
	if (sbx_packet_send(zygote->control_fd, order, sizeof(*order), NULL, 0, &fd, 1) < 0) {
		sbx_fail_os(&zygote->error, SBX_E_SANDBOX, errno, "zygote %s: it is gone",
			    zygote->modules.text);
		zygote->state = SBX_ZYGOTE_FAILED;
		return sbx_error_propagate(err, &zygote->error);
	}
	return 0;
}

/* Rule 3 of modules.h. */
int sbx_zygotes_best(struct sbx_zygotes *z, const struct sbx_modules *modules,
		     struct sbx_error *err)
{
	int best = -1;
	for (int i = 0; i < z->n; i++)
		if (sbx_zygotes_state(z, i, 0, NULL) == SBX_ZYGOTE_READY &&
		    sbx_modules_within(&z->zygote[i].modules, modules) &&
		    (best < 0 || z->zygote[i].modules.n > z->zygote[best].modules.n))
			best = i;
	return best >= 0 ? best
			 : sbx_fail(err, SBX_E_BUSY,
				    "zygote: no interpreter is ready; start without one");
}

int sbx_zygotes_grow(struct sbx_zygotes *z, const struct sbx_modules *modules,
		     struct sbx_error *err)
{
	struct sbx_zygote_order order = {.kind = SBX_ZYGOTE_GROW};
	int slot = -1;
	for (int i = 0; i < z->n; i++) {
		bool same = z->zygote[i].modules.n == modules->n &&
			    sbx_modules_within(&z->zygote[i].modules, modules);
		if (same && z->zygote[i].state != SBX_ZYGOTE_FAILED)
			return i;
		/* What cannot be forked is not to be imported in vain each time. */
		if (same && z->zygote[i].error.code == SBX_E_UNSUPPORTED)
			return sbx_error_propagate(err, &z->zygote[i].error);
		/* One that failed makes room: the cause may be gone. */
		if (i > 0 && slot < 0 && z->zygote[i].state == SBX_ZYGOTE_FAILED)
			slot = i;
	}
	int parent = sbx_zygotes_best(z, modules, NULL);
	if (parent < 0)
		return sbx_zygotes_state(z, 0, 0, err) == SBX_ZYGOTE_FAILED
			       ? -1
			       : sbx_fail(err, SBX_E_BUSY, "zygote: the interpreter still starts");
	if (slot < 0 && z->n == SBX_MAX_ZYGOTES)
		return sbx_fail(err, SBX_E_BUSY,
				"%d zygotes of this template are there; use one of them, or "
				"another trust domain",
				SBX_MAX_ZYGOTES);
	SBX_CLEANUP_FD int ours = -1, theirs = -1;
	memcpy(order.modules, modules->text, sizeof(order.modules));
	if (sbx_zygote_socket(&ours, &theirs, err) < 0 ||
	    send_order(&z->zygote[parent], &order, theirs, err) < 0)
		return -1;
	slot = slot < 0 ? z->n++ : slot;
	sbx_close(&z->zygote[slot].control_fd);
	z->zygote[slot] = (struct zygote){.modules = *modules, .control_fd = sbx_steal_fd(&ours)};
	return slot;
}

static void end(struct zygote *zygote)
{
	sbx_close(&zygote->control_fd);
	while (zygote->n_parked)
		sbx_close(&zygote->parked_fd[--zygote->n_parked]);
	zygote->state = SBX_ZYGOTE_FAILED;
}

void sbx_zygotes_end(struct sbx_zygotes *z, int number)
{
	struct zygote *zygote = &z->zygote[number];
	sbx_error_clear(&zygote->error);
	sbx_fail(&zygote->error, SBX_E_BUSY, "zygote %s: it made room for another",
		 zygote->modules.text);
	end(zygote);
}

int sbx_zygotes_take_ended(struct sbx_zygotes *z)
{
	for (int i = 0; i < z->n; i++) {
		struct zygote *zygote = &z->zygote[i];
		struct pollfd said = {zygote->control_fd, POLLIN, 0};
		/* It has nothing to say of its own accord: whatever comes, it is none any more. */
		if (zygote->state != SBX_ZYGOTE_READY || poll(&said, 1, 0) <= 0)
			continue;
		sbx_fail(&zygote->error, SBX_E_SANDBOX, "zygote %s: it ended",
			 zygote->modules.text);
		end(zygote);
		return i;
	}
	return -1;
}

int sbx_zygotes_find(const struct sbx_zygotes *z, const struct sbx_modules *modules)
{
	for (int i = 0; i < z->n; i++)
		if (z->zygote[i].state != SBX_ZYGOTE_FAILED &&
		    z->zygote[i].modules.n == modules->n &&
		    sbx_modules_within(&z->zygote[i].modules, modules))
			return i;
	return -1;
}

bool sbx_zygotes_see(const struct sbx_zygotes *z, int number, struct sbx_zygote_facts *out)
{
	const struct zygote *zygote = number < z->n ? &z->zygote[number] : NULL;
	if (!zygote)
		return false;
	*out = (struct sbx_zygote_facts){&zygote->modules, zygote->state, zygote->used_usec,
					 zygote->pid};
	return true;
}

void sbx_zygotes_use(struct sbx_zygotes *z, int number, uint64_t now_usec)
{
	z->zygote[number].used_usec = now_usec;
}

uint64_t sbx_zygotes_memory(const struct sbx_zygotes *z, int number)
{
	char path[48];
	unsigned long long kbytes;
	const struct zygote *zygote = &z->zygote[number];
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", zygote->pid);
	SBX_CLEANUP_FREE char *text = zygote->pid > 0 && zygote->state == SBX_ZYGOTE_READY
					      ? sbx_read_file(AT_FDCWD, path, 1 << 16, NULL, NULL)
					      : NULL;
	const char *at = text ? strstr(text, "\nPss:") : NULL;
	return at && sscanf(at, " Pss: %llu kB", &kbytes) == 1 ? kbytes << 10 : 0;
}

static int park(struct zygote *zygote, unsigned n, struct sbx_error *err)
{
	const struct sbx_zygote_order order = {.kind = SBX_ZYGOTE_PARK};
	while (zygote->n_parked < n && zygote->n_parked < SBX_MAX_PARKED) {
		SBX_CLEANUP_FD int ours = -1, theirs = -1;
		if (sbx_zygote_socket(&ours, &theirs, err) < 0)
			return -1;
		if (send_order(zygote, &order, theirs, err) < 0)
			return -1;
		zygote->parked_fd[zygote->n_parked++] = sbx_steal_fd(&ours);
	}
	return 0;
}

int sbx_zygotes_park(struct sbx_zygotes *z, int number, unsigned n, struct sbx_error *err)
{
	return park(&z->zygote[number], n, err);
}

int sbx_zygotes_take(struct sbx_zygotes *z, int number, struct sbx_warm *warm,
		     struct sbx_error *err)
{
	const struct sbx_container *family = (struct sbx_container *)z->sandbox;
	struct zygote *zygote = &z->zygote[number];
	if (!zygote->n_parked && park(zygote, 1, err) < 0)
		return -1;
	/* The one that waits longest. */
	struct sbx_warm taken = {
		.user_fd = fcntl(family->user_fd, F_DUPFD_CLOEXEC, 3),
		.pid_fd = fcntl(family->pid_fd, F_DUPFD_CLOEXEC, 3),
		.socket_fd = zygote->parked_fd[0],
		.first_id = z->task.host.first_id,
	};
	memmove(zygote->parked_fd, zygote->parked_fd + 1, --zygote->n_parked * sizeof(int));
	if (taken.user_fd < 0 || taken.pid_fd < 0) {
		sbx_warm_release(&taken);
		return sbx_fail_os(err, SBX_E_SANDBOX, EMFILE, "zygote");
	}
	*warm = taken;
	return 0;
}
