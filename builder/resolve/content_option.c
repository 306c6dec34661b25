/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/resolve/content.h"

/* The slimming classes: X(name, bits of enum sbx_content_class that are left out). */
#define OUT(id) (1u << SBX_CONTENT_##id)
#define SLIM_TABLE(X)                                                                              \
	X("none", 0)                                                                               \
	X("docs", OUT(DOCS) | OUT(MAN) | OUT(LOCALES))                                             \
	X("runtime", OUT(DOCS) | OUT(MAN) | OUT(LOCALES) | OUT(EXTRAS))

static const char *set_slim(struct sbx_content *content, const char *value)
{
	static const struct {
		const char *name;
		guint without;
	} classes[] = {
#define X(name, bits) {name, bits},
		SLIM_TABLE(X)
#undef X
	};
	for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
		if (!g_str_equal(value, classes[i].name))
			continue;
		content->without = classes[i].without;
		return NULL;
	}
	return "must be none, docs or runtime";
}

static void leave_out(struct sbx_content *content, enum sbx_content_class which, gboolean is_kept)
{
	guint bit = 1u << which;
	content->without = is_kept ? content->without & ~bit : content->without | bit;
}

static const char *set_locales(struct sbx_content *content, const char *value)
{
	gboolean is_all = g_str_equal(value, "all");
	if (is_all || g_str_equal(value, "none")) {
		leave_out(content, SBX_CONTENT_LOCALES, is_all);
		sbx_content_set_locales(content, NULL);
		return NULL;
	}
	g_auto(GStrv) parts = g_strsplit_set(value, ";,", -1);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	for (char **part = parts; *part; part++)
		if (*g_strstrip(*part))
			g_ptr_array_add(list, *part);
	if (list->len == 0)
		return "must be all, none, or languages as de, pt_BR";
	for (guint i = 0; i < list->len; i++)
		if (!sbx_content_is_locale(list->pdata[i]))
			return "must be all, none, or languages as de, pt_BR";
	g_ptr_array_add(list, NULL);
	leave_out(content, SBX_CONTENT_LOCALES, FALSE);
	sbx_content_set_locales(content, (const char *const *)list->pdata);
	return NULL;
}

const char *sbx_content_set_option(struct sbx_content *content, const char *key, const char *value)
{
	if (g_str_equal(key, SBX_CONTENT_SLIM))
		return set_slim(content, value);
	if (g_str_equal(key, sbx_content_name(SBX_CONTENT_LOCALES)))
		return set_locales(content, value);
	enum sbx_content_class which = sbx_content_by_name(key);
	if (which == SBX_N_CONTENT_CLASSES)
		return "is no option of what a template is made without";
	if (!g_str_equal(value, "yes") && !g_str_equal(value, "no"))
		return "must be yes or no";
	leave_out(content, which, g_str_equal(value, "yes"));
	return NULL;
}
