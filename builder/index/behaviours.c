/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/behaviours.h"

#include <string.h>

#include "builder/index/needs.h"

#define MAX_BEHAVIOURS 1000 /* a task with more details than these is described well enough */

static struct sbx_behaviour *find(GHashTable *known, struct sbx_profile *profile,
				  const struct sbx_fact *fact)
{
	g_autofree char *key =
		g_strdup_printf("%s %s", fact->name, fact->member ? fact->member : "");
	struct sbx_behaviour *behaviour = g_hash_table_lookup(known, key);
	if (behaviour || profile->behaviours->len == MAX_BEHAVIOURS)
		return behaviour;
	behaviour = sbx_profile_add_behaviour(profile);
	behaviour->class = g_strdup(fact->name);
	behaviour->detail = g_strdup(fact->member);
	g_hash_table_insert(known, g_steal_pointer(&key), behaviour);
	return behaviour;
}

static int compare(gconstpointer pa, gconstpointer pb)
{
	const struct sbx_behaviour *a = *(struct sbx_behaviour *const *)pa;
	const struct sbx_behaviour *b = *(struct sbx_behaviour *const *)pb;
	int c = strcmp(a->class, b->class);
	if (c || !a->detail || !b->detail)
		return c ? c : !a->detail - !b->detail;
	return strcmp(a->detail, b->detail);
}

void sbx_behaviours_find(struct sbx_profile *profile, const struct sbx_facts *facts)
{
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (size_t i = 0; i < facts->n_facts; i++) {
		const struct sbx_fact *fact = &facts->facts[i];
		if (fact->kind != SBX_FACT_BEHAVIOUR || fact->grade == SBX_GRADE_TYPE_ONLY)
			continue;
		struct sbx_behaviour *behaviour = find(known, profile, fact);
		if (!behaviour)
			continue;
		behaviour->confidence = MAX(behaviour->confidence, fact->confidence);
		sbx_evidence_add(behaviour->evidence, fact);
	}
	g_ptr_array_sort(profile->behaviours, compare);
}
