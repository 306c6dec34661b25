/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/package.h"

#include <stddef.h>
#include <string.h>

#include "store/gerror.h"

enum kind { KIND_TEXT, KIND_NUMBER, KIND_YES, KIND_DIGEST };

/* What we want of a stanza; everything else is stepped over. */
static const struct field {
	const char *name;
	guint8 n_bytes;
	enum kind kind;
	size_t offset;
} fields[] = {
#define TEXT(name, member)                                                                         \
	{                                                                                          \
		name, sizeof(name) - 1, KIND_TEXT, offsetof(struct sbx_package, member)            \
	}
#define NUMBER(name, member)                                                                       \
	{                                                                                          \
		name, sizeof(name) - 1, KIND_NUMBER, offsetof(struct sbx_package, member)          \
	}
#define DIGEST(name, member)                                                                       \
	{                                                                                          \
		name, sizeof(name) - 1, KIND_DIGEST, offsetof(struct sbx_package, member)          \
	}
#define YES(name, member)                                                                          \
	{                                                                                          \
		name, sizeof(name) - 1, KIND_YES, offsetof(struct sbx_package, member)             \
	}
	TEXT("Package", name),
	TEXT("Version", version),
	TEXT("Architecture", architecture),
	TEXT("Source", source),
	TEXT("Depends", depends),
	TEXT("Pre-Depends", pre_depends),
	TEXT("Recommends", recommends),
	TEXT("Suggests", suggests),
	TEXT("Enhances", enhances),
	TEXT("Conflicts", conflicts),
	TEXT("Breaks", breaks),
	TEXT("Provides", provides),
	TEXT("Replaces", replaces),
	TEXT("Filename", filename),
	DIGEST("SHA256", sha256),
	TEXT("Section", section),
	TEXT("Priority", priority),
	TEXT("Multi-Arch", multi_arch),
	TEXT("Description", description),
	NUMBER("Size", size),
	NUMBER("Installed-Size", installed_kib),
	YES("Essential", essential),
	YES("Important", important),
	YES("Protected", important),
};
G_STATIC_ASSERT(G_N_ELEMENTS(fields) <= 32); /* `seen` is a guint32 */

struct reader {
	char *at, *end;
	const char *where;
	guint line;	   /* of `at`, from 1 */
	guint stanza_line; /* where the stanza began */
	guint32 seen;	   /* fields of this stanza, a bit each */
	struct sbx_package package;
};

static gboolean fail(const struct reader *r, guint line, const char *what, GError **error)
{
	return sbx_set_error(error, SBX_E_ARCHIVE,
			     "%s:%u: %s; fetch it again or use another mirror", r->where, line,
			     what);
}

static const struct field *find_field(const char *name, size_t n_bytes)
{
	/* Names differ in length or first letter mostly: the full comparison is rare. */
	for (const struct field *f = fields; f < fields + G_N_ELEMENTS(fields); f++)
		if (f->n_bytes == n_bytes && ((f->name[0] ^ name[0]) & ~0x20) == 0 &&
		    g_ascii_strncasecmp(f->name, name, n_bytes) == 0)
			return f;
	return NULL;
}

static gboolean parse_number(const char *text, guint64 *out)
{
	guint64 value = 0;
	if (!*text)
		return FALSE;
	for (; *text; text++) {
		if (!g_ascii_isdigit(*text) || value > (G_MAXUINT64 - 9) / 10)
			return FALSE;
		value = value * 10 + (guint64)(*text - '0');
	}
	*out = value;
	return TRUE;
}

static gboolean store(struct reader *r, const struct field *field, guint line, char *value,
		      GError **error)
{
	guint32 bit = 1U << (field - fields);
	if (r->seen & bit)
		return fail(r, line, "a field is given twice in a stanza", error);
	r->seen |= bit;
	char *slot = (char *)&r->package + field->offset;
	switch (field->kind) {
	case KIND_DIGEST:
		for (char *c = value; *c; c++)
			*c = g_ascii_tolower(*c);
		*(const char **)(void *)slot = value;
		return TRUE;
	case KIND_TEXT:
		*(const char **)(void *)slot = value;
		return TRUE;
	case KIND_YES:
		if (g_ascii_strcasecmp(value, "yes") == 0)
			*(gboolean *)(void *)slot = TRUE;
		return TRUE;
	case KIND_NUMBER:
		if (!parse_number(value, (guint64 *)(void *)slot))
			return fail(r, line, "a size is not a number", error);
	}
	return TRUE;
}

