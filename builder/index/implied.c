/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/implied.h"

#include "builder/index/index.h"

double sbx_implied_confidence(const struct sbx_implied *implied)
{
	/* How much of the doubt remains. A package that its maintainer never thought of as a
	 * plug-in makes the rule a little less likely to fit this version of the API. */
	static const double doubt[] = {
		[SBX_RELATION_NONE] = 1.15,
		[SBX_RELATION_SUGGESTS] = 0.65,
		[SBX_RELATION_RECOMMENDS] = 0.35,
		[SBX_RELATION_DEPENDS] = 0.1,
	};
	double rest = (1 - implied->need->confidence) * doubt[implied->relation];
	return CLAMP(1 - rest, 0, 1);
}

static gboolean is_certain(const struct sbx_need *need)
{
	return need->provider && need->grade != SBX_GRADE_IMPLIED &&
	       need->status == SBX_NEED_PACKAGE;
}

static enum sbx_relation weak_relation(const struct sbx_index_package *from, gint64 to)
{
	enum sbx_relation relation = SBX_RELATION_NONE;
	for (gsize i = 0; i < from->n_weak; i++) {
		guint32 entry = GUINT32_FROM_LE(from->weak[i]);
		if ((entry & ~SBX_WEAK_SUGGESTED) == to)
			relation =
				MAX(relation, entry & SBX_WEAK_SUGGESTED ? SBX_RELATION_SUGGESTS
									 : SBX_RELATION_RECOMMENDS);
	}
	return relation;
}

/* The strongest relation of the packages in `closure`, a set of names, and of the `certain`. */
static gboolean find_relation(const struct sbx_need *need, const struct sbx_profile *profile,
			      struct sbx_providers *providers, GHashTable *closure,
			      enum sbx_relation *out, GError **error)
{
	gint64 to, id;
	int found = sbx_index_find_package(providers, need->provider, &to, error);
	*out = g_hash_table_contains(closure, need->provider) ? SBX_RELATION_DEPENDS
							      : SBX_RELATION_NONE;
	for (guint i = 0; found > 0 && i < profile->needs->len; i++) {
		const struct sbx_need *other = profile->needs->pdata[i];
		if (!is_certain(other))
			continue;
		found = sbx_index_find_package(providers, other->provider, &id, error);
		const struct sbx_index_package *from =
			found > 0 ? sbx_index_get_package(providers, id, error) : NULL;
		if (!from)
			return found == 0;
		*out = MAX(*out, weak_relation(from, to));
	}
	return found >= 0;
}

static gboolean has_implied(const struct sbx_profile *profile)
{
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (need->grade == SBX_GRADE_IMPLIED && need->provider)
			return TRUE;
	}
	return FALSE;
}

gboolean sbx_implied_grade(struct sbx_profile *profile, struct sbx_providers *providers,
			   const struct sbx_facts *facts, GError **error)
{
	if (!has_implied(profile))
		return TRUE;
	g_autoptr(GHashTable) closure =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (is_certain(need) &&
		    !sbx_providers_add_closure(providers, need->provider, closure, error))
			return FALSE;
	}
	for (guint i = 0; i < profile->needs->len; i++) {
		struct sbx_need *need = profile->needs->pdata[i];
		if (need->grade != SBX_GRADE_IMPLIED || !need->provider)
			continue;
		struct sbx_implied implied = {.facts = facts, .need = need};
		if (!find_relation(need, profile, providers, closure, &implied.relation, error))
			return FALSE;
		need->confidence = sbx_implied_confidence(&implied);
	}
	return TRUE;
}
