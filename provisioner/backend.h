/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_BACKEND_H
#define SBX_PROVISIONER_BACKEND_H

#include <signal.h>
#include <sys/types.h>

#include "provisioner/relay.h"
#include "provisioner/result.h"

/*
 * What a kind of sandbox has to be able to do. `container` is one; what runs an OCI runtime or a
 * virtual machine will be others. `sbx-provision run` and `sbx-provision serve` know sandboxes by
 * this alone, and tests/provisioner/conformance is what a new one has to pass.
 *
 *	prepare -> start -> exec, signal, stats, set-limit, pause (any number) -> destroy -> free
 *
 * Nothing here waits for a sandbox but destroy, which kills it first. Whatever takes time is told
 * by an event.
 */
struct sbx_slot;
struct sbx_backend;
struct sbx_sandbox;
struct sbx_record;

/* Processes that help to make a sandbox below zygotes, and what they made when that failed. */
#define SBX_N_BETWEEN 3

/* What zygotes add to a request (docs/zygotes.md). */
struct sbx_warm {
	/* Namespaces of the sandbox in which the zygotes live; -1: this is to be that one. */
	int user_fd, pid_fd;
	int socket_fd;	   /* to the parked child that becomes the command; -1: none */
	pid_t pid;	   /* that child's, to be put into the cgroups; 0: it is in them */
	uint32_t first_id; /* what 0 among the zygotes is on the host; 0: all ids are the host's */
};

/* What a sandbox is made of. It must live until the sandbox is freed. */
struct sbx_request {
	const struct sbx_plan *plan;
	const struct sbx_options *options;
	const struct sbx_places *places;
	const struct sbx_host *host;
	char **arguments;	      /* of this program; wiped inside */
	int lock_fd;		      /* of the template, or -1 */
	struct sbx_ids *ids;	      /* what the plan's ids are mapped by */
	const sigset_t *command_mask; /* the signals that the command begins with blocked */
	const int *input_fd;	      /* the task's input instead of options->input; NULL: that */
	struct sbx_record *record;    /* filled in (record.h); NULL: only its end is of interest */
	/*
	 * It is told what happens: the events STARTED and COMMAND_*. Without, only its end counts,
	 * and nothing but that is waited for.
	 */
	bool is_live;
	/*
	 * Or: it is made by the keeper of this slot (slot.h), who reads these words, those of `run`
	 * behind the verb. Then nothing of the above counts, and it is live.
	 */
	struct sbx_slot *slot;
	const char *words; /* each with its NUL */
	uint32_t n_words, n_words_bytes;
	bool may_hand_over; /* what was made ahead in the slot may be of use */
	bool is_forked;	    /* its command is the child that the slot was warmed with (slot.h) */
	int stdio_fd[3];    /* what become 0, 1 and 2 inside; the caller's */
	/*
	 * `input_fd` above counts with a slot as well. `takes_output`: /output is there, and handed
	 * out with the layers (record->layers_fd).
	 */
	bool takes_output;
	const struct sbx_warm *warm; /* NULL: nothing of zygotes */
};

enum sbx_event_kind {
	SBX_EVENT_NONE,
	SBX_EVENT_STARTED,	   /* the sandbox stands, its command runs if it has one */
	SBX_EVENT_FAILED,	   /* it could not be made, or its command not be started */
	SBX_EVENT_ENDED,	   /* its command, and with it all of it */
	SBX_EVENT_COMMAND_STARTED, /* another one, of exec */
	SBX_EVENT_COMMAND_FAILED,
	SBX_EVENT_COMMAND_ENDED,
};

struct sbx_event {
	enum sbx_event_kind kind;
	unsigned command;	/* COMMAND_*: its number */
	int wait_status;	/* *ENDED: as from waitpid(2) */
	struct sbx_error error; /* *FAILED */
};

/* One more command in a sandbox that stands. */
struct sbx_exec {
	unsigned command;	  /* the caller's number for it, above 0 */
	const char *const *words; /* NULL-ended */
	const char *const *env;	  /* NULL-ended: set in addition to the sandbox's own, or NULL */
	int stdio_fd[3];	  /* passed on; stay the caller's; -1 is /dev/null inside */
	bool has_classes;	  /* only these system calls too; never more than the sandbox has */
	uint64_t classes;
};

