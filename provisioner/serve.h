/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SERVE_H
#define SBX_PROVISIONER_SERVE_H

#include <poll.h>

#include "provisioner/order.h"
#include "provisioner/protocol.h"
#include "provisioner/record.h"
#include "provisioner/slot.h"

/* `sbx-provision serve`, in parts: serve.c the loop, serve_*.c what it is about. */

/* An answer that the client has not taken yet. */
struct sbx_outgoing {
	struct sbx_outgoing *next;
	size_t n_bytes;
	char data[];
};

struct sbx_client {
	int fd; /* -1: a free place */
	unsigned poll_index;
	uid_t uid;
	gid_t gid;
	bool has_greeted;
	bool is_held; /* what it asks for next takes a slot, and all of them rest */
	struct sbx_outgoing *first, **last;
	size_t n_waiting_bytes;
};

struct sbx_entry {
	uint32_t number;	   /* 0: a free place */
	unsigned polled;	   /* 1 << i: of sbx_entry_fds() there is a descriptor i */
	unsigned poll_index;	   /* of the first of them */
	struct sbx_client *client; /* NULL: gone, or its answer is nobody's business */
	uid_t uid;
	gid_t gid;
	bool is_kept;	 /* lives on without its client */
	bool has_answer; /* to CREATE */
	bool is_doomed;	 /* to be killed as soon as it can be */
	bool is_held;	 /* it has ended, and is to be started again when a slot is free */
	uint32_t create_id, destroy_id;
	struct sbx_client *destroyer;
	struct sbx_slot *slot;
	struct sbx_family *family; /* whose zygote its command was forked from, or NULL */
	struct sbx_request request;
	struct sbx_sandbox *sandbox;
	struct sbx_buffer words;
	int stdio_fd[3];
	int input_fd, output_fd; /* of the client, or -1 */
	struct sbx_record record;
	bool has_record; /* it was asked for */
	/* When the sandbox is no more: what is being made of what it left (serve_record.c). */
	struct sbx_result result;
	pid_t collector; /* 0: none */
	int collector_fd;
	struct sbx_buffer text; /* the record, as far as it has come */
	/* Commands that run in it: each client has numbers of its own. */
	struct sbx_entry_command {
		struct sbx_client *client;
		uint32_t theirs, ours;
	} command[SBX_MAX_COMMANDS];
	unsigned n_commands;
	uint32_t last_command;
};

#define SBX_ENTRY_INIT                                                                             \
	{                                                                                          \
		.stdio_fd = {-1, -1, -1}, .input_fd = -1, .output_fd = -1, .collector_fd = -1,     \
		.record = SBX_RECORD_INIT,                                                         \
	}

#define SBX_MAX_FAMILIES   16
#define SBX_MAX_WISHES	   16
#define SBX_MAX_FAMILY_FDS (SBX_MAX_FAMILIES * 16) /* a zygote's each */

struct sbx_server {
	struct sbx_family *family;  /* SBX_MAX_FAMILIES (serve_zygotes.c) */
	const char *zygote_library; /* sbx-zygote.so */
	uint64_t families_due_usec; /* when to move them in any case, 0: never */
	unsigned max_zygotes;	    /* of all families */
	uint64_t max_zygote_bytes;  /* 0: any */
	struct sbx_slots slots;
	struct sbx_slot *slot; /* n_slots of max_sandboxes */
	struct sbx_client *client;
	struct sbx_entry *entry; /* max_sandboxes; none is used from n_entries on */
	struct pollfd *fds;
	unsigned turn; /* whose client is looked at first */
	unsigned n_entries, n_slots, n_ready_slots, max_sandboxes, max_clients;
	uint32_t last_number;
	int listen_fd, signal_fd, spare_fd;
	uid_t owner;
	gid_t group;
	mode_t mode;
	const char *socket_path; /* to be removed, or NULL */
	char *packet;		 /* SBX_MAX_MESSAGE */
	uint64_t sweep_usec;	 /* when to look again for what a killed server left; 0: no more */
	uint64_t sweep_wait_usec;
	bool is_ending;
};

/* `sbx-provision serve` and `sbx-provision ctl`; argv[0] is the verb. Return the exit status. */
int sbx_verb_serve(int argc, char **argv);
int sbx_verb_ctl(int argc, char **argv);

/* serve_options.c. Returns 1 when only help was asked for. */
int sbx_serve_options(struct sbx_server *s, int argc, char **argv, struct sbx_error *err);
void sbx_serve_add_usage(struct sbx_buffer *out);
/* For the manual page: the options of the one, the verbs of the other. */
void sbx_serve_add_manual(struct sbx_buffer *out);
void sbx_ctl_add_manual(struct sbx_buffer *out);
void sbx_serve_add_completion(struct sbx_completion *c);
void sbx_ctl_add_completion(struct sbx_completion *c);

/* serve_socket.c: the listening socket; accept one client, or none if it may not. */
int sbx_serve_listen(struct sbx_server *s, struct sbx_error *err);
void sbx_serve_accept(struct sbx_server *s);

/* serve_client.c */
void sbx_client_read(struct sbx_server *s, struct sbx_client *c); /* one request */
void sbx_client_flush(struct sbx_server *s, struct sbx_client *c);
/* Its sandboxes end but those that are kept. */
void sbx_client_drop(struct sbx_server *s, struct sbx_client *c);
/* Send, or keep until the client takes it; one who lets too much wait is dropped. */
void sbx_client_send(struct sbx_server *s, struct sbx_client *c, struct sbx_message *m,
		     const struct sbx_buffer *words);
