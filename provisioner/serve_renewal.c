/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of zygotes with time: those that end are made again, those nobody uses make room. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "provisioner/serve_families.h"
#include "provisioner/supervise.h"
#include "provisioner/template.h"

#define FIRST_USEC  UINT64_C(1000000)
#define MOST_DOUBLE 6			      /* 64 s */
#define CALM_USEC   (UINT64_C(300) * 1000000) /* after so long an end is a first one again */

static void look_again(struct sbx_server *s, const struct sbx_backoff *b)
{
	if (!s->families_due_usec || b->not_before_usec < s->families_due_usec)
		s->families_due_usec = b->not_before_usec;
}

/* May it be made again now? Then it is counted; else the server looks again when it may. */
static bool may_again(struct sbx_server *s, struct sbx_backoff *b)
{
	uint64_t now = sbx_now_usec();
	if (now < b->not_before_usec) {
		look_again(s, b);
		return false;
	}
	if (b->not_before_usec && now - b->not_before_usec > CALM_USEC)
		b->n_ends = 0;
	unsigned doubled = b->n_ends < MOST_DOUBLE ? b->n_ends : MOST_DOUBLE;
	b->n_ends++;
	b->not_before_usec = now + (FIRST_USEC << doubled);
	return true;
}

void sbx_family_want(struct sbx_family *f, const struct sbx_modules *modules, unsigned n_parked)
{
	for (unsigned i = 0; i < f->n_wanted; i++) {
		struct sbx_wanted *w = &f->wanted[i];
		if (w->modules.n != modules->n || !sbx_modules_within(&w->modules, modules))
			continue;
		w->n_parked = n_parked > w->n_parked ? n_parked : w->n_parked;
		return;
	}
	if (f->n_wanted < SBX_MAX_ZYGOTES)
		f->wanted[f->n_wanted++] =
			(struct sbx_wanted){.modules = *modules, .n_parked = n_parked};
}

static void forget_wanted(struct sbx_family *f, const struct sbx_modules *modules)
{
	for (unsigned i = 0; i < f->n_wanted; i++)
		if (f->wanted[i].modules.n == modules->n &&
		    sbx_modules_within(&f->wanted[i].modules, modules))
			f->wanted[i--] = f->wanted[--f->n_wanted];
}

static bool is_wished(const struct sbx_family *f, const struct sbx_modules *modules)
{
	for (int i = 0; i < SBX_MAX_WISHES; i++)
		if (f->wish[i].is_there && f->wish[i].modules.n == modules->n &&
		    sbx_modules_within(&f->wish[i].modules, modules))
			return true;
	return false;
}

static void wish_for(struct sbx_server *s, struct sbx_family *f, const struct sbx_wanted *w)
{
	const struct sbx_wish wish = {
		.number = -1, .is_there = true, .modules = w->modules, .n_parked = w->n_parked};
	sbx_family_wish(s, f, &wish, NULL);
}

/* A new one takes its name; it ends when its tasks have. */
static void replace(struct sbx_server *s, struct sbx_family *f)
{
	const char *const words[] = {f->name, sbx_zygotes_python(f->zygotes), "", f->template};
	struct sbx_family *next = sbx_family_make(s, f->uid, words, NULL);
	/* Nothing else may happen to it that would have it looked at. */
	if (!next)
		return look_again(s, &f->again);
	memcpy(next->wanted, f->wanted, sizeof(f->wanted));
	next->n_wanted = f->n_wanted;
	next->again = f->again;
	next->n_tasks = f->n_tasks;
	next->n_direct = f->n_direct;
	/* Clients that wait wait for the new one. */
	memcpy(next->wish, f->wish, sizeof(f->wish));
	memset(f->wish, 0, sizeof(f->wish));
	for (int i = 0; i < SBX_MAX_WISHES; i++)
		next->wish[i].number = -1;
	sbx_family_retire(s, f);
	for (unsigned i = 0; i < next->n_wanted; i++)
		if (!is_wished(next, &next->wanted[i].modules))
			wish_for(s, next, &next->wanted[i]);
}

void sbx_family_renew_ended(struct sbx_server *s, struct sbx_family *f)
{
	int ended;
	while ((ended = sbx_zygotes_take_ended(f->zygotes)) >= 0)
		sbx_family_leave_slots(s, f, ended);
	if (sbx_zygotes_state(f->zygotes, 0, 0, NULL) == SBX_ZYGOTE_FAILED) {
		/* What has never been there: who asked for it knows why. */
		if (!f->n_wanted)
			sbx_family_end(s, f);
		else if (may_again(s, &f->again))
			replace(s, f);
		return;
	}
	for (unsigned i = 0; i < f->n_wanted; i++) {
		struct sbx_wanted *w = &f->wanted[i];
		if (sbx_zygotes_find(f->zygotes, &w->modules) < 0 && !is_wished(f, &w->modules) &&
		    may_again(s, &w->again))
			wish_for(s, f, w);
	}
}

bool sbx_family_is_current(struct sbx_server *s, struct sbx_family *f)
{
	SBX_CLEANUP_LOWER struct sbx_lower lower = SBX_LOWER_INIT;
	struct stat now, then;
	/* What is there no more is told to whoever asks for it. */
	if (sbx_lower_find(s->slots.root_dir, f->template, NULL, &lower, NULL) < 0 ||
	    stat(lower.path, &now) < 0)
		return true;
	if (stat(sbx_zygotes_lower(f->zygotes), &then) == 0 && now.st_dev == then.st_dev &&
	    now.st_ino == then.st_ino)
		return true;
	if (may_again(s, &f->again))
		replace(s, f);
	return false;
}

