/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/output_filter.h"

#include <string.h>

#include "store/gerror.h"

/* Only what has a form of its own: a filter that cries at any long word is switched off. */
static const struct {
	const char *kind, *pattern;
} known[] = {
	{"private-key", "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
			"(?:[^-]{1,20000}-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)?"},
	{"aws-key", "(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"},
	{"github-token",
	 "(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90})"},
	{"gitlab-token", "(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,64}"},
	{"slack-token", "(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,250}"},
	{"google-key", "(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"},
	{"json-web-token",
	 "(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}"},
};

struct sbx_output_filter {
	GPtrArray *kinds;   /* const char * */
	GPtrArray *regexes; /* GRegex * */
};

void sbx_output_filter_free(struct sbx_output_filter *filter)
{
	if (!filter)
		return;
	g_ptr_array_unref(filter->kinds);
	g_ptr_array_unref(filter->regexes);
	g_free(filter);
}

static gboolean add(struct sbx_output_filter *f, const char *kind, const char *pattern,
		    GError **error)
{
	g_autoptr(GError) why = NULL;
	GRegex *regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, &why);
	if (!regex)
		return sbx_set_error(error, SBX_E_USAGE, "[output] patterns: '%s': %s", pattern,
				     why->message);
	/* What fits nothing would be found everywhere. */
	if (g_regex_match_full(regex, "", 0, 0, 0, NULL, NULL)) {
		g_regex_unref(regex);
		return sbx_set_error(
			error, SBX_E_USAGE,
			"[output] patterns: '%s': fits an empty text; make it say more", pattern);
	}
	g_ptr_array_add(f->kinds, (gpointer)kind);
	g_ptr_array_add(f->regexes, regex);
	return TRUE;
}

struct sbx_output_filter *sbx_output_filter_new(const char *const *patterns, GError **error)
{
	struct sbx_output_filter *f = g_new0(struct sbx_output_filter, 1);
	gboolean fine = TRUE;
	f->kinds = g_ptr_array_new();
	f->regexes = g_ptr_array_new_with_free_func((GDestroyNotify)g_regex_unref);
	for (guint i = 0; fine && i < G_N_ELEMENTS(known); i++)
		fine = add(f, known[i].kind, known[i].pattern, error);
	for (; fine && patterns && *patterns; patterns++)
		fine = add(f, "pattern", *patterns, error);
	if (fine)
		return f;
	sbx_output_filter_free(f);
	return NULL;
}

static guint line_of(const char *text, gsize at)
{
	guint line = 1;
	for (gsize i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

const char *sbx_output_filter_find(const struct sbx_output_filter *filter, const char *text,
				   gsize n_bytes, guint *out_line)
{
	for (guint i = 0; i < filter->regexes->len; i++) {
		g_autoptr(GMatchInfo) match = NULL;
		g_autoptr(GError) why = NULL;
		int start = 0, end;
		gboolean found = g_regex_match_full(filter->regexes->pdata[i], text,
						    (gssize)n_bytes, 0, 0, &match, &why);
		if (!found && !why)
			continue;
		if (found)
			g_match_info_fetch_pos(match, 0, &start, &end);
		*out_line = line_of(text, (gsize)start);
		return filter->kinds->pdata[i];
	}
	return NULL;
}

/* All that one expression fits. */
static gboolean redact_one(GRegex *regex, GString *text, GError **error)
{
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) why = NULL;
	gsize copied = 0;
	g_regex_match_full(regex, text->str, (gssize)text->len, 0, 0, &match, &why);
	while (!why && g_match_info_matches(match)) {
		int start, end;
		g_match_info_fetch_pos(match, 0, &start, &end);
		g_string_append_len(out, text->str + copied, (gssize)((gsize)start - copied));
		g_string_append(out, "[redacted]");
		copied = (gsize)end;
		g_match_info_next(match, &why);
	}
	if (why)
		return sbx_set_error(error, SBX_E_DENIED, "looking for secrets: %s", why->message);
	g_string_append_len(out, text->str + copied, (gssize)(text->len - copied));
	g_string_truncate(text, 0);
	g_string_append_len(text, out->str, (gssize)out->len);
	return TRUE;
}

char *sbx_output_filter_redact(const struct sbx_output_filter *filter, const char *text,
			       gsize n_bytes, gsize *out_n_bytes, GError **error)
{
	GString *made = g_string_new_len(text, (gssize)n_bytes);
	for (guint i = 0; i < filter->regexes->len; i++)
		if (!redact_one(filter->regexes->pdata[i], made, error)) {
			g_string_free(made, TRUE);
			return NULL;
		}
	*out_n_bytes = made->len;
	return g_string_free(made, FALSE);
}
