/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <limits.h>
#include <solv/evr.h>
#include <string.h>

#include "builder/fetch/apt_config.h"
#include "builder/resolve/pins.h"

/*
 * apt never installs anything but a package's candidate: of the versions whose priority is above
 * zero the highest version of the highest priority.
 */

#define UNSET INT_MIN

/* The rules that hold for the request at hand: options first, then the machine's. */
struct sbx_rules {
	const struct sbx_archive *archive;
	GPtrArray *options;   /* struct sbx_pin * of --hold, --forbid, --pin */
	GPtrArray *machine;   /* the same of apt's preferences */
	GHashTable *origins;  /* char * -> struct origin * */
	Map touched;	      /* of names (ids), those that a specific pin may mean */
	gboolean may_exclude; /* some priority is not above zero */
};

struct origin {
	const struct sbx_release *release; /* NULL: not known */
	int priority;			   /* by a general pin; UNSET: none */
};

void sbx_rules_free(struct sbx_rules *rules)
{
	if (!rules)
		return;
	g_ptr_array_unref(rules->options);
	g_ptr_array_unref(rules->machine);
	g_hash_table_unref(rules->origins);
	map_free(&rules->touched);
	g_free(rules);
}

static gboolean is_of_host(const struct sbx_archive *archive)
{
	for (guint i = 0; archive->releases && i < archive->releases->len; i++)
		if (((const struct sbx_release *)archive->releases->pdata[i])->is_host)
			return TRUE;
	return FALSE;
}

struct sbx_rules *sbx_rules_new(const struct sbx_archive *archive, GError **error)
{
	SBX_AUTO(sbx_rules) rules = g_new0(struct sbx_rules, 1);
	rules->archive = archive;
	rules->options = sbx_pins_new();
	rules->machine = sbx_pins_new();
	rules->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!is_of_host(archive))
		return g_steal_pointer(&rules);
	g_autofree char *folder = sbx_apt_config_folder();
	return sbx_pins_read(rules->machine, folder, error) ? g_steal_pointer(&rules) : NULL;
}

typedef gboolean (*add_func)(GPtrArray *pins, const char *text, GError **error);

static gboolean add_all(GPtrArray *pins, const char *const *texts, add_func add, GError **error)
{
	for (; texts && *texts; texts++)
		if (!add(pins, *texts, error))
			return FALSE;
	return TRUE;
}

static const struct sbx_release *find_release(const struct sbx_archive *archive, const char *origin)
{
	for (guint i = 0; origin && archive->releases && i < archive->releases->len; i++) {
		const struct sbx_release *release = archive->releases->pdata[i];
		if (g_str_equal(release->origin, origin))
			return release;
	}
	return NULL;
}

/* The first general pin decides. */
static int general_priority(const struct sbx_rules *rules, const struct sbx_release *release)
{
	GPtrArray *const lists[] = {rules->options, rules->machine};
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++) {
			const struct sbx_pin *pin = lists[i]->pdata[j];
			if (!pin->packages && pin->kind != SBX_PIN_BY_VERSION &&
			    sbx_pin_matches(pin, release, NULL))
				return pin->priority;
		}
	return UNSET;
}

static const struct origin *find_origin(struct sbx_resolver *resolver, Id p)
{
	struct sbx_rules *rules = resolver->rules;
	const char *name = sbx_resolver_entry(resolver, p)->origin;
	struct origin *origin = g_hash_table_lookup(rules->origins, name);
	if (origin)
		return origin;
	origin = g_new0(struct origin, 1);
	origin->release = find_release(rules->archive, name);
	origin->priority = general_priority(rules, origin->release);
	g_hash_table_insert(rules->origins, g_strdup(name), origin);
	return origin;
}

const struct sbx_release *sbx_resolver_release(struct sbx_resolver *resolver, Id p)
{
	return find_origin(resolver, p)->release;
}

/* The pin that is for p by name, NULL: none. */
static const struct sbx_pin *specific_pin(struct sbx_resolver *resolver, Id p)
{
	const struct sbx_rules *rules = resolver->rules;
	Pool *pool = resolver->pool;
	const Solvable *s = pool_id2solvable(pool, p);
	if (rules->touched.size == 0 || !MAPTST(&rules->touched, s->name))
		return NULL;
	GPtrArray *const lists[] = {rules->options, rules->machine};
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++) {
			const struct sbx_pin *pin = lists[i]->pdata[j];
			if (pin->packages &&
			    sbx_pin_has_name(pin, pool_id2str(pool, s->name),
					     rules->archive->architecture) &&
			    sbx_pin_matches(pin, sbx_resolver_release(resolver, p),
					    pool_id2str(pool, s->evr)))
				return pin;
		}
	return NULL;
}

int sbx_resolver_priority(struct sbx_resolver *resolver, Id p)
{
	const struct sbx_pin *pin = specific_pin(resolver, p);
	if (pin)
		return pin->priority;
	int priority = find_origin(resolver, p)->priority;
	if (priority != UNSET)
		return priority;
	return (int)sbx_resolver_entry(resolver, p)->pin;
}

