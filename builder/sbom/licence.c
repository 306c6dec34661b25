/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/sbom/licence.h"

#include <string.h>

#define MAX_LICENCES 200
#define MAX_SYNOPSIS 1000 /* bytes; joints in it are followed by recursion */

/* Debian's short names and SPDX's. With a + behind it a family's name is "or later". */
static const struct {
	const char *debian, *spdx;
} same[] = {
	{"Expat", "MIT"},
	{"MIT", "MIT"},
	{"ISC", "ISC"},
	{"Apache-2.0", "Apache-2.0"},
	{"Apache-2", "Apache-2.0"},
	{"BSD-2-clause", "BSD-2-Clause"},
	{"BSD-3-clause", "BSD-3-Clause"},
	{"BSD-4-clause", "BSD-4-Clause"},
	{"0BSD", "0BSD"},
	{"Zlib", "Zlib"},
	{"Artistic", "Artistic-1.0-Perl"},
	{"Artistic-2.0", "Artistic-2.0"},
	{"CC0-1.0", "CC0-1.0"},
	{"CC0", "CC0-1.0"},
	{"BSL-1.0", "BSL-1.0"},
	{"MPL-1.1", "MPL-1.1"},
	{"MPL-2.0", "MPL-2.0"},
	{"PSF-2", "PSF-2.0"},
	{"Python-2.0", "Python-2.0"},
	{"Unlicense", "Unlicense"},
	{"WTFPL", "WTFPL"},
	{"X11", "X11"},
	{"Unicode", "Unicode-DFS-2016"},
	{"OFL-1.1", "OFL-1.1"},
	{"SIL-1.1", "OFL-1.1"},
	{"CC-BY-3.0", "CC-BY-3.0"},
	{"CC-BY-4.0", "CC-BY-4.0"},
	{"CC-BY-SA-3.0", "CC-BY-SA-3.0"},
	{"CC-BY-SA-4.0", "CC-BY-SA-4.0"},
};
static const char *const families[] = {"GPL",	   "GPL-1",    "GPL-2",	  "GPL-3",
				       "LGPL-2",   "LGPL-2.1", "LGPL-3",  "AGPL-3",
				       "GFDL-1.1", "GFDL-1.2", "GFDL-1.3"};

void sbx_licence_own_free(struct sbx_licence_own *own)
{
	if (!own)
		return;
	g_free(own->id);
	g_free(own->name);
	g_free(own->text);
	g_free(own);
}

/* GPL-2+ and GPL-2.0+ are GPL-2.0-or-later; a bare GPL is any version. */
static char *family_name(const char *name)
{
	gsize n = strlen(name);
	gboolean or_later = n && name[n - 1] == '+';
	g_autofree char *bare = g_strndup(name, or_later ? n - 1 : n);
	if (g_str_has_suffix(bare, ".0"))
		bare[strlen(bare) - 2] = '\0';
	for (guint i = 0; i < G_N_ELEMENTS(families); i++) {
		if (strcmp(families[i], bare))
			continue;
		if (!strchr(bare, '-'))
			return g_strdup("GPL-1.0-or-later");
		return g_strdup_printf("%s%s-%s", bare, strchr(bare, '.') ? "" : ".0",
				       or_later ? "or-later" : "only");
	}
	return NULL;
}

static char *spdx_name(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(same); i++)
		if (g_ascii_strcasecmp(same[i].debian, name) == 0)
			return g_strdup(same[i].spdx);
	return family_name(name);
}

struct reader {
	const char *package;
	GPtrArray *owns;
	GHashTable *texts; /* name -> text, of all paragraphs */
};

static char *own_name(struct reader *r, const char *name)
{
	g_autoptr(GString) id = g_string_new("LicenseRef-");
	for (const char *parts[] = {r->package, name}, **part = parts; part < parts + 2; part++) {
		for (const char *c = *part; *c; c++)
			g_string_append_c(id, g_ascii_isalnum(*c) || *c == '.' ? *c : '-');
		if (part == parts)
			g_string_append_c(id, '-');
	}
	for (guint i = 0; i < r->owns->len; i++)
		if (g_str_equal(((struct sbx_licence_own *)r->owns->pdata[i])->id, id->str))
			return g_strdup(id->str);
	const char *text = g_hash_table_lookup(r->texts, name);
	struct sbx_licence_own *own = g_new0(struct sbx_licence_own, 1);
	own->id = g_strdup(id->str);
	own->name = g_strdup(name);
	own->text = g_strdup(text && *text ? text : "NOASSERTION");
	g_ptr_array_add(r->owns, own);
	return g_strdup(id->str);
}

