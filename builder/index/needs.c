/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/needs.h"

#include <string.h>

#include "builder/index/declared.h"
#include "builder/index/guards.h"
#include "builder/index/implied.h"

struct search {
	struct sbx_profile *profile;
	struct sbx_providers *providers;
	const struct sbx_facts *facts;
	GHashTable *answers;	   /* "kind language name member" to struct sbx_need * */
	GHashTable *by_name;	   /* "kind language resolved-name" to the same */
	GHashTable *languages;	   /* struct sbx_need * to struct sbx_language * */
	struct sbx_need **need_of; /* for each fact */
};

static GPtrArray *ask(struct search *s, enum sbx_fact_kind kind,
		      const struct sbx_language *language, const char *name, GHashTable *chosen,
		      char **out_matched, GError **error)
{
	return sbx_providers_find(s->providers, kind, language, name, chosen, out_matched, error);
}

/*
 * Who serves a fact, and under which name. `from a import b` asks for a.b, which may be a module
 * of its own; when it is not, the answer is that for a. If only the folder a is there, b is not.
 */
static GPtrArray *ask_for(struct search *s, const struct sbx_fact *fact, char **out_name,
			  GError **error)
{
	const char *const parts[] = {fact->name, fact->member};
	g_autofree char *longer =
		sbx_providers_join(fact->language, parts, fact->member && *fact->member ? 2 : 1);
	g_autofree char *matched = NULL;
	GPtrArray *found = ask(s, fact->kind, fact->language, longer, NULL, &matched, error);
	if (!found)
		return NULL;
	if (found->len) {
		*out_name = matched ? g_steal_pointer(&matched) : g_strdup(fact->name);
		return found;
	}
	g_autoptr(GPtrArray) folder = NULL;
	if (fact->member && *fact->member &&
	    !(folder = ask(s, fact->kind, fact->language, fact->name, NULL, NULL, error))) {
		g_ptr_array_unref(found);
		return NULL;
	}
	*out_name = g_strdup(folder && folder->len ? longer : fact->name);
	return found;
}

static struct sbx_need *add_need(struct search *s, const struct sbx_fact *fact, char *name,
				 GPtrArray *candidates)
{
	struct sbx_need *need = sbx_profile_add_need(s->profile);
	need->kind = fact->kind;
	need->grade = fact->grade;
	need->name = name;
	need->language = g_strdup(fact->language->name);
	need->ecosystem = g_strdup(sbx_declared_ecosystem(fact->language, fact->kind));
	g_ptr_array_unref(need->candidates);
	need->candidates = candidates;
	g_hash_table_insert(s->languages, need, (gpointer)fact->language);
	return need;
}

/* "a|b": either will do. The first that someone ships, else the first. */
static GPtrArray *ask_for_any(struct search *s, const struct sbx_fact *fact, char **out_name,
			      GError **error)
{
	g_auto(GStrv) names = g_strsplit(fact->name, "|", -1);
	for (guint i = 0; names[0] && names[1] && names[i]; i++) {
		struct sbx_fact one = *fact;
		one.name = names[i];
		g_autofree char *name = NULL;
		g_autoptr(GPtrArray) found = ask_for(s, &one, &name, error);
		if (!found)
			return NULL;
		if (found->len) {
			*out_name = g_steal_pointer(&name);
			return g_steal_pointer(&found);
		}
	}
	struct sbx_fact one = *fact;
	one.name = names[0] ? names[0] : fact->name;
	return ask_for(s, &one, out_name, error);
}

static struct sbx_need *find_need(struct search *s, const struct sbx_fact *fact, GError **error)
{
	const char *language = fact->language->name;
	g_autofree char *question = g_strdup_printf("%d %s %s %s", fact->kind, language, fact->name,
						    fact->member ? fact->member : "");
	struct sbx_need *need = g_hash_table_lookup(s->answers, question);
	if (need)
		return need;
	g_autofree char *name = NULL;
	g_autoptr(GPtrArray) found = ask_for_any(s, fact, &name, error);
	if (!found)
		return NULL;
	g_autofree char *key = g_strdup_printf("%d %s %s", fact->kind, language, name);
	need = g_hash_table_lookup(s->by_name, key);
	if (!need) {
		need = add_need(s, fact, g_steal_pointer(&name), g_steal_pointer(&found));
		g_hash_table_insert(s->by_name, g_steal_pointer(&key), need);
	}
	g_hash_table_insert(s->answers, g_steal_pointer(&question), need);
	return need;
}