gboolean sbx_resolver_is_barred(struct sbx_resolver *resolver, Id p)
{
	const struct sbx_pin *pin = specific_pin(resolver, p);
	return pin && pin->is_option && pin->priority < 0;
}

/* Would apt rather have p than q, another package of the same name? */
static gboolean is_better(struct sbx_resolver *resolver, Id p, Id q)
{
	Pool *pool = resolver->pool;
	int pin_p = sbx_resolver_priority(resolver, p);
	int pin_q = sbx_resolver_priority(resolver, q);
	if (pin_p != pin_q)
		return pin_p > pin_q;
	/* The same version in two suites is taken from the source that is named first. */
	return pool_evrcmp(pool, pool_id2solvable(pool, p)->evr, pool_id2solvable(pool, q)->evr,
			   EVRCMP_COMPARE) > 0;
}

static void find_best(struct sbx_resolver *resolver, Id *out)
{
	Pool *pool = resolver->pool;
	Id p;
	memset(out, 0, resolver->n_names * sizeof(Id));
	FOR_POOL_SOLVABLES(p)
	{
		Id *best = &out[pool_id2solvable(pool, p)->name];
		if (!*best || is_better(resolver, p, *best))
			*best = p;
	}
}

/* Which names may a specific pin mean? Patterns are tried on all names, so only once for a set. */
static void touch_names(struct sbx_resolver *resolver)
{
	struct sbx_rules *rules = resolver->rules;
	GPtrArray *const lists[] = {rules->options, rules->machine};
	map_free(&rules->touched);
	rules->may_exclude = FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint j = 0; j < lists[i]->len; j++) {
			const struct sbx_pin *pin = lists[i]->pdata[j];
			rules->may_exclude |= pin->priority <= 0;
			if (!pin->packages)
				continue;
			if (rules->touched.size == 0)
				map_init(&rules->touched, (int)resolver->n_names);
			for (guint id = 1; id < resolver->n_names; id++)
				if (resolver->is_name[id] &&
				    sbx_pin_has_name(pin, pool_id2str(resolver->pool, (Id)id),
						     rules->archive->architecture))
					MAPSET(&rules->touched, id);
		}
}

static void consider(struct sbx_resolver *resolver)
{
	map_empty(&resolver->considered);
	for (guint name = 0; name < resolver->n_names; name++) {
		Id *p = &resolver->candidate[name];
		if (*p && resolver->rules->may_exclude && sbx_resolver_priority(resolver, *p) <= 0)
			*p = 0;
		if (*p)
			MAPSET(&resolver->considered, *p);
	}
}

void sbx_resolver_index_names(struct sbx_resolver *resolver)
{
	Pool *pool = resolver->pool;
	Id p;
	resolver->n_names = (guint)pool->ss.nstrings;
	resolver->best = g_renew(Id, resolver->best, resolver->n_names);
	resolver->candidate = g_renew(Id, resolver->candidate, resolver->n_names);
	g_free(resolver->is_name);
	resolver->is_name = g_new0(guint8, resolver->n_names);
	FOR_POOL_SOLVABLES(p)
	resolver->is_name[pool_id2solvable(pool, p)->name] = 1;
	map_free(&resolver->considered);
	map_init(&resolver->considered, pool->nsolvables);
	/* What is best without options, whatever the former request's were. */
	g_ptr_array_set_size(resolver->rules->options, 0);
	g_hash_table_remove_all(resolver->rules->origins);
	touch_names(resolver);
	find_best(resolver, resolver->best);
}

gboolean sbx_resolver_reset(struct sbx_resolver *resolver,
			    const struct sbx_resolve_options *options, GError **error)
{
	struct sbx_rules *rules = resolver->rules;
	gboolean had = rules->options->len > 0;
	g_ptr_array_set_size(rules->options, 0);
	if (!add_all(rules->options, options->forbid, sbx_pins_add_forbid, error) ||
	    !add_all(rules->options, options->hold, sbx_pins_add_hold, error) ||
	    !add_all(rules->options, options->pins, sbx_pins_add_option, error)) {
		g_ptr_array_set_size(rules->options, 0);
		return FALSE;
	}
	if (had || rules->options->len) {
		g_hash_table_remove_all(rules->origins);
		touch_names(resolver);
	}
	if (rules->options->len)
		find_best(resolver, resolver->candidate);
	else
		memcpy(resolver->candidate, resolver->best, resolver->n_names * sizeof(Id));
	consider(resolver);
	return TRUE;
}

void sbx_resolver_set_candidate(struct sbx_resolver *resolver, Id p)
{
	Id *candidate = &resolver->candidate[pool_id2solvable(resolver->pool, p)->name];
	if (*candidate)
		MAPCLR(&resolver->considered, *candidate);
	*candidate = p;
	MAPSET(&resolver->considered, p);
}