/*
 * "GPL-2+ or Artistic, and BSD-3-clause": `and` binds closer, a comma looser (copyright-format 1.0,
 * 7.2). One with an exception has no plain name: it stays whole.
 */
static char *translate(struct reader *r, const char *synopsis)
{
	static const char *const joints[] = {", and ", ", or ", " or ", " and "};
	static const char *const words[] = {" AND ", " OR ", " OR ", " AND "};
	for (guint i = 0; i < G_N_ELEMENTS(joints); i++) {
		const char *at = strstr(synopsis, joints[i]);
		if (!at)
			continue;
		g_autofree char *left = g_strndup(synopsis, (gsize)(at - synopsis));
		g_autofree char *a = translate(r, g_strstrip(left));
		g_autofree char *b = translate(r, at + strlen(joints[i]));
		return a && b ? g_strdup_printf("(%s%s%s)", a, words[i], b) : NULL;
	}
	while (*synopsis == ' ')
		synopsis++;
	char *name = *synopsis ? spdx_name(synopsis) : NULL;
	return name || !*synopsis ? name : own_name(r, synopsis);
}

/* The field's first line and what follows; NULL when the paragraph has none. */
static char *field_of(char **lines, const char *field, char **out_rest)
{
	gsize n = strlen(field);
	for (; *lines; lines++) {
		if (g_ascii_strncasecmp(*lines, field, n) || (*lines)[n] != ':')
			continue;
		GString *rest = g_string_new(NULL);
		for (char **line = lines + 1; *line && (**line == ' ' || **line == '\t'); line++)
			g_string_append_printf(rest, "%s\n", *line + 1);
		char *text = g_string_free(rest, FALSE);
		if (out_rest)
			*out_rest = text;
		else
			g_free(text);
		return g_strstrip(g_strdup(*lines + n + 1));
	}
	return NULL;
}

static void collect_texts(struct reader *r, char **paragraphs)
{
	for (; *paragraphs; paragraphs++) {
		g_auto(GStrv) lines = g_strsplit(*paragraphs, "\n", -1);
		g_autofree char *rest = NULL;
		char *name = field_of(lines, "License", &rest);
		if (name && rest && *rest && !g_hash_table_contains(r->texts, name))
			g_hash_table_insert(r->texts, name, g_steal_pointer(&rest));
		else
			g_free(name);
	}
}

char *sbx_licence_expression(const char *text, const char *package, GPtrArray *owns)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_auto(GStrv) paragraphs = g_regex_split_simple("\\n(?:[ \\t]*\\n)+", valid, 0, 0);
	g_auto(GStrv) header = g_strsplit(paragraphs[0] ? paragraphs[0] : "", "\n", -1);
	g_autofree char *format = field_of(header, "Format", NULL);
	if (!format || !strstr(format, "copyright-format/1"))
		return NULL;
	g_autoptr(GHashTable) texts =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct reader r = {package, owns, texts};
	collect_texts(&r, paragraphs);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) all = g_string_new(NULL);
	for (char **p = paragraphs; *p && g_hash_table_size(seen) < MAX_LICENCES; p++) {
		g_auto(GStrv) lines = g_strsplit(*p, "\n", -1);
		g_autofree char *files = field_of(lines, "Files", NULL);
		g_autofree char *licence = files ? field_of(lines, "License", NULL) : NULL;
		if (licence && strlen(licence) > MAX_SYNOPSIS)
			continue;
		char *expression = licence ? translate(&r, licence) : NULL;
		if (!expression || g_hash_table_contains(seen, expression)) {
			g_free(expression);
			continue;
		}
		g_hash_table_add(seen, expression);
		g_string_append_printf(all, "%s%s", all->len ? " AND " : "", expression);
	}
	return all->len ? g_string_free(g_steal_pointer(&all), FALSE) : NULL;
}
