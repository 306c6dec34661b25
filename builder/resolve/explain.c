/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <solv/problems.h>
#include <solv/rules.h>
#include <solv/solver.h>
#include <string.h>

#define MAX_CLAUSES 8

struct explanation {
	struct sbx_resolver *resolver;
	GPtrArray *clauses; /* char *, each once */
	char *hint;	    /* the way out, when one is to be seen */
};

static void add_clause(struct explanation *e, char *clause)
{
	for (guint i = 0; i < e->clauses->len; i++) {
		if (g_str_equal(e->clauses->pdata[i], clause)) {
			g_free(clause);
			return;
		}
	}
	g_ptr_array_add(e->clauses, clause);
}

/* A dependency as people write it: "libc6 (>= 2.36)", "mawk | gawk". */
void sbx_resolver_format_dependency(Pool *pool, Id dep, GString *out)
{
	static const char *const ops[] = {[REL_GT] = ">>",
					  [REL_EQ] = "=",
					  [REL_GT | REL_EQ] = ">=",
					  [REL_LT] = "<<",
					  [REL_LT | REL_EQ] = "<="};
	if (!ISRELDEP(dep)) {
		g_string_append(out, pool_id2str(pool, dep));
		return;
	}
	const Reldep *rel = GETRELDEP(pool, dep);
	sbx_resolver_format_dependency(pool, rel->name, out);
	if (rel->flags == REL_OR) {
		g_string_append(out, " | ");
		sbx_resolver_format_dependency(pool, rel->evr, out);
	} else if (rel->flags > 0 && (gsize)rel->flags < G_N_ELEMENTS(ops) && ops[rel->flags]) {
		g_string_append_printf(out, " (%s %s)", ops[rel->flags],
				       pool_id2str(pool, rel->evr));
	}
}

static char *format_package(Pool *pool, Id p)
{
	const Solvable *s = pool_id2solvable(pool, p);
	return g_strdup_printf("%s %s", pool_id2str(pool, s->name), pool_id2str(pool, s->evr));
}

/* What there is of the names in a dependency that nothing serves: "b 1.5". */
static void add_present(struct explanation *e, Id dep, GString *out)
{
	struct sbx_resolver *resolver = e->resolver;
	Pool *pool = resolver->pool;
	if (ISRELDEP(dep)) {
		const Reldep *rel = GETRELDEP(pool, dep);
		add_present(e, rel->name, out);
		if (rel->flags == REL_OR)
			add_present(e, rel->evr, out);
		return;
	}
	Id p, pp;
	FOR_PROVIDES(p, pp, dep)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		g_autofree char *package = format_package(pool, p);
		if (strstr(out->str, package))
			continue;
		g_string_append_printf(out, "%s%s", out->len ? ", " : "", package);
		if (s->name != dep)
			g_string_append_printf(out, " (as %s)", pool_id2str(pool, dep));
	}
}

/* What is needed is there, but it is not the candidate: then asking for it is the way out. */
static void explain_other_choice(struct explanation *e, Id p)
{
	Pool *pool = e->resolver->pool;
	const Solvable *s = pool_id2solvable(pool, p);
	Id candidate = e->resolver->candidate[s->name];
	if (!candidate || sbx_resolver_is_barred(e->resolver, p)) {
		g_autofree char *barred = format_package(pool, p);
		add_clause(e, g_strdup_printf("%s is forbidden by --forbid, --hold or a pin below "
					      "1",
					      barred));
		return;
	}
	/* The same version from another source: not what stands in the way. */
	if (pool_id2solvable(pool, candidate)->evr == s->evr)
		return;
	g_autofree char *choice = format_package(pool, candidate);
	add_clause(e, g_strdup_printf("the choice is %s", choice));
	if (!e->hint)
		e->hint = g_strdup_printf("ask for %s=%s as well", pool_id2str(pool, s->name),
					  pool_id2str(pool, s->evr));
}

/*
 * A dependency without a candidate: there is no such package, or none of that version, or only
 * one that is not the candidate (then asking for it by version is the way out).
 */
static void explain_missing(struct explanation *e, Id source, Id dep)
{
	Pool *pool = e->resolver->pool;
	g_autofree char *package = format_package(pool, source);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) present = g_string_new(NULL);
	sbx_resolver_format_dependency(pool, dep, text);
	add_present(e, dep, present);
	Id p = pool->whatprovidesdata[pool_whatprovides(pool, dep)];
	if (p) {
		add_clause(e, g_strdup_printf("%s needs %s", package, text->str));
		explain_other_choice(e, p);
	} else if (present->len) {
		add_clause(e, g_strdup_printf("%s needs %s, the archive has %s", package, text->str,
					      present->str));
	} else {
		add_clause(e, g_strdup_printf("%s needs %s, which no package provides", package,
					      text->str));
	}
}

static void explain_requires(struct explanation *e, Id source, Id dep)
{
	g_autofree char *package = format_package(e->resolver->pool, source);
	g_autoptr(GString) text = g_string_new(NULL);
	sbx_resolver_format_dependency(e->resolver->pool, dep, text);
	add_clause(e, g_strdup_printf("%s needs %s", package, text->str));
}

