/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/match/match.h"

#include <string.h>

#include "builder/build/import.h"
#include "builder/match/cost.h"
#include "builder/match/holdings.h"
#include "store/template.h"

#define MB 1e6

struct match {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const struct sbx_lock *lock;
	struct sbx_resolver *resolver;
	const struct sbx_match_limits *limits;
	char *id; /* the lock's own */
	struct sbx_holdings *holdings;
	guint *wanted;	   /* of the holdings' packages: 1 + the place in the lock, 0: not wanted */
	guint8 *is_there;  /* of the lock's packages: has the candidate at hand it? */
	guint8 *is_stored; /* of these: what IS_STORED and NOT_STORED say; 0: not looked yet */
	guint64 n_bytes;   /* of all wanted, installed */
};

enum { IS_STORED = 1, NOT_STORED };

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

static const struct sbx_lock_package *wanted_at(const struct match *m, guint i)
{
	return m->lock->packages->pdata[i];
}

static gboolean is_stored(struct match *m, guint i)
{
	if (!m->is_stored[i])
		m->is_stored[i] =
			sbx_import_is_stored(m->store, wanted_at(m, i)) ? IS_STORED : NOT_STORED;
	return m->is_stored[i] == IS_STORED;
}

static void add_missing(struct match *m, struct sbx_candidate *c, guint i)
{
	const struct sbx_lock_package *p = wanted_at(m, i);
	c->n_add++;
	c->add_bytes += p->installed_bytes;
	if (is_stored(m, i))
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

static const struct sbx_held_package *held_at(const struct match *m, const struct sbx_holding *have,
					      guint i)
{
	return &g_array_index(m->holdings->packages, struct sbx_held_package, have->packages[i]);
}

/* Is what comes along with a superset fit to be there? Names the first that is not. */
static void check_extra(struct match *m, struct sbx_candidate *c, const struct sbx_holding *have)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (guint i = 0; i < have->n_packages; i++)
		if (!m->wanted[have->packages[i]])
			g_ptr_array_add(names, (gpointer)held_at(m, have, i)->name);
	g_ptr_array_add(names, NULL);
	sbx_fresh_look_up(m->resolver, (const char *const *)names->pdata);
	for (guint i = 0; i < have->n_packages && !c->is_refused; i++) {
		const struct sbx_held_package *p = held_at(m, have, i);
		if (m->wanted[have->packages[i]])
			continue;
		const struct sbx_lock_package extra = {.name = (char *)p->name,
						       .version = (char *)p->version};
		struct sbx_newer *newer = sbx_fresh_newer_of(m->resolver, &extra);
		if (newer)
			refuse(c, g_strdup_printf("%s: %s %s, there is %s",
						  newer->is_security ? "vulnerable" : "stale",
						  p->name, p->version, newer->version));
		sbx_newer_free(newer);
	}
}

static void judge_superset(struct match *m, struct sbx_candidate *c, const struct sbx_holding *have)
{
	c->kind = SBX_MATCH_SUPERSET;
	c->cost = c->n_extra * SBX_COST_EXTRA_PACKAGE +
		  (double)c->extra_bytes / MB * SBX_COST_EXTRA_PER_MB;
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
		check_extra(m, c, have);
	if (!c->is_refused)
		c->why = g_strdup("ready at once");
}

