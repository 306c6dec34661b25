/* SPDX-License-Identifier: Apache-2.0 */
/* The slots of a server: who gets which, and what becomes of one when its sandbox has ended. */
#include "provisioner/serve.h"
#include "provisioner/supervise.h"

/* How long what has ended in a slot may be counted, and how often that is looked at. */
#define REST_USEC 200000
#define LOOK_USEC 1000

/* A slot that cannot be used again, made anew; broken when even that cannot be. */
static void replace(struct sbx_slot *slot)
{
	const struct sbx_slot_warmth home = slot->home;
	const struct sbx_slots *slots = slot->slots;
	sbx_slot_release(slot);
	if (sbx_slot_make(slots, slot, NULL) < 0)
		*slot = (struct sbx_slot){
			.slots = slots, .socket_fd = -1, .ready_fd = -1, .is_broken = true};
	slot->home = home;
}

/* What came last is likely to be asked for again. */
static void make_ahead(struct sbx_slot *slot, const struct sbx_buffer *words, uint32_t n_words)
{
	/* A slot that is a zygote's home makes nothing else ahead. */
	if (words->data && !slot->home.family && !slot->last.family)
		sbx_slot_ready(slot, words->data, words->n_bytes, n_words);
	else
		sbx_slot_ready(slot, NULL, 0, 0);
	sbx_slot_settle(slot);
	if (words->data && slot->home.family && sbx_warmth_is_same(slot->last, slot->home))
		sbx_slot_foresee(slot, words->data, words->n_bytes, n_words);
}

/*
 * Nobody waits here for what has ended to be counted no more: the slot rests, and others are used
 * meanwhile.
 */
static void look_at(struct sbx_slot *slot)
{
	bool is_counted = sbx_slot_is_counted(slot);
	if (is_counted && sbx_now_usec() < slot->rests_until_usec)
		return;
	SBX_CLEANUP_BUFFER struct sbx_buffer words = slot->words;
	const uint32_t n_words = slot->n_words;
	slot->words = (struct sbx_buffer)SBX_BUFFER_INIT;
	slot->rests_until_usec = 0;
	slot->is_taken = false;
	/* A sandbox's end is the end of all in it; anything else there nobody knows of. */
	if (is_counted || sbx_slot_reset(slot, NULL) < 0)
		replace(slot);
	if (!slot->is_broken)
		make_ahead(slot, &words, n_words);
	/* Somebody has killed its keeper. */
	if (!slot->is_broken || slot->keeper == 0)
		return;
	replace(slot);
	if (!slot->is_broken)
		make_ahead(slot, &words, n_words);
}

void sbx_serve_put_back(struct sbx_slot *slot, struct sbx_buffer *words, uint32_t n_words)
{
	/* None, or those of the last one: never the number of the one with the other's text. */
	sbx_buffer_release(&slot->words);
	if (words) {
		slot->words = *words;
		*words = (struct sbx_buffer)SBX_BUFFER_INIT;
	}
	slot->n_words = words ? n_words : 0;
	slot->is_taken = true;
	slot->rests_until_usec = sbx_now_usec() + REST_USEC;
	look_at(slot);
}

uint64_t sbx_serve_slots_deadline(const struct sbx_server *s)
{
	for (unsigned i = 0; i < s->n_slots; i++)
		if (s->slot[i].rests_until_usec)
			return sbx_now_usec() + LOOK_USEC;
	return 0;
}

void sbx_serve_move_slots(struct sbx_server *s)
{
	for (unsigned i = 0; i < s->n_slots; i++)
		if (s->slot[i].rests_until_usec)
			look_at(&s->slot[i]);
}

/*
 * Of several that are free it is the one that was readied first: it has had the most time to. One
 * that could not be made anew is tried again only when there is no other: what it takes may be
 * there no more, while others serve.
 */
static struct sbx_slot *find_free(struct sbx_server *s, struct sbx_slot_warmth wanted)
{
	struct sbx_slot *any = NULL;
	bool any_is_warm = false;
	for (unsigned i = 0; i < s->n_slots; i++) {
		struct sbx_slot *slot = &s->slot[i];
		if (slot->is_taken)
			continue;
		if (slot->is_broken && any && !any->is_broken)
			continue;
		bool is_warm = sbx_warmth_is_same(slot->warm, wanted);
		if (!any || (any->is_broken && !slot->is_broken) || is_warm > any_is_warm ||
		    (is_warm == any_is_warm && slot->readied_usec < any->readied_usec)) {
			any = slot;
			any_is_warm = is_warm;
		}
	}
	return any;
}

bool sbx_serve_slots_rest(const struct sbx_server *s)
{
	bool any_rests = false;
	for (unsigned i = 0; i < s->n_slots; i++) {
		if (!s->slot[i].is_taken)
			return false;
		any_rests = any_rests || s->slot[i].rests_until_usec;
	}
	return any_rests;
}

struct sbx_slot *sbx_serve_take_slot(struct sbx_server *s, struct sbx_slot_warmth wanted,
				     struct sbx_error *err)
{
	struct sbx_slot *slot = find_free(s, wanted);
	if (slot)
		return slot;
	if (s->n_slots == s->max_sandboxes) {
		sbx_fail(err, SBX_E_BUSY, "all slots are in use; try again");
		return NULL;
	}
	if (sbx_slot_make(&s->slots, &s->slot[s->n_slots], err) < 0)
		return NULL;
	return &s->slot[s->n_slots++];
}
