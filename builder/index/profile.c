/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/profile.h"

#include <stdlib.h>
#include <string.h>

#include "builder/index/behaviours.h"
#include "builder/index/capabilities.h"
#include "builder/index/command.h"
#include "builder/index/needs.h"
#include "builder/index/preferences.h"
#include "builder/index/profile_text.h"

static const char *const status_names[SBX_N_NEED_STATUSES] = {
#define X(id, name) [SBX_NEED_##id] = name,
	SBX_NEED_TABLE(X)
#undef X
};

const char *sbx_need_status_name(enum sbx_need_status status)
{
	return status_names[status];
}

static void evidence_free(gpointer data)
{
	struct sbx_evidence *evidence = data;
	g_free(evidence->file);
	g_free(evidence->text);
	g_free(evidence);
}

static void need_free(gpointer data)
{
	struct sbx_need *need = data;
	g_free(need->name);
	g_free(need->language);
	g_free(need->ecosystem);
	g_free(need->provider);
	g_free(need->why);
	g_ptr_array_unref(need->candidates);
	g_ptr_array_unref(need->evidence);
	g_free(need);
}

GPtrArray *sbx_evidence_list_new(void)
{
	return g_ptr_array_new_with_free_func(evidence_free);
}

static void behaviour_free(gpointer data)
{
	struct sbx_behaviour *behaviour = data;
	g_free(behaviour->class);
	g_free(behaviour->detail);
	g_ptr_array_unref(behaviour->evidence);
	g_free(behaviour);
}

struct sbx_behaviour *sbx_profile_add_behaviour(struct sbx_profile *profile)
{
	struct sbx_behaviour *behaviour = g_new0(struct sbx_behaviour, 1);
	behaviour->evidence = sbx_evidence_list_new();
	g_ptr_array_add(profile->behaviours, behaviour);
	return behaviour;
}

struct sbx_need *sbx_profile_add_need(struct sbx_profile *profile)
{
	struct sbx_need *need = g_new0(struct sbx_need, 1);
	need->evidence = sbx_evidence_list_new();
	need->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_provider_free);
	g_ptr_array_add(profile->needs, need);
	return need;
}

struct sbx_provider *sbx_need_add_candidate(struct sbx_need *need)
{
	struct sbx_provider *provider = g_new0(struct sbx_provider, 1);
	g_ptr_array_add(need->candidates, provider);
	return provider;
}

static void unread_free(gpointer data)
{
	struct sbx_unread *unread = data;
	g_free(unread->file);
	g_free(unread);
}

struct sbx_unread *sbx_profile_add_unread(struct sbx_profile *profile)
{
	struct sbx_unread *unread = g_new0(struct sbx_unread, 1);
	g_ptr_array_add(profile->unread, unread);
	return unread;
}

struct sbx_profile *sbx_profile_new(void)
{
	struct sbx_profile *profile = g_new0(struct sbx_profile, 1);
	profile->needs = g_ptr_array_new_with_free_func(need_free);
	profile->behaviours = g_ptr_array_new_with_free_func(behaviour_free);
	profile->unread = g_ptr_array_new_with_free_func(unread_free);
	return profile;
}

void sbx_profile_free(struct sbx_profile *profile)
{
	if (!profile)
		return;
	g_free(profile->folder);
	g_free(profile->entry);
	g_free(profile->language);
	g_free(profile->suite);
	g_free(profile->architecture);
	g_free(profile->generation);
	g_free(profile->content_id);
	g_ptr_array_unref(profile->needs);
	g_ptr_array_unref(profile->behaviours);
	g_ptr_array_unref(profile->unread);
	g_strfreev(profile->packages);
	g_strfreev(profile->classes);
	g_strfreev(profile->syscalls);
	g_strfreev(profile->run);
	g_free(profile);
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_all(GHashTable *packages, const char *const *names)
{
	for (; names && *names; names++)
		g_hash_table_add(packages, g_strdup(*names));
}

static void add_interpreter(GHashTable *packages, const struct sbx_language *language,
			    const struct sbx_facts *facts)
{
	if (language->interpreter && *language->interpreter &&
	    !sbx_facts_replace_interpreter(facts, language))
		g_hash_table_add(packages, g_strdup(language->interpreter));
	add_all(packages, language->companions);
}

/* Is the interpreter that the entry's shebang chooses in a package that is none of the language's?
 */
static gboolean has_own_interpreter(const struct sbx_profile *profile,
				    const struct sbx_facts *facts)
{
	for (guint i = 0; sbx_facts_has_own_interpreter(facts) && i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (need->kind == SBX_FACT_COMMAND && need->status == SBX_NEED_PACKAGE &&
		    g_str_equal(need->name, facts->interpreter))
			return TRUE;
	}
	return FALSE;
}

/*
 * What runs the task: the entry's interpreter, unless every system has enough of it, and those of
 * the languages in which something that is needed was seen.
 */
static void add_interpreters(GHashTable *packages, const struct sbx_profile *profile,
			     const struct sbx_facts *facts)
{
	gboolean is_own = has_own_interpreter(profile, facts);
	if (!is_own && !facts->language->is_lean)
		add_interpreter(packages, facts->language, facts);
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		const struct sbx_language *language = sbx_language_by_name(need->language);
		gboolean runs =
			need->grade != SBX_GRADE_GUARDED && need->grade != SBX_GRADE_TYPE_ONLY &&
			(need->status == SBX_NEED_PACKAGE || need->status == SBX_NEED_STANDARD);
		gboolean is_import = need->kind == SBX_FACT_MODULE || need->kind == SBX_FACT_HEADER;
		if (is_import && runs && language && !(is_own && language == facts->language))
			add_interpreter(packages, language, facts);
		if (is_import && need->status == SBX_NEED_PACKAGE && language)
			add_all(packages, language->module_companions);
	}
}

