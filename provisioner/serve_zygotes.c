/* SPDX-License-Identifier: Apache-2.0 */
/* Families of zygotes that clients of a server have asked for, and slots that hold a child of one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "provisioner/container.h"
#include "provisioner/serve.h"
#include "provisioner/warm.h"
#include "provisioner/words.h"
#include "provisioner/zygotes.h"

/* Someone waits for a zygote. */
struct wish {
	struct sbx_client *client; /* NULL: gone, or a free place */
	uint32_t id;
	unsigned n_parked;
	int number; /* of the zygote, -1: not begun */
	bool is_there;
	struct sbx_modules modules;
};

struct sbx_family {
	char *name; /* NULL: a free place */
	char *template;
	uid_t uid;
	bool is_ending; /* as soon as no task of it is left */
	struct sbx_zygotes *zygotes;
	struct wish wish[SBX_MAX_WISHES];
};

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
		while (c->is_awaited && poll(&answer, 1, SBX_WARM_PATIENCE_MSEC) > 0)
			sbx_container_take_answer(c);
	}
	if (slot->is_taken)
		return sbx_slot_unready(slot);
	sbx_slot_unready_surely(slot);
}

static void leave_slots(struct sbx_server *s, const struct sbx_family *f)
{
	for (unsigned i = 0; i < s->n_slots; i++) {
		if (s->slot[i].ready.family == f)
			unready(s, &s->slot[i]);
		if (s->slot[i].home.family == f)
			s->slot[i].home = (struct sbx_slot_warmth){0};
		if (s->slot[i].warm.family == f)
			s->slot[i].warm = (struct sbx_slot_warmth){0};
		if (s->slot[i].last.family == f)
			s->slot[i].last = (struct sbx_slot_warmth){0};
	}
}

static void clear(struct sbx_server *s, struct sbx_family *f)
{
	leave_slots(s, f);
	sbx_zygotes_free(f->zygotes);
	free(f->name);
	free(f->template);
	*f = (struct sbx_family){0};
}

void sbx_families_close(struct sbx_server *s)
{
	for (int i = 0; s->family && i < SBX_MAX_FAMILIES; i++)
		clear(s, &s->family[i]);
	free(s->family);
	s->family = NULL;
}

int sbx_families_open(struct sbx_server *s, struct sbx_error *err)
{
	s->family = calloc(SBX_MAX_FAMILIES, sizeof(*s->family));
	return s->family ? 0 : sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "tables");
}

void sbx_families_forget(struct sbx_server *s, const struct sbx_client *c)
{
	for (int i = 0; i < SBX_MAX_FAMILIES; i++)
		for (int k = 0; k < SBX_MAX_WISHES; k++)
			if (s->family[i].wish[k].client == c)
				s->family[i].wish[k].client = NULL;
}

static struct sbx_family *find(struct sbx_server *s, const struct sbx_client *c, const char *name)
{
	for (int i = 0; i < SBX_MAX_FAMILIES; i++)
		if (s->family[i].name && !s->family[i].is_ending && s->family[i].uid == c->uid &&
		    strcmp(s->family[i].name, name) == 0)
			return &s->family[i];
	return NULL;
}

static struct sbx_family *found(struct sbx_server *s, const struct sbx_client *c, const char *name,
				struct sbx_error *err)
{
	struct sbx_family *f = find(s, c, name);
	if (!f)
		sbx_fail(err, SBX_E_NOT_FOUND,
			 "zygotes '%s': this user has none of that name; make them with warm",
			 name);
	return f;
}

