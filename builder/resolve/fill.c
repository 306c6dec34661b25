/* SPDX-License-Identifier: Apache-2.0 */
#include <solv/repo.h>
#include <string.h>

#include "builder/resolve/pool.h"
#include "builder/resolve/relation.h"

struct filling {
	Pool *pool;
	Repo *repo;
	const char *architecture;
};

/* A dependency as one id: alternatives hang on each other from the right, in their order. */
static Id join_alternatives(Pool *pool, const Queue *group)
{
	Id id = group->elements[group->count - 1];
	for (int i = group->count - 2; i >= 0; i--)
		id = pool_rel2id(pool, group->elements[i], id, REL_OR, 1);
	return id;
}

static gboolean add_depends(struct filling *f, Solvable *s, const char *field, Id marker)
{
	struct sbx_relation_reader reader;
	Queue group;
	queue_init(&group);
	sbx_relation_begin(&reader, field);
	gboolean ok;
	while ((ok = sbx_solv_read_group(f->pool, &reader, f->architecture, TRUE, &group, NULL)) &&
	       group.count > 0)
	s->requires =
		repo_addid_dep(f->repo, s->requires, join_alternatives(f->pool, &group), marker);
	queue_free(&group);
	return ok;
}

/* Conflicts and Breaks: the difference is one of unpacking order, not of what can be together. */
static gboolean add_conflicts(struct filling *f, Solvable *s, const char *field)
{
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	enum sbx_relation_result result;
	sbx_relation_begin(&reader, field);
	while ((result = sbx_relation_next(&reader, &r, NULL)) == SBX_RELATION_READ) {
		if (r.n_qualifier == 3 && strncmp(r.qualifier, "any", 3) == 0)
			r.n_qualifier = 0;
		Id id = sbx_solv_relation_id(f->pool, &r, f->architecture, TRUE);
		s->conflicts = repo_addid_dep(f->repo, s->conflicts, id, 0);
	}
	return result == SBX_RELATION_END;
}

/* "name:any" beside "name" for what may be used from any architecture (Multi-Arch: allowed). */
static void add_any(struct filling *f, Solvable *s, const struct sbx_relation *r)
{
	struct sbx_relation any = *r;
	g_autofree char *name = g_strdup_printf("%.*s:any", (int)r->n_name, r->name);
	any.name = name;
	any.qualifier = name + r->n_name + 1;
	any.n_qualifier = 3;
	Id id = sbx_solv_relation_id(f->pool, &any, f->architecture, TRUE);
	s->provides = repo_addid_dep(f->repo, s->provides, id, 0);
}

static gboolean add_provides(struct filling *f, Solvable *s, const struct sbx_package *package)
{
	gboolean allowed = g_strcmp0(package->multi_arch, "allowed") == 0;
	struct sbx_relation_reader reader;
	struct sbx_relation r = {.name = package->name,
				 .n_name = strlen(package->name),
				 .op = SBX_REL_EQ,
				 .version = package->version,
				 .n_version = strlen(package->version)};
	enum sbx_relation_result result;
	s->provides = repo_addid_dep(f->repo, s->provides,
				     pool_rel2id(f->pool, s->name, s->evr, REL_EQ, 1), 0);
	if (allowed)
		add_any(f, s, &r);
	sbx_relation_begin(&reader, package->provides);
	while ((result = sbx_relation_next(&reader, &r, NULL)) == SBX_RELATION_READ) {
		Id id = sbx_solv_relation_id(f->pool, &r, f->architecture, TRUE);
		s->provides = repo_addid_dep(f->repo, s->provides, id, 0);
		if (allowed && r.n_qualifier == 0)
			add_any(f, s, &r);
	}
	return result == SBX_RELATION_END;
}

Id sbx_resolver_fill(struct sbx_resolver *resolver, const struct sbx_package *package)
{
	struct filling f = {resolver->pool, resolver->repo, resolver->archive->architecture};
	Id p = repo_add_solvable(f.repo);
	Solvable *s = pool_id2solvable(f.pool, p);
	s->name = pool_str2id(f.pool, package->name, 1);
	s->evr = pool_str2id(f.pool, package->version, 1);
	s->arch = pool_str2id(f.pool, package->architecture, 1);
	gboolean ok = add_depends(&f, s, package->depends, -SOLVABLE_PREREQMARKER) &&
		      add_depends(&f, s, package->pre_depends, SOLVABLE_PREREQMARKER) &&
		      add_conflicts(&f, s, package->conflicts) &&
		      add_conflicts(&f, s, package->breaks) && add_provides(&f, s, package);
	return ok ? p : 0;
}
