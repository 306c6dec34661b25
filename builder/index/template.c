/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/template.h"

#include <fnmatch.h>
#include <string.h>

gboolean sbx_path_is_unmerged(const char *path, gsize n_path)
{
	static const char *const folders[] = {"bin/",	"sbin/",  "lib/",
					      "lib32/", "lib64/", "libx32/"};
	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		gsize n = strlen(folders[i]);
		if (n_path >= n && memcmp(path, folders[i], n) == 0)
			return TRUE;
	}
	return FALSE;
}

static void clear_part(gpointer data)
{
	struct sbx_part *part = data;
	g_free(part->text);
}

void sbx_template_free(struct sbx_template *t)
{
	if (!t)
		return;
	g_array_unref(t->parts);
	g_free(t->text);
	g_free(t);
}

static void add_text(struct sbx_template *t, const char *text, gsize n)
{
	if (n == 0)
		return;
	struct sbx_part part = {.kind = SBX_PART_TEXT, .text = g_strndup(text, n), .n_text = n};
	g_array_append_val(t->parts, part);
}

static const char *find_root(const struct sbx_language *language, const char *name, gsize n)
{
	for (const struct sbx_root *r = language->roots; r && r->name; r++)
		if (strlen(r->name) == n && memcmp(r->name, name, n) == 0)
			return r->pattern;
	return NULL;
}

static gboolean add_placeholder(struct sbx_template *t, const struct sbx_language *language,
				const char *name, gsize n)
{
	struct sbx_part part = {.kind = SBX_PART_WORD};
	if (n == 4 && memcmp(name, "path", n) == 0)
		part.kind = SBX_PART_PATH;
	else if (n == 4 && memcmp(name, "name", n) == 0)
		part.whole_name = TRUE;
	else if (n == 6 && memcmp(name, "dashed", n) == 0)
		part.is_dashed = part.whole_name = TRUE;
	else if (n == 7 && memcmp(name, "version", n) == 0)
		part.kind = SBX_PART_VERSION;
	else if (n == 5 && memcmp(name, "last", 4) == 0 && g_ascii_isdigit(name[4]))
		part.n_last = (guint)g_ascii_digit_value(name[4]);
	else if (n == 4 && memcmp(name, "last", n) == 0)
		part.n_last = 1;
	else {
		t->root = t->parts->len == 0 && !t->root ? find_root(language, name, n) : NULL;
		return t->root != NULL;
	}
	g_array_append_val(t->parts, part);
	return TRUE;
}

static gboolean take_apart(struct sbx_template *t, const struct sbx_language *language,
			   const char *text)
{
	const char *at = text;
	while (*at) {
		gsize n = strcspn(at, "{*");
		add_text(t, at, n);
		at += n;
		if (at[0] == '*' && at[1] == '*') {
			struct sbx_part deep = {.kind = SBX_PART_DEEP};
			g_array_append_val(t->parts, deep);
			t->is_deep = TRUE;
			at += 2;
		} else if (*at == '*') {
			struct sbx_part star = {.kind = SBX_PART_STAR};
			g_array_append_val(t->parts, star);
			at++;
		} else if (*at == '{') {
			const char *end = strchr(at, '}');
			if (!end || !add_placeholder(t, language, at + 1, (gsize)(end - at - 1)))
				return FALSE;
			at = end + 1;
			if (t->root && t->parts->len == 0 && *at++ != '/')
				return FALSE;
		}
	}
	return t->parts->len > 0;
}

/*
 * A '*' above the last slash outside of a root would be a search of the whole index, unless the
 * name comes before it.
 */
static gboolean stars_are_last(const struct sbx_template *t)
{
	gboolean star = FALSE, named = FALSE;
	for (guint i = 0; i < t->parts->len; i++) {
		const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
		named |= p->kind == SBX_PART_PATH || p->kind == SBX_PART_WORD;
		if (star && !t->is_named &&
		    (p->kind == SBX_PART_PATH ||
		     (p->kind == SBX_PART_TEXT && strchr(p->text, '/'))))
			return FALSE;
		star |= (p->kind == SBX_PART_STAR || p->kind == SBX_PART_VERSION) && !named;
	}
	return TRUE;
}

static void note_form(struct sbx_template *t, gboolean may_be_folder)
{
	for (guint i = 0; i < t->parts->len; i++) {
		const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
		gboolean last = i + 1 == t->parts->len;
		if (p->kind != SBX_PART_PATH)
			continue;
		if (last)
			t->is_folder = may_be_folder;
		else if (p[1].kind == SBX_PART_TEXT && p[1].text[0] == '/')
			t->is_package = TRUE;
	}
}

static void note_edges(struct sbx_template *t)
{
	const struct sbx_part *first = &g_array_index(t->parts, struct sbx_part, 0);
	const struct sbx_part *last = &g_array_index(t->parts, struct sbx_part, t->parts->len - 1);
	if (first->kind == SBX_PART_TEXT)
		t->head = sbx_head_edge(first->text, first->n_text);
	if (last->kind == SBX_PART_TEXT)
		t->tail = sbx_tail_edge(last->text, last->n_text);
}

