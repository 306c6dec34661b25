/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/declared.h"

#include "builder/index/needs.h"

#define MIN_CONFIDENCE 0.2 /* of a name that nobody ships, to be told at all */

const char *sbx_declared_ecosystem(const struct sbx_language *language, enum sbx_fact_kind kind)
{
	if (kind != SBX_FACT_DISTRIBUTION)
		return NULL;
	const char *name = language->kinds ? language->kinds[kind].ecosystem : NULL;
	return name && *name ? name : language->name;
}

/* The need that a declared one is another name of; NULL: there is none. */
static struct sbx_need *find_same(const struct sbx_profile *profile, guint declared)
{
	const struct sbx_need *need = profile->needs->pdata[declared];
	struct sbx_need *distribution = NULL;
	for (guint i = 0; i < profile->needs->len; i++) {
		struct sbx_need *other = profile->needs->pdata[i];
		if (i == declared || !other->provider ||
		    !g_str_equal(other->provider, need->provider))
			continue;
		if (other->kind == SBX_FACT_MODULE)
			return other;
		if (other->kind == SBX_FACT_DISTRIBUTION && i < declared && !distribution)
			distribution = other;
	}
	return distribution;
}

static void merge(struct sbx_need *into, struct sbx_need *from)
{
	if (sbx_needs_strength(from->grade) > sbx_needs_strength(into->grade))
		into->grade = from->grade;
	into->confidence = MAX(into->confidence, from->confidence);
	if (into->status == SBX_NEED_OPTIONAL)
		into->status = from->status;
	while (from->evidence->len)
		g_ptr_array_add(into->evidence,
				g_ptr_array_steal_index(from->evidence, from->evidence->len - 1));
}

/* Words behind "install" in a comment, of which most are prose. */
static gboolean is_mere_word(const struct sbx_need *need)
{
	return (need->kind == SBX_FACT_DISTRIBUTION || need->kind == SBX_FACT_PACKAGE) &&
	       need->status == SBX_NEED_OPTIONAL && !need->provider &&
	       need->confidence < MIN_CONFIDENCE;
}

void sbx_declared_merge(struct sbx_profile *profile)
{
	for (guint i = profile->needs->len; i-- > 0;) {
		struct sbx_need *need = profile->needs->pdata[i];
		struct sbx_need *same = NULL;
		if (is_mere_word(need)) {
			g_ptr_array_remove_index(profile->needs, i);
			continue;
		}
		if (need->kind == SBX_FACT_DISTRIBUTION && need->provider)
			same = find_same(profile, i);
		if (!same)
			continue;
		merge(same, need);
		g_ptr_array_remove_index(profile->needs, i);
	}
}