/* What it takes at the moment. */
struct sbx_stats {
	uint64_t cpu_usec, memory_bytes, peak_memory_bytes, pids, oom_kills;
	bool has_cpu, has_memory, has_pids; /* something counts them here */
	bool is_paused;
	unsigned n_commands;
};

/* The public part of every sandbox; a back end puts its own behind it. */
struct sbx_sandbox {
	const struct sbx_backend *backend;
	int report_fd; /* readable: there is an event; -1: not to be looked at */
	int end_fd;    /* readable: it has ended; -1: it has not been started */
	int layer_fd;  /* of --layer, held as long as it is (layer.h); -1: none */
	struct sbx_relay relay;
	struct sbx_policy policy; /* what holds, once it has been started */
	/* supervise.c's */
	uint64_t timeout_usec, grace_usec; /* 0: none; no SIGTERM without grace */
	uint64_t begun_usec, deadline_usec, paused_usec;
	enum sbx_reason reason;
	bool has_ended, is_paused, is_killed;
};

struct sbx_backend {
	const char *name;
	/*
	 * 1 << SBX_NET_x of those that it can give; what it cannot is refused before anything is
	 * made. One that can filter takes the network namespace, or the device, of whoever enforces
	 * the list outside.
	 */
	unsigned networks;

	/*
	 * Make what it takes besides processes: cgroups, pipes. *out is to be freed whether or not
	 * anything else succeeds. On failure nothing is left.
	 */
	int (*prepare)(const struct sbx_request *request, struct sbx_sandbox **out,
		       struct sbx_error *err);

	/* Start it. What goes wrong inside comes as an event, and in the result. */
	int (*start)(struct sbx_sandbox *s, struct sbx_error *err);

	/*
	 * Start another command in it: born in its cgroups and namespaces, with its rights or less.
	 * The events COMMAND_STARTED or COMMAND_FAILED and COMMAND_ENDED carry its number.
	 */
	int (*exec)(struct sbx_sandbox *s, const struct sbx_exec *exec, struct sbx_error *err);

	/* Send a signal to a command and its process group; 0 is the first one. */
	int (*signal)(struct sbx_sandbox *s, unsigned command, int signo, struct sbx_error *err);

	int (*stats)(struct sbx_sandbox *s, struct sbx_stats *out, struct sbx_error *err);

	/*
	 * Set a limit of what already runs, up or down; 0 takes it off. Memory that is in use
	 * cannot be taken away: SBX_E_BUSY. SBX_E_UNSUPPORTED for what is fixed at the start.
	 */
	int (*set_limit)(struct sbx_sandbox *s, enum sbx_limit limit, uint64_t value,
			 struct sbx_error *err);

	/*
	 * System call classes and refusals of commands that are started from now on; never more
	 * than they had. What runs already keeps its filter.
	 */
	int (*tighten)(struct sbx_sandbox *s, const struct sbx_policy *policy,
		       struct sbx_error *err);

	/* Stop every process of it, or let them go on. What is so already is no error. */
	int (*pause)(struct sbx_sandbox *s, struct sbx_error *err);
	int (*resume)(struct sbx_sandbox *s, struct sbx_error *err);

	/* The next event, or SBX_EVENT_NONE. Never waits. */
	void (*next_event)(struct sbx_sandbox *s, struct sbx_event *out);

	/*
	 * Kill every process, without waiting for the end; end_fd tells it. When it does not within
	 * SBX_KILL_PATIENCE_USEC, it is asked again (supervise.h).
	 */
	void (*kill)(struct sbx_sandbox *s);

	/*
	 * Take it down, whatever state it is in, and say in `out` what it came to: no process,
	 * mount, cgroup or file of it is left then. Again: nothing is done, the result is the same.
	 */
	void (*destroy)(struct sbx_sandbox *s, struct sbx_result *out);

	/* The object alone, after destroy. NULL is allowed. */
	void (*free)(struct sbx_sandbox *s);
};

/* By name; NULL: no such. */
const struct sbx_backend *sbx_backend_find(const char *name);

/* SBX_E_UNSUPPORTED says what this one does not have of what a sandbox is to get. */
int sbx_backend_check(const struct sbx_backend *backend, const struct sbx_policy *policy,
		      struct sbx_error *err);

extern const struct sbx_backend sbx_backend_container;

#endif
