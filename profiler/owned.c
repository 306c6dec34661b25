/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "profiler/scan.h"

/*
 * Names that belong to a module which is never imported: functions and classes of extensions that
 * the interpreter loads by itself. [owned] in language.conf has MODULE=NAME;PREFIX*;...
 */

#define N_MAX_OWNED_BYTES N_MAX_NAME_BYTES

/* The name as the table has it; false when it is too long to be in it. */
static bool fold(const struct sbx_rules *rules, const char *name, char out[N_MAX_OWNED_BYTES + 2])
{
	size_t n = strlen(name);
	if (n > N_MAX_OWNED_BYTES)
		return false;
	for (size_t i = 0; i <= n; i++)
		out[i] = rules->is_caseless ? (char)tolower((unsigned char)name[i]) : name[i];
	return true;
}

void sbx_rules_add_owned(struct sbx_rules *rules, const char *module, const char *const *names)
{
	char folded[N_MAX_OWNED_BYTES + 2];
	for (; names && *names; names++)
		if (fold(rules, *names, folded))
			sbx_map_add(&rules->owned,
				    sbx_arena_string(&rules->arena, folded, strlen(folded)),
				    module);
}

const char *sbx_rules_owner(const struct sbx_rules *rules, const char *name)
{
	char key[N_MAX_OWNED_BYTES + 2];
	if (!fold(rules, name, key))
		return NULL;
	const char *module = sbx_map_get(&rules->owned, key);
	/* The longest prefix of which the table speaks. */
	for (size_t n = strlen(key); !module && n > 0; n--) {
		key[n] = '*';
		key[n + 1] = '\0';
		module = sbx_map_get(&rules->owned, key);
	}
	return module;
}

void sbx_scan_declare(struct sbx_scan *scan, const char *name)
{
	char folded[N_MAX_OWNED_BYTES + 2];
	if (name && fold(scan->rules, name, folded))
		sbx_map_add(&scan->declared, sbx_arena_string(&scan->arena, folded, strlen(folded)),
			    "");
}

const char *sbx_scan_owner(struct sbx_scan *scan, const char *name)
{
	char resolved[2 * N_MAX_NAME_BYTES], folded[N_MAX_OWNED_BYTES + 2];
	char separator = scan->rules->language.separator;
	if (!name || scan->rules->owned.n_used == 0)
		return NULL;
	/* \A\B is what it says; A\B may mean something else here. */
	if (separator && *name == separator)
		name++;
	else if (sbx_scan_resolve(scan, name, resolved))
		name = resolved;
	if (!fold(scan->rules, name, folded) || sbx_map_get(&scan->declared, folded))
		return NULL;
	return sbx_rules_owner(scan->rules, name);
}
