/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/choose.h"

static gboolean has_architecture(const struct sbx_apt_source *source, const char *architecture)
{
	return !source->architectures ||
	       g_strv_contains((const char *const *)source->architectures, architecture);
}

/* What is published for a suite afterwards, under names of its own; "" is the suite itself. */
static const char *const tails[] = {"", "-updates", "-security", "/updates", NULL};

/* What a name has beyond the suite's, when it is the suite itself or belongs to it; else NULL. */
static const char *tail_of(const char *candidate, const char *suite)
{
	if (!g_str_has_prefix(candidate, suite))
		return NULL;
	const char *tail = candidate + strlen(suite);
	return g_strv_contains(tails, tail) ? tail : NULL;
}

static struct sbx_apt_source *copy(const struct sbx_apt_source *from, const char *suite)
{
	struct sbx_apt_source *to = g_new0(struct sbx_apt_source, 1);
	to->uri = g_strdup(from->uri);
	to->suite = g_strdup(suite);
	to->components = g_strdupv(from->components);
	to->architectures = g_strdupv(from->architectures);
	to->signed_by = g_strdup(from->signed_by);
	to->trusted = from->trusted;
	to->keeps_expired = from->keeps_expired;
	to->is_host = from->is_host;
	to->where = g_strdup(from->where);
	return to;
}

static void add_components(struct sbx_apt_source *to, const struct sbx_apt_source *from)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	for (char **c = to->components; *c; c++)
		g_ptr_array_add(all, *c);
	for (char **c = from->components; *c; c++)
		if (!g_strv_contains((const char *const *)to->components, *c))
			g_ptr_array_add(all, g_strdup(*c));
	g_ptr_array_add(all, NULL);
	g_free(to->components);
	to->components = (char **)g_ptr_array_free(g_steal_pointer(&all), FALSE);
}

/* Entries that name the same URI and suite are one, with the components of both. */
static struct sbx_apt_source *add_merged(GPtrArray *picked, const struct sbx_apt_source *source,
					 const char *suite)
{
	for (guint i = 0; i < picked->len; i++) {
		struct sbx_apt_source *there = picked->pdata[i];
		if (g_str_equal(there->uri, source->uri) && g_str_equal(there->suite, suite)) {
			add_components(there, source);
			return there;
		}
	}
	g_ptr_array_add(picked, copy(source, suite));
	return picked->pdata[picked->len - 1];
}

static gboolean is_main(const struct sbx_apt_source *source)
{
	return g_strv_contains((const char *const *)source->components, "main");
}

const struct sbx_apt_source *sbx_main_source(GPtrArray *host, const char *architecture)
{
	g_autofree char *codename = sbx_host_codename();
	const struct sbx_apt_source *found = NULL;
	for (guint i = 0; i < host->len; i++) {
		const struct sbx_apt_source *source = host->pdata[i];
		if (!has_architecture(source, architecture) || !is_main(source))
			continue;
		if (codename && g_str_equal(source->suite, codename))
			return source;
		if (!found)
			found = source;
	}
	return found;
}

/* For a suite that changes all the time, or belongs to another one, nothing is published later. */
static gboolean has_tails(const char *suite)
{
	static const char *const rolling[] = {"sid", "unstable", "experimental", "rc-buggy", NULL};
	return !strpbrk(suite, "-/") && !g_strv_contains(rolling, suite);
}

/*
 * The host has another suite of, most likely, the same archive: take this one from where it has
 * that, and its updates from where it has the updates of that. Whether there are any shows then.
 */
static void derive(GPtrArray *picked, GPtrArray *host, const char *suite, const char *architecture)
{
	const struct sbx_apt_source *model = sbx_main_source(host, architecture);
	if (!model)
		return;
	add_merged(picked, model, suite);
	for (guint i = 0; has_tails(suite) && i < host->len; i++) {
		const struct sbx_apt_source *source = host->pdata[i];
		const char *tail = tail_of(source->suite, model->suite);
		if (!tail || !*tail || !is_main(source) || !has_architecture(source, architecture))
			continue;
		g_autofree char *name = g_strconcat(suite, tail, NULL);
		guint n_before = picked->len;
		struct sbx_apt_source *derived = add_merged(picked, source, name);
		derived->optional |= picked->len > n_before; /* not what was asked for by name */
	}
}

static void pick_suite(GPtrArray *picked, GPtrArray *host, const char *suite,
		       const char *architecture)
{
	g_autoptr(GPtrArray) belonging = g_ptr_array_new();
	guint n_itself = 0;
	for (guint i = 0; i < host->len; i++) {
		struct sbx_apt_source *source = host->pdata[i];
		if (!has_architecture(source, architecture) || !tail_of(source->suite, suite))
			continue;
		/* The suite itself first. */
		gboolean itself = g_str_equal(source->suite, suite);
		g_ptr_array_insert(belonging, itself ? (gint)n_itself++ : -1, source);
	}
	if (n_itself == 0)
		derive(picked, host, suite, architecture);
	for (guint i = 0; n_itself && i < belonging->len; i++) {
		const struct sbx_apt_source *source = belonging->pdata[i];
		add_merged(picked, source, source->suite);
	}
}

GPtrArray *sbx_pick_sources(GPtrArray *host, const char *suites, const char *architecture)
{
	g_autoptr(GPtrArray) picked = sbx_apt_sources_new();
	g_auto(GStrv) names = g_strsplit(suites, ",", -1);
	for (char **suite = names; *suite; suite++)
		pick_suite(picked, host, *suite, architecture);
	return g_steal_pointer(&picked);
}
