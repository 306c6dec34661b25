/* SPDX-License-Identifier: Apache-2.0 */
/* Slots that hold a child of a zygote, or a sandbox with one. */
#include <string.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/serve_families.h"
#include "provisioner/warm.h"

/*
 * What is made ahead lies below the zygotes' namespace, which ends only when we have reaped it: so
 * it must be known what there is.
 */
static void unready(struct sbx_server *s, struct sbx_slot *slot)
{
	for (unsigned i = 0; slot->is_taken && i < s->max_sandboxes; i++) {
		const struct sbx_entry *e = &s->entry[i];
		struct sbx_container *c = (struct sbx_container *)e->sandbox;
		struct pollfd answer = {slot->socket_fd, POLLIN, 0};
		if (!e->number || e->slot != slot)
			continue;
		if (c->is_awaited && slot->standing)
			slot->standing->is_unwanted = true;
		while (c->is_awaited && poll(&answer, 1, SBX_WARM_PATIENCE_MSEC) > 0)
			sbx_container_take_answer(c);
		if (slot->standing)
			slot->standing->is_unwanted = false;
	}
	if (slot->is_taken)
		return sbx_slot_unready(slot);
	sbx_slot_unready_surely(slot);
}

static bool is_of(struct sbx_slot_warmth w, const struct sbx_family *f, int number)
{
	return w.family == f && (number < 0 || w.number == number);
}

void sbx_family_leave_slots(struct sbx_server *s, const struct sbx_family *f, int number)
{
	for (unsigned i = 0; i < s->n_slots; i++) {
		if (is_of(s->slot[i].ready, f, number))
			unready(s, &s->slot[i]);
		if (is_of(s->slot[i].home, f, number))
			s->slot[i].home = (struct sbx_slot_warmth){0};
		if (is_of(s->slot[i].warm, f, number))
			s->slot[i].warm = (struct sbx_slot_warmth){0};
		if (s->slot[i].last.family == f)
			s->slot[i].last = (struct sbx_slot_warmth){0};
	}
}

/* Give a slot a child of the zygote that is its home; it forks and joins by itself. */
static int fill(struct sbx_slot *slot, struct sbx_error *err)
{
	struct sbx_warm warm;
	const struct sbx_zygotes *zygotes = slot->home.family->zygotes;
	if (sbx_zygotes_take(slot->home.family->zygotes, slot->home.number, &warm, err) < 0)
		return -1;
	int failed = sbx_slot_warm(slot, &warm, sbx_zygotes_python(zygotes),
				   sbx_zygotes_lower(zygotes), err);
	sbx_warm_release(&warm);
	if (failed == 0)
		slot->warm = slot->home;
	return failed;
}

void sbx_slot_settle(struct sbx_slot *slot)
{
	/* Without: it is a slot like any other. */
	if (slot->home.family && !sbx_warmth_is_same(slot->warm, slot->home) &&
	    fill(slot, NULL) < 0)
		slot->home = (struct sbx_slot_warmth){0};
}

void sbx_slot_foresee(struct sbx_slot *slot, const char *words, size_t n_bytes, uint32_t n_words)
{
	struct sbx_warm warm;
	if (!slot->home.family ||
	    sbx_zygotes_take(slot->home.family->zygotes, slot->home.number, &warm, NULL) < 0)
		return;
	if (sbx_slot_ready_forked(slot, &warm, words, n_bytes, n_words, NULL) == 0)
		slot->ready = slot->home;
	sbx_warm_release(&warm);
}

/* What is asked for without further options. */
static void foresee_first(struct sbx_slot *slot)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer words = SBX_BUFFER_INIT;
	const struct sbx_family *f = slot->home.family;
	const char *const first[] = {f->template, "--", sbx_zygotes_python(f->zygotes)};
	for (int i = 0; i < 3; i++)
		sbx_buffer_add(&words, first[i], strlen(first[i]) + 1);
	if (!words.failed)
		sbx_slot_foresee(slot, words.data, words.n_bytes, 3);
}

bool sbx_warmth_is_same(struct sbx_slot_warmth a, struct sbx_slot_warmth b)
{
	return a.family == b.family && a.number == b.number;
}

int sbx_family_settle_slots(struct sbx_server *s, struct sbx_slot_warmth home, unsigned n,
			    struct sbx_error *err)
{
	unsigned n_there = 0;
	for (unsigned i = 0; i < s->n_slots; i++)
		n_there += sbx_warmth_is_same(s->slot[i].home, home);
	for (unsigned i = 0; i < s->max_sandboxes && n_there < n; i++) {
		struct sbx_slot *slot = &s->slot[i];
		if (i == s->n_slots && sbx_slot_make(&s->slots, slot, err) == 0)
			s->n_slots++;
		if (i >= s->n_slots)
			return -1;
		if (slot->is_taken || slot->is_broken || slot->home.family)
			continue;
		slot->home = home;
		sbx_slot_unready_surely(slot);
		if (fill(slot, err) < 0) {
			slot->home = (struct sbx_slot_warmth){0};
			return -1;
		}
		foresee_first(slot);
		n_there++;
	}
	return 0;
}

int sbx_slot_want(struct sbx_slot *slot, struct sbx_slot_warmth wanted, struct sbx_error *err)
{
	struct sbx_slot_warmth home = slot->home;
	if (sbx_warmth_is_same(slot->warm, wanted))
		return 0;
	slot->home = wanted;
	int failed = fill(slot, err);
	slot->home = home;
	return failed;
}
