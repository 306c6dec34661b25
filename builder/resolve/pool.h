/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_POOL_H
#define SBX_BUILDER_RESOLVE_POOL_H

/* What the files of the resolver share; nobody else includes this. */

#include <solv/bitmap.h>
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>

#include "builder/resolve/keys.h"
#include "builder/resolve/package_map.h"
#include "builder/resolve/resolve.h"

struct sbx_resolver {
	const struct sbx_archive *archive;
	Pool *pool;
	Repo *repo;
	/* What the pool is made of: load.c. */
	struct sbx_package_map *map;
	Map wanted, is_loaded;	  /* of the map's names; of its packages */
	GArray *loaded;		  /* guint32: its packages that are in the pool, ascending */
	GPtrArray *kept;	  /* struct sbx_entry *: packages that the archive does not have */
	guint n_kept_loaded;	  /* of these, in the pool */
	GStringChunk *texts;	  /* of these */
	GArray *entries;	  /* struct sbx_entry of each solvable */
	gboolean with_recommends; /* what is recommended is loaded, too */
	Queue essential;	  /* ids of the essential packages' names, each once */
	struct sbx_rules *rules;
	/*
	 * apt never installs anything but a package's candidate. `best` maps a name's id to what
	 * that is by the machine's rules (0: no such package), `candidate` is the same with what
	 * the request at hand changes (0 also where all versions are forbidden).
	 */
	Id *best, *candidate;
	guint8 *is_name; /* of the names, those that a package bears */
	guint n_names;
	Map considered;	      /* of the solvables, those that are candidates */
	gboolean is_extended; /* by packages that the archive does not have */
};

/* What decides priorities: apt's preferences (read here), and options. */
struct sbx_rules;
struct sbx_rules *sbx_rules_new(const struct sbx_archive *archive, GError **error);
void sbx_rules_free(struct sbx_rules *rules);
SBX_DEFINE_AUTO(sbx_rules, sbx_rules_free)

/* Once all packages are there. */
void sbx_resolver_index_names(struct sbx_resolver *resolver);
/* Make the candidates those of the machine's rules and these options. */
gboolean sbx_resolver_reset(struct sbx_resolver *resolver,
			    const struct sbx_resolve_options *options, GError **error);
/* Make p its name's candidate. */
void sbx_resolver_set_candidate(struct sbx_resolver *resolver, Id p);

/* Pin priority; not above zero: never a candidate. */
int sbx_resolver_priority(struct sbx_resolver *resolver, Id p);
/* By --hold or --forbid, that is even when it is asked for by version. */
gboolean sbx_resolver_is_barred(struct sbx_resolver *resolver, Id p);
/* NULL: not known. */
const struct sbx_release *sbx_resolver_release(struct sbx_resolver *resolver, Id p);
/* What is known of p; valid until something is loaded. */
const struct sbx_entry *sbx_resolver_entry(const struct sbx_resolver *resolver, Id p);

static inline gboolean sbx_resolver_is_candidate(const struct sbx_resolver *resolver, Id p)
{
	return MAPTST(&resolver->considered, p) != 0;
}
/* Is the name (id) that of an essential package? */
gboolean sbx_resolver_is_essential(const struct sbx_resolver *resolver, Id name);

/*
 * The providers of a dependency without alternatives that are candidates, in the order in which
 * apt tries them, into `out`.
 */
void sbx_resolver_providers(struct sbx_resolver *resolver, Id dep, Queue *out);

/*
 * The dependencies of a relation field of p, appended to `out` in the field's order: the ids of the
 * alternatives of each, ended by 0. The map's writer has checked the text.
 */
enum sbx_field { SBX_FIELD_PRE_DEPENDS, SBX_FIELD_DEPENDS, SBX_FIELD_RECOMMENDS };
void sbx_resolver_read_field(struct sbx_resolver *resolver, Id p, enum sbx_field field, Queue *out);

/* Look up what was asked for, set the candidates by it, and append it to `out`, each once. */
gboolean sbx_resolver_look_up(struct sbx_resolver *resolver, const char *const *names, Queue *out,
			      GError **error);

/* "name=version" of a request for just that version, newly allocated; NULL: it is for none. */
char *sbx_resolver_exact_request(const char *given);

/*
 * What apt would choose, by its own way of going about it: mark `wanted`, then what they depend
 * on, depth first. `chosen` holds what is there already and gets what is added, in the order of
 * marking. FALSE when that way leads nowhere: `chosen` then holds what could be marked.
 */
gboolean sbx_resolver_mark(struct sbx_resolver *resolver, const Queue *wanted, gboolean recommends,
			   Queue *chosen);

/*
 * See to it that the pool has what requests for these names can come to (NULL: the Essential
 * packages alone). When it had not, it is made anew: ids of before are no longer valid, and the
 * candidates are set by sbx_resolver_reset().
 */
gboolean sbx_resolver_load(struct sbx_resolver *resolver, const char *const *requests,
			   gboolean recommends, GError **error);
/* The same for all packages of a lock, of another one and for more names (NULL: none). */
gboolean sbx_resolver_load_locks(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				 const struct sbx_lock *other, const char *const *more,
				 GError **error);
/* A package that the archive does not have: copied. The next load takes it into the pool. */
void sbx_resolver_keep(struct sbx_resolver *resolver, const struct sbx_package *package,
		       const char *origin);
/* A new solvable of the pool; 0: a field cannot be read. */
Id sbx_resolver_fill(struct sbx_resolver *resolver, const struct sbx_package *package);

/* Parts of solve.c, for lock_update.c. `out` is emptied and sorted. */
gboolean sbx_resolver_choose(struct sbx_resolver *resolver, const Queue *wanted, const Queue *base,
			     gboolean recommends, Queue *out, GError **error);
void sbx_resolver_sweep(struct sbx_resolver *resolver, const Queue *roots, gboolean recommends,
			Queue *packages);
void sbx_resolver_find_essential(struct sbx_resolver *resolver, Queue *out);
struct sbx_lock *sbx_resolver_make_lock(struct sbx_resolver *resolver, const Queue *packages,
					const Queue *base, const Queue *wanted,
					const struct sbx_resolve_options *options);

/* The solvable that a package of a lock is, by name, version and architecture; 0: none. */
Id sbx_resolver_find(struct sbx_resolver *resolver, const struct sbx_lock_package *package);

/* A dependency as people write it: "libc6 (>= 2.36)", "mawk | gawk". */
void sbx_resolver_format_dependency(Pool *pool, Id dep, GString *out);

struct s_Solver;
/* Why the solver found nothing, as SBX_E_UNSATISFIABLE. Always FALSE. */
gboolean sbx_resolver_explain(struct sbx_resolver *resolver, struct s_Solver *solver,
			      const Queue *wanted, GError **error);

/* At most three names that are near to one that is not known, best first; NULL-ended. */
char **sbx_resolver_near_names(struct sbx_resolver *resolver, const char *name);

#endif
