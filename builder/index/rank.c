/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "builder/index/index.h"

/*
 * What a candidate's score is made of. What is there anyway comes before all guesses; among
 * guesses, what others depend on and what is named after the thing. Measured on the names that
 * several packages of bookworm ship (docs/profile.md).
 */
#define SCORE_BASE	  1000.0
#define SCORE_INTERPRETER 500.0
#define SCORE_CHOSEN	  200.0
#define SCORE_DEPENDS	  10.0	 /* for every doubling of the reverse dependencies */
#define SCORE_NAME	  60.0	 /* the whole name is the thing's; less when it is a part */
#define SCORE_PRIORITY	  10.0	 /* for every step above optional */
#define SCORE_SECTION	  15.0	 /* the section is the language's */
#define SCORE_DEPTH	  -8.0	 /* for every folder above what may be in any */
#define SCORE_ASIDE	  -150.0 /* debug, development, documentation, tests, old */

/* Letters and digits only, in lower case: "zope.interface" and "zope-interface" are one. */
static char *plain(const char *text)
{
	GString *out = g_string_new(NULL);
	for (; *text; text++)
		if (g_ascii_isalnum(*text))
			g_string_append_c(out, g_ascii_tolower(*text));
	return g_string_free(out, FALSE);
}

/* 0..1: how much of the package's name, the language's prefix apart, is the thing's name. */
static double likeness(const char *package, const char *interpreter, const char *name)
{
	if (*interpreter && g_str_has_prefix(package, interpreter) &&
	    package[strlen(interpreter)] == '-')
		package += strlen(interpreter) + 1;
	g_autofree char *a = plain(package), *b = plain(name);
	gsize n_a = strlen(a), n_b = strlen(b);
	if (n_a == 0 || n_b == 0)
		return 0;
	if (strstr(a, b))
		return (double)n_b / (double)n_a;
	return strstr(b, a) ? (double)n_a / (double)n_b : 0;
}

/* What of the thing's name a package may have in its own: "libxml" of libxml/parser.h. */
static char *likely_name(const struct sbx_ranking *r)
{
	if (r->kind == SBX_FACT_HEADER)
		return g_strndup(r->name, strcspn(r->name, "/."));
	const char *so = r->kind == SBX_FACT_LIBRARY ? strstr(r->name, ".so") : NULL;
	if (!so)
		return g_strdup(r->name);
	/* libssl3 has libssl.so.3 */
	g_autofree char *stem = g_strndup(r->name, (gsize)(so - r->name));
	return g_strconcat(stem, so + strlen(".so"), NULL);
}

static gboolean is_aside(const struct sbx_ranking *r, const struct sbx_index_package *package)
{
	/* Who names a package or a distribution means just that one. */
	if (r->kind == SBX_FACT_PACKAGE || r->kind == SBX_FACT_DISTRIBUTION)
		return FALSE;
	static const char *const endings[] = {"-dbg",  "-dbgsym", "-dev",	"-doc",	    "-docs",
					      "-test", "-tests",  "-testsuite", "-examples"};
	static const char *const sections[] = {"debug", "doc", "oldlibs"};
	for (guint i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_suffix(package->name, endings[i]))
			return !r->is_built_with || !g_str_equal(endings[i], "-dev");
	for (guint i = 0; i < G_N_ELEMENTS(sections); i++)
		if (g_str_has_suffix(package->section, sections[i]))
			return TRUE;
	return FALSE;
}

static double score(const struct sbx_ranking *r, const struct sbx_index_package *package,
		    const struct sbx_provider *provider)
{
	double sum = r->bonus;
	if (provider->in_base)
		sum += SCORE_BASE;
	if (provider->in_interpreter)
		sum += SCORE_INTERPRETER;
	if (r->chosen && g_hash_table_contains(r->chosen, package->name))
		sum += SCORE_CHOSEN;
	sum += SCORE_DEPENDS * log2(1.0 + package->n_reverse_depends);
	g_autofree char *like = likely_name(r);
	sum += SCORE_NAME * likeness(package->name, r->interpreter, like);
	sum += SCORE_PRIORITY * MAX(3 - package->priority, 0);
	if (*r->interpreter && *package->section &&
	    g_str_has_prefix(r->interpreter, package->section))
		sum += SCORE_SECTION;
	for (const char *p = provider->path; r->is_deep && *p; p++)
		sum += *p == '/' ? SCORE_DEPTH : 0;
	if (is_aside(r, package))
		sum += SCORE_ASIDE;
	return sum;
}

/*
 * A versioned package is asked for by its front (imagemagick for imagemagick-6.q16), unless the
 * name that is looked for carries a version itself, as gcc-12 does.
 */
static gboolean wants_front(const struct sbx_ranking *r, const struct sbx_index_package *package)
{
	/* A library at run time, a file, a package: of just that version. */
	if (!r->is_built_with && r->kind != SBX_FACT_MODULE && r->kind != SBX_FACT_COMMAND)
		return FALSE;
	gsize n = strlen(r->name);
	gboolean versioned = n > 0 && g_ascii_isdigit(r->name[n - 1]) &&
			     (strchr(r->name, '.') || strchr(r->name, '-'));
	return package->front >= 0 && !package->in_base && !versioned &&
	       !g_hash_table_contains(r->language->interpreter, package->name);
}

gboolean sbx_ranking_add(const char *path, gint64 id, gpointer data, GError **error)
{
	struct sbx_ranking *r = data;
	const struct sbx_index_package *package = sbx_index_get_package(r->providers, id, error);
	if (package && r->only >= 0 && r->only != id && r->only != package->front)
		return TRUE;
	if (package && wants_front(r, package))
		package = sbx_index_get_package(r->providers, package->front, error);
	if (!package)
		return FALSE;
	for (guint i = 0; i < r->found->len; i++) {
		const struct sbx_provider *known = r->found->pdata[i];
		if (g_str_equal(known->package, package->name))
			return TRUE; /* the templates before were better ones */
	}
	struct sbx_provider *provider = g_new0(struct sbx_provider, 1);
	provider->package = g_strdup(package->name);
	provider->path = g_strdup(path);
	provider->n_reverse_depends = package->n_reverse_depends;
	provider->in_base = package->in_base;
	provider->in_interpreter = g_hash_table_contains(r->language->interpreter, package->name);
	provider->score = score(r, package, provider);
	g_ptr_array_add(r->found, provider);
	return TRUE;
}

static int compare(gconstpointer a, gconstpointer b)
{
	const struct sbx_provider *x = *(const struct sbx_provider *const *)a;
	const struct sbx_provider *y = *(const struct sbx_provider *const *)b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return strcmp(x->package, y->package);
}

void sbx_ranking_sort(struct sbx_ranking *ranking)
{
	g_ptr_array_sort(ranking->found, compare);
}
