/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "builder/index/profile_text.h"
#include "builder/report.h"
#include "builder/resolve/lock.h"
#include "builder/run/measure.h"
#include "builder/run/prepare.h"
#include "builder/verbs/verbs.h"
#include "store/template.h"

#define MAX_RUNS 99

static char **modules;
static int n_runs;
static gboolean again;
const GOptionEntry sbx_verb_measure_options[] = {
	{"module", 'm', 0, G_OPTION_ARG_STRING_ARRAY, &modules,
	 "Measure this one (may be repeated), instead of what tasks are known to import",
	 "LANGUAGE:MODULE=PACKAGE"},
	{"runs", 0, 0, G_OPTION_ARG_INT, &n_runs, "Runs of each, of which the median counts (3)",
	 "N"},
	{"again", 0, 0, G_OPTION_ARG_NONE, &again,
	 "Also what was measured before in the same version of the package", NULL},
	G_OPTION_ENTRY_NULL,
};

/* What is to be measured, and where. */
struct subject {
	char *template_id;
	struct sbx_lock *lock; /* the template's: its packages' versions */
	GPtrArray *items;      /* struct sbx_measure_item * */
	GHashTable *seen;      /* "language module" */
};

static void subject_clear(struct subject *s)
{
	g_free(s->template_id);
	sbx_lock_free(s->lock);
	g_clear_pointer(&s->items, g_ptr_array_unref);
	g_clear_pointer(&s->seen, g_hash_table_unref);
}

static const char *version_of(const struct subject *s, const char *package)
{
	for (guint i = 0; i < s->lock->packages->len; i++) {
		const struct sbx_lock_package *p = s->lock->packages->pdata[i];
		if (g_str_equal(p->name, package))
			return p->version;
	}
	return NULL;
}

/* FALSE: the template does not have that package. */
static gboolean add_item(struct subject *s, const struct sbx_language *language, const char *module,
			 const char *package)
{
	const char *version = version_of(s, package);
	char *key = g_strdup_printf("%s %s", language->name, module);
	if (!version || !g_hash_table_add(s->seen, key))
		return version != NULL;
	struct sbx_measure_item *item = g_new0(struct sbx_measure_item, 1);
	item->language = language;
	item->module = g_strdup(module);
	item->package = g_strdup(package);
	item->version = g_strdup(version);
	g_ptr_array_add(s->items, item);
	return TRUE;
}

static void add_profile(struct subject *s, const struct sbx_profile *profile)
{
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		const struct sbx_language *language = sbx_language_by_name(need->language);
		gboolean has_measure =
			language && language->measure_bare && *language->measure_bare;
		if (need->kind == SBX_FACT_MODULE && need->status == SBX_NEED_PACKAGE &&
		    has_measure)
			add_item(s, language, need->name, need->provider);
	}
}

static gboolean read_lock(struct subject *s, struct sbx_store *catalog, GError **error)
{
	g_autofree char *path = sbx_template_path(catalog, s->template_id, "lock.json");
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, error))
		return FALSE;
	s->lock = sbx_lock_from_json(text, -1, path, error);
	return s->lock != NULL;
}

/* "python:numpy=python3-numpy" */
static gboolean add_named(struct subject *s, const char *text, GError **error)
{
	const char *colon = strchr(text, ':'), *equals = strrchr(text, '=');
	if (!colon || !equals || equals < colon + 2 || !equals[1])
		return sbx_set_error(error, SBX_E_USAGE,
				     "measure: --module %s: must be LANGUAGE:MODULE=PACKAGE, such "
				     "as python:numpy=python3-numpy",
				     text);
	g_autofree char *name = g_strndup(text, (gsize)(colon - text));
	g_autofree char *module = g_strndup(colon + 1, (gsize)(equals - colon - 1));
	const struct sbx_language *language = sbx_language_by_name(name);
	if (!language)
		return sbx_set_error(error, SBX_E_USAGE,
				     "measure: --module %s: no language is "
				     "called %s",
				     text, name);
	return add_item(s, language, module, equals + 1) ||
	       sbx_set_error(error, SBX_E_NOT_FOUND,
			     "measure: --module %s: the template %.16s does not have the package; "
			     "build one that has",
			     text, s->template_id);
}

/* A template: what its tasks import, or what is named. */
static gboolean choose_template(struct subject *s, struct sbx_store *catalog, GError **error)
{
	if (!read_lock(s, catalog, error))
		return FALSE;
	for (char **module = modules; module && *module; module++)
		if (!add_named(s, *module, error))
			return FALSE;
	if (modules)
		return TRUE;
	g_autoptr(GPtrArray) profiles = sbx_catalog_profiles_of(catalog, s->template_id, error);
	if (!profiles)
		return FALSE;
	if (profiles->len == 0)
		return sbx_set_error(error, SBX_E_USAGE,
				     "measure: no task of the template %.16s is known; name "
				     "modules with --module, or give a task",
				     s->template_id);
	for (guint i = 0; i < profiles->len; i++) {
		/* One of an older sbx-build may not be readable; the others are. */
		SBX_AUTO(sbx_profile)
		profile = sbx_profile_from_json(profiles->pdata[i], -1, "catalog.db", NULL);
		if (profile)
			add_profile(s, profile);
	}
	return TRUE;
}