static char **list_packages(const struct sbx_profile *profile, const struct sbx_facts *facts,
			    char *const *more)
{
	g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	add_interpreters(set, profile, facts);
	for (; *more; more++)
		g_hash_table_add(set, g_strdup(*more));
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (need->status == SBX_NEED_PACKAGE)
			g_hash_table_add(set, g_strdup(need->provider));
	}
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(list, g_strdup(name));
	g_ptr_array_sort(list, compare_strings);
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

#define MAX_UNREAD 100 /* files that are named; more tell nobody anything */

static void fill_task(struct sbx_profile *profile, const struct sbx_archive *archive,
		      const struct sbx_facts *facts)
{
	profile->folder = g_strdup(facts->folder);
	profile->entry = g_strdup(facts->entry);
	profile->language = g_strdup(facts->language->name);
	profile->content_id = g_strdup(facts->content_id);
	profile->suite = g_strdup(archive->suite);
	profile->architecture = g_strdup(archive->architecture);
	profile->generation = g_strdup(archive->generation);
	profile->n_files = (guint)facts->n_sources;
	for (size_t i = 0; i < facts->n_sources; i++) {
		const struct sbx_source *source = &facts->sources[i];
		profile->n_files_with_errors += source->has_errors;
		if (!source->has_errors || profile->unread->len == MAX_UNREAD)
			continue;
		struct sbx_unread *unread = sbx_profile_add_unread(profile);
		unread->file = g_strdup(source->path);
		unread->problem = source->problem;
	}
}

struct sbx_profile *sbx_profile_from_facts(const struct sbx_archive *archive,
					   struct sbx_providers *providers,
					   const struct sbx_facts *facts, GError **error)
{
	if (!facts->folder || !facts->entry || !facts->language) {
		sbx_set_error(error, SBX_E_INPUT, "the facts are of no task: without an entry");
		return NULL;
	}
	SBX_AUTO(sbx_profile) profile = sbx_profile_new();
	fill_task(profile, archive, facts);
	if (!sbx_needs_find(profile, providers, facts, error))
		return NULL;
	sbx_behaviours_find(profile, facts);
	g_auto(GStrv) more = NULL;
	profile->run = sbx_profile_command(profile, providers, facts, &more, error);
	if (!profile->run)
		return NULL;
	profile->packages = list_packages(profile, facts, more);
	sbx_capabilities_predict(profile, facts);
	if (!sbx_resources_predict(profile, providers, error))
		return NULL;
	return g_steal_pointer(&profile);
}

struct sbx_profile *sbx_profile_task(struct sbx_context *ctx, const struct sbx_archive *archive,
				     const char *task_path, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	__attribute__((cleanup(sbx_facts_release))) struct sbx_facts facts = {0};
	SBX_AUTO(sbx_preferences) preferences = sbx_preferences_load(ctx->root, error);
	if (!preferences)
		return NULL;
	if (sbx_facts_read(&facts, task_path, &err) < 0) {
		sbx_set_error_from(error, &err);
		return NULL;
	}
	g_autofree char *path = g_build_filename(archive->path, "providers.db", NULL);
	SBX_AUTO(sbx_providers) providers = sbx_providers_open(path, error);
	if (!providers)
		return NULL;
	sbx_providers_set_preferences(providers, preferences);
	return sbx_profile_from_facts(archive, providers, &facts, error);
}

gboolean sbx_need_is_missing(const struct sbx_need *need)
{
	return need->status == SBX_NEED_UNRESOLVED &&
	       (need->grade == SBX_GRADE_HARD || need->grade == SBX_GRADE_DYNAMIC_LITERAL ||
		need->grade == SBX_GRADE_GUARDED);
}

gboolean sbx_profile_check_resolved(const struct sbx_profile *profile, GError **error)
{
	const struct sbx_need *first = NULL;
	guint n_missing = 0;
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (!sbx_need_is_missing(need))
			continue;
		n_missing++;
		if (!first)
			first = need;
	}
	if (!first)
		return TRUE;
	const struct sbx_evidence *seen = first->evidence->len ? first->evidence->pdata[0] : NULL;
	g_autofree char *file = sbx_plain_text(seen ? seen->file : profile->entry);
	g_autofree char *line = seen ? g_strdup_printf(":%u", seen->line) : g_strdup("");
	g_autofree char *name = sbx_plain_text(first->name);
	g_autofree char *more =
		n_missing > 1 ? g_strdup_printf(" (and %u more)", n_missing - 1) : g_strdup("");
	return sbx_set_error(
		error, SBX_E_UNRESOLVED,
		"%s%s: %s %s: no package of %s provides it%s; put it into the task's folder, "
		"or go on without it with `sbx-build run --allow-unresolved`",
		file, line, sbx_fact_kind_name(first->kind), name,
		profile->suite ? profile->suite : "the archive", more);
}
