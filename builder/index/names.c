/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/names.h"

#include <string.h>

char *sbx_names_key(const struct sbx_language *language, const char *name, gsize n)
{
	const struct sbx_kind_paths *kind =
		language->kinds ? &language->kinds[SBX_FACT_DISTRIBUTION] : NULL;
	const char *fold = kind && kind->fold ? kind->fold : "";
	GString *key = g_string_new(kind && kind->owner ? kind->owner->name : language->name);
	g_string_append_c(key, '/');
	for (gsize i = 0; i < n; i++) {
		if (*fold && strchr(fold, name[i])) {
			while (i + 1 < n && strchr(fold, name[i + 1]))
				i++;
			g_string_append_c(key, *fold);
		} else {
			g_string_append_c(key, *fold ? g_ascii_tolower(name[i]) : name[i]);
		}
	}
	return g_string_free(key, FALSE);
}
