/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pins.h"

#include <errno.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "builder/archive/deb822.h"

#define MAX_PRIORITY 32767 /* apt keeps them in 16 bits */

static void pin_free(gpointer data)
{
	struct sbx_pin *pin = data;
	g_strfreev(pin->packages);
	g_free(pin->what);
	g_free(pin);
}

GPtrArray *sbx_pins_new(void)
{
	return g_ptr_array_new_with_free_func(pin_free);
}

/* apt's three ways to write what a text must be: /a regular expression/, a glob, itself. */
static gboolean matches(const char *pattern, const char *text)
{
	gsize n = strlen(pattern);
	if (!text)
		return FALSE;
	if (n < 2 || pattern[0] != '/' || pattern[n - 1] != '/') {
		/* Most are tried on all names of the archive and differ in the first letters. */
		gsize n_plain = strcspn(pattern, "*?[\\");
		if (strncmp(pattern, text, n_plain) != 0)
			return FALSE;
		return pattern[n_plain] == '\0' ? text[n_plain] == '\0'
						: fnmatch(pattern, text, 0) == 0;
	}
	g_autofree char *inner = g_strndup(pattern + 1, n - 2);
	regex_t regex;
	if (regcomp(&regex, inner, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return FALSE;
	gboolean found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

gboolean sbx_pin_has_name(const struct sbx_pin *pin, const char *name, const char *architecture)
{
	for (char **p = pin->packages; p && *p; p++) {
		const char *colon = strrchr(*p, ':');
		g_autofree char *cut = colon ? g_strndup(*p, (gsize)(colon - *p)) : NULL;
		if (colon && !g_str_equal(colon, ":any") && !g_str_equal(colon, ":native") &&
		    !g_str_equal(colon + 1, architecture))
			continue;
		if (matches(cut ? cut : *p, name))
			return TRUE;
	}
	return FALSE;
}

/* One of "a=stable"; without "=", a version when it begins with a digit, else a name of a suite. */
static gboolean matches_word(const char *word, const struct sbx_release *r)
{
	if (g_str_equal(word, "*"))
		return TRUE;
	if (word[0] == '\0' || word[1] != '=')
		return g_ascii_isdigit(*word)
			       ? matches(word, r->version)
			       : matches(word, r->archive) || matches(word, r->codename);
	g_autofree char *value = g_strdup(word + 2);
	gsize n = strlen(value);
	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value[n - 1] = '\0';
		memmove(value, value + 1, n - 1);
	}
	switch (word[0]) {
	case 'a':
		return matches(value, r->archive);
	case 'n':
		return matches(value, r->codename);
	case 'o':
		return matches(value, r->vendor);
	case 'l':
		return matches(value, r->label);
	case 'c':
		return matches(value, r->component);
	case 'v':
		return matches(value, r->version);
	default:
		return FALSE;
	}
}

static gboolean matches_release(const char *what, const struct sbx_release *release)
{
	g_auto(GStrv) words = g_strsplit(what, ",", -1);
	for (char **word = words; *word; word++)
		if (!matches_word(g_strstrip(*word), release))
			return FALSE;
	return TRUE;
}

static gboolean matches_host(const char *what, const struct sbx_release *release)
{
	g_autoptr(GUri) uri = g_uri_parse(release->uri, G_URI_FLAGS_NONE, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	return matches(what, host ? host : "");
}

gboolean sbx_pin_matches(const struct sbx_pin *pin, const struct sbx_release *release,
			 const char *version)
{
	if (pin->only_host && !(release && release->is_host))
		return FALSE;
	if (pin->kind == SBX_PIN_BY_VERSION)
		return version && matches(pin->what, version);
	if (!release)
		return FALSE;
	return pin->kind == SBX_PIN_BY_RELEASE ? matches_release(pin->what, release)
					       : matches_host(pin->what, release);
}

/* ---- reading ---- */

static struct sbx_pin *add(GPtrArray *pins, char **packages, enum sbx_pin_kind kind,
			   const char *what, int priority)
{
	struct sbx_pin *pin = g_new0(struct sbx_pin, 1);
	if (!g_strv_contains((const char *const *)packages, "*"))
		pin->packages = g_strdupv(packages);
	pin->kind = kind;
	pin->what = g_strdup(what);
	pin->priority = priority;
	g_ptr_array_add(pins, pin);
	return pin;
}

/* "release a=stable"; NULL: all is well, else what is wrong. */
static const char *add_record(GPtrArray *pins, const char *package, const char *pin,
			      const char *priority)
{
	static const char *const kinds[] = {
		[SBX_PIN_BY_RELEASE] = "release",
		[SBX_PIN_BY_VERSION] = "version",
		[SBX_PIN_BY_ORIGIN] = "origin",
	};
	g_auto(GStrv) packages = sbx_split_words(package, " \t\n");
	if (!packages[0])
		return "names no package";
	for (char **name = packages; *name; name++)
		if (g_str_has_prefix(*name, "src:"))
			return "pins by source package are not known here; name its packages";
	char *end;
	errno = 0;
	long value = strtol(priority, &end, 10);
	if (end == priority || *end || errno || value == 0 || labs(value) > MAX_PRIORITY)
		return "the priority is a whole number but 0";
	gsize n = strcspn(pin, " \t");
	g_autofree char *what = g_strstrip(g_strdup(pin + n));
	gsize n_what = strlen(what);
	if (n_what >= 2 && what[0] == '"' && what[n_what - 1] == '"') {
		what[n_what - 1] = '\0';
		memmove(what, what + 1, n_what - 1);
	} else if (n_what == 0) {
		return "the pin is one of: release WHAT, version WHAT, origin HOST";
	}
	for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
		if (strlen(kinds[kind]) == n && strncmp(pin, kinds[kind], n) == 0) {
			add(pins, packages, (enum sbx_pin_kind)kind, what, (int)value);
			return NULL;
		}
	return "the pin is one of: release WHAT, version WHAT, origin HOST";
}

gboolean sbx_pins_add_option(GPtrArray *pins, const char *text, GError **error)
{
	g_autofree char *copy = g_strstrip(g_strdup(text));
	gsize n = strcspn(copy, " \t");
	char *last = strrchr(copy, ' ');
	const char *problem = "give PACKAGE PIN PRIORITY";
	if (strpbrk(text, "\r\n"))
		problem = "is one line";
	else if (last && last > copy + n) {
		*last = copy[n] = '\0';
		problem = add_record(pins, copy, g_strstrip(copy + n + 1), last + 1);
	}
	if (!problem)
		return TRUE;
	return sbx_set_error(error, SBX_E_USAGE,
			     "--pin \"%.80s\": %s, such as \"python3-* release n=trixie 990\"",
			     text, problem);
}

static gboolean add_bound(GPtrArray *pins, const char *option, const char *text,
			  int others_priority, int priority, GError **error)
{
	g_autofree char *name = g_strdup(text);
	char *version = strchr(name, '=');
	if (version)
		*version++ = '\0';
	if (!*name || strpbrk(name, "*?[/ \t:") ||
	    (version && (!*version || strpbrk(version, "*?["))))
		return sbx_set_error(error, SBX_E_USAGE, "%s %.80s: give NAME or NAME=VERSION",
				     option, text);
	char *packages[] = {name, NULL};
	if (version)
		add(pins, packages, SBX_PIN_BY_VERSION, version, priority)->is_option = TRUE;
	if (!version || others_priority)
		add(pins, packages, SBX_PIN_BY_VERSION, "*",
		    others_priority ? others_priority : priority)
			->is_option = TRUE;
	return TRUE;
}

gboolean sbx_pins_add_forbid(GPtrArray *pins, const char *text, GError **error)
{
	return add_bound(pins, "--forbid", text, 0, -1, error);
}

gboolean sbx_pins_add_hold(GPtrArray *pins, const char *text, GError **error)
{
	/* Without a version it speaks of the next `lock update` only. */
	GPtrArray *out = strchr(text, '=') ? pins : NULL;
	g_autoptr(GPtrArray) unused = sbx_pins_new();
	return add_bound(out ? out : unused, "--hold", text, -1, 1001, error);
}

gboolean sbx_pins_parse(GPtrArray *pins, const char *text, gsize n_bytes, const char *where,
			GError **error)
{
	g_autoptr(GPtrArray) stanzas = sbx_deb822_parse(text, n_bytes, where, error);
	for (guint i = 0; stanzas && i < stanzas->len; i++) {
		const struct sbx_stanza *stanza = stanzas->pdata[i];
		const char *package = sbx_stanza_get(stanza, "package");
		const char *pin = sbx_stanza_get(stanza, "pin");
		const char *priority = sbx_stanza_get(stanza, "pin-priority");
		/* A record may be an explanation only. */
		if (!package && !pin && !priority)
			continue;
		const char *problem = "a record needs Package, Pin and Pin-Priority";
		if (package && pin && priority)
			problem = add_record(pins, package, pin, priority);
		if (problem)
			return sbx_set_error(error, SBX_E_INPUT, "%s:%u: %s", where, stanza->line,
					     problem);
	}
	return stanzas != NULL;
}

static gboolean read_file(GPtrArray *pins, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) problem = NULL;
	gsize n_bytes;
	guint n_before = pins->len;
	if (!g_file_get_contents(path, &text, &n_bytes, &problem)) {
		if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return TRUE;
		return sbx_set_error(error, SBX_E_INPUT, "%s", problem->message);
	}
	if (!sbx_pins_parse(pins, text, n_bytes, path, error))
		return FALSE;
	for (guint i = n_before; i < pins->len; i++)
		((struct sbx_pin *)pins->pdata[i])->only_host = TRUE;
	return TRUE;
}

/* As apt: no extension, or "pref". */
static gboolean is_preferences_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	if (dot && !g_str_equal(dot, ".pref"))
		return FALSE;
	for (; *name; name++)
		if (!g_ascii_isalnum(*name) && !strchr("_.-", *name))
			return FALSE;
	return TRUE;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gboolean sbx_pins_read(GPtrArray *pins, const char *folder, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *parts = g_build_filename(folder, "preferences.d", NULL);
	g_autoptr(GDir) dir = g_dir_open(parts, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));)
		if (is_preferences_name(name))
			g_ptr_array_add(paths, g_build_filename(parts, name, NULL));
	g_ptr_array_sort(paths, compare_names);
	g_ptr_array_insert(paths, 0, g_build_filename(folder, "preferences", NULL));
	for (guint i = 0; i < paths->len; i++)
		if (!read_file(pins, paths->pdata[i], error))
			return FALSE;
	return TRUE;
}