int sbx_needs_strength(enum sbx_grade grade)
{
	static const enum sbx_grade order[] = {SBX_GRADE_TYPE_ONLY,	  SBX_GRADE_DYNAMIC_UNKNOWN,
					       SBX_GRADE_GUARDED,	  SBX_GRADE_IMPLIED,
					       SBX_GRADE_LEARNED,	  SBX_GRADE_DECLARED,
					       SBX_GRADE_DYNAMIC_LITERAL, SBX_GRADE_HARD};
	for (guint i = 0; i < G_N_ELEMENTS(order); i++)
		if (order[i] == grade)
			return (int)i;
	return -1;
}

#define MAX_EVIDENCE 100 /* places that a need names; more tell nobody anything */

static void add_evidence(struct sbx_need *need, const struct sbx_fact *fact)
{
	if (sbx_needs_strength(fact->grade) > sbx_needs_strength(need->grade))
		need->grade = fact->grade;
	need->confidence = MAX(need->confidence, fact->confidence);
	if (fact->api && !need->why)
		need->why = g_strdup_printf("%s%s%s", fact->api, *fact->why ? " " : "", fact->why);
	sbx_evidence_add(need->evidence, fact);
}

void sbx_evidence_add(GPtrArray *evidence, const struct sbx_fact *fact)
{
	if (evidence->len == MAX_EVIDENCE)
		return;
	if (evidence->len) {
		const struct sbx_evidence *last = evidence->pdata[evidence->len - 1];
		if (last->line == fact->line && g_str_equal(last->file, fact->file))
			return;
	}
	struct sbx_evidence *one = g_new0(struct sbx_evidence, 1);
	one->file = g_strdup(fact->file);
	one->line = fact->line;
	one->text = g_strdup(fact->text ? fact->text : "");
	g_ptr_array_add(evidence, one);
}

static gboolean is_there_anyway(const struct sbx_provider *provider)
{
	return provider->in_base || provider->in_interpreter;
}

/* Those that the site forbids come last. */
static const struct sbx_provider *best(const struct sbx_need *need)
{
	const struct sbx_provider *first =
		need->candidates->len ? need->candidates->pdata[0] : NULL;
	return first && !first->is_forbidden ? first : NULL;
}

/* Is there a choice to be made? */
static gboolean is_open(const struct sbx_need *need)
{
	return need->candidates->len > 1 && best(need) && !is_there_anyway(best(need));
}

static gboolean is_wanted(enum sbx_grade grade)
{
	return grade != SBX_GRADE_GUARDED && grade != SBX_GRADE_TYPE_ONLY &&
	       grade != SBX_GRADE_DYNAMIC_UNKNOWN;
}

/* Of several providers, what is installed for another need's sake costs nothing. */
static gboolean decide_open_ones(struct search *s, GError **error)
{
	GPtrArray *needs = s->profile->needs;
	g_autoptr(GHashTable) chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gboolean any = FALSE;
	for (guint i = 0; i < needs->len; i++)
		any |= is_open(needs->pdata[i]);
	for (guint i = 0; any && i < needs->len; i++) {
		const struct sbx_need *need = needs->pdata[i];
		if (need->candidates->len != 1 || !best(need) || !is_wanted(need->grade))
			continue;
		if (!sbx_providers_add_closure(s->providers, best(need)->package, chosen, error))
			return FALSE;
	}
	for (guint i = 0; i < needs->len && g_hash_table_size(chosen); i++) {
		struct sbx_need *need = needs->pdata[i];
		if (!is_open(need))
			continue;
		g_autofree char *matched = NULL;
		GPtrArray *again = ask(s, need->kind, g_hash_table_lookup(s->languages, need),
				       need->name, chosen, &matched, error);
		if (!again)
			return FALSE;
		g_ptr_array_unref(need->candidates);
		need->candidates = again;
	}
	return TRUE;
}

