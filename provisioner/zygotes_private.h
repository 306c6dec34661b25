/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ZYGOTES_PRIVATE_H
#define SBX_PROVISIONER_ZYGOTES_PRIVATE_H

#include "provisioner/warm.h"
#include "provisioner/zygotes.h"

/* zygotes.c is the sandbox that they live in, zygotes_tree.c the zygotes. */
struct zygote {
	struct sbx_modules modules;
	enum sbx_zygote_state state;
	int control_fd;	    /* -1: it has ended */
	pid_t pid;	    /* 0: not known */
	uint64_t used_usec; /* when a task last asked for it */
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

/* A zygote's control socket: our end, which tells who speaks, and the other. */
int sbx_zygote_socket(int *ours, int *theirs, struct sbx_error *err);

#endif