static struct sbx_family *make(struct sbx_server *s, const struct sbx_client *c,
			       const char *const *words, struct sbx_error *err)
{
	char *template = (char *)words[3];
	struct sbx_family *f = NULL;
	for (int i = 0; i < SBX_MAX_FAMILIES && !f; i++)
		f = s->family[i].name ? NULL : &s->family[i];
	if (!f) {
		sbx_fail(err, SBX_E_BUSY, "%d families of zygotes are there; cool one",
			 SBX_MAX_FAMILIES);
		return NULL;
	}
	if (template[0] == '-')
		sbx_fail(err, SBX_E_USAGE, "%s: expected a template", template);
	const struct sbx_options named = {.template = template};
	if (template[0] == '-' || sbx_words_check_options(&s->slots, &named, err) < 0 ||
	    sbx_zygotes_new(s->slots.root_dir, s->slots.shared, template, words[1],
			    s->zygote_library, &f->zygotes, err) < 0)
		return NULL;
	f->name = strdup(words[0]);
	f->template = strdup(template);
	f->uid = c->uid;
	if (f->name && f->template)
		return f;
	clear(s, f);
	sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygotes");
	return NULL;
}

int sbx_family_warm(struct sbx_server *s, struct sbx_client *c, const struct sbx_message *m,
		    const char *const *words, struct sbx_error *err)
{
	struct sbx_modules modules;
	struct wish *wish = NULL;
	if (!*words[0] || strlen(words[0]) > 255)
		return sbx_fail(err, SBX_E_USAGE, "warm: a name of 1 to 255 bytes is needed");
	if (m->value < 0 || m->value > SBX_MAX_PARKED)
		return sbx_fail(err, SBX_E_USAGE, "warm: %d children: at most %d wait", m->value,
				SBX_MAX_PARKED);
	if (sbx_modules_read(strcmp(words[2], "-") == 0 ? "" : words[2], &modules, err) < 0)
		return -1;
	struct sbx_family *f = find(s, c, words[0]);
	if (f && (strcmp(f->template, words[3]) != 0 ||
		  strcmp(sbx_zygotes_python(f->zygotes), words[1]) != 0))
		return sbx_fail(err, SBX_E_BUSY,
				"zygotes '%s': are of %s and template %s; take another name, or "
				"cool them",
				words[0], sbx_zygotes_python(f->zygotes), f->template);
	if (!f && !(f = make(s, c, words, err)))
		return -1;
	for (int i = 0; i < SBX_MAX_WISHES && !wish; i++)
		wish = f->wish[i].is_there ? NULL : &f->wish[i];
	if (!wish)
		return sbx_fail(err, SBX_E_BUSY, "zygotes '%s': %d are waited for already",
				words[0], SBX_MAX_WISHES);
	*wish = (struct wish){.client = c,
			      .id = m->id,
			      .n_parked = (unsigned)m->value,
			      .number = -1,
			      .is_there = true,
			      .modules = modules};
	sbx_families_move(s);
	return 1;
}

void sbx_family_left(struct sbx_server *s, struct sbx_family *f)
{
	if (!f->is_ending)
		return;
	for (unsigned i = 0; i < s->max_sandboxes; i++)
		if (s->entry[i].number && s->entry[i].family == f)
			return;
	clear(s, f);
}

/*
 * The zygotes' process 1 is gone only when all that is below it has been reaped, which is our own
 * doing: so its tasks go first.
 */
static void end(struct sbx_server *s, struct sbx_family *f)
{
	leave_slots(s, f);
	f->is_ending = true;
	for (unsigned i = 0; i < s->max_sandboxes; i++)
		if (s->entry[i].number && s->entry[i].family == f)
			sbx_entry_kill(&s->entry[i]);
	sbx_family_left(s, f);
}