/* The line at `at` without its end; `at` steps past it. NULL when it runs past the end. */
static char *next_line(struct reader *r, char **out_end)
{
	char *start = r->at, *end = memchr(start, '\n', (size_t)(r->end - start));
	if (!end)
		return NULL;
	r->at = end + 1;
	r->line++;
	*out_end = end;
	return start;
}

static char *trim_end(char *start, char *end)
{
	while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

/*
 * One field with its continuation lines, which are joined with spaces. `start` to `end` is its
 * first line, already read.
 */
static gboolean read_field(struct reader *r, char *start, char *end, GError **error)
{
	guint line = r->line - 1;
	char *colon = memchr(start, ':', (size_t)(end - start));
	if (!colon || colon == start)
		return fail(r, line, "not a field (\"Name: value\")", error);
	const struct field *field = find_field(start, (size_t)(colon - start));
	char *stop = trim_end(colon + 1, end);
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t')) {
		char *more_end, *more = next_line(r, &more_end);
		if (!more)
			return fail(r, r->line, "the index is cut short", error);
		char *more_stop = trim_end(more, more_end);
		if (more_stop == more) { /* a line of blanks ends a stanza as an empty one does */
			r->at = more;
			r->line--;
			break;
		}
		memset(stop, ' ', (size_t)(more - stop));
		stop = more_stop;
	}
	if (!field)
		return TRUE;
	char *value = colon + 1;
	while (value < stop && (*value == ' ' || *value == '\t'))
		value++;
	*stop = '\0';
	return store(r, field, line, value, error);
}

/* Names become file names and parts of URIs: nothing in them may be read as anything else. */
static gboolean has_only(const char *text, const char *others)
{
	if (!g_ascii_isalnum(*text))
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr(others, *text))
			return FALSE;
	return TRUE;
}

static gboolean check_package(const struct reader *r, GError **error)
{
	const struct sbx_package *p = &r->package;
	if (!p->name || !p->version || !p->architecture)
		return fail(r, r->stanza_line, "a stanza without Package, Version or Architecture",
			    error);
	if (!has_only(p->name, "+-._"))
		return fail(r, r->stanza_line, "a package's name has characters it may not have",
			    error);
	if (!has_only(p->version, "+-.:~_"))
		return fail(r, r->stanza_line, "a version has characters it may not have", error);
	if (!has_only(p->architecture, "-"))
		return fail(r, r->stanza_line, "an architecture has characters it may not have",
			    error);
	if (p->sha256 && (strlen(p->sha256) != 64 || strspn(p->sha256, "0123456789abcdef") != 64))
		return fail(r, r->stanza_line, "a SHA256 is not 64 hexadecimal digits", error);
	return TRUE;
}

static gboolean finish_stanza(struct reader *r, sbx_package_func func, gpointer data,
			      GError **error)
{
	if (!r->stanza_line)
		return TRUE;
	if (!check_package(r, error) || !func(&r->package, data, error))
		return FALSE;
	memset(&r->package, 0, sizeof(r->package));
	r->seen = 0;
	r->stanza_line = 0;
	return TRUE;
}

gboolean sbx_packages_parse(char *text, gsize n_bytes, const char *where, sbx_package_func func,
			    gpointer data, GError **error)
{
	struct reader r = {.at = text, .end = text + n_bytes, .where = where, .line = 1};
	if (n_bytes && memchr(text, '\0', n_bytes))
		return sbx_set_error(error, SBX_E_ARCHIVE,
				     "%s: holds a NUL byte, so it is no index of packages", where);
	while (r.at < r.end) {
		guint line = r.line;
		char *end, *start = next_line(&r, &end);
		if (!start)
			return fail(&r, r.line, "the index is cut short", error);
		if (trim_end(start, end) == start) {
			if (!finish_stanza(&r, func, data, error))
				return FALSE;
			continue;
		}
		if (!r.stanza_line)
			r.stanza_line = line;
		if (!read_field(&r, start, end, error))
			return FALSE;
	}
	return finish_stanza(&r, func, data, error);
}