static gboolean choose_task(struct sbx_context *ctx, struct subject *s, struct sbx_store *catalog,
			    const char *path, GError **error)
{
	__attribute__((cleanup(sbx_prepared_release))) struct sbx_prepared task = {0};
	if (!sbx_prepare_task(ctx, catalog, path, TRUE, &task, error))
		return FALSE;
	s->template_id = g_steal_pointer(&task.template_id);
	if (modules)
		return choose_template(s, catalog, error);
	if (!read_lock(s, catalog, error))
		return FALSE;
	add_profile(s, task.profile);
	return TRUE;
}

/* A file or folder is a task; else it is a template's id, prefix or name. */
static gboolean choose(struct sbx_context *ctx, struct subject *s, struct sbx_store *catalog,
		       const char *what, GError **error)
{
	s->items = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_measure_item_free);
	s->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_file_test(what, G_FILE_TEST_EXISTS) || strchr(what, '/'))
		return choose_task(ctx, s, catalog, what, error);
	SBX_AUTO(sbx_template) row = sbx_catalog_find(catalog, what, error);
	if (!row)
		return FALSE;
	s->template_id = g_strdup(row->id);
	return choose_template(s, catalog, error);
}

static void print_text(const struct subject *s)
{
	for (guint i = 0; i < s->items->len; i++) {
		const struct sbx_measure_item *item = s->items->pdata[i];
		const struct sbx_footprint *f = &item->footprint;
		g_autofree char *module = sbx_plain_text(item->module);
		g_autofree char *why = sbx_plain_text(item->why ? item->why : "");
		printf("%-10s %-24s %s %s  ", item->language->name, module, item->package,
		       item->version);
		if (item->status == SBX_MEASURE_FAILED) {
			printf("FAILED: %s\n", why);
			continue;
		}
		printf("%.1f MiB, %.0f ms (bare %.1f MiB, %.0f ms)%s\n",
		       (double)f->peak_bytes / (1 << 20), (double)f->wall_usec / 1000,
		       (double)f->bare_peak_bytes / (1 << 20), (double)f->bare_wall_usec / 1000,
		       item->status == SBX_MEASURE_KNOWN ? ", known" : "");
	}
	if (s->items->len == 0)
		puts("nothing to measure: no module comes from a package");
}

static void add_json(struct sbx_json *json, const struct sbx_measure_item *item)
{
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "language", item->language->name);
	sbx_json_string(json, "module", item->module);
	sbx_json_string(json, "package", item->package);
	sbx_json_string(json, "version", item->version);
	sbx_json_string(json, "status", sbx_measure_status_name(item->status));
	sbx_json_string(json, "why", item->why);
	sbx_json_int(json, "peak_bytes", item->footprint.peak_bytes);
	sbx_json_int(json, "bare_peak_bytes", item->footprint.bare_peak_bytes);
	sbx_json_int(json, "wall_usec", item->footprint.wall_usec);
	sbx_json_int(json, "bare_wall_usec", item->footprint.bare_wall_usec);
	sbx_json_int(json, "runs", item->footprint.n_runs);
	sbx_json_end_object(json);
}

static void print_json(const struct subject *s)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "format", "sbx-measure-1");
	sbx_json_string(json, "template", s->template_id);
	sbx_json_string(json, "architecture", s->lock->architecture);
	sbx_json_begin_array(json, "modules");
	for (guint i = 0; i < s->items->len; i++)
		add_json(json, s->items->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	sbx_report_json(json);
}

static gboolean check_all_measured(const struct subject *s, GError **error)
{
	const struct sbx_measure_item *first = NULL;
	guint n = 0;
	for (guint i = 0; i < s->items->len; i++) {
		const struct sbx_measure_item *item = s->items->pdata[i];
		if (item->status != SBX_MEASURE_FAILED)
			continue;
		n++;
		first = first ? first : item;
	}
	if (!first)
		return TRUE;
	fflush(stdout);
	g_autofree char *module = sbx_plain_text(first->module);
	g_autofree char *why = sbx_plain_text(first->why);
	return sbx_set_error(error, SBX_E_FAILED,
			     "measure: %u of %u modules could not be measured: %s: %s", n,
			     s->items->len, module, why);
}

int sbx_verb_measure(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	n_runs = 3;
	if (!sbx_command_parse(ctx, "measure", sbx_verb_measure_options, &argc, &argv, error))
		return -1;
	if (argc != 2 || n_runs < 1 || n_runs > MAX_RUNS) {
		sbx_set_error(error, SBX_E_USAGE,
			      argc != 2 ? "measure: name one task or template"
					: "measure: --runs %d: must be from 1 to 99",
			      n_runs);
		return -1;
	}
	SBX_AUTO(sbx_store) catalog = sbx_store_open_catalog(ctx->root, ctx->cancellable, error);
	__attribute__((cleanup(subject_clear))) struct subject subject = {0};
	if (!catalog || !choose(ctx, &subject, catalog, argv[1], error))
		return -1;
	const struct sbx_measure measure = {
		.template_id = subject.template_id,
		.architecture = subject.lock->architecture,
		.n_runs = (guint)n_runs,
		.again = again,
	};
	if (!sbx_measure_items(ctx, catalog, &measure, subject.items, error))
		return -1;
	if (ctx->json)
		print_json(&subject);
	else
		print_text(&subject);
	return check_all_measured(&subject, error) ? 0 : -1;
}
