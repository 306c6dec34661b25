/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/deb822.h"

#include <string.h>

#include "store/gerror.h"

struct reader {
	const char *at, *end, *where;
	guint line; /* of the line last read */
	GPtrArray *stanzas;
	struct sbx_stanza *stanza; /* NULL between stanzas */
	char *name;		   /* the field being read */
	GString *value;
};

static void stanza_free(gpointer data)
{
	struct sbx_stanza *stanza = data;
	g_hash_table_unref(stanza->fields);
	g_free(stanza);
}

static gboolean fail(const struct reader *r, const char *what, GError **error)
{
	return sbx_set_error(error, SBX_E_INPUT, "%s:%u: %s", r->where, r->line, what);
}

static gboolean end_field(struct reader *r, GError **error)
{
	if (!r->name)
		return TRUE;
	char *value = g_strstrip(g_strdup(r->value->str));
	if (!g_hash_table_insert(r->stanza->fields, g_steal_pointer(&r->name), value))
		return fail(r, "a field is given twice", error);
	return TRUE;
}

static gboolean begin_field(struct reader *r, const char *line, GError **error)
{
	const char *colon = strchr(line, ':');
	if (!colon || colon == line)
		return fail(r, "not a field (\"Name: value\")", error);
	if (!r->stanza) {
		r->stanza = g_new0(struct sbx_stanza, 1);
		r->stanza->line = r->line;
		r->stanza->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_ptr_array_add(r->stanzas, r->stanza);
	}
	r->name = g_ascii_strdown(line, colon - line);
	g_string_assign(r->value, colon + 1);
	return TRUE;
}

static gboolean take_line(struct reader *r, const char *line, GError **error)
{
	if (line[0] == '#')
		return TRUE;
	if (line[0] == ' ' || line[0] == '\t') {
		if (!r->name)
			return fail(r, "a continued line without a field before it", error);
		const char *more = line + 1;
		g_string_append_c(r->value, '\n');
		g_string_append(r->value, g_str_equal(more, ".") ? "" : more);
		return TRUE;
	}
	return end_field(r, error) && begin_field(r, line, error);
}

static gboolean read_all(struct reader *r, GError **error)
{
	while (r->at < r->end) {
		const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
		if (!stop)
			stop = r->end;
		g_autofree char *line = g_strchomp(g_strndup(r->at, (gsize)(stop - r->at)));
		r->at = stop + 1;
		r->line++;
		if (*line == '\0') {
			if (!end_field(r, error))
				return FALSE;
			r->stanza = NULL;
		} else if (!take_line(r, line, error)) {
			return FALSE;
		}
	}
	return end_field(r, error);
}

GPtrArray *sbx_deb822_parse(const char *text, gsize n_bytes, const char *where, GError **error)
{
	g_autoptr(GPtrArray) stanzas = g_ptr_array_new_with_free_func(stanza_free);
	struct reader r = {.at = text,
			   .end = text + n_bytes,
			   .where = where,
			   .stanzas = stanzas,
			   .value = g_string_new(NULL)};
	gboolean ok;
	if (n_bytes && memchr(text, '\0', n_bytes))
		ok = sbx_set_error(error, SBX_E_INPUT, "%s: holds a NUL byte, so it is not text",
				   where);
	else
		ok = read_all(&r, error);
	g_free(r.name);
	g_string_free(r.value, TRUE);
	return ok ? g_steal_pointer(&stanzas) : NULL;
}

const char *sbx_stanza_get(const struct sbx_stanza *stanza, const char *name)
{
	return g_hash_table_lookup(stanza->fields, name);
}

char **sbx_split_words(const char *text, const char *separators)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	while (text) {
		text += strspn(text, separators);
		gsize n = strcspn(text, separators);
		if (n == 0)
			break;
		g_ptr_array_add(words, g_strndup(text, n));
		text += n;
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

char **sbx_stanza_words(const struct sbx_stanza *stanza, const char *name)
{
	return sbx_split_words(sbx_stanza_get(stanza, name), " \t\n");
}
