/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/relation.h"

#include <string.h>

#include "builder/archive/package.h"

static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

void sbx_relation_begin(struct sbx_relation_reader *reader, const char *field)
{
	reader->next = field ? field : "";
	reader->after_or = FALSE;
}

static enum sbx_relation_result bad(const char *at, const char *expected, GError **error)
{
	/* A few bytes of the place are enough, and they may be anything. */
	char text[25];
	gsize n = 0;
	for (; n < sizeof(text) - 1 && at[n]; n++)
		text[n] = (char)(g_ascii_isprint(at[n]) ? at[n] : '?');
	text[n] = '\0';
	sbx_set_error(error, SBX_E_ARCHIVE, "%s expected at \"%s\"", expected, text);
	return SBX_RELATION_BAD;
}

enum piece { IN_NAME = 1, IN_ARCHITECTURE = 2, IN_VERSION = 4 };

/* What letters and digits may be joined by. */
static const guint8 joins[256] = {
	['+'] = IN_NAME | IN_VERSION, ['-'] = IN_NAME | IN_ARCHITECTURE | IN_VERSION,
	['.'] = IN_NAME | IN_VERSION, ['_'] = IN_NAME,
	['~'] = IN_VERSION,	      [':'] = IN_VERSION,
};

static gsize span(const char *p, enum piece piece)
{
	gsize n = 0;
	while (g_ascii_isalnum(p[n]) || (joins[(guchar)p[n]] & piece))
		n++;
	return n;
}

/* "<" and ">" are the old spellings of "<=" and ">=" (Debian policy 7.1). */
static const char *read_op(const char *p, enum sbx_relation_op *out)
{
	static const struct {
		const char *text;
		enum sbx_relation_op op;
	} ops[] = {{"<<", SBX_REL_LT}, {"<=", SBX_REL_LE}, {">>", SBX_REL_GT}, {">=", SBX_REL_GE},
		   {"=", SBX_REL_EQ},  {"<", SBX_REL_LE},  {">", SBX_REL_GE}};
	for (gsize i = 0; i < G_N_ELEMENTS(ops); i++) {
		if (g_str_has_prefix(p, ops[i].text)) {
			*out = ops[i].op;
			return p + strlen(ops[i].text);
		}
	}
	return NULL;
}

/* "(>= 1.0)"; returns what follows it, NULL with *error set. */
static const char *read_version(const char *p, struct sbx_relation *out, GError **error)
{
	const char *version = read_op(skip_space(p + 1), &out->op);
	if (!version) {
		bad(p, "one of << <= = >= >>", error);
		return NULL;
	}
	version = skip_space(version);
	out->n_version = span(version, IN_VERSION);
	if (out->n_version == 0) {
		bad(version, "a version", error);
		return NULL;
	}
	out->version = version;
	p = skip_space(version + out->n_version);
	if (*p != ')') {
		bad(p, "')'", error);
		return NULL;
	}
	return p + 1;
}

/* "[amd64 !i386]" and "<!nocheck>": skipped. */
static const char *skip_restrictions(const char *p, GError **error)
{
	for (p = skip_space(p); *p == '[' || *p == '<'; p = skip_space(p)) {
		const char *end = strchr(p, *p == '[' ? ']' : '>');
		if (!end) {
			bad(p, "a closing bracket", error);
			return NULL;
		}
		p = end + 1;
	}
	return p;
}

enum sbx_relation_result sbx_relation_next(struct sbx_relation_reader *reader,
					   struct sbx_relation *out, GError **error)
{
	const char *p = skip_space(reader->next);
	/* Stray commas are common in the wild; dpkg and apt pass over them. */
	while (*p == ',' && !reader->after_or)
		p = skip_space(p + 1);
	if (!*p && !reader->after_or) {
		reader->next = p;
		return SBX_RELATION_END;
	}
	struct sbx_relation found = {.name = p, .n_name = span(p, IN_NAME)};
	if (found.n_name == 0 || !g_ascii_isalnum(*p))
		return bad(p, "a package name", error);
	p += found.n_name;
	if (*p == ':') {
		found.qualifier = p + 1;
		found.n_qualifier = span(p + 1, IN_ARCHITECTURE);
		if (found.n_qualifier == 0)
			return bad(p, "an architecture", error);
		p += 1 + found.n_qualifier;
	}
	p = skip_space(p);
	if (*p == '(') {
		p = read_version(p, &found, error);
		if (!p)
			return SBX_RELATION_BAD;
	}
	p = skip_restrictions(p, error);
	if (!p)
		return SBX_RELATION_BAD;
	if (*p && *p != ',' && *p != '|')
		return bad(p, "',' or '|'", error);
	found.or_next = *p == '|';
	reader->after_or = found.or_next;
	reader->next = *p ? p + 1 : p;
	*out = found;
	return SBX_RELATION_READ;
}

gboolean sbx_relation_holds(const struct sbx_relation *relation, const char *version)
{
	if (relation->op == SBX_REL_ANY)
		return TRUE;
	g_autofree char *wanted = g_strndup(relation->version, relation->n_version);
	int order = sbx_version_compare(version, wanted);
	if (order == 0)
		return relation->op != SBX_REL_LT && relation->op != SBX_REL_GT;
	return order < 0 ? relation->op == SBX_REL_LT || relation->op == SBX_REL_LE
			 : relation->op == SBX_REL_GE || relation->op == SBX_REL_GT;
}