static bool is_idle(const struct sbx_server *s, const struct sbx_family *f)
{
	struct sbx_zygote_facts facts;
	for (int i = 1; sbx_zygotes_see(f->zygotes, i, &facts); i++)
		if (facts.state != SBX_ZYGOTE_FAILED)
			return false;
	for (int i = 0; i < SBX_MAX_WISHES; i++)
		if (f->wish[i].is_there)
			return false;
	return !sbx_family_has_tasks(s, f);
}

/*
 * The one that was used longest ago; a bare interpreter only when nothing else is left of its
 * family. Returns how many there are.
 */
static unsigned find_oldest(struct sbx_server *s, struct sbx_slot_warmth kept,
			    struct sbx_slot_warmth *out)
{
	unsigned n = 0;
	uint64_t oldest = UINT64_MAX;
	*out = (struct sbx_slot_warmth){0};
	for (int i = 0; i < SBX_MAX_FAMILIES; i++) {
		struct sbx_family *f = &s->family[i];
		struct sbx_zygote_facts facts;
		for (int k = 0; f->name && sbx_zygotes_see(f->zygotes, k, &facts); k++) {
			const struct sbx_slot_warmth one = {f, k};
			n += facts.state != SBX_ZYGOTE_FAILED;
			if (f->is_ending || facts.state != SBX_ZYGOTE_READY ||
			    facts.used_usec >= oldest || sbx_warmth_is_same(one, kept) ||
			    (k == 0 && (f == kept.family || !is_idle(s, f))))
				continue;
			oldest = facts.used_usec;
			*out = one;
		}
	}
	return n;
}

static void evict(struct sbx_server *s, struct sbx_slot_warmth oldest)
{
	struct sbx_zygote_facts facts;
	sbx_zygotes_see(oldest.family->zygotes, oldest.number, &facts);
	if (oldest.number == 0)
		return sbx_family_end(s, oldest.family);
	forget_wanted(oldest.family, facts.modules);
	sbx_family_leave_slots(s, oldest.family, oldest.number);
	sbx_zygotes_end(oldest.family->zygotes, oldest.number);
}

int sbx_families_make_room(struct sbx_server *s, const struct sbx_family *kept,
			   struct sbx_error *err)
{
	struct sbx_slot_warmth oldest;
	while (find_oldest(s, (struct sbx_slot_warmth){(struct sbx_family *)kept, 0}, &oldest) >=
	       s->max_zygotes) {
		if (!oldest.family)
			return sbx_fail(
				err, SBX_E_BUSY,
				"warm: %u zygotes are there (serve --zygotes), and none can "
				"make room; cool some",
				s->max_zygotes);
		evict(s, oldest);
	}
	return 0;
}

static uint64_t memory_of_all(struct sbx_server *s)
{
	uint64_t sum = 0;
	struct sbx_zygote_facts facts;
	for (int i = 0; i < SBX_MAX_FAMILIES; i++)
		for (int k = 0;
		     s->family[i].name && sbx_zygotes_see(s->family[i].zygotes, k, &facts); k++)
			sum += sbx_zygotes_memory(s->family[i].zygotes, k);
	return sum;
}

void sbx_families_save_memory(struct sbx_server *s, struct sbx_slot_warmth kept)
{
	struct sbx_slot_warmth oldest;
	while (s->max_zygote_bytes && memory_of_all(s) > s->max_zygote_bytes &&
	       (find_oldest(s, kept, &oldest), oldest.family))
		evict(s, oldest);
}

static void add_json(const struct sbx_family *f, int number, const struct sbx_zygote_facts *facts,
		     struct sbx_buffer *out)
{
	static const char *const states[] = {"starting", "ready", "ended"};
	struct sbx_json w = {.out = out};
	uint64_t memory = sbx_zygotes_memory(f->zygotes, number);
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "zygotes", f->name);
	sbx_json_int(&w, "uid", f->uid);
	sbx_json_string(&w, "template", f->template);
	sbx_json_string(&w, "modules", facts->modules->text);
	sbx_json_string(&w, "state", f->is_ending ? "retired" : states[facts->state]);
	if (memory)
		sbx_json_int(&w, "pss_bytes", (int64_t)memory);
	else
		sbx_json_null(&w, "pss_bytes");
	if (facts->pid)
		sbx_json_int(&w, "pid", facts->pid);
	else
		sbx_json_null(&w, "pid");
	sbx_json_int(&w, "idle_usec",
		     facts->used_usec ? (int64_t)(sbx_now_usec() - facts->used_usec) : 0);
	sbx_json_int(&w, "tasks", f->n_tasks);
	sbx_json_int(&w, "direct", f->n_direct);
	sbx_json_end_object(&w);
	sbx_buffer_add(out, "", 1);
}

uint32_t sbx_families_list(const struct sbx_server *s, const struct sbx_client *c,
			   struct sbx_buffer *out)
{
	uint32_t n = 0;
	struct sbx_zygote_facts facts;
	for (int i = 0; i < SBX_MAX_FAMILIES; i++) {
		const struct sbx_family *f = &s->family[i];
		if (!f->name || (f->uid != c->uid && c->uid != 0))
			continue;
		for (int k = 0; sbx_zygotes_see(f->zygotes, k, &facts); k++, n++)
			add_json(f, k, &facts, out);
	}
	return n;
}
