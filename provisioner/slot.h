/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SLOT_H
#define SBX_PROVISIONER_SLOT_H

#include "base/buffer.h"
#include "provisioner/backend.h"
#include "provisioner/reaper.h"
#include "provisioner/standing.h"

/*
 * A slot is what can be made before anybody asks for a sandbox: cgroups, a network namespace with
 * its loopback up, and the keeper, a small process of ours that lives in both. What the keeper
 * forks is born in there, so that nothing has to be moved (which costs 11 ms on version 1). It
 * reads what is asked for, too: what comes from outside is never looked into by the process that
 * serves them all.
 *
 *	sbx_slots_open -> sbx_slot_make -> { sandbox with request.slot = it } -> sbx_slot_reset ...
 *
 * One slot is for one sandbox at a time. Between two of them everything in it is killed, limits are
 * taken off, counters begin anew, and the network namespace is as new, or a new one (slot_net.h).
 */

/* What the slots of one server have in common. */
struct sbx_slots {
	struct sbx_places places;  /* below the server's own groups */
	struct sbx_groups server;  /* those */
	struct sbx_reaper reaper;  /* of those, where this process had to leave its own for them */
	struct sbx_policy ceiling; /* no sandbox gets more */
	const char *root_dir;	   /* as --root of run */
	const char *const *shared; /* folders of the host that may be named; NULL-ended, or NULL */
	sigset_t command_mask;	   /* what commands begin with blocked */
	char **arguments;	   /* of this program, to be wiped inside; not pointed into */
	int host_net_fd;	   /* this process's network namespace, or -1 */
	/*
	 * Called in a keeper: give back this process's memory that is about others. It would be in
	 * every sandbox's first process as well, and take time whenever one is forked. NULL: none.
	 */
	void (*forget)(const struct sbx_slots *slots);
};

struct sbx_family; /* of zygotes (serve.h) */
struct sbx_slot_warmth {
	struct sbx_family *family; /* NULL: none */
	int number;		   /* of the zygote */
};

struct sbx_slot {
	const struct sbx_slots *slots;
	struct sbx_groups groups;
	int socket_fd; /* to the keeper, SOCK_SEQPACKET */
	/*
	 * Shared with the keeper: what it has forked and no sandbox has taken over; 0: nothing. It
	 * is this process's child.
	 */
	pid_t *made;
	/* The same of what stands, and where it waits to be told: a socket, or -1. */
	struct sbx_standing *standing;
	int ready_fd;
	struct sbx_buffer made_for; /* of the words that it was made for what is compared */
	/* Behind it: processes that helped (backend.h), 0: none; to be reaped as well. */
	pid_t keeper;	     /* a child of ours, and parent of nothing: 0 when it is gone */
	unsigned n_own_pids; /* processes of ours in its groups, besides a sandbox's first */
	uint64_t cpu_usec_before, oom_kills_before; /* of earlier sandboxes */
	unsigned limited; /* 1 << SBX_CONTROLLER_x: has a limit to be taken off */
	bool is_used, is_broken;
	bool is_taken;	       /* by whoever shares slots out */
	uint64_t readied_usec; /* when it was last readied, 0: never */
	/* With the last request's words, until nothing of it is counted (serve_slots.c). */
	uint64_t rests_until_usec; /* 0: it does not; else it is_taken */
	struct sbx_buffer words;
	uint32_t n_words;
	/* Whose child the keeper holds, and whose it is to hold again after each sandbox. */
	struct sbx_slot_warmth warm, home;
	struct sbx_slot_warmth ready, last; /* of what is made ahead; of the last request */
	struct sbx_container *spare;	    /* memory of one that is gone, or NULL (container.c) */
};

/*
 * Make the groups that all slots are below, after clearing what killed servers left. `slots` has
 * its other members set by the caller. Without any right to make cgroups there are none.
 */
int sbx_slots_open(struct sbx_slots *slots, struct sbx_error *err);
void sbx_slots_close(struct sbx_slots *slots);

/* Make one, keeper and all; takes some 10 ms where groups must be joined late. */
int sbx_slot_make(const struct sbx_slots *slots, struct sbx_slot *out, struct sbx_error *err);

/* How many processes in it have been killed for want of memory since that was last asked. */
uint64_t sbx_slot_take_oom_kills(struct sbx_slot *slot);

/*
 * Are there more processes in it than are ours? What has ended in it may be counted for a moment
 * longer, even when it has been reaped.
 */
