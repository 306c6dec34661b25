/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "profiler/rules.h"

/* What a language's headers, libraries and the like are found by. */

const struct sbx_alias *sbx_rules_load_aliases(struct sbx_rules *r, const char *section)
{
	const char *const *keys = sbx_keyfile_keys(r->conf, section);
	size_t n = 0;
	while (keys && keys[n])
		n++;
	struct sbx_alias *aliases = sbx_arena_alloc(&r->arena, (n + 1) * sizeof(*aliases));
	for (size_t i = 0; aliases && i < n; i++)
		aliases[i] = (struct sbx_alias){keys[i],
						sbx_keyfile_get_list(r->conf, section, keys[i])};
	return aliases;
}

/* Modules and commands have fields of their own; behaviours are in no package. */
static bool has_paths(enum sbx_fact_kind kind)
{
	return kind != SBX_FACT_MODULE && kind != SBX_FACT_COMMAND && kind != SBX_FACT_BEHAVIOUR;
}

static const char *text(const struct sbx_rules *r, const char *section, const char *key)
{
	const char *value = sbx_keyfile_get(r->conf, section, key);
	return value ? value : "";
}

void sbx_rules_load_kinds(struct sbx_rules *r)
{
	struct sbx_kind_paths *kinds =
		sbx_arena_alloc(&r->arena, SBX_N_FACT_KINDS * sizeof(*kinds));
	for (enum sbx_fact_kind kind = 0; kinds && kind < SBX_N_FACT_KINDS; kind++) {
		const char *section = sbx_fact_kind_name(kind);
		char aliases[64];
		snprintf(aliases, sizeof(aliases), "%s.alternatives", section);
		if (!has_paths(kind) || (!sbx_keyfile_get(r->conf, section, "paths") &&
					 !sbx_keyfile_get(r->conf, section, "modules")))
			continue;
		kinds[kind] = (struct sbx_kind_paths){
			.owner = &r->language,
			.paths = sbx_keyfile_get_list(r->conf, section, "paths"),
			.link = sbx_keyfile_get_list(r->conf, section, "link"),
			.elsewhere = sbx_keyfile_get_list(r->conf, section, "elsewhere"),
			.aliases = sbx_rules_load_aliases(r, aliases),
			.fold = text(r, section, "fold"),
			.ecosystem = text(r, section, "ecosystem"),
			.is_module = !strcmp(text(r, section, "modules"), "yes"),
		};
	}
	r->language.kinds = kinds;
}

static const struct sbx_rules *find(struct sbx_rules *const *all, const char *name)
{
	for (; *all; all++)
		if (!strcmp((*all)->language.name, name))
			return *all;
	return NULL;
}

void sbx_rules_borrow_kinds(struct sbx_rules *r, struct sbx_rules *const *all)
{
	struct sbx_kind_paths *kinds = (struct sbx_kind_paths *)r->language.kinds;
	const char *like_all = sbx_keyfile_get(r->conf, "commands", "like");
	for (enum sbx_fact_kind kind = 0; kinds && kind < SBX_N_FACT_KINDS; kind++) {
		const char *like = sbx_keyfile_get(r->conf, sbx_fact_kind_name(kind), "like");
		const struct sbx_rules *from = NULL;
		if (has_paths(kind) && !kinds[kind].owner && (like || like_all))
			from = find(all, like ? like : like_all);
		/* Only what is its own: who borrows itself cannot be borrowed from. */
		if (from && from->language.kinds &&
		    from->language.kinds[kind].owner == &from->language)
			kinds[kind] = from->language.kinds[kind];
	}
}
