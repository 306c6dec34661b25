/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/release.h"

#include <curl/curl.h>
#include <string.h>

#include "base/path.h"
#include "builder/archive/deb822.h"

#define FUTURE_SECONDS (24 * 60 * 60) /* a clock may be wrong by a time zone */

void sbx_release_file_free(struct sbx_release_file *release)
{
	if (!release)
		return;
	g_free(release->suite);
	g_free(release->codename);
	g_free(release->origin);
	g_free(release->label);
	g_free(release->version);
	g_strfreev(release->architectures);
	g_strfreev(release->components);
	if (release->entries)
		g_hash_table_unref(release->entries);
	g_free(release);
}

static void entry_free(gpointer data)
{
	struct sbx_release_entry *entry = data;
	g_free(entry->sha256);
	g_free(entry);
}

char *sbx_format_time(gint64 seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
	return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("?");
}

/* " <sha256> <size> <path>" */
static gboolean add_entry(struct sbx_release_file *release, const char *line)
{
	g_auto(GStrv) words = sbx_split_words(line, " \t");
	guint64 size;
	if (g_strv_length(words) != 3 || strlen(words[0]) != 64 ||
	    strspn(words[0], "0123456789abcdefABCDEF") != 64 ||
	    !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXINT64, &size, NULL) ||
	    !sbx_path_check_relative(words[2]))
		return FALSE;
	struct sbx_release_entry *entry = g_new0(struct sbx_release_entry, 1);
	entry->sha256 = g_ascii_strdown(words[0], -1);
	entry->size = size;
	g_hash_table_insert(release->entries, g_steal_pointer(&words[2]), entry);
	g_free(words[0]);
	g_free(words[1]);
	g_free(g_steal_pointer(&words));
	return TRUE;
}

static gboolean add_entries(struct sbx_release_file *release, const struct sbx_stanza *stanza,
			    const char *where, GError **error)
{
	const char *section = sbx_stanza_get(stanza, "sha256");
	if (!section)
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "%s: lists no SHA256 checksums, and weaker ones are not "
				     "accepted; use another mirror",
				     where);
	g_auto(GStrv) lines = g_strsplit(section, "\n", -1);
	for (char **line = lines; *line; line++)
		if (*g_strstrip(*line) != '\0' && !add_entry(release, *line))
			return sbx_set_error(error, SBX_E_UNTRUSTED,
					     "%s: \"%.80s\" is not a checksum, size and path; use "
					     "another mirror",
					     where, *line);
	return TRUE;
}

static gboolean take_date(const struct sbx_stanza *stanza, const char *name, gint64 *out,
			  const char *where, GError **error)
{
	const char *text = sbx_stanza_get(stanza, name);
	if (!text)
		return TRUE;
	*out = curl_getdate(text, NULL); /* RFC 9110 dates, whatever the locale */
	if (*out <= 0)
		return sbx_set_error(error, SBX_E_UNTRUSTED, "%s: \"%.60s\" is not a date", where,
				     text);
	return TRUE;
}

static gboolean is_yes(const struct sbx_stanza *stanza, const char *name)
{
	const char *value = sbx_stanza_get(stanza, name);
	return value && g_ascii_strcasecmp(value, "yes") == 0;
}

