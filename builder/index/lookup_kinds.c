/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/index.h"
#include "builder/index/names.h"
#include "builder/index/preferences.h"
#include "profiler/strings.h"

/* Who serves what is neither a module nor a command: headers, libraries, files, packages, ... */

#define ALIAS_BONUS 300.0

static const struct sbx_kind_paths *paths_of(const struct sbx_language *language,
					     enum sbx_fact_kind kind)
{
	static const struct sbx_kind_paths none;
	return language->kinds ? &language->kinds[kind] : &none;
}

/* A path of the system as the index has it: behind the root, usr-merged. Newly allocated. */
static char *path_in_index(const char *name)
{
	name += strspn(name, "/");
	return sbx_path_is_unmerged(name, strlen(name)) ? g_strconcat("usr/", name, NULL)
							: g_strdup(name);
}

static gboolean add_aliases(struct sbx_ranking *r, const struct sbx_kind_paths *paths,
			    const char *name, GError **error)
{
	const struct sbx_alias *alias = paths->aliases;
	while (alias && alias->name && !g_str_equal(alias->name, name))
		alias++;
	if (!alias || !alias->name)
		return TRUE;
	r->bonus = ALIAS_BONUS;
	for (const char *const *target = alias->targets; target && *target; target++, r->bonus--)
		if (g_str_has_prefix(*target, "package:") &&
		    !sbx_ranking_add_package(r, *target + strlen("package:"), error))
			return FALSE;
	r->bonus = 0;
	return TRUE;
}

static gboolean add_parts(struct sbx_ranking *r, GPtrArray *templates, const char *name,
			  GError **error)
{
	g_auto(GStrv) parts = sbx_index_split_name(name, '/');
	return !parts || sbx_ranking_add_files(r, templates, parts, error);
}

/* A file of the system stands for itself; a folder, for all who ship something in it. */
static gboolean add_system_file(struct sbx_ranking *r, const char *name, GError **error)
{
	/* Without its folder: in those that programs look through (fonts, typelibs). */
	if (*name != '/')
		return add_parts(r, r->language->kinds[SBX_FACT_FILE], name, error);
	g_autofree char *path = path_in_index(name);
	if (!*path || g_str_has_suffix(path, "/") || strchr(path, SBX_TEMPLATE_STAR))
		return TRUE;
	if (!sbx_index_each_path(r->providers, path, sbx_ranking_add, r, error))
		return FALSE;
	return r->found->len ||
	       sbx_index_each_shipper(r->providers, path, sbx_ranking_add, r, error);
}

/* -lz, and -l:libz.a which names the file */
static gboolean add_link_library(struct sbx_ranking *r, const char *name, GError **error)
{
	GPtrArray *templates = r->language->link;
	if (*name == ':') {
		name++;
		templates = r->language->kinds[SBX_FACT_LIBRARY];
	}
	r->name = name;
	return add_parts(r, templates, name, error);
}

/*
 * By its metadata, by what stands for it under another name, or, where distributions are named
 * after modules, as such.
 */
static gboolean add_distribution(struct sbx_ranking *r, const struct sbx_language *language,
				 const char *name, GError **error)
{
	const struct sbx_kind_paths *paths = paths_of(language, r->kind);
	g_autofree char *key = sbx_names_key(language, name, strlen(name));
	for (const struct sbx_alias *a = paths->aliases; a && a->name; a++) {
		g_autofree char *other = sbx_names_key(language, a->name, strlen(a->name));
		if (g_str_equal(key, other) && !add_aliases(r, paths, a->name, error))
			return FALSE;
	}
	return sbx_index_each_named(r->providers, key, sbx_ranking_add, r, error) &&
	       add_parts(r, r->language->kinds[r->kind], name, error);
}

static gboolean add_all(struct sbx_ranking *r, const struct sbx_language *language,
			const char *name, GError **error)
{
	if (r->kind == SBX_FACT_DISTRIBUTION)
		return add_distribution(r, language, name, error);
	const struct sbx_kind_paths *paths = paths_of(language, r->kind);
	if (!add_aliases(r, paths, name, error))
		return FALSE;
	r->is_elsewhere = sbx_list_has(paths->elsewhere, name);
	switch (r->kind) {
	case SBX_FACT_PACKAGE:
		return sbx_ranking_add_package(r, name, error);
	case SBX_FACT_FILE:
		/* A path of no system is one below the folders that the language looks in. */
		if (*name == '/')
			return add_system_file(r, name, error);
		break;
	case SBX_FACT_LIBRARY:
		if (r->is_built_with)
			return add_link_library(r, name + strlen("-l"), error);
		/* A path to it says as much as its name: the loader has its own folders. */
		if (*name == '/')
			name = strrchr(name, '/') + 1;
		break;
	default:
		break;
	}
	return add_parts(r, r->language->kinds[r->kind], name, error);
}

static GPtrArray *find(struct sbx_providers *providers, enum sbx_fact_kind kind,
		       const struct sbx_language *language, const char *name, GHashTable *chosen,
		       char **out_matched, GError **error)
{
	if (kind == SBX_FACT_MODULE)
		return sbx_providers_find_module(providers, language, name, chosen, out_matched,
						 error);
	if (kind == SBX_FACT_COMMAND)
		return sbx_providers_find_command(providers, language, name, chosen, error);
	if (kind == SBX_FACT_DISTRIBUTION && paths_of(language, kind)->is_module)
		return sbx_providers_find_module(providers, language, name, chosen, out_matched,
						 error);
	struct sbx_ranking r;
	if (!sbx_ranking_init(&r, providers, kind, language, name, chosen, error))
		return NULL;
	g_autoptr(GPtrArray) found = r.found;
	r.is_built_with = kind == SBX_FACT_HEADER || kind == SBX_FACT_PKG_CONFIG ||
			  (kind == SBX_FACT_LIBRARY && g_str_has_prefix(name, "-l"));
	if (!add_all(&r, language, name, error))
		return NULL;
	sbx_ranking_sort(&r);
	return g_steal_pointer(&found);
}

