/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/match/match.h"

#include <string.h>

#include "builder/build/import.h"
#include "builder/match/cost.h"
#include "store/template.h"

#define MB 1e6

struct match {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const struct sbx_lock *lock;
	struct sbx_resolver *resolver;
	const struct sbx_match_limits *limits;
	char *id;	    /* the lock's own */
	GHashTable *wanted; /* sha256 -> struct sbx_lock_package * */
	GHashTable *stored; /* sha256s of those that the store has */
	guint64 n_bytes;    /* of all wanted, installed */
};

const char *sbx_match_kind_name(enum sbx_match_kind kind)
{
	static const char *const names[] = {
#define X(id, name) name,
		SBX_MATCH_TABLE(X)
#undef X
	};
	return names[kind];
}

static void candidate_free(gpointer data)
{
	struct sbx_candidate *candidate = data;
	g_free(candidate->id);
	g_strfreev(candidate->names);
	g_free(candidate->why);
	g_free(candidate);
}

void sbx_match_release(struct sbx_match *match)
{
	g_clear_pointer(&match->candidates, g_ptr_array_unref);
	match->chosen = NULL;
}

static void refuse(struct sbx_candidate *candidate, char *why)
{
	g_free(candidate->why);
	candidate->why = why;
	candidate->is_refused = TRUE;
}

static void add_missing(struct match *m, struct sbx_candidate *c, const struct sbx_lock_package *p)
{
	c->n_add++;
	c->add_bytes += p->installed_bytes;
	if (g_hash_table_contains(m->stored, p->sha256))
		return;
	c->fetch_bytes += p->size;
	c->cost += (double)p->size / MB * SBX_COST_FETCH_PER_MB +
		   (double)p->installed_bytes / MB * SBX_COST_IMPORT_PER_MB;
}

static void price_build(struct match *m, struct sbx_candidate *c)
{
	c->cost += SBX_COST_BUILD + (double)m->n_bytes / MB * SBX_COST_BUILD_PER_MB +
		   c->n_add * SBX_COST_CONFIGURE;
}

/* Is what comes along with a superset fit to be there? Names the first that is not. */
static void check_extra(struct match *m, struct sbx_candidate *c, const struct sbx_lock_package *p)
{
	c->n_extra++;
	c->extra_bytes += p->installed_bytes;
	if (c->is_refused || !m->resolver)
		return;
	struct sbx_newer *newer = sbx_fresh_newer_of(m->resolver, p);
	if (newer)
		refuse(c, g_strdup_printf("%s: %s %s, there is %s",
					  newer->is_security ? "vulnerable" : "stale", p->name,
					  p->version, newer->version));
	sbx_newer_free(newer);
}

static void judge_superset(struct match *m, struct sbx_candidate *c)
{
	c->kind = SBX_MATCH_SUPERSET;
	c->cost = c->n_extra * SBX_COST_EXTRA_PACKAGE +
		  (double)c->extra_bytes / MB * SBX_COST_EXTRA_PER_MB;
	if (c->is_refused)
		return;
	if (m->limits->packages == 0 && m->limits->n_bytes == 0)
		refuse(c, g_strdup("supersets are not allowed here (match.conf, --max-extra-...)"));
	else if (c->n_extra > m->limits->packages)
		refuse(c, g_strdup_printf("carries %u packages along, %u are allowed", c->n_extra,
					  m->limits->packages));
	else if (c->extra_bytes > m->limits->n_bytes)
		refuse(c, g_strdup_printf("carries %" G_GUINT64_FORMAT
					  " bytes along, %" G_GUINT64_FORMAT " are allowed",
					  c->extra_bytes, m->limits->n_bytes));
	else if (!m->resolver)
		refuse(c, g_strdup("without an index nobody knows whether it is stale"));
	else
		c->why = g_strdup("ready at once");
}

static void compare(struct match *m, struct sbx_candidate *c, const struct sbx_lock *have)
{
	g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
	const struct sbx_lock_package *first_extra = NULL;
	for (guint i = 0; i < have->packages->len; i++) {
		const struct sbx_lock_package *p = have->packages->pdata[i];
		g_hash_table_add(there, p->sha256);
		if (g_hash_table_contains(m->wanted, p->sha256)) {
			c->n_same++;
			continue;
		}
		first_extra = first_extra ? first_extra : p;
		check_extra(m, c, p);
	}
	for (guint i = 0; i < m->lock->packages->len; i++) {
		const struct sbx_lock_package *p = m->lock->packages->pdata[i];
		if (!g_hash_table_contains(there, p->sha256))
			add_missing(m, c, p);
	}
	if (c->n_add == 0 && (c->n_extra || g_strcmp0(c->id, m->id))) {
		judge_superset(m, c);
	} else if (c->n_extra) {
		c->kind = SBX_MATCH_UNFIT;
		refuse(c, g_strdup_printf("has %s %s, which is not asked for", first_extra->name,
					  first_extra->version));
	} else {
		c->kind = SBX_MATCH_CLOSEST;
		price_build(m, c);
		c->why = g_strdup_printf("%u package%s to add", c->n_add, c->n_add == 1 ? "" : "s");
	}
}