struct form {
	char separator;
	gboolean may_be_folder, is_named;
};

static struct sbx_template *make(const struct sbx_language *language, const char *text,
				 struct form form, GError **error)
{
	SBX_AUTO(sbx_template) t = g_new0(struct sbx_template, 1);
	t->is_named = form.is_named;
	t->text = g_strdup(text);
	t->language = language;
	t->separator = form.separator;
	t->parts = g_array_new(FALSE, TRUE, sizeof(struct sbx_part));
	g_array_set_clear_func(t->parts, clear_part);
	g_autofree char *merged = NULL;
	if (sbx_path_is_unmerged(text, strlen(text)))
		text = merged = g_strconcat("usr/", text, NULL);
	if (!take_apart(t, language, text) || !stars_are_last(t)) {
		sbx_set_error(
			error, SBX_E_FAILED,
			"language %s: path template \"%s\": use a root first, then text, {path}, "
			"{name}, {last}, {version}, and '*' in the last component or "
			"behind a name",
			language->name, text);
		return NULL;
	}
	note_form(t, form.may_be_folder);
	note_edges(t);
	return g_steal_pointer(&t);
}

struct sbx_template *sbx_template_new(const struct sbx_language *language, const char *text,
				      GError **error)
{
	return make(language, text, (struct form){language->separator, TRUE, FALSE}, error);
}

struct sbx_template *sbx_template_new_for_files(const struct sbx_language *language,
						const char *text, GError **error)
{
	return make(language, text, (struct form){'/', FALSE, FALSE}, error);
}

struct sbx_template *sbx_template_new_for(const struct sbx_language *language,
					  enum sbx_fact_kind kind, const char *text, GError **error)
{
	/* "{dist}/{name}-{version}.egg-info" */
	if (kind == SBX_FACT_DISTRIBUTION && strstr(text, "{name}"))
		return make(language, text, (struct form){'/', FALSE, TRUE}, error);
	return kind == SBX_FACT_MODULE || kind == SBX_FACT_COMMAND
		       ? sbx_template_new(language, text, error)
		       : sbx_template_new_for_files(language, text, error);
}

/* Where the parts from the i-th on must begin, when nothing or a text is all that is left. */
static const char *only_stop(const struct sbx_template *t, guint i, const char *end)
{
	if (i == t->parts->len)
		return end;
	const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
	return p->kind == SBX_PART_TEXT && i + 1 == t->parts->len ? end - p->n_text : NULL;
}

static gboolean match_parts(const struct sbx_template *t, guint i, const char *at, const char *end)
{
	if (i == t->parts->len)
		return at == end;
	const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
	if (p->kind == SBX_PART_TEXT)
		return (gsize)(end - at) >= p->n_text && memcmp(at, p->text, p->n_text) == 0 &&
		       match_parts(t, i + 1, at + p->n_text, end);
	gboolean is_path = p->kind == SBX_PART_PATH || p->kind == SBX_PART_DEEP;
	if (p->kind == SBX_PART_VERSION && (at == end || !g_ascii_isdigit(*at)))
		return FALSE;
	const char *stop = at + (p->kind == SBX_PART_STAR ? 0 : 1);
	const char *only = only_stop(t, i + 1, end);
	for (;; stop++) {
		/* What was just taken must be allowed in it. */
		if (stop > end)
			return FALSE;
		if (stop > at && stop[-1] == '/' && (!is_path || stop - 1 == at || stop[-2] == '/'))
			return FALSE;
		if (stop > at && p->kind == SBX_PART_PATH && stop[-1] == t->separator &&
		    t->separator != '/')
			return FALSE;
		if (is_path && stop[-1] == '/')
			continue;
		if ((!only || stop == only) && match_parts(t, i + 1, stop, end))
			return TRUE;
	}
}

gboolean sbx_template_matches(const struct sbx_template *t, const char *path, gsize n_path)
{
	/* What makes a folder is kept for its own sake. */
	if (!sbx_template_may_match(t, sbx_head_bytes(path, n_path), sbx_tail_bytes(path, n_path)))
		return FALSE;
	const struct sbx_part *last = &g_array_index(t->parts, struct sbx_part, t->parts->len - 1);
	if (last->kind == SBX_PART_TEXT &&
	    (n_path < last->n_text ||
	     memcmp(path + n_path - last->n_text, last->text, last->n_text) != 0))
		return FALSE;
	return match_parts(t, 0, path, path + n_path);
}

