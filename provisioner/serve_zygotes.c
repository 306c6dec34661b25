/* SPDX-License-Identifier: Apache-2.0 */
/* Families of zygotes: what clients of a server ask for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "provisioner/serve_families.h"
#include "provisioner/supervise.h"
#include "provisioner/words.h"

static void clear(struct sbx_server *s, struct sbx_family *f)
{
	sbx_family_leave_slots(s, f, -1);
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

struct sbx_family *sbx_family_make(struct sbx_server *s, uid_t uid, const char *const *words,
				   struct sbx_error *err)
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
	f->uid = uid;
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
	if (!f && (sbx_families_make_room(s, NULL, err) < 0 ||
		   !(f = sbx_family_make(s, c->uid, words, err))))
		return -1;
	const struct sbx_wish new = {.client = c,
				     .id = m->id,
				     .n_parked = (unsigned)m->value,
				     .number = -1,
				     .is_there = true,
				     .modules = modules};
	if (sbx_family_wish(s, f, &new, err) < 0)
		return -1;
	sbx_families_move(s);
	return 1;
}

int sbx_family_wish(struct sbx_server *s, struct sbx_family *f, const struct sbx_wish *new,
		    struct sbx_error *err)
{
	for (int i = 0; i < SBX_MAX_WISHES; i++) {
		if (f->wish[i].is_there)
			continue;
		f->wish[i] = *new;
		/* What it begins with is done in this round of the server's. */
		s->families_due_usec = 1;
		return 1;
	}
	return sbx_fail(err, SBX_E_BUSY,
			"zygotes '%s': %d are waited for already; ask again when one is there",
			f->name, SBX_MAX_WISHES);
}

bool sbx_family_has_tasks(const struct sbx_server *s, const struct sbx_family *f)
{
	for (unsigned i = 0; i < s->max_sandboxes; i++)
		if (s->entry[i].number && s->entry[i].family == f)
			return true;
	return false;
}

void sbx_family_left(struct sbx_server *s, struct sbx_family *f)
{
	if (f->is_ending && !sbx_family_has_tasks(s, f))
		clear(s, f);
}

void sbx_family_retire(struct sbx_server *s, struct sbx_family *f)
{
	sbx_family_leave_slots(s, f, -1);
	f->is_ending = true;
	sbx_family_left(s, f);
}

/* Whoever still waits for one of them: however it ends, they are told. */
static void refuse_wishes(struct sbx_server *s, struct sbx_family *f)
{
	struct sbx_error ended = SBX_ERROR_INIT;
	sbx_fail(&ended, SBX_E_INTERRUPTED, "zygotes '%s': they were ended", f->name);
	for (int i = 0; i < SBX_MAX_WISHES; i++) {
		if (f->wish[i].is_there)
			sbx_client_fail(s, f->wish[i].client, f->wish[i].id, 0, &ended);
		f->wish[i] = (struct sbx_wish){0};
	}
}

/*
 * The zygotes' process 1 is gone only when all that is below it has been reaped, which is our own
 * doing: so its tasks go first.
 */
void sbx_family_end(struct sbx_server *s, struct sbx_family *f)
{
	refuse_wishes(s, f);
	sbx_family_leave_slots(s, f, -1);
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
	sbx_family_end(s, f);
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
	int number =
		sbx_family_is_current(s, f) ? sbx_zygotes_best(f->zygotes, &modules, NULL) : -1;
	if (number < 0) {
		/* It is being made, again or anew: nobody has to wait for that. */
		f->n_direct++;
		return 0;
	}
	f->n_tasks++;
	sbx_zygotes_use(f->zygotes, number, sbx_now_usec());
	*out = (struct sbx_slot_warmth){f, number};
	return 0;
}

static void answer(struct sbx_server *s, struct sbx_family *f, struct sbx_wish *w,
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
	*w = (struct sbx_wish){0};
}

static void move(struct sbx_server *s, struct sbx_family *f, struct sbx_wish *w)
{
	struct sbx_error err = SBX_ERROR_INIT;
	if (w->number < 0) {
		enum sbx_zygote_state base = sbx_zygotes_state(f->zygotes, 0, 0, &err);
		if (base == SBX_ZYGOTE_STARTING)
			return;
		if (base == SBX_ZYGOTE_READY && (sbx_zygotes_find(f->zygotes, &w->modules) >= 0 ||
						 sbx_families_make_room(s, f, &err) == 0))
			w->number = sbx_zygotes_grow(f->zygotes, &w->modules, &err);
		if (w->number < 0)
			return answer(s, f, w, &err);
	}
	enum sbx_zygote_state state = sbx_zygotes_state(f->zygotes, w->number, 0, &err);
	if (state == SBX_ZYGOTE_STARTING)
		return;
	const struct sbx_slot_warmth home = {f, w->number};
	if (state == SBX_ZYGOTE_READY) {
		sbx_family_want(f, &w->modules, w->n_parked);
		sbx_families_save_memory(s, home);
		sbx_family_settle_slots(s, home, w->n_parked, &err);
	}
	answer(s, f, w, &err);
}

void sbx_families_move(struct sbx_server *s)
{
	s->families_due_usec = 0;
	for (int i = 0; i < SBX_MAX_FAMILIES; i++) {
		struct sbx_family *f = &s->family[i];
		for (int k = 0; f->name && k < SBX_MAX_WISHES; k++)
			if (f->wish[k].is_there)
				move(s, f, &f->wish[k]);
		if (f->name && !f->is_ending)
			sbx_family_renew_ended(s, f);
	}
}

/* All that live: to see their ends. */
unsigned sbx_families_fds(const struct sbx_server *s, struct pollfd *fds)
{
	unsigned n = 0;
	struct sbx_zygote_facts facts;
	for (int i = 0; i < SBX_MAX_FAMILIES; i++) {
		const struct sbx_family *f = &s->family[i];
		for (int k = 0; f->name && !f->is_ending && sbx_zygotes_see(f->zygotes, k, &facts);
		     k++)
			if (facts.state != SBX_ZYGOTE_FAILED)
				fds[n++] =
					(struct pollfd){sbx_zygotes_fd(f->zygotes, k), POLLIN, 0};
	}
	return n;
}
