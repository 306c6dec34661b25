/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/keyfile.h"
#include "builder/match/match.h"

gboolean sbx_match_parse_bytes(const char *text, guint64 *out)
{
	char *end;
	if (!g_ascii_isdigit(*text))
		return FALSE;
	guint64 n = g_ascii_strtoull(text, &end, 10);
	const char *units = "KMG", *unit = *end ? strchr(units, *end) : NULL;
	guint shift = unit ? 10 * (guint)(unit - units + 1) : 0;
	if ((*end && (!unit || end[1])) || n > G_MAXUINT64 >> shift)
		return FALSE;
	*out = n << shift;
	return TRUE;
}

static gboolean parse_classes(struct sbx_keyfile *keyfile, const char *text, guint *out)
{
	const char *const *names = sbx_keyfile_split(keyfile, text);
	guint bits = 0;
	for (; names && *names; names++) {
		enum sbx_content_class which = sbx_content_by_name(*names);
		if (which == SBX_N_CONTENT_CLASSES)
			return FALSE;
		bits |= 1u << which;
	}
	*out = bits;
	return names != NULL;
}

static gboolean read_entry(struct sbx_keyfile *keyfile, const struct sbx_keyfile_entry *entry,
			   const char *path, struct sbx_match_limits *limits, GError **error)
{
	guint64 n;
	gboolean is_ours = g_str_equal(entry->section, "superset");
	if (is_ours && g_str_equal(entry->key, "max-packages") &&
	    g_ascii_string_to_unsigned(entry->value, 10, 0, G_MAXUINT, &n, NULL)) {
		limits->packages = (guint)n;
		return TRUE;
	}
	if (is_ours && g_str_equal(entry->key, "max-bytes") &&
	    sbx_match_parse_bytes(entry->value, &n)) {
		limits->n_bytes = n;
		return TRUE;
	}
	if (is_ours && g_str_equal(entry->key, "may-lack") &&
	    parse_classes(keyfile, entry->value, &limits->may_lack))
		return TRUE;
	return sbx_set_error(error, SBX_E_INPUT,
			     "%s:%u: [%s] %s=%.60s: give [superset] max-packages=N, max-bytes=64M, "
			     "may-lack=docs;man;locales;extras",
			     path, entry->line, entry->section, entry->key, entry->value);
}

static gboolean read_file(const char *path, struct sbx_match_limits *limits, gboolean *out_found,
			  GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) failed = NULL;
	gsize n_bytes = 0;
	struct sbx_error err = SBX_ERROR_INIT;
	*out_found = g_file_get_contents(path, &text, &n_bytes, &failed);
	if (!*out_found)
		return g_error_matches(failed, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
		       sbx_set_error(error, SBX_E_INPUT, "%s", failed->message);
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *keyfile =
		sbx_keyfile_parse(text, n_bytes, path, &err);
	if (!keyfile)
		return sbx_set_error_from(error, &err);
	size_t n;
	const struct sbx_keyfile_entry *entries = sbx_keyfile_entries(keyfile, &n);
	for (size_t i = 0; i < n; i++)
		if (!read_entry(keyfile, &entries[i], path, limits, error))
			return FALSE;
	return TRUE;
}

gboolean sbx_match_read_limits(struct sbx_context *ctx, struct sbx_match_limits *out,
			       GError **error)
{
	g_autofree char *own = g_build_filename(ctx->root, "match.conf", NULL);
	const char *const paths[] = {"/etc/sbx/match.conf", own};
	struct sbx_match_limits limits = {0};
	gboolean any = FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
		struct sbx_match_limits read = {0};
		gboolean found;
		if (!read_file(paths[i], &read, &found, error))
			return FALSE;
		if (!found)
			continue;
		limits.packages = any ? MIN(limits.packages, read.packages) : read.packages;
		limits.n_bytes = any ? MIN(limits.n_bytes, read.n_bytes) : read.n_bytes;
		limits.may_lack = any ? limits.may_lack & read.may_lack : read.may_lack;
		any = TRUE;
	}
	*out = limits;
	return TRUE;
}
