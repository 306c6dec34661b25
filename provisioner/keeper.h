/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_KEEPER_H
#define SBX_PROVISIONER_KEEPER_H

#include <sys/stat.h>

#include "provisioner/backend.h"
#include "provisioner/container.h"
#include "provisioner/slot_net.h"
#include "provisioner/slot.h"
#include "provisioner/task.h"
#include "provisioner/warm.h"

/*
 * The process of ours that lives in a slot: keeper.c its life, keeper_make.c what it makes when
 * asked, keeper_ready.c what it makes ahead.
 */

/* A sandbox that stands, or is about to, and waits to be told what to run. */
struct sbx_ready {
	bool is_up;
	/*
	 * Its mounts, also when it has been told what to run: taking them down takes longer than
	 * all else of a sandbox's end, and is done when nobody waits. -1: with its end.
	 */
	int mounts_fd;
	struct sbx_task task; /* what it was made for, without a command or environment */
	char *text, **words;  /* that one's */
	size_t n_bytes;
	bool is_described;    /* by the slot's standing (standing.h) */
	struct stat lower;    /* the template that it was made of */
	struct sbx_warm warm; /* a zygote's child that joins it and will be its command */
};

#define SBX_READY_INIT                                                                             \
	{                                                                                          \
		.mounts_fd = -1, .task = SBX_TASK_INIT, .warm = SBX_WARM_INIT                      \
	}

struct sbx_keeper {
	struct sbx_slot *slot;
	int socket_fd;
	struct sbx_warm warm;	      /* its socket_fd -1: none */
	struct sbx_error warm_error;  /* why there is none */
	char *python, *lower;	      /* the zygote's interpreter and template */
	uint32_t first_id;	      /* and ids (plan.h) */
	bool has_net;		      /* of its own, as new, the loopback up */
	struct sbx_slot_net net;      /* which; or was a sandbox's */
	bool has_input, takes_output; /* of the order that is being obeyed */
	struct sbx_ready ready;
};

/*
 * Obey SBX_SLOT_MAKE: by what stands already, or a sandbox that is made now, of these words and
 * with these as its 0, 1, 2, socket, and input when it has one.
 */
void sbx_keeper_make(struct sbx_keeper *k, const struct sbx_slot_order *order, int argc,
		     char **argv, const int fds[5]);

/* What words come to in this slot: options checked and settled, the plan made. */
int sbx_keeper_settle(struct sbx_keeper *k, struct sbx_task *task, int argc, char **argv,
		      struct sbx_error *err);

/* Have a network namespace for the next sandbox: the last one's, if nothing was left in it. */
void sbx_keeper_ready_net(struct sbx_keeper *k);

/* A sandbox for this task has been put into the slot's network namespace. */
void sbx_keeper_give_net(struct sbx_keeper *k, const struct sbx_task *task);

/* Set the limits of a plan on the slot's groups. */
int sbx_keeper_limit(struct sbx_keeper *k, const struct sbx_plan *plan, struct sbx_error *err);

/* Fill in a request for it, and what of a container a keeper knows. */
void sbx_keeper_fill(struct sbx_keeper *k, struct sbx_task *task, const int *stdio_fd,
		     struct sbx_request *request, struct sbx_container *c);

/*
 * Answer with what has become of a request, and a record's ledger (-1: none); ends this process
 * when nobody listens.
 */
void sbx_keeper_answer(struct sbx_keeper *k, const struct sbx_task *task, struct sbx_container *c,
		       int ledger_fd, struct sbx_slot_reply *reply);

/*
 * Make a sandbox for the like of these words, if it can be one that is made ahead: one that shows
 * nothing of the host but the template, and writes nothing there.
 */
void sbx_ready_make(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words,
		    int handover_fd);

/* The same with a zygote's child, whose descriptors become its own. */
void sbx_ready_make_forked(struct sbx_keeper *k, const char *text, size_t n_bytes, uint32_t n_words,
			   int handover_fd, int fds[3]);

/*
 * Answer a request by that it fits, described as this one would be: the server tells it then.
 * False: it does not, and nothing was done.
 */
bool sbx_ready_answer(struct sbx_keeper *k, bool is_forked, int argc, char **argv);

/* Wait for a zygote's child, and put it into the slot's groups. */
int sbx_keeper_meet(struct sbx_keeper *k, struct sbx_warm *warm, struct sbx_error *err);

/* Have nothing to do with it any more; the server ends it. */
void sbx_ready_forget(struct sbx_keeper *k);

/* It is gone, or not to be used: have it ended, and wait until it counts no more. */
void sbx_ready_end(struct sbx_keeper *k);

uint64_t sbx_keeper_now_nsec(void);

#endif
