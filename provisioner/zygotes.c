/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/zygotes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/packet.h"
#include "provisioner/warm.h"

/* Where the library is shown in the zygotes' sandbox, and nowhere else. */
#define LIBRARY_INSIDE "/run/sbx-zygote.so"

struct zygote {
	struct sbx_modules modules;
	enum sbx_zygote_state state;
	int control_fd;
	int parked_fd[SBX_MAX_PARKED];
	unsigned n_parked;
	struct sbx_error error;
};

struct sbx_zygotes {
	struct sbx_task task;
	struct sbx_request request;
	struct sbx_warm warm;
	sigset_t mask;
	struct sbx_sandbox *sandbox;
	char *python, *words[8];
	struct zygote zygote[SBX_MAX_ZYGOTES];
	int n;
};

/* Its sandbox: nothing to write to but /tmp, no network, no limits but the host's. */
static int settle(struct sbx_zygotes *z, const char *root_dir, const char *const *shared,
		  const char *template, const char *library, struct sbx_error *err)
{
	struct sbx_options *o = &z->task.options;
	char *bind = NULL;
	if (asprintf(&bind, "%s:" LIBRARY_INSIDE, library) < 0)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygotes");
	z->words[0] = (char *)"--ro-bind";
	z->words[1] = bind;
	z->words[2] = (char *)"--env";
	z->words[3] = (char *)"HOME=/tmp";
	z->words[4] = (char *)template;
	o->is_live = true;
	z->task.role = SBX_ROLE_ZYGOTES;
	if (sbx_options_parse(o, 5, z->words, err) < 0)
		return -1;
	o->root_dir = root_dir;
	o->shared_template = shared;
	o->policy.has_writable = true;
	o->policy.writable.path[0] = "/tmp";
	o->policy.writable.n = 1;
	return sbx_task_settle(&z->task, err);
}

/* Both ends of a packet socket; the second is for the other side. */
static int make_socket(int *ours, int *theirs, struct sbx_error *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	*ours = ends[0];
	*theirs = ends[1];
	return 0;
}

static int start_base(struct sbx_zygotes *z, struct sbx_error *err)
{
	struct zygote *base = &z->zygote[0];
	SBX_CLEANUP_FD int theirs = -1;
	const char *const words[] = {z->python, "", NULL};
	const char *const env[] = {"LD_PRELOAD=" LIBRARY_INSIDE, NULL};
	if (make_socket(&base->control_fd, &theirs, err) < 0)
		return -1;
	z->n = 1;
	const struct sbx_exec exec = {
		.command = 1,
		.words = words,
		.env = env,
		.stdio_fd = {theirs, -1, -1},
	};
	return z->sandbox->backend->exec(z->sandbox, &exec, err);
}

/* What its sandbox has to say about why something failed. */
static bool take_failure(struct sbx_zygotes *z, struct sbx_error *out)
{
	struct sbx_event event;
	bool found = false;
	do {
		z->sandbox->backend->next_event(z->sandbox, &event);
		if (event.kind != SBX_EVENT_NONE && event.error.code) {
			*out = event.error;
			found = true;
		}
	} while (event.kind != SBX_EVENT_NONE);
	return found;
}

int sbx_zygotes_new(const char *root_dir, const char *const *shared, const char *template,
		    const char *python, const char *library, struct sbx_zygotes **out,
		    struct sbx_error *err)
{
	static char *no_arguments[] = {NULL};
	struct sbx_zygotes *z = calloc(1, sizeof(*z));
	if (!z)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygotes");
	z->task = (struct sbx_task)SBX_TASK_INIT;
	z->warm = (struct sbx_warm)SBX_WARM_INIT;
	for (int i = 0; i < SBX_MAX_ZYGOTES; i++)
		z->zygote[i].control_fd = -1;
	z->python = strdup(python);
	sigemptyset(&z->mask);
	if (!z->python || settle(z, root_dir, shared, template, library, err) < 0) {
		sbx_zygotes_free(z);
		return -1;
	}
	sbx_task_fill_request(&z->task, &z->request);
	z->request.arguments = no_arguments;
	z->request.command_mask = &z->mask;
	z->request.warm = &z->warm;
	const struct sbx_backend *backend = &sbx_backend_container;
	if (backend->prepare(&z->request, &z->sandbox, err) < 0 ||
	    backend->start(z->sandbox, err) < 0 || start_base(z, err) < 0) {
		struct sbx_error why = SBX_ERROR_INIT;
		if (z->sandbox && take_failure(z, &why))
			*err = why;
		sbx_zygotes_free(z);
		return sbx_error_prefix(err, "zygotes");
	}
	*out = z;
	return 0;
}

void sbx_zygotes_free(struct sbx_zygotes *z)
{
	struct sbx_result unused;
	if (!z)
		return;
	for (int i = 0; i < z->n; i++) {
		sbx_close(&z->zygote[i].control_fd);
		while (z->zygote[i].n_parked)
			sbx_close(&z->zygote[i].parked_fd[--z->zygote[i].n_parked]);
	}
	if (z->sandbox) {
		z->sandbox->backend->destroy(z->sandbox, &unused);
		z->sandbox->backend->free(z->sandbox);
	}
	sbx_task_release(&z->task);
	free(z->python);
	free(z->words[1]);
	free(z);
}

enum sbx_zygote_state sbx_zygotes_state(struct sbx_zygotes *z, int number, int wait_msec,
					struct sbx_error *err)
{
	struct zygote *zygote = &z->zygote[number];
	struct sbx_error answer = SBX_ERROR_INIT;
	pid_t pid;
	if (zygote->state == SBX_ZYGOTE_STARTING &&
	    (sbx_warm_answer(zygote->control_fd, wait_msec, &pid, &answer) == 0 ||
	     answer.code != SBX_E_TIMED_OUT)) {
		/* Why there is no interpreter at all is known to its sandbox. */
		if (answer.code)
			take_failure(z, &answer);
		zygote->error = answer;
		zygote->state = answer.code ? SBX_ZYGOTE_FAILED : SBX_ZYGOTE_READY;
	}
	if (zygote->state == SBX_ZYGOTE_FAILED)
		sbx_error_propagate(err, &zygote->error);
	return zygote->state;
}

const char *sbx_zygotes_python(const struct sbx_zygotes *z)
{
	return z->python;
}

const char *sbx_zygotes_lower(const struct sbx_zygotes *z)
{
	return z->task.lower.path;
}

uint32_t sbx_zygotes_first_id(const struct sbx_zygotes *z)
{
	return z->task.host.first_id;
}

int sbx_zygotes_fd(const struct sbx_zygotes *z, int number)
{
	return z->zygote[number].control_fd;
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
	if (make_socket(&ours, &theirs, err) < 0 ||
	    send_order(&z->zygote[parent], &order, theirs, err) < 0)
		return -1;
	slot = slot < 0 ? z->n++ : slot;
	sbx_close(&z->zygote[slot].control_fd);
	z->zygote[slot] = (struct zygote){.modules = *modules, .control_fd = sbx_steal_fd(&ours)};
	return slot;
}

static int park(struct zygote *zygote, unsigned n, struct sbx_error *err)
{
	const struct sbx_zygote_order order = {.kind = SBX_ZYGOTE_PARK};
	const int on = 1;
	while (zygote->n_parked < n && zygote->n_parked < SBX_MAX_PARKED) {
		SBX_CLEANUP_FD int ours = -1, theirs = -1;
		if (make_socket(&ours, &theirs, err) < 0)
			return -1;
		if (setsockopt(ours, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "zygote: socket");
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
