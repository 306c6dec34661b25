/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SERVE_FAMILIES_H
#define SBX_PROVISIONER_SERVE_FAMILIES_H

#include "provisioner/serve.h"
#include "provisioner/zygotes.h"

/*
 * Families of zygotes that clients of a server have asked for, in parts: serve_zygotes.c what
 * clients ask, serve_warmth.c the slots that hold a child of one, serve_renewal.c what becomes of
 * zygotes with time.
 */

/* Someone waits for a zygote. */
struct sbx_wish {
	struct sbx_client *client; /* NULL: gone, or a free place */
	uint32_t id;
	unsigned n_parked;
	int number; /* of the zygote, -1: not begun */
	bool is_there;
	struct sbx_modules modules;
};

/* When to make again what has ended: at once, and less and less often when that is no use. */
struct sbx_backoff {
	unsigned n_ends;
	uint64_t not_before_usec; /* 0: now */
};

struct sbx_family {
	char *name; /* NULL: a free place */
	char *template;
	uid_t uid;
	bool is_ending; /* as soon as no task of it is left */
	struct sbx_zygotes *zygotes;
	struct sbx_wish wish[SBX_MAX_WISHES];
	/* What it is to have again, should it end: all that was asked for and could be had. */
	struct sbx_wanted {
		struct sbx_modules modules;
		unsigned n_parked;
		struct sbx_backoff again;
	} wanted[SBX_MAX_ZYGOTES];
	unsigned n_wanted;
	struct sbx_backoff again;   /* of the family as a whole */
	unsigned n_tasks, n_direct; /* forked from it, and started without it while it could not */
};

/* serve_zygotes.c */
struct sbx_family *sbx_family_make(struct sbx_server *s, uid_t uid, const char *const *words,
				   struct sbx_error *err);
/* It and its tasks end. */
void sbx_family_end(struct sbx_server *s, struct sbx_family *f);
/* It ends as soon as its tasks have, and nobody gets another one. */
void sbx_family_retire(struct sbx_server *s, struct sbx_family *f);
bool sbx_family_has_tasks(const struct sbx_server *s, const struct sbx_family *f);
/* A wish of the server's own (client NULL), or of a client. Returns 1: it will be answered. */
int sbx_family_wish(struct sbx_server *s, struct sbx_family *f, const struct sbx_wish *wish,
		    struct sbx_error *err);

/* serve_warmth.c: no slot has anything to do with one of its zygotes any more, or with any (-1). */
void sbx_family_leave_slots(struct sbx_server *s, const struct sbx_family *f, int number);
/* As many slots as asked for hold a child of the zygote, or will when they are free again. */
int sbx_family_settle_slots(struct sbx_server *s, struct sbx_slot_warmth home, unsigned n,
			    struct sbx_error *err);

/* serve_renewal.c: make again what has ended and is wanted, when it is time to. */
void sbx_family_renew_ended(struct sbx_server *s, struct sbx_family *f);
/* Is it of what its template's name means today? If not, it is made anew. */
bool sbx_family_is_current(struct sbx_server *s, struct sbx_family *f);
/* It has been asked for with success: it is wanted from now on. */
void sbx_family_want(struct sbx_family *f, const struct sbx_modules *modules, unsigned n_parked);
/* Make room for one more zygote; those used longest ago go. */
int sbx_families_make_room(struct sbx_server *s, const struct sbx_family *kept,
			   struct sbx_error *err);
/* The same for memory, after one has become ready. */
void sbx_families_save_memory(struct sbx_server *s, struct sbx_slot_warmth kept);

#endif