GPtrArray *sbx_providers_find(struct sbx_providers *providers, enum sbx_fact_kind kind,
			      const struct sbx_language *language, const char *name,
			      GHashTable *chosen, char **out_matched, GError **error)
{
	g_autoptr(GPtrArray) found =
		find(providers, kind, language, name, chosen, out_matched, error);
	const struct sbx_index_question question = {kind, language, name};
	if (!found || !sbx_preferences_apply(providers, &question, found, out_matched, error))
		return NULL;
	return g_steal_pointer(&found);
}

struct name_search {
	enum sbx_fact_kind kind;
	GHashTable *packages; /* gint64 ids */
	GHashTable *done;     /* those of them that something was found for */
	GHashTable *found;    /* the same, by the template at hand */
	GPtrArray *names;
};

/* usr/lib/.../libz.so is "z", gtk+-3.0.pc is "gtk+-3.0". */
static gboolean take_name(const char *path, gint64 package, gpointer data, GError **error)
{
	struct name_search *search = data;
	const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
	const char *prefix = search->kind == SBX_FACT_LIBRARY ? "lib" : "";
	if (!g_hash_table_contains(search->packages, &package) ||
	    g_hash_table_contains(search->done, &package) || !g_str_has_prefix(name, prefix) ||
	    !dot)
		return TRUE;
	gint64 *id = g_memdup2(&package, sizeof(package));
	g_hash_table_add(search->found, id);
	name += strlen(prefix);
	char *plain = g_strndup(name, (gsize)(dot - name));
	if (g_ptr_array_find_with_equal_func(search->names, plain, g_str_equal, NULL))
		g_free(plain);
	else
		g_ptr_array_add(search->names, plain);
	return TRUE;
}

static gboolean find_by(struct sbx_providers *providers, const struct sbx_template *t,
			struct name_search *search, GError **error)
{
	static const char any[] = {SBX_TEMPLATE_STAR, '\0'};
	char *const parts[] = {(char *)any, NULL};
	char **folders = t->root ? sbx_index_get_folders(providers, t->root, error) : NULL;
	if (t->root && !folders)
		return FALSE;
	do {
		if (t->root && !*folders)
			break;
		g_autofree char *path = sbx_template_expand(t, t->root ? *folders : NULL, parts, 1);
		if (!sbx_index_each_path(providers, path, take_name, search, error))
			return FALSE;
	} while (t->root && *++folders);
	return TRUE;
}

/* A package's archives (libz.a) count only when it has no shared libraries: by the templates. */
static gboolean find_names(struct sbx_providers *providers, GPtrArray *templates,
			   struct name_search *search, GError **error)
{
	for (guint i = 0; i < templates->len; i++) {
		if (!find_by(providers, templates->pdata[i], search, error))
			return FALSE;
		GHashTableIter iter;
		gpointer id;
		g_hash_table_iter_init(&iter, search->found);
		while (g_hash_table_iter_next(&iter, &id, NULL)) {
			g_hash_table_iter_steal(&iter);
			g_hash_table_add(search->done, id);
		}
	}
	return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GHashTable *new_ids(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

/* The package, and those that it depends on for no other reason than to be split. */
static gboolean add_package_ids(struct sbx_providers *providers, const char *name, GHashTable *ids,
				GError **error)
{
	gint64 id;
	int found = sbx_index_find_package(providers, name, &id, error);
	const struct sbx_index_package *package =
		found > 0 ? sbx_index_get_package(providers, id, error) : NULL;
	if (found <= 0 || !package)
		return found == 0;
	g_hash_table_add(ids, g_memdup2(&id, sizeof(id)));
	for (gsize i = 0; i < package->n_depends; i++) {
		gint64 other = GUINT32_FROM_LE(package->depends[i]);
		const struct sbx_index_package *part =
			sbx_index_get_package(providers, other, error);
		if (!part)
			return FALSE;
		/* libpcap0.8-dev is what libpcap-dev stands for. */
		if (part->front == id)
			g_hash_table_add(ids, g_memdup2(&other, sizeof(other)));
	}
	return TRUE;
}

char **sbx_providers_names_of(struct sbx_providers *providers, const struct sbx_language *language,
			      enum sbx_fact_kind kind, char *const *packages, GError **error)
{
	struct sbx_index_language *l = sbx_index_get_language(providers, language, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) ids = new_ids();
	g_autoptr(GHashTable) done = new_ids();
	g_autoptr(GHashTable) found = new_ids();
	struct name_search search = {kind, ids, done, found, names};
	if (!l)
		return NULL;
	for (; *packages; packages++)
		if (!add_package_ids(providers, *packages, ids, error))
			return NULL;
	GPtrArray *templates = kind == SBX_FACT_LIBRARY ? l->link : l->kinds[kind];
	if (g_hash_table_size(ids) && !find_names(providers, templates, &search, error))
		return NULL;
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}
