/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/rules.h"

#include "builder/index/providers.h"

static gboolean each(const struct sbx_language *language, enum sbx_fact_kind kind,
		     const char *const *texts, sbx_template_func func, gpointer data,
		     GError **error)
{
	for (; texts && *texts; texts++)
		if (!func(language, kind, *texts, data, error))
			return FALSE;
	return TRUE;
}

static gboolean each_of_kinds(const struct sbx_language *language, sbx_template_func func,
			      gpointer data, GError **error)
{
	for (enum sbx_fact_kind kind = 0; language->kinds && kind < SBX_N_FACT_KINDS; kind++) {
		const struct sbx_kind_paths *k = &language->kinds[kind];
		if (k->owner == language && (!each(language, kind, k->paths, func, data, error) ||
					     !each(language, kind, k->link, func, data, error)))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_rules_each_template(const struct sbx_language *language, sbx_template_func func,
				 gpointer data, GError **error)
{
	const struct sbx_scoped_path *scoped = language->scoped_module_paths;
	for (; scoped && scoped->prefix; scoped++)
		if (!func(language, SBX_FACT_MODULE, scoped->template, data, error))
			return FALSE;
	return each(language, SBX_FACT_MODULE, language->module_paths, func, data, error) &&
	       each(language, SBX_FACT_COMMAND, language->command_paths, func, data, error) &&
	       each_of_kinds(language, func, data, error);
}

static void hash_line(GChecksum *sum, const char *text)
{
	g_checksum_update(sum, (const guchar *)text, -1);
	g_checksum_update(sum, (const guchar *)"\n", 1);
}

static gboolean hash_template(const struct sbx_language *language, enum sbx_fact_kind kind,
			      const char *text, gpointer sum, GError **error)
{
	hash_line(sum, text);
	if (kind == SBX_FACT_DISTRIBUTION)
		hash_line(sum, language->kinds[kind].fold);
	return TRUE;
}

char *sbx_providers_rules_id(const struct sbx_language *const *languages)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *format = g_strdup_printf("format %d", SBX_PROVIDERS_FORMAT);
	hash_line(sum, format);
	for (; *languages; languages++) {
		const char separator[] = {(*languages)->separator, '\0'};
		hash_line(sum, (*languages)->name);
		hash_line(sum, separator);
		for (const struct sbx_root *r = (*languages)->roots; r && r->name; r++) {
			hash_line(sum, r->name);
			hash_line(sum, r->pattern);
		}
		sbx_rules_each_template(*languages, hash_template, sum, NULL);
	}
	return g_strdup(g_checksum_get_string(sum));
}

/* FNV-1a */
guint32 sbx_index_hash(const char *name)
{
	guint32 hash = 2166136261u;
	for (; *name; name++)
		hash = (hash ^ (guchar)*name) * 16777619u;
	return hash;
}