void sbx_client_fail(struct sbx_server *s, struct sbx_client *c, uint32_t id, uint32_t sandbox,
		     const struct sbx_error *err);

/* serve_sandbox.c */
int sbx_entry_create(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		     const char *words, size_t n_bytes, int fds[], unsigned n_fds,
		     struct sbx_error *err);
/* What to wait for. Returns the time at which to move it in any case; 0: never. */
uint64_t sbx_entry_fds(const struct sbx_entry *e, struct pollfd *fds);
/* Look at its events, move it on; when it is over, tell and clear. */
void sbx_entry_move(struct sbx_server *s, struct sbx_entry *e, const struct pollfd *fds);
void sbx_entry_kill(struct sbx_entry *e);
/* By number, if this client may have to do with it; else SBX_E_NOT_FOUND. */
struct sbx_entry *sbx_entry_find(struct sbx_server *s, const struct sbx_client *c, uint32_t number,
				 struct sbx_error *err);
void sbx_entry_add_json(const struct sbx_entry *e, struct sbx_buffer *out);
void sbx_entry_add_stats(const struct sbx_entry *e, const struct sbx_stats *stats,
			 struct sbx_buffer *out);

/*
 * serve_record.c. Take the descriptors that the flags stand for, if they are what they should be.
 */
int sbx_entry_take_in_and_out(struct sbx_entry *e, const struct sbx_client *c, uint32_t flags,
			      int *input_fd, int *output_fd, struct sbx_error *err);
/* Look at what it left, if somebody is to know: false when nobody is, or nobody can. */
bool sbx_entry_collect(struct sbx_server *s, struct sbx_entry *e);
/* Its descriptor is readable: is it done? */
bool sbx_entry_collected(struct sbx_entry *e);
/* The result record, with what was looked at. */
void sbx_entry_add_record(struct sbx_entry *e, struct sbx_buffer *out);

/* serve_exec.c */
int sbx_entry_exec(struct sbx_entry *e, struct sbx_client *c, const struct sbx_message *m,
		   const char *const *words, const int fds[], unsigned n_fds,
		   struct sbx_error *err);
int sbx_entry_signal(struct sbx_entry *e, const struct sbx_client *c, const struct sbx_message *m,
		     struct sbx_error *err);
/* Tell whoever started it that one of those commands has failed or ended. */
void sbx_entry_tell_command(struct sbx_server *s, struct sbx_entry *e,
			    const struct sbx_event *event);

/* serve_zygotes.c, serve_warmth.c, serve_renewal.c: warm interpreters, which have the name and the
 * user that asked for them. */
int sbx_families_open(struct sbx_server *s, struct sbx_error *err);
void sbx_families_close(struct sbx_server *s);
unsigned sbx_families_fds(const struct sbx_server *s, struct pollfd *fds);
void sbx_families_move(struct sbx_server *s); /* whenever one of those is readable */
void sbx_families_forget(struct sbx_server *s, const struct sbx_client *c);
int sbx_family_warm(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		    const char *const *words, struct sbx_error *err);
/* A task of it has ended. */
void sbx_family_left(struct sbx_server *s, struct sbx_family *f);
int sbx_family_cool(struct sbx_server *s, const struct sbx_client *c, const char *name,
		    struct sbx_error *err);
/* What there is of them, a JSON object each with its NUL; how many. */
uint32_t sbx_families_list(const struct sbx_server *s, const struct sbx_client *c,
			   struct sbx_buffer *out);
/* The zygote for a task with these modules; none (*out as it was): it has to start without. */
int sbx_family_choose(struct sbx_server *s, const struct sbx_client *c, const char *name,
		      const char *modules, struct sbx_slot_warmth *out, struct sbx_error *err);
/* Have the slot hold a child of that one, now; and again what is its own, after a sandbox. */
int sbx_slot_want(struct sbx_slot *slot, struct sbx_slot_warmth wanted, struct sbx_error *err);
void sbx_slot_settle(struct sbx_slot *slot);
bool sbx_warmth_is_same(struct sbx_slot_warmth a, struct sbx_slot_warmth b);
/* Have a sandbox made for words like these, with one more child of the zygote that is its home. */
void sbx_slot_foresee(struct sbx_slot *slot, const char *words, size_t n_bytes, uint32_t n_words);

/*
 * serve_slots.c. One that is free; or, while there are fewer than there may be, a new one. It is
 * the caller's to mark as taken. To wait for one that rests takes less time than to make another:
 * nobody who can wait should ask for one as long as all of them do.
 */
bool sbx_serve_slots_rest(const struct sbx_server *s);
struct sbx_slot *sbx_serve_take_slot(struct sbx_server *s, struct sbx_slot_warmth wanted,
				     struct sbx_error *err);
/*
 * When its sandbox is no more: make it free as soon as it can be, and something ahead in it. Takes
 * over the words of the request that is to be foreseen (NULL: none).
 */
void sbx_serve_put_back(struct sbx_slot *slot, struct sbx_buffer *words, uint32_t n_words);
/* When those that rest are to be looked at (0: none rests), and to do so. */
uint64_t sbx_serve_slots_deadline(const struct sbx_server *s);
void sbx_serve_move_slots(struct sbx_server *s);

/* serve_set.c: limits and posture of a sandbox that runs; what is fixed at the start is listed. */
int sbx_entry_set(struct sbx_server *s, struct sbx_entry *e, const char *const *words,
		  struct sbx_buffer *out_fixed, struct sbx_error *err);

#endif