static struct sbx_lock *load_lock(struct match *m, const char *id)
{
	g_autofree char *path = sbx_template_path(m->store, id, "lock.json");
	g_autofree char *text = NULL;
	gsize n = 0;
	/* One that is damaged or just removed is no candidate. */
	return g_file_get_contents(path, &text, &n, NULL)
		       ? sbx_lock_from_json(text, (gssize)n, path, NULL)
		       : NULL;
}

static void add_template(struct match *m, struct sbx_match *out, const struct sbx_template *row)
{
	SBX_AUTO(sbx_lock) have = NULL;
	if (!g_str_equal(row->architecture, m->lock->architecture) ||
	    !sbx_template_is_present(m->store, row->id) || !(have = load_lock(m, row->id)))
		return;
	struct sbx_candidate *c = g_new0(struct sbx_candidate, 1);
	c->id = g_strdup(row->id);
	c->names = g_strdupv(row->names);
	g_ptr_array_add(out->candidates, c);
	if (g_str_equal(row->id, m->id)) {
		c->kind = SBX_MATCH_EXACT;
		c->n_same = have->packages->len;
		c->why = g_strdup("the lock's own template");
		return;
	}
	compare(m, c, have);
	struct sbx_content want = m->lock->content; /* its lists are borrowed */
	if (c->kind == SBX_MATCH_SUPERSET)
		want.without |= m->limits->may_lack;
	/* As a beginning, one whose scripts saw other content is of no use either. */
	if (!sbx_content_covers(&have->content, &want) ||
	    (c->kind == SBX_MATCH_CLOSEST && !sbx_content_covers(&want, &have->content)))
		refuse(c,
		       g_strdup("made without documentation, messages or the like, or with more"));
}

static void add_base(struct match *m, struct sbx_match *out)
{
	struct sbx_candidate *c = g_new0(struct sbx_candidate, 1);
	c->kind = SBX_MATCH_BASE;
	for (guint i = 0; i < m->lock->packages->len; i++) {
		const struct sbx_lock_package *p = m->lock->packages->pdata[i];
		if (p->base)
			c->n_same++;
		else
			add_missing(m, c, p);
	}
	price_build(m, c);
	c->why =
		g_strdup_printf("%u package%s beyond the base", c->n_add, c->n_add == 1 ? "" : "s");
	g_ptr_array_add(out->candidates, c);
}

static int by_preference(gconstpointer a, gconstpointer b)
{
	const struct sbx_candidate *x = *(struct sbx_candidate *const *)a;
	const struct sbx_candidate *y = *(struct sbx_candidate *const *)b;
	if (x->is_refused != y->is_refused)
		return x->is_refused ? 1 : -1;
	if (x->cost < y->cost || x->cost > y->cost)
		return x->cost < y->cost ? -1 : 1;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : g_strcmp0(x->id, y->id);
}

static void look_at_wanted(struct match *m)
{
	for (guint i = 0; i < m->lock->packages->len; i++) {
		struct sbx_lock_package *p = m->lock->packages->pdata[i];
		g_hash_table_insert(m->wanted, p->sha256, p);
		m->n_bytes += p->installed_bytes;
		if (sbx_import_is_stored(m->store, p))
			g_hash_table_add(m->stored, p->sha256);
	}
}

gboolean sbx_match_find(struct sbx_context *ctx, struct sbx_store *store,
			const struct sbx_lock *lock, struct sbx_resolver *resolver,
			const struct sbx_match_limits *limits, struct sbx_match *out,
			GError **error)
{
	g_autofree char *id = sbx_lock_id(lock);
	g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) stored = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) rows = sbx_catalog_templates(store, error);
	if (!rows)
		return FALSE;
	struct match m = {ctx, store, lock, resolver, limits, id, wanted, stored, 0};
	look_at_wanted(&m);
	out->candidates = g_ptr_array_new_with_free_func(candidate_free);
	for (guint i = 0; i < rows->len; i++)
		add_template(&m, out, rows->pdata[i]);
	add_base(&m, out);
	g_ptr_array_sort(out->candidates, by_preference);
	out->chosen = out->candidates->pdata[0];
	return TRUE;
}