gboolean sbx_template_find_name(const struct sbx_template *t, const char *path, gsize n_path,
				const char **out_name, gsize *out_n)
{
	const char *at = path, *end = path + n_path;
	for (guint i = 0; i < t->parts->len; i++) {
		const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
		if (p->kind == SBX_PART_TEXT) {
			if ((gsize)(end - at) < p->n_text || memcmp(at, p->text, p->n_text) != 0)
				return FALSE;
			at += p->n_text;
			continue;
		}
		const char *slash = memchr(at, '/', (gsize)(end - at));
		for (const char *stop = slash ? slash : end; stop > at; stop--) {
			if (!match_parts(t, i + 1, stop, end))
				continue;
			*out_name = at;
			*out_n = (gsize)(stop - at);
			return p->kind == SBX_PART_WORD;
		}
		return FALSE;
	}
	return FALSE;
}

static gboolean match_component(const char *glob, gsize n_glob, const char *text, gsize n_text)
{
	if (n_glob == 1 && *glob == '*')
		return n_text > 0;
	if (!memchr(glob, '*', n_glob) && !memchr(glob, '[', n_glob) && !memchr(glob, '?', n_glob))
		return n_glob == n_text && memcmp(glob, text, n_text) == 0;
	char glob_copy[256], text_copy[256];
	if (n_glob >= sizeof(glob_copy) || n_text >= sizeof(text_copy))
		return FALSE;
	memcpy(glob_copy, glob, n_glob);
	glob_copy[n_glob] = '\0';
	memcpy(text_copy, text, n_text);
	text_copy[n_text] = '\0';
	return fnmatch(glob_copy, text_copy, FNM_NOESCAPE) == 0;
}

gsize sbx_root_match(const char *pattern, const char *path, gsize n_path)
{
	const char *at = path, *end = path + n_path;
	for (;;) {
		gsize n_glob = strcspn(pattern, "/");
		const char *slash = memchr(at, '/', (gsize)(end - at));
		if (!slash || !match_component(pattern, n_glob, at, (gsize)(slash - at)))
			return 0;
		pattern += n_glob;
		if (*pattern == '\0')
			return (gsize)(slash - path);
		pattern++;
		at = slash + 1;
	}
}

char *sbx_template_prefix(const struct sbx_template *t)
{
	if (t->root) {
		const char *pattern = t->root + sbx_root_is_merged(t->root);
		return g_strndup(pattern, strcspn(pattern, "*?["));
	}
	const struct sbx_part *first = &g_array_index(t->parts, struct sbx_part, 0);
	return g_strdup(first->kind == SBX_PART_TEXT ? first->text : "");
}

/* The last n parts; what can be in no path when there are fewer. */
static void append_last(GString *out, char *const *parts, guint n_parts, guint n)
{
	if (n > n_parts)
		g_string_append_c(out, '\n');
	for (guint k = n_parts - MIN(n, n_parts); k < n_parts; k++) {
		if (k > n_parts - MIN(n, n_parts))
			g_string_append_c(out, '-');
		g_string_append(out, parts[k]);
	}
}

char *sbx_template_expand(const struct sbx_template *t, const char *folder, char *const *parts,
			  guint n_parts)
{
	GString *out = g_string_new(folder);
	if (folder)
		g_string_append_c(out, '/');
	for (guint i = 0; i < t->parts->len; i++) {
		const struct sbx_part *p = &g_array_index(t->parts, struct sbx_part, i);
		char between = p->kind == SBX_PART_PATH ? '/' : t->separator;
		gsize n_before = out->len;
		if (p->kind == SBX_PART_TEXT)
			g_string_append_len(out, p->text, (gssize)p->n_text);
		else if (p->kind == SBX_PART_STAR)
			g_string_append_c(out, SBX_TEMPLATE_STAR);
		else if (p->kind == SBX_PART_VERSION)
			g_string_append_c(out, SBX_TEMPLATE_VERSION);
		else if (p->kind == SBX_PART_DEEP)
			g_string_append_c(out, SBX_TEMPLATE_DEEP);
		else if (p->kind == SBX_PART_WORD && !p->whole_name)
			append_last(out, parts, n_parts, p->n_last);
		else
			for (guint k = 0; k < n_parts; k++) {
				if (k)
					g_string_append_c(out, between);
				g_string_append(out, parts[k]);
			}
		for (gsize k = n_before; p->is_dashed && k < out->len; k++)
			if (out->str[k] == '_')
				out->str[k] = '-';
	}
	return g_string_free(out, FALSE);
}

gboolean sbx_template_fits(const char *expanded, const char *path)
{
	for (; !strchr(SBX_TEMPLATE_OPEN, *expanded) || !*expanded; expanded++, path++) {
		if (*expanded != *path)
			return FALSE;
		if (!*path)
			return TRUE;
	}
	gboolean is_deep = *expanded == SBX_TEMPLATE_DEEP;
	if (*expanded == SBX_TEMPLATE_VERSION && !g_ascii_isdigit(*path++))
		return FALSE;
	if (is_deep && (!*path || *path == '/'))
		return FALSE;
	for (;; path++) {
		if (sbx_template_fits(expanded + 1, path))
			return TRUE;
		if (!*path || (*path == '/' && !is_deep))
			return FALSE;
	}
}