bool sbx_slot_is_counted(struct sbx_slot *slot);

/*
 * Make it usable again, once the last sandbox was destroyed and nothing of it is counted. A failure
 * breaks it.
 */
int sbx_slot_reset(struct sbx_slot *slot, struct sbx_error *err);

/*
 * Have the keeper make what the next sandbox needs, while nobody waits for it: a network namespace,
 * and a sandbox for these words, as of a request (NULL: none). It goes to the next request whose
 * plan is the same but for the command and its environment. For another it is ended first.
 */
void sbx_slot_ready(struct sbx_slot *slot, const char *words, size_t n_bytes, uint32_t n_words);

/*
 * The same, waiting for the keeper first, which may be at it: nothing is left that this process has
 * to reap. Not while a request is in the keeper's hands.
 */
void sbx_slot_unready_surely(struct sbx_slot *slot);

/* End what was made that way, if it was. */
void sbx_slot_unready(struct sbx_slot *slot);

/* Let the next sandbox that is made here with request.is_forked have this child (zygotes.h). */
int sbx_slot_warm(struct sbx_slot *slot, const struct sbx_warm *warm, const char *python,
		  const char *lower, struct sbx_error *err);

/* As sbx_slot_ready(): a sandbox whose command will be that child, of the zygote that is its home.
 */
int sbx_slot_ready_forked(struct sbx_slot *slot, const struct sbx_warm *warm, const char *words,
			  size_t n_bytes, uint32_t n_words, struct sbx_error *err);

/* Kill all that is in it and remove it. */
void sbx_slot_release(struct sbx_slot *slot);

/* What goes to the keeper, with n_words strings behind it. */
enum sbx_slot_order_kind {
	/* Make a sandbox; with the descriptors 0, 1, 2 and its socket, and maybe its input. */
	SBX_SLOT_MAKE,
	/*
	 * A parked child of a zygote (zygotes.h) to be put into the slot's cgroups, and to become
	 * the command of the next sandbox that is_forked. The descriptors are struct sbx_warm's,
	 * the words the interpreter's name and the template's root. There is no answer: what went
	 * wrong is told then.
	 */
	SBX_SLOT_WARM,
	/*
	 * See sbx_slot_ready(); with words the first descriptor is where what is made waits to be
	 * told what to run. Then come the groups, where those were made anew. There is no answer.
	 * is_forked: its command is to be one more parked child, which comes as with WARM instead
	 * of the groups.
	 */
	SBX_SLOT_READY,
	SBX_SLOT_UNREADY, /* see sbx_slot_unready_surely(); answered with is_pending */
	SBX_SLOT_GO_ON,	  /* what the keeper has given up (is_pending) is reaped */
};
struct sbx_slot_order {
	uint32_t kind;
	uint32_t n_words;
	/* Of MAKE: */
	uint32_t may_hand_over; /* what was made ahead may be of use */
	uint32_t is_forked;	/* the command is to be the child that it has been given */
	uint32_t has_input;	/* a descriptor more, the task's input */
	uint32_t takes_output;
};
#define SBX_MAX_SLOT_ORDER (128 << 10) /* with the words */
/* What it answers: and the pipes' other ends when output is counted. */
struct sbx_slot_reply {
	pid_t between[SBX_N_BETWEEN]; /* to be reaped (container.h) */
	pid_t pid; /* of the sandbox, a child of the keeper's parent; 0: see error */
	struct sbx_error error;
	struct sbx_policy policy; /* as settled; without its paths */
	uint64_t planned_nsec, spawned_nsec;
	uid_t host_uid;	  /* as struct sbx_container's */
	unsigned limited; /* 1 << SBX_CONTROLLER_x */
	bool has_relay;
	bool used_warm; /* the child that the keeper had been given (WARM) */
	/* What stands fits, and is described anew: the server is to tell it. All else is unset. */
	bool is_standing;
	bool is_pending;     /* not yet the answer: what was made ahead is to be ended first */
	unsigned unenforced; /* of the plan */
	struct sbx_reductions reduced;
	/* --record or takes_output: the next descriptor is the ledger's. */
	bool has_record;
	unsigned wanted; /* SBX_RECORD_* */
	bool has_layer;	 /* --layer: behind that, the hold on it (layer.h) */
};

/* The life of a keeper (keeper.c). */
_Noreturn void sbx_keeper_run(const struct sbx_slot *slot, int socket_fd);

#endif
