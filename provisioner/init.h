/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_INIT_H
#define SBX_PROVISIONER_INIT_H

#include <signal.h>

#include "provisioner/ledger.h"
#include "provisioner/order.h"
#include "provisioner/plan.h"
#include "provisioner/watch.h"

/* What it is given. */
struct sbx_init {
	const struct sbx_plan *plan;
	const struct sbx_options *options;
	char **arguments; /* the program's own, to be wiped: the command can see this memory */
	char **command, **command_env;
	uid_t host_uid;
	gid_t host_gid;
	int socket_fd; /* SOCK_SEQPACKET to sbx-provision, which it survives by nothing */
	/*
	 * Or -1: what becomes that when it has been told what to run, once the sandbox stands
	 * (init_handover.c). Until then there is no command.
	 */
	int handover_fd;
	int userns_fd;	   /* to enter, and to map ids by; or -1 */
	uint32_t first_id; /* with that, 0 inside as the host knows it */
	int input_fd;	   /* the task's input, instead of a path of the plan's; or -1 */
	int lock_fd;	   /* the template's, kept as long as anything inside lives; or -1 */
	bool wait_for_go;  /* start the command only after SBX_ORDER_GO */
	bool is_live;	   /* report that it stands */
	struct sbx_ledger *ledger; /* where it writes down what it sees, or NULL */
	sigset_t signals;	   /* blocked, to be passed on */
	sigset_t caller_mask;
	int *sources; /* of operations, opened out there, -1: it is not; NULL: none is */
	pid_t joined; /* what came to be our child by that, 0: nothing yet */
	int join_fd;  /* to a zygote's parked child, which is to be the command; or -1 */
};

/*
 * The life of process 1 of a sandbox: set it up, start the command, reap whatever ends, pass
 * signals on, obey orders, report the command's end and go, which makes the kernel kill all the
 * rest. Runs in the new namespaces, in a copy of sbx-provision.
 */
_Noreturn void sbx_init_run(const struct sbx_init *init);

/*
 * Wait for what to run (struct sbx_handover, order.h): its words, its descriptors, our socket. Ends
 * this process when nobody will ask any more.
 */
void sbx_init_take_over(struct sbx_init *init);

/* Send it; what is in it is all that is told. */
void sbx_init_report(const struct sbx_init *init, const struct sbx_report *report);

/* From when the first command runs (0: there is none) until its end, or for ever (init_life.c). */
struct sbx_init_fds {
	int signal_fd;
	int io_fd;	 /* its own /proc/PID/io, if it is to be told at the end; or -1 */
	int listener_fd; /* where the command's filter asks, -1: it does not */
	const struct sbx_watch_program *watch;
};
_Noreturn void sbx_init_live(const struct sbx_init *init, pid_t first, struct sbx_init_fds *fds);

/* A copy of a NULL-ended list, in memory that /proc/1/cmdline does not show; NULL without memory.
 */
char **sbx_copy_words(char **words);

/* A command about to be started (init_command.c). */
struct sbx_start {
	char **argv, **env;
	const int *stdio_fd; /* three to become 0, 1 and 2; NULL: as they are */
	sigset_t mask;
	bool has_classes;
	uint64_t classes, refusals;
	/*
	 * Instead of that filter one that asks (watch.h); stdio_fd must be NULL then. NULL: none.
	 * Where it asks comes out.
	 */
	const struct sbx_watch_program *watch;
	int *out_listener_fd;
};

/*
 * Let the parked child at init->join_fd join our namespaces and give up its rights, as soon as
 * those stand (init_join.c): we reap it. Returns its number in here.
 */
pid_t sbx_init_join(const struct sbx_init *init, struct sbx_error *err);

/* Then let it be the command, with our 0, 1 and 2. */
int sbx_init_become(const struct sbx_init *init, pid_t joined, char **argv, char **env,
		    struct sbx_error *err);

/* Start it as a child in a session of its own; -1 when it cannot be executed, or filtered. */
pid_t sbx_start_command(const struct sbx_start *start, struct sbx_error *err);
/* Have the memory that this takes as our own. */
void sbx_start_ahead(void);

#endif
