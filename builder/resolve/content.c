/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/content.h"

#include <fnmatch.h>
#include <string.h>

static const struct {
	const char *name, *excluded, *included;
} classes[] = {
#define X(id, name, excluded, included) {name, excluded, included},
	SBX_CONTENT_TABLE(X)
#undef X
};

const char *sbx_content_name(enum sbx_content_class which)
{
	return classes[which].name;
}

enum sbx_content_class sbx_content_by_name(const char *name)
{
	guint i = 0;
	while (i < SBX_N_CONTENT_CLASSES && strcmp(classes[i].name, name))
		i++;
	return i;
}

void sbx_content_release(struct sbx_content *content)
{
	g_clear_pointer(&content->locales, g_strfreev);
	g_clear_pointer(&content->skip_scripts, g_strfreev);
	content->without = 0;
}

void sbx_content_copy(struct sbx_content *to, const struct sbx_content *from)
{
	sbx_content_release(to);
	to->without = from->without;
	to->locales = g_strdupv(from->locales);
	to->skip_scripts = g_strdupv(from->skip_scripts);
}

gboolean sbx_content_covers(const struct sbx_content *have, const struct sbx_content *want)
{
	static const char *const none[] = {NULL};
	const char *const *skipped = (const char *const *)have->skip_scripts;
	const char *const *wanted = (const char *const *)want->skip_scripts;
	if (have->without & ~want->without ||
	    !g_strv_equal(skipped ? skipped : none, wanted ? wanted : none))
		return FALSE;
	if (!(have->without & 1u << SBX_CONTENT_LOCALES))
		return TRUE;
	for (char **locale = want->locales; locale && *locale; locale++)
		if (!have->locales || !g_strv_contains((const char *const *)have->locales, *locale))
			return FALSE;
	return TRUE;
}

gboolean sbx_content_is_locale(const char *text)
{
	gsize n = strlen(text);
	if (n < 2 || n > 32 || !g_ascii_isalpha(text[0]))
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr("_@.-", *text))
			return FALSE;
	return TRUE;
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once; NULL when there is nothing. */
static char **sorted_set(const char *const *texts)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	for (; texts && *texts; texts++)
		g_ptr_array_add(sorted, (gpointer)*texts);
	g_ptr_array_sort(sorted, compare_texts);
	g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
	for (guint i = 0; i < sorted->len; i++)
		if (i == 0 || strcmp(sorted->pdata[i - 1], sorted->pdata[i]) != 0)
			g_strv_builder_add(kept, sorted->pdata[i]);
	return sorted->len ? g_strv_builder_end(kept) : NULL;
}

void sbx_content_set_locales(struct sbx_content *content, const char *const *locales)
{
	char **set = sorted_set(locales);
	g_strfreev(content->locales);
	content->locales = set;
}

void sbx_content_set_skip_scripts(struct sbx_content *content, const char *const *packages)
{
	char **set = sorted_set(packages);
	g_strfreev(content->skip_scripts);
	content->skip_scripts = set;
}

gboolean sbx_content_is_unpacked(const struct sbx_content *content)
{
	return sbx_content_skips(content, SBX_SKIP_ALL);
}

gboolean sbx_content_skips(const struct sbx_content *content, const char *package)
{
	const char *const *skipped = (const char *const *)content->skip_scripts;
	return skipped &&
	       (g_strv_contains(skipped, package) || g_strv_contains(skipped, SBX_SKIP_ALL));
}

void sbx_content_append_left_out(const struct sbx_content *content, GString *text)
{
	for (guint i = 0; i < SBX_N_CONTENT_CLASSES; i++)
		if (content->without & 1u << i)
			g_string_append_printf(text, "without %s\n", classes[i].name);
	for (char **locale = content->locales; locale && *locale; locale++)
		g_string_append_printf(text, "locale %s\n", *locale);
}

void sbx_content_append_canonical(const struct sbx_content *content, GString *text)
{
	sbx_content_append_left_out(content, text);
	for (char **package = content->skip_scripts; package && *package; package++)
		g_string_append_printf(text, "skip-script %s\n", *package);
}

static void append_options(GString *text, const char *option, const char *patterns)
{
	g_auto(GStrv) list = g_strsplit(patterns, ";", -1);
	for (char **pattern = list; *pattern; pattern++)
		if (**pattern)
			g_string_append_printf(text, "%s=%s\n", option, *pattern);
}

char *sbx_content_dpkg_config(const struct sbx_content *content)
{
	if (!content->without)
		return NULL;
	GString *text = g_string_new("# What this template was made without.\n");
	for (guint i = 0; i < SBX_N_CONTENT_CLASSES; i++) {
		if (!(content->without & 1u << i))
			continue;
		append_options(text, "path-exclude", classes[i].excluded);
		append_options(text, "path-include", classes[i].included);
	}
	for (char **locale = content->locales; locale && *locale; locale++)
		g_string_append_printf(text,
				       "path-include=/usr/share/locale/%s\n"
				       "path-include=/usr/share/locale/%s/*\n",
				       *locale, *locale);
	return g_string_free(text, FALSE);
}

static gboolean matches(const char *patterns, const char *path)
{
	while (*patterns) {
		char pattern[128];
		gsize n = strcspn(patterns, ";");
		g_assert(n < sizeof(pattern));
		memcpy(pattern, patterns, n);
		pattern[n] = '\0';
		/* Nearly every path differs from nearly every pattern before its first `*`. */
		gsize n_plain = strcspn(pattern, "*[");
		if (strncmp(pattern, path, n_plain) == 0 && fnmatch(pattern, path, 0) == 0)
			return TRUE;
		patterns += n + (patterns[n] == ';');
	}
	return FALSE;
}

static gboolean is_kept_locale(const struct sbx_content *content, const char *path)
{
	static const char folder[] = "/usr/share/locale/";
	const char *name = path + strlen(folder);
	for (char **locale = content->locales; locale && *locale; locale++) {
		gsize n = strlen(*locale);
		if (strncmp(name, *locale, n) == 0 && (name[n] == '/' || name[n] == '\0'))
			return TRUE;
	}
	return FALSE;
}

gboolean sbx_content_leaves_out(const struct sbx_content *content, const char *path)
{
	for (guint i = 0; i < SBX_N_CONTENT_CLASSES; i++)
		if ((content->without & 1u << i) && matches(classes[i].excluded, path) &&
		    !matches(classes[i].included, path) &&
		    !(i == SBX_CONTENT_LOCALES && is_kept_locale(content, path)))
			return TRUE;
	return FALSE;
}

/* Does the path match some of the pattern's first parts, but not all of them? */
static gboolean leads_on(const char *pattern, const char *path)
{
	for (const char *slash = strchr(pattern + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *first = g_strndup(pattern, (gsize)(slash - pattern));
		if (fnmatch(first, path, 0) == 0)
			return TRUE;
	}
	return FALSE;
}

gboolean sbx_content_keeps_way(const struct sbx_content *content, const char *path)
{
	for (guint i = 0; i < SBX_N_CONTENT_CLASSES; i++) {
		if (!(content->without & 1u << i) || !*classes[i].included)
			continue;
		g_auto(GStrv) patterns = g_strsplit(classes[i].included, ";", -1);
		for (char **pattern = patterns; *pattern; pattern++)
			if (leads_on(*pattern, path))
				return TRUE;
	}
	return FALSE;
}