static void explain_conflict(struct explanation *e, Id source, Id target, Id dep)
{
	Pool *pool = e->resolver->pool;
	g_autofree char *package = format_package(pool, source);
	g_autofree char *other = format_package(pool, target);
	g_autoptr(GString) text = g_string_new(NULL);
	sbx_resolver_format_dependency(pool, dep, text);
	/* "conflicts with mail-transport-agent (exim4 4.96)": what is written, and who that is. */
	gsize n_name = strcspn(other, " ");
	gboolean is_itself = strncmp(text->str, other, n_name) == 0 &&
			     (text->str[n_name] == '\0' || text->str[n_name] == ' ');
	gboolean is_essential =
		sbx_resolver_is_essential(e->resolver, pool_id2solvable(pool, target)->name);
	if (is_itself)
		add_clause(e, g_strdup_printf("%s conflicts with %s%s", package, other,
					      is_essential ? ", which is Essential" : ""));
	else
		add_clause(e, g_strdup_printf("%s conflicts with %s, which is %s", package,
					      text->str, other));
}

static void explain_rule(struct explanation *e, Solver *solver, Id rule)
{
	Pool *pool = e->resolver->pool;
	Id source, target, dep;
	switch (solver_ruleinfo(solver, rule, &source, &target, &dep)) {
	case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
		explain_missing(e, source, dep);
		break;
	case SOLVER_RULE_PKG_REQUIRES:
		explain_requires(e, source, dep);
		break;
	case SOLVER_RULE_PKG_CONFLICTS:
		explain_conflict(e, source, target, dep);
		break;
	case SOLVER_RULE_PKG_SAME_NAME: {
		g_autofree char *a = format_package(pool, source);
		g_autofree char *b = format_package(pool, target);
		add_clause(e, g_strdup_printf("%s and %s cannot both be there", a, b));
		break;
	}
	case SOLVER_RULE_PKG_NOT_INSTALLABLE:
		explain_other_choice(e, source);
		break;
	default: /* jobs: what was asked for, named in the beginning of the line */
		break;
	}
}

/* What was asked for comes first, then what that needs: a chain reads better that way. */
static void order_clauses(struct explanation *e, const Queue *wanted)
{
	GPtrArray *sorted = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (int i = 0; i < wanted->count; i++)
		g_ptr_array_add(names, format_package(e->resolver->pool, wanted->elements[i]));
	for (guint i = 0; i < names->len; i++) {
		for (guint j = 0; j < e->clauses->len; j++) {
			const char *clause = e->clauses->pdata[j];
			gsize n_name = strlen(names->pdata[i]);
			if (clause && strncmp(clause, names->pdata[i], n_name) == 0 &&
			    clause[n_name] == ' ') {
				g_ptr_array_add(sorted, (char *)clause);
				e->clauses->pdata[j] = NULL;
			}
		}
	}
	for (guint j = 0; j < e->clauses->len; j++)
		if (e->clauses->pdata[j])
			g_ptr_array_add(sorted, g_steal_pointer(&e->clauses->pdata[j]));
	g_ptr_array_unref(e->clauses);
	e->clauses = sorted;
}

static void collect_clauses(struct explanation *e, Solver *solver)
{
	Id n_problems = (Id)solver_problem_count(solver);
	for (Id problem = 1; problem <= n_problems; problem++) {
		Queue rules;
		queue_init(&rules);
		solver_findallproblemrules(solver, problem, &rules);
		for (int i = 0; i < rules.count; i++)
			explain_rule(e, solver, rules.elements[i]);
		queue_free(&rules);
	}
}

static const char *way_out(const struct explanation *e, const Queue *wanted)
{
	int n_asked = 0;
	for (int i = 0; i < wanted->count; i++)
		if (!sbx_resolver_is_essential(
			    e->resolver,
			    pool_id2solvable(e->resolver->pool, wanted->elements[i])->name))
			n_asked++;
	if (e->hint)
		return e->hint;
	return n_asked > 1 ? "leave one of them out or ask for another version"
			   : "ask for another version or package, or try again after "
			     "`sbx-build update`";
}

gboolean sbx_resolver_explain(struct sbx_resolver *resolver, Solver *solver, const Queue *wanted,
			      GError **error)
{
	struct explanation e = {.resolver = resolver};
	e.clauses = g_ptr_array_new_with_free_func(g_free);
	collect_clauses(&e, solver);
	order_clauses(&e, wanted);
	g_autoptr(GString) line = g_string_new(NULL);
	for (guint i = 0; i < e.clauses->len && i < MAX_CLAUSES; i++)
		g_string_append_printf(line, "%s%s", i ? "; " : "", (char *)e.clauses->pdata[i]);
	if (e.clauses->len > MAX_CLAUSES)
		g_string_append_printf(line, "; and %u more", e.clauses->len - MAX_CLAUSES);
	sbx_set_error(error, SBX_E_UNSATISFIABLE, "cannot be installed: %s; %s", line->str,
		      way_out(&e, wanted));
	g_ptr_array_unref(e.clauses);
	g_free(e.hint);
	return FALSE;
}
