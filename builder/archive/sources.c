/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/sources.h"

#include <string.h>

#include "builder/archive/deb822.h"
#include "store/gerror.h"

#define MAX_FILE_BYTES (4 << 20)

void sbx_apt_source_free(struct sbx_apt_source *source)
{
	if (!source)
		return;
	g_free(source->uri);
	g_free(source->suite);
	g_strfreev(source->components);
	g_strfreev(source->architectures);
	g_free(source->signed_by);
	g_free(source->where);
	g_free(source);
}

GPtrArray *sbx_apt_sources_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)sbx_apt_source_free);
}

static gboolean is_yes(const char *text)
{
	return text &&
	       (g_ascii_strcasecmp(text, "yes") == 0 || g_ascii_strcasecmp(text, "true") == 0);
}

static gboolean is_no(const char *text)
{
	return text &&
	       (g_ascii_strcasecmp(text, "no") == 0 || g_ascii_strcasecmp(text, "false") == 0);
}

static char *replace_architecture(const char *text, const char *architecture)
{
	GString *result = g_string_new(text);
	g_string_replace(result, "$(ARCH)", architecture, 0);
	return g_string_free(result, FALSE);
}

/* A suite goes into URIs and folder names. */
static gboolean is_suite(const char *suite)
{
	return *suite && *suite != '/' && *suite != '.' && !strstr(suite, "..") &&
	       strspn(suite, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789.+~_-/") == strlen(suite);
}

/* What both styles say about an entry, before it is taken apart by URI and suite. */
struct entry {
	char **uris, **suites, **components, **architectures;
	char *signed_by;
	gboolean trusted, keeps_expired;
	const char *architecture;
	char *where;
};

static void entry_release(struct entry *entry)
{
	g_strfreev(entry->uris);
	g_strfreev(entry->suites);
	g_strfreev(entry->components);
	g_strfreev(entry->architectures);
	g_free(entry->signed_by);
	g_free(entry->where);
}
#define CLEANUP_ENTRY __attribute__((cleanup(entry_release)))

static gboolean add_sources(const struct entry *entry, GPtrArray *sources, GError **error)
{
	for (char **uri = entry->uris; *uri; uri++) {
		if (g_str_has_prefix(*uri, "cdrom:"))
			continue;
		for (char **suite = entry->suites; *suite; suite++) {
			if (g_str_has_suffix(*suite, "/"))
				continue;
			struct sbx_apt_source *source = g_new0(struct sbx_apt_source, 1);
			g_ptr_array_add(sources, source);
			source->uri = replace_architecture(*uri, entry->architecture);
			while (g_str_has_suffix(source->uri, "/"))
				source->uri[strlen(source->uri) - 1] = '\0';
			source->suite = replace_architecture(*suite, entry->architecture);
			source->components = g_strdupv(entry->components);
			source->architectures = g_strdupv(entry->architectures);
			source->signed_by = g_strdup(entry->signed_by);
			source->trusted = entry->trusted;
			source->keeps_expired = entry->keeps_expired;
			source->where = g_strdup(entry->where);
			if (!is_suite(source->suite))
				return sbx_set_error(error, SBX_E_INPUT,
						     "%s: \"%s\" is not the name of a suite",
						     entry->where, source->suite);
			if (!*entry->components)
				return sbx_set_error(error, SBX_E_INPUT,
						     "%s: names no component, such as main",
						     entry->where);
		}
	}
	return TRUE;
}

/* ---- one-line style: deb [ option=value ... ] uri suite component... ---- */

static gboolean take_option(struct entry *entry, const char *option, GError **error)
{
	const char *equals = strchr(option, '=');
	if (!equals || equals == option)
		return sbx_set_error(error, SBX_E_INPUT, "%s: \"%s\" is not an option=value",
				     entry->where, option);
	const char *value = equals + 1;
	g_autofree char *name = g_ascii_strdown(option, equals - option);
	if (g_str_equal(name, "arch")) {
		g_strfreev(entry->architectures);
		entry->architectures = sbx_split_words(value, ",");
	} else if (g_str_equal(name, "signed-by")) {
		g_free(entry->signed_by);
		entry->signed_by = g_strdelimit(g_strdup(value), ",", ' ');
	} else if (g_str_equal(name, "trusted")) {
		entry->trusted = is_yes(value);
	} else if (g_str_equal(name, "check-valid-until")) {
		entry->keeps_expired = is_no(value);
	}
	return TRUE; /* others (lang, pdiffs, by-hash, ...) do not matter to us */
}

/* The options in brackets; *at steps past them. */
static gboolean take_options(struct entry *entry, const char **at, GError **error)
{
	if (**at != '[')
		return TRUE;
	const char *close = strchr(*at, ']');
	if (!close)
		return sbx_set_error(error, SBX_E_INPUT, "%s: a [ without its ]", entry->where);
	g_autofree char *text = g_strndup(*at + 1, (gsize)(close - *at - 1));
	g_auto(GStrv) options = sbx_split_words(text, " \t");
	for (char **option = options; *option; option++)
		if (!take_option(entry, *option, error))
			return FALSE;
	*at = close + 1 + strspn(close + 1, " \t");
	return TRUE;
}

/* One word; blanks within brackets belong to it (cdrom:[Debian 12] has them). */
static char *take_word(const char **at)
{
	const char *from = *at, *to = from;
	for (gboolean inside = FALSE; *to && (inside || !strchr(" \t", *to)); to++)
		inside = *to == '[' || (inside && *to != ']');
	*at = to + strspn(to, " \t");
	return g_strndup(from, (gsize)(to - from));
}

static gboolean parse_line(const char *line, const char *where, const char *architecture,
			   GPtrArray *sources, GError **error)
{
	CLEANUP_ENTRY struct entry entry = {.architecture = architecture, .where = g_strdup(where)};
	const char *at = line;
	if (!take_options(&entry, &at, error))
		return FALSE;
	entry.uris = g_new0(char *, 2);
	entry.suites = g_new0(char *, 2);
	entry.uris[0] = take_word(&at);
	entry.suites[0] = take_word(&at);
	entry.components = sbx_split_words(at, " \t");
	if (!*entry.uris[0] || !*entry.suites[0])
		return sbx_set_error(error, SBX_E_INPUT,
				     "%s: an entry is \"deb URI SUITE COMPONENT...\"", where);
	return add_sources(&entry, sources, error);
}

gboolean sbx_apt_sources_parse_entry(const char *line, const char *where, const char *architecture,
				     GPtrArray *sources, GError **error)
{
	line += strspn(line, " \t");
	if (g_str_has_prefix(line, "deb ") || g_str_has_prefix(line, "deb\t"))
		line += 4 + strspn(line + 4, " \t");
	return parse_line(line, where, architecture, sources, error);
}

gboolean sbx_apt_sources_parse_list(const char *text, gsize n_bytes, const char *where,
				    const char *architecture, GPtrArray *sources, GError **error)
{
	g_autofree char *copy = g_strndup(text, n_bytes);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		lines[i][strcspn(lines[i], "#")] = '\0';
		char *line = g_strstrip(lines[i]);
		gsize n_type = strcspn(line, " \t");
		g_autofree char *place = g_strdup_printf("%s:%u", where, i + 1);
		if (*line == '\0' || strncmp(line, "deb-src", MAX(n_type, 7)) == 0)
			continue;
		if (strncmp(line, "deb", MAX(n_type, 3)) != 0)
			return sbx_set_error(error, SBX_E_INPUT,
					     "%s: begins neither with deb nor with deb-src", place);
		const char *rest = line + n_type;
		if (!parse_line(rest + strspn(rest, " \t"), place, architecture, sources, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- deb822 style ---- */

static gboolean parse_stanza(const struct sbx_stanza *stanza, const char *where,
			     const char *architecture, GPtrArray *sources, GError **error)
{
	CLEANUP_ENTRY struct entry entry = {.architecture = architecture,
					    .where = g_strdup_printf("%s:%u", where, stanza->line)};
	g_auto(GStrv) types = sbx_stanza_words(stanza, "types");
	if (is_no(sbx_stanza_get(stanza, "enabled")) ||
	    !g_strv_contains((const char *const *)types, "deb"))
		return TRUE;
	entry.uris = sbx_stanza_words(stanza, "uris");
	entry.suites = sbx_stanza_words(stanza, "suites");
	entry.components = sbx_stanza_words(stanza, "components");
	if (sbx_stanza_get(stanza, "architectures"))
		entry.architectures = sbx_stanza_words(stanza, "architectures");
	entry.signed_by = g_strdup(sbx_stanza_get(stanza, "signed-by"));
	entry.trusted = is_yes(sbx_stanza_get(stanza, "trusted"));
	entry.keeps_expired = is_no(sbx_stanza_get(stanza, "check-valid-until"));
	if (!*entry.uris || !*entry.suites)
		return sbx_set_error(error, SBX_E_INPUT, "%s: an entry needs URIs and Suites",
				     entry.where);
	return add_sources(&entry, sources, error);
}

gboolean sbx_apt_sources_parse_deb822(const char *text, gsize n_bytes, const char *where,
				      const char *architecture, GPtrArray *sources, GError **error)
{
	g_autoptr(GPtrArray) stanzas = sbx_deb822_parse(text, n_bytes, where, error);
	if (!stanzas)
		return FALSE;
	for (guint i = 0; i < stanzas->len; i++)
		if (!parse_stanza(stanzas->pdata[i], where, architecture, sources, error))
			return FALSE;
	return TRUE;
}

/* ---- the host's files ---- */

static gboolean read_one(const char *path, const char *architecture, GPtrArray *sources,
			 GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) problem = NULL;
	gsize n_bytes;
	if (!g_file_get_contents(path, &text, &n_bytes, &problem)) {
		if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return TRUE;
		return sbx_set_error(error, SBX_E_INPUT, "%s", problem->message);
	}
	if (n_bytes > MAX_FILE_BYTES)
		return sbx_set_error(error, SBX_E_INPUT, "%s: is too large for a list of sources",
				     path);
	if (g_str_has_suffix(path, ".sources"))
		return sbx_apt_sources_parse_deb822(text, n_bytes, path, architecture, sources,
						    error);
	return sbx_apt_sources_parse_list(text, n_bytes, path, architecture, sources, error);
}

/* apt reads no others: backups and files of other tools lie about in the folder. */
static gboolean is_source_name(const char *name)
{
	return (g_str_has_suffix(name, ".list") || g_str_has_suffix(name, ".sources")) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       strlen(name);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *sbx_apt_sources_read(const char *folder, const char *architecture, GError **error)
{
	g_autoptr(GPtrArray) sources = sbx_apt_sources_new();
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *parts = g_build_filename(folder, "sources.list.d", NULL);
	g_autoptr(GDir) dir = g_dir_open(parts, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));)
		if (is_source_name(name))
			g_ptr_array_add(paths, g_build_filename(parts, name, NULL));
	g_ptr_array_sort(paths, compare_names);
	g_ptr_array_insert(paths, 0, g_build_filename(folder, "sources.list", NULL));
	for (guint i = 0; i < paths->len; i++)
		if (!read_one(paths->pdata[i], architecture, sources, error))
			return NULL;
	for (guint i = 0; i < sources->len; i++)
		((struct sbx_apt_source *)sources->pdata[i])->is_host = TRUE;
	return g_steal_pointer(&sources);
}
