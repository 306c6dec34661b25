/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_INIT_H
#define SBX_PROVISIONER_INIT_H

#include <signal.h>

#include "provisioner/plan.h"

/* What the sandbox's first process tells sbx-provision, as one packet. */
struct sbx_report {
	enum { SBX_REPORT_ENDED, SBX_REPORT_FAILED } kind;
	int wait_status;	/* ENDED: the command's, as from waitpid(2) */
	struct sbx_error error; /* FAILED */
};

/* What it is given. */
struct sbx_init {
	const struct sbx_plan *plan;
	const struct sbx_options *options;
	char **arguments; /* the program's own, to be wiped: the command can see this memory */
	char **command_env;
	uid_t host_uid;
	gid_t host_gid;
	int socket_fd;	  /* SOCK_SEQPACKET to sbx-provision, which it survives by nothing */
	int lock_fd;	  /* the template's, kept as long as anything inside lives; or -1 */
	bool wait_for_go; /* start the command only after a packet came */
	sigset_t signals; /* blocked, to be passed on */
	sigset_t caller_mask;
};

/*
 * The life of process 1 of a sandbox: set it up, start the command, reap whatever ends, pass
 * signals on, report the command's end and go, which makes the kernel kill all the rest. Runs in
 * the new namespaces, in a copy of sbx-provision.
 */
_Noreturn void sbx_init_run(const struct sbx_init *init);

#endif