static void compare(struct match *m, struct sbx_candidate *c, const struct sbx_holding *have)
{
	const struct sbx_held_package *first_extra = NULL;
	memset(m->is_there, 0, m->lock->packages->len);
	for (guint i = 0; i < have->n_packages; i++) {
		const struct sbx_held_package *p = held_at(m, have, i);
		guint wanted = m->wanted[have->packages[i]];
		if (wanted) {
			c->n_same++;
			m->is_there[wanted - 1] = TRUE;
			continue;
		}
		first_extra = first_extra ? first_extra : p;
		c->n_extra++;
		c->extra_bytes += p->installed_bytes;
	}
	for (guint i = 0; i < m->lock->packages->len; i++)
		if (!m->is_there[i])
			add_missing(m, c, i);
	if (c->n_add == 0 && (c->n_extra || g_strcmp0(c->id, m->id))) {
		judge_superset(m, c, have);
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

static void judge(struct match *m, struct sbx_candidate *c, const struct sbx_holding *have)
{
	if (g_strcmp0(c->id, m->id) == 0) {
		c->kind = SBX_MATCH_EXACT;
		c->n_same = have->n_packages;
		c->why = g_strdup("the lock's own template");
		return;
	}
	compare(m, c, have);
	/* Their lists are borrowed. */
	struct sbx_content want = m->lock->content;
	const struct sbx_content has = {have->without, have->locales, have->skip_scripts};
	if (c->kind == SBX_MATCH_SUPERSET)
		want.without |= m->limits->may_lack;
	/* As a beginning, one whose scripts saw other content is of no use either. */
	if (!sbx_content_covers(&has, &want) ||
	    (c->kind == SBX_MATCH_CLOSEST && !sbx_content_covers(&want, &has)))
		refuse(c,
		       g_strdup("made without documentation, messages or the like, or with more"));
}

static void add_template(struct match *m, struct sbx_match *out, const struct sbx_template *row)
{
	const struct sbx_holding *have = g_hash_table_lookup(m->holdings->templates, row->id);
	if (!have || !g_str_equal(row->architecture, m->lock->architecture))
		return;
	struct sbx_candidate *c = g_new0(struct sbx_candidate, 1);
	c->id = g_strdup(row->id);
	c->names = g_strdupv(row->names);
	judge(m, c, have);
	/* Of the few that could be taken; of thousands it would take longer than all else. */
	if (!c->is_refused && !sbx_template_is_present(m->store, row->id))
		candidate_free(c);
	else
		g_ptr_array_add(out->candidates, c);
}

static void add_base(struct match *m, struct sbx_match *out)
{
	struct sbx_candidate *c = g_new0(struct sbx_candidate, 1);
	c->kind = SBX_MATCH_BASE;
	for (guint i = 0; i < m->lock->packages->len; i++) {
		if (wanted_at(m, i)->base)
			c->n_same++;
		else
			add_missing(m, c, i);
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
		const struct sbx_lock_package *p = wanted_at(m, i);
		guint place =
			GPOINTER_TO_UINT(g_hash_table_lookup(m->holdings->by_sha256, p->sha256));
		if (place)
			m->wanted[place - 1] = i + 1;
		m->n_bytes += p->installed_bytes;
	}
}

gboolean sbx_match_find(struct sbx_context *ctx, struct sbx_store *store,
			const struct sbx_lock *lock, struct sbx_resolver *resolver,
			const struct sbx_match_limits *limits, struct sbx_match *out,
			GError **error)
{
	g_autofree char *id = sbx_lock_id(lock);
	g_autoptr(GPtrArray) rows = sbx_catalog_templates(store, error);
	SBX_AUTO(sbx_holdings) holdings = rows ? sbx_match_holdings(store, rows, error) : NULL;
	if (!holdings)
		return FALSE;
	g_autofree guint *wanted = g_new0(guint, holdings->packages->len + 1);
	g_autofree guint8 *is_there = g_new0(guint8, lock->packages->len + 1);
	g_autofree guint8 *is_stored = g_new0(guint8, lock->packages->len + 1);
	struct match m = {ctx,	    store,  lock,     resolver,	 limits, id,
			  holdings, wanted, is_there, is_stored, 0};
	look_at_wanted(&m);
	out->candidates = g_ptr_array_new_with_free_func(candidate_free);
	for (guint i = 0; i < rows->len; i++)
		add_template(&m, out, rows->pdata[i]);
	add_base(&m, out);
	g_ptr_array_sort(out->candidates, by_preference);
	out->chosen = out->candidates->pdata[0];
	return TRUE;
}
