/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/zygotes_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/supervise.h"

/* Where the library is shown in the zygotes' sandbox, and nowhere else. */
#define LIBRARY_INSIDE "/run/sbx-zygote.so"

/* Its sandbox: nothing to write to but /tmp and /dev/shm, no network, no limits but the host's. */
static int settle(struct sbx_zygotes *z, const char *root_dir, const char *const *shared,
		  const char *template, const char *library, struct sbx_error *err)
{
	struct sbx_options *o = &z->task.options;
	char *bind = NULL;
	if (access(library, R_OK) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno,
				   "%s: what makes an interpreter a zygote is not there; name it "
				   "with serve --zygote",
				   library);
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
	/* Sorted, as a policy's are. */
	o->policy.writable = (struct sbx_paths){.path = {"/dev/shm", "/tmp"}, .n = 2};
	return sbx_task_settle(&z->task, err);
}

static int start_base(struct sbx_zygotes *z, struct sbx_error *err)
{
	struct zygote *base = &z->zygote[0];
	SBX_CLEANUP_FD int theirs = -1;
	const char *const words[] = {z->python, "", NULL};
	const char *const env[] = {"LD_PRELOAD=" LIBRARY_INSIDE, NULL};
	if (sbx_zygote_socket(&base->control_fd, &theirs, err) < 0)
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
	pid_t pid = 0;
	if (zygote->state == SBX_ZYGOTE_STARTING &&
	    (sbx_warm_answer(zygote->control_fd, wait_msec, &pid, &answer) == 0 ||
	     answer.code != SBX_E_TIMED_OUT)) {
		/* Why there is no interpreter at all is known to its sandbox. */
		if (answer.code)
			take_failure(z, &answer);
		zygote->error = answer;
		zygote->pid = pid;
		zygote->used_usec = sbx_now_usec();
		zygote->state = answer.code ? SBX_ZYGOTE_FAILED : SBX_ZYGOTE_READY;
		if (answer.code)
			sbx_close(&zygote->control_fd);
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