struct sbx_release_file *sbx_release_file_parse(const char *text, gsize n_bytes, const char *where,
						GError **error)
{
	SBX_AUTO(sbx_release_file) release = g_new0(struct sbx_release_file, 1);
	g_autoptr(GError) problem = NULL;
	g_autoptr(GPtrArray) stanzas = sbx_deb822_parse(text, n_bytes, where, &problem);
	if (!stanzas || stanzas->len != 1) {
		sbx_set_error(error, SBX_E_UNTRUSTED, "%s; use another mirror",
			      problem ? problem->message : "not one stanza, as a Release is");
		if (!problem)
			g_prefix_error(error, "%s: ", where);
		return NULL;
	}
	const struct sbx_stanza *stanza = stanzas->pdata[0];
	release->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	release->suite = g_strdup(sbx_stanza_get(stanza, "suite"));
	release->codename = g_strdup(sbx_stanza_get(stanza, "codename"));
	release->origin = g_strdup(sbx_stanza_get(stanza, "origin"));
	release->label = g_strdup(sbx_stanza_get(stanza, "label"));
	release->version = g_strdup(sbx_stanza_get(stanza, "version"));
	release->by_hash = is_yes(stanza, "acquire-by-hash");
	release->not_automatic = is_yes(stanza, "notautomatic");
	release->automatic_upgrades = is_yes(stanza, "butautomaticupgrades");
	release->architectures = sbx_stanza_words(stanza, "architectures");
	release->components = sbx_stanza_words(stanza, "components");
	g_auto(GStrv) unsupported = sbx_stanza_words(stanza, "no-support-for-architecture-all");
	const char *const *architectures = (const char *const *)release->architectures;
	release->all_in_each = g_strv_contains((const char *const *)unsupported, "Packages") ||
			       (*architectures && !g_strv_contains(architectures, "all"));
	if (!take_date(stanza, "date", &release->date, where, error) ||
	    !take_date(stanza, "valid-until", &release->valid_until, where, error) ||
	    !add_entries(release, stanza, where, error))
		return NULL;
	return g_steal_pointer(&release);
}

/* "bookworm/updates" announced itself as bookworm: the name up to the slash is enough. */
static gboolean names(const char *said, const char *asked)
{
	if (!said)
		return FALSE;
	gsize n = strlen(said);
	return strncmp(said, asked, n) == 0 && (asked[n] == '\0' || asked[n] == '/');
}

gboolean sbx_release_file_check(const struct sbx_release_file *release, const char *suite,
				const struct sbx_release_policy *policy, const char *where,
				GError **error)
{
	if ((release->suite || release->codename) && !names(release->suite, suite) &&
	    !names(release->codename, suite))
		return sbx_set_error(error, SBX_E_UNTRUSTED,
				     "%s: is for %s (%s), not for %s; use another mirror", where,
				     release->codename ? release->codename : "?",
				     release->suite ? release->suite : "?", suite);
	g_autofree char *now = sbx_format_time(policy->now);
	if (release->valid_until && release->valid_until < policy->now && !policy->keeps_expired) {
		g_autofree char *until = sbx_format_time(release->valid_until);
		return sbx_set_error(
			error, SBX_E_UNTRUSTED,
			"%s: was valid until %s, and this machine's clock says %s; set "
			"the clock, use a fresher mirror, or say "
			"[check-valid-until=no] in the source's options",
			where, until, now);
	}
	if (release->date > policy->now + FUTURE_SECONDS && !policy->keeps_future) {
		g_autofree char *date = sbx_format_time(release->date);
		return sbx_set_error(
			error, SBX_E_UNTRUSTED,
			"%s: is dated %s, and this machine's clock says %s; set the clock", where,
			date, now);
	}
	return TRUE;
}

const struct sbx_release_entry *sbx_release_file_find(const struct sbx_release_file *release,
						      const char *path)
{
	return g_hash_table_lookup(release->entries, path);
}

const struct sbx_release_entry *
sbx_release_file_find_smallest(const struct sbx_release_file *release, const char *path,
			       const char **out_suffix)
{
	static const char *const suffixes[] = {".xz", ".zst", ".gz", ".bz2", ".lz4"};
	const struct sbx_release_entry *best = NULL;
	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *full = g_strconcat(path, suffixes[i], NULL);
		const struct sbx_release_entry *entry = sbx_release_file_find(release, full);
		if (!entry || (best && entry->size >= best->size))
			continue;
		best = entry;
		*out_suffix = suffixes[i];
	}
	if (best)
		return best;
	*out_suffix = "";
	best = sbx_release_file_find(release, path);
	return best;
}