static enum sbx_need_status status_of(const struct sbx_need *need)
{
	const struct sbx_provider *provider = best(need);
	if (need->grade == SBX_GRADE_DYNAMIC_UNKNOWN || !*need->name)
		return SBX_NEED_UNKNOWN;
	if (provider && provider->in_base)
		return SBX_NEED_BASE;
	if (provider && provider->in_interpreter)
		return SBX_NEED_STANDARD;
	if (!is_wanted(need->grade))
		return SBX_NEED_OPTIONAL;
	if (!provider && need->ecosystem)
		return SBX_NEED_ECOSYSTEM;
	return provider ? SBX_NEED_PACKAGE : SBX_NEED_UNRESOLVED;
}

/* What a group of guarded imports comes to. */
struct choice {
	gboolean is_free;    /* one side is there anyway: nothing to install */
	gboolean is_decided; /* one side is shipped by someone: the first such is needed */
	guint wanted;	     /* that side; if there is none, the last, which is then missing */
};

/* Look at the group that begins at fact `first`; *out_end is behind its last fact. */
static struct choice look_at_group(const struct search *s, const struct sbx_guard *guards,
				   size_t first, size_t *out_end)
{
	struct choice choice = {FALSE, FALSE, 0};
	guint side = 0;
	gboolean all_there = TRUE, all_shipped = TRUE;
	for (size_t i = first;; i++) {
		gboolean ends = i == s->facts->n_facts ||
				(guards[i].group && guards[i].group != guards[first].group);
		if (!ends && !guards[i].group)
			continue;
		if (ends || guards[i].alternative != side) {
			choice.is_free |= all_there;
			if (!choice.is_decided)
				choice.wanted = side;
			choice.is_decided |= all_shipped;
			all_there = all_shipped = TRUE;
		}
		if (ends) {
			*out_end = i;
			return choice;
		}
		const struct sbx_need *need = s->need_of[i];
		side = guards[i].alternative;
		all_shipped &= best(need) != NULL;
		all_there &= best(need) && is_there_anyway(best(need));
	}
}

/* try: a, except: b - when neither is there anyway, the first that someone ships is needed. */
static void decide_guarded(const struct search *s)
{
	g_autofree struct sbx_guard *guards = sbx_guards_read(s->facts);
	for (size_t i = 0, end; i < s->facts->n_facts; i = end) {
		end = i + 1;
		if (!guards[i].group)
			continue;
		struct choice choice = look_at_group(s, guards, i, &end);
		for (size_t k = i; k < end && !choice.is_free; k++) {
			struct sbx_need *need = s->need_of[k];
			if (guards[k].group && guards[k].alternative == choice.wanted &&
			    need->status == SBX_NEED_OPTIONAL)
				need->status = best(need) ? SBX_NEED_PACKAGE : SBX_NEED_UNRESOLVED;
		}
	}
}

static gboolean find_all(struct search *s, GError **error)
{
	for (size_t i = 0; i < s->facts->n_facts; i++) {
		const struct sbx_fact *fact = &s->facts->facts[i];
		if (fact->kind == SBX_FACT_BEHAVIOUR)
			continue;
		s->need_of[i] = find_need(s, fact, error);
		if (!s->need_of[i])
			return FALSE;
		add_evidence(s->need_of[i], fact);
	}
	if (!decide_open_ones(s, error))
		return FALSE;
	for (guint i = 0; i < s->profile->needs->len; i++) {
		struct sbx_need *need = s->profile->needs->pdata[i];
		need->status = status_of(need);
	}
	decide_guarded(s);
	for (guint i = 0; i < s->profile->needs->len; i++) {
		struct sbx_need *need = s->profile->needs->pdata[i];
		need->provider = best(need) ? g_strdup(best(need)->package) : NULL;
	}
	sbx_declared_merge(s->profile);
	return sbx_implied_grade(s->profile, s->providers, s->facts, error);
}

gboolean sbx_needs_find(struct sbx_profile *profile, struct sbx_providers *providers,
			const struct sbx_facts *facts, GError **error)
{
	g_autofree struct sbx_need **need_of = g_new0(struct sbx_need *, facts->n_facts + 1);
	struct search s = {
		.profile = profile,
		.providers = providers,
		.facts = facts,
		.answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.languages = g_hash_table_new(NULL, NULL),
		.need_of = need_of,
	};
	gboolean fine = find_all(&s, error);
	g_hash_table_unref(s.answers);
	g_hash_table_unref(s.by_name);
	g_hash_table_unref(s.languages);
	return fine;
}
