/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_CONTAINER_H
#define SBX_PROVISIONER_CONTAINER_H

#include <signal.h>

#include "provisioner/backend.h"
#include "provisioner/order.h"
#include "provisioner/reaper.h"

/* The `container` back end: namespaces, cgroups and filters of this kernel. */
struct sbx_container {
	struct sbx_sandbox base; /* first: it is what others see */
	const struct sbx_request *request;
	struct sbx_groups groups;
	struct sbx_reaper reaper;
	int socket_fd, inner_socket_fd, pidfd;
	int io_fd;		      /* its /proc/PID/io, for the record; or -1 */
	struct sbx_warm warm;	      /* met, if it is to be its command */
	pid_t between[SBX_N_BETWEEN]; /* processes that helped to make it, to be reaped */
	int user_fd, pid_fd;	      /* its namespaces, kept for the zygotes in it; else -1 */
	pid_t pid;		      /* 0: not started, or reaped */
	char **env;
	uid_t host_uid; /* of its user, with a user namespace made by root; else 0 */
	uint64_t started_usec, spawn_usec;
	/* As told by a keeper and the first process; 0: not told. */
	uint64_t planned_usec, built_usec, command_usec;
	uint64_t asked_to_end_usec;		 /* by container_kill; 0: not */
	unsigned n_commands, n_own_pids;	 /* in its cgroups: ours, not the task's */
	struct sbx_report last;			 /* FAILED or ENDED, once it came */
	bool has_last, is_destroyed, is_awaited; /* by a keeper's answer */
	bool is_handed_over;			 /* was made ahead of the request */
	bool has_reported;			 /* if so: it has */
	bool was_unread;     /* it, or a keeper, ended before it read what to do */
	bool is_recorded;    /* request->record is of interest */
	const int *stdio_fd; /* of the command; NULL: our own */
	unsigned clone_flags;
	pid_t *made;		       /* where the kernel writes down what is forked, or NULL */
	int handover_fd;	       /* to be told later what to run (init.h), or -1 */
	struct sbx_slot *slot;	       /* whose groups these are, or NULL */
	unsigned unenforced;	       /* of the plan, when a keeper made it */
	struct sbx_reductions reduced; /* of the options, the same */
	struct sbx_result result;
};

/* The command's environment. The strings are the options', static, or this process's. */
char **sbx_container_env(const struct sbx_options *o, struct sbx_error *err);

/* Make all namespaces in one call, and be born into the version 2 cgroup if there is one. */
int sbx_container_spawn(struct sbx_container *c, struct sbx_error *err);

/* Ask a keeper for it, and take the answer when it has come (container_slot.c). */
int sbx_container_order(struct sbx_container *c, struct sbx_error *err);
void sbx_container_take_answer(struct sbx_container *c);
/*
 * What stands in the slot (standing.h): tell it what to run, and be that. -1: nothing was done; it
 * is as it was. _try: if it was made for words that mean the same.
 */
int sbx_container_tell_standing(struct sbx_container *c, uint64_t planned_usec,
				struct sbx_error *err);
bool sbx_container_try_standing(struct sbx_container *c);
/* It runs, or is about to: what the server has to know. */
int sbx_container_begin(struct sbx_container *c, const struct sbx_policy *policy, int socket_fd,
			struct sbx_error *err);
/* It has failed, as result.error says. */
void sbx_container_fail(struct sbx_container *c);
/* No longer wait for the answer: the keeper is ended. */
void sbx_container_give_up(struct sbx_container *c);
/* The same for whatever has to do with zygotes (container_warm.c). */
int sbx_container_spawn_warm(struct sbx_container *c, struct sbx_error *err);

/* In a user namespace with all ids of our own, which is not the first (sbx_host.is_nested). */
int sbx_container_spawn_nested(struct sbx_container *c, struct sbx_error *err);

/*
 * What of the host it shows, with the ids of its user namespace, and the word to begin; and to take
 * it, in what is to be process 1: one for each of the plan's operations, -1 for most; NULL: they
 * are opened inside (container_mapped.c).
 */
int sbx_container_send_sources(struct sbx_container *c, int socket_fd, int userns_fd,
			       struct sbx_error *err);
int *sbx_container_take_sources(const struct sbx_container *c, int socket_fd);

/*
 * They have told all that they had to: what of them has not ended is killed. Negative: all that are
 * left of a group.
 */
void sbx_container_reap_between(const pid_t between[SBX_N_BETWEEN]);

/* In the copy that becomes process 1 inside: be that. `sources`: NULL, or taken as above. */
_Noreturn void sbx_container_become_init(const struct sbx_container *c, int *sources);

int sbx_container_fail_to_clone(int why, bool user, struct sbx_error *err);

/* Read a report, if there is one; what ends the sandbox is kept in `last` too. */
bool sbx_container_take_report(struct sbx_container *c, struct sbx_report *out);

/* What it took, for the result (container_usage.c): before it is reaped, and when it is. */
struct rusage;
void sbx_container_open_io(struct sbx_container *c);
void sbx_container_read_io(struct sbx_container *c, struct sbx_result *out);
void sbx_container_fill_usage(struct sbx_container *c, const struct rusage *usage,
			      struct sbx_result *out);
void sbx_container_fill_stages(struct sbx_container *c, uint64_t ended_usec);

/* Those of the table that are about a sandbox that runs (container_live.c). */
int sbx_container_exec(struct sbx_sandbox *s, const struct sbx_exec *exec, struct sbx_error *err);
int sbx_container_signal(struct sbx_sandbox *s, unsigned command, int signo, struct sbx_error *err);
int sbx_container_stats(struct sbx_sandbox *s, struct sbx_stats *out, struct sbx_error *err);
int sbx_container_set_limit(struct sbx_sandbox *s, enum sbx_limit limit, uint64_t value,
			    struct sbx_error *err);
int sbx_container_tighten(struct sbx_sandbox *s, const struct sbx_policy *policy,
			  struct sbx_error *err);
int sbx_container_pause(struct sbx_sandbox *s, struct sbx_error *err);
int sbx_container_resume(struct sbx_sandbox *s, struct sbx_error *err);
void sbx_container_next_event(struct sbx_sandbox *s, struct sbx_event *out);

#endif