int sbx_family_cool(struct sbx_server *s, const struct sbx_client *c, const char *name,
		    struct sbx_error *err)
{
	struct sbx_family *f = found(s, c, name, err);
	if (!f)
		return -1;
	for (int i = 0; i < SBX_MAX_WISHES; i++) {
		struct sbx_error cooled = SBX_ERROR_INIT;
		sbx_fail(&cooled, SBX_E_INTERRUPTED, "zygotes '%s': they were ended", name);
		if (f->wish[i].is_there)
			sbx_client_fail(s, f->wish[i].client, f->wish[i].id, 0, &cooled);
		f->wish[i] = (struct wish){0};
	}
	end(s, f);
	return 0;
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

/* As many slots as asked for hold a child of the zygote, or will when they are free again. */
static int settle_slots(struct sbx_server *s, struct sbx_slot_warmth home, unsigned n,
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

int sbx_family_choose(struct sbx_server *s, const struct sbx_client *c, const char *name,
		      const char *modules_text, struct sbx_slot_warmth *out, struct sbx_error *err)
{
	struct sbx_modules modules;
	struct sbx_family *f = found(s, c, name, err);
	if (!f ||
	    sbx_modules_read(strcmp(modules_text, "-") == 0 ? "" : modules_text, &modules, err) < 0)
		return -1;
	out->family = f;
	out->number = sbx_zygotes_best(f->zygotes, &modules, err);
	return out->number < 0 ? -1 : 0;
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

static void answer(struct sbx_server *s, struct sbx_family *f, struct wish *w,
		   const struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_message m = {.type = SBX_MESSAGE_OK, .id = w->id, .n_words = 1};
	struct sbx_json json = {.out = &text};
	sbx_json_begin_object(&json, NULL);
	sbx_json_string(&json, "zygotes", f->name);
	sbx_json_string(&json, "modules", w->modules.text);
	sbx_json_int(&json, "parked", w->n_parked);
	sbx_json_end_object(&json);
	sbx_buffer_add(&text, "", 1);
	if (err->code)
		sbx_client_fail(s, w->client, w->id, 0, err);
	else if (!text.failed)
		sbx_client_send(s, w->client, &m, &text);
	*w = (struct wish){0};
}

static void move(struct sbx_server *s, struct sbx_family *f, struct wish *w)
{
	struct sbx_error err = SBX_ERROR_INIT;
	if (w->number < 0) {
		enum sbx_zygote_state base = sbx_zygotes_state(f->zygotes, 0, 0, &err);
		if (base == SBX_ZYGOTE_STARTING)
			return;
		w->number = base == SBX_ZYGOTE_READY
				    ? sbx_zygotes_grow(f->zygotes, &w->modules, &err)
				    : -1;
		if (w->number < 0)
			return answer(s, f, w, &err);
	}
	enum sbx_zygote_state state = sbx_zygotes_state(f->zygotes, w->number, 0, &err);
	if (state == SBX_ZYGOTE_STARTING)
		return;
	const struct sbx_slot_warmth home = {f, w->number};
	if (state == SBX_ZYGOTE_READY)
		settle_slots(s, home, w->n_parked, &err);
	answer(s, f, w, &err);
}

void sbx_families_move(struct sbx_server *s)
{
	for (int i = 0; i < SBX_MAX_FAMILIES; i++) {
		struct sbx_family *f = &s->family[i];
		for (int k = 0; f->name && k < SBX_MAX_WISHES; k++)
			if (f->wish[k].is_there)
				move(s, f, &f->wish[k]);
		/* Nobody can ask for anything of these. */
		if (f->name && !f->is_ending &&
		    sbx_zygotes_state(f->zygotes, 0, 0, NULL) == SBX_ZYGOTE_FAILED)
			end(s, f);
	}
}

unsigned sbx_families_fds(const struct sbx_server *s, struct pollfd *fds)
{
	unsigned n = 0;
	for (int i = 0; i < SBX_MAX_FAMILIES; i++)
		for (int k = 0; k < SBX_MAX_WISHES; k++) {
			const struct wish *w = &s->family[i].wish[k];
			if (w->is_there)
				fds[n++].fd = sbx_zygotes_fd(s->family[i].zygotes,
							     w->number < 0 ? 0 : w->number);
		}
	for (unsigned i = 0; i < n; i++)
		fds[i] = (struct pollfd){fds[i].fd, POLLIN, 0};
	return n;
}
