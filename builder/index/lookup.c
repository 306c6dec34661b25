/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/index.h"

#define ALIAS_BONUS 300.0 /* the first alias; every further one has ALIAS_STEP less */
#define ALIAS_STEP  20.0

void sbx_provider_free(struct sbx_provider *provider)
{
	if (!provider)
		return;
	g_free(provider->package);
	g_free(provider->path);
	g_free(provider->rule);
	g_free(provider);
}

gboolean sbx_ranking_init(struct sbx_ranking *r, struct sbx_providers *providers,
			  enum sbx_fact_kind kind, const struct sbx_language *language,
			  const char *name, GHashTable *chosen, GError **error)
{
	*r = (struct sbx_ranking){
		.providers = providers,
		.language = sbx_index_get_language(providers, language, error),
		.interpreter = language->interpreter ? language->interpreter : "",
		.kind = kind,
		.name = name,
		.chosen = chosen,
		.only = -1,
	};
	if (!r->language)
		return FALSE;
	r->found = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_provider_free);
	return TRUE;
}

/* Names come from the task: what cannot be part of a path is not looked for. */
static gboolean is_plain_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((guchar)*p <= ' ' || *p == 0x7f)
			return FALSE;
	return *name && strlen(name) < 1024;
}

char **sbx_index_split_name(const char *name, char separator)
{
	const char text[] = {separator ? separator : '.', '\0'};
	if (!is_plain_name(name) || (separator != '/' && strchr(name, '/')))
		return NULL;
	g_auto(GStrv) parts = g_strsplit(name, text, -1);
	guint n = 0;
	for (guint i = 0; parts[i]; i++) {
		if (!*parts[i] || g_str_equal(parts[i], ".") || g_str_equal(parts[i], ".."))
			g_free(parts[i]);
		else
			parts[n++] = parts[i];
	}
	parts[n] = NULL;
	return n ? g_steal_pointer(&parts) : NULL;
}

/* Look for all that a template asks for, in each folder of its root. */
static gboolean add_template(struct sbx_ranking *r, const struct sbx_template *t,
			     char *const *parts, guint n_parts, GError **error)
{
	static char *no_folder[] = {NULL};
	char **folders = no_folder;
	if (t->root && !(folders = sbx_index_get_folders(r->providers, t->root, error)))
		return FALSE;
	do {
		if (t->root && !*folders)
			return TRUE;
		g_autofree char *path = sbx_template_expand(t, *folders, parts, n_parts);
		gboolean fine = t->is_deep     ? sbx_index_each_deep(r->providers, path,
								     sbx_ranking_add, r, error)
				: t->is_folder ? sbx_index_each_shipper(r->providers, path,
									sbx_ranking_add, r, error)
					       : sbx_index_each_path(r->providers, path,
								     sbx_ranking_add, r, error);
		if (!fine)
			return FALSE;
	} while (t->root && *++folders);
	return TRUE;
}

enum kinds { FILES, FOLDERS, DEEP_FILES };

static gboolean add_templates(struct sbx_ranking *r, GPtrArray *templates, enum kinds kinds,
			      char *const *parts, guint n_parts, GError **error)
{
	for (guint i = 0; i < templates->len; i++) {
		const struct sbx_template *t = templates->pdata[i];
		enum kinds kind = t->is_deep ? DEEP_FILES : t->is_folder ? FOLDERS : FILES;
		if (!t->is_named && kind == kinds && !add_template(r, t, parts, n_parts, error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_ranking_add_files(struct sbx_ranking *r, GPtrArray *templates, char *const *parts,
			       GError **error)
{
	guint n = g_strv_length((char **)parts);
	if (!add_templates(r, templates, FILES, parts, n, error))
		return FALSE;
	r->is_deep = TRUE;
	gboolean fine = r->found->len || r->is_elsewhere ||
			add_templates(r, templates, DEEP_FILES, parts, n, error);
	r->is_deep = FALSE;
	return fine;
}

gboolean sbx_ranking_add_package(struct sbx_ranking *r, const char *name, GError **error)
{
	gint64 id;
	int found = sbx_index_find_package(r->providers, name, &id, error);
	return found == 0 || (found > 0 && sbx_ranking_add("", id, r, error));
}

/* Is the name below the prefix, with its parts on its own? */
static gboolean is_below(const char *name, const char *prefix, char separator)
{
	gsize n = strlen(prefix);
	return strncmp(name, prefix, n) == 0 && name[n] == separator && name[n + 1];
}

static const struct sbx_scoped_path *find_scope(const struct sbx_language *language,
						const char *name)
{
	const struct sbx_scoped_path *s = language->scoped_module_paths;
	for (; s && s->prefix; s++)
		if (is_below(name, s->prefix, language->separator))
			return s;
	return NULL;
}

const char *sbx_providers_scope_of(const struct sbx_language *language, const char *name)
{
	const struct sbx_scoped_path *scope = find_scope(language, name);
	return scope ? scope->prefix : NULL;
}

char *sbx_providers_join(const struct sbx_language *language, const char *const *parts,
			 guint n_parts)
{
	const char separator[] = {language->separator, '\0'};
	GString *out = g_string_new(parts[0]);
	for (guint i = 1; i < n_parts; i++) {
		g_string_append(out, language->joint ? language->joint : separator);
		g_string_append(out, parts[i]);
	}
	return g_string_free(out, FALSE);
}

static gboolean find_scoped(struct sbx_ranking *r, const struct sbx_language *language,
			    const struct sbx_scoped_path *scope, char *const *parts, guint *n_parts,
			    GError **error)
{
	g_auto(GStrv) prefix = sbx_index_split_name(scope->prefix, language->separator);
	guint n_prefix = prefix ? g_strv_length(prefix) : 0;
	guint row = (guint)(scope - language->scoped_module_paths);
	for (; *n_parts > n_prefix && r->found->len == 0; --*n_parts) {
		const struct sbx_template *t = r->language->scoped->pdata[row];
		if (!add_template(r, t, parts, *n_parts, error))
			return FALSE;
		if (r->found->len)
			break;
	}
	return TRUE;
}

/* The longest prefix of the parts that is there; with `whole`, they or nothing. */
static gboolean find_longest(struct sbx_ranking *r, char *const *parts, guint *n_parts,
			     gboolean whole, GError **error)
{
	guint n_all = *n_parts, n_least = whole ? n_all : 1;
	for (; *n_parts >= n_least; --*n_parts) {
		GPtrArray *templates = r->language->modules;
		if (!add_templates(r, templates, FILES, parts, *n_parts, error))
			return FALSE;
		if (r->found->len)
			return TRUE;
		/* A mere folder ends the search: what is not in it is nowhere else. */
		if (!add_templates(r, templates, FOLDERS, parts, *n_parts, error))
			return FALSE;
		if (r->found->len) {
			if (*n_parts < n_all)
				g_ptr_array_set_size(r->found, 0);
			return TRUE;
		}
	}
	return TRUE;
}

static gboolean find_module(struct sbx_ranking *r, const struct sbx_language *language,
			    const char *name, char *const *parts, guint *n_parts, GError **error)
{
	if (sbx_language_has_builtin(language, parts[0]) ||
	    sbx_language_has_builtin(language, name)) {
		*n_parts = 1;
		return sbx_ranking_add_package(r, r->interpreter, error);
	}
	const struct sbx_scoped_path *scope = find_scope(language, name);
	if (scope)
		return find_scoped(r, language, scope, parts, n_parts, error);
	return find_longest(r, parts, n_parts, language->whole_modules, error);
}

GPtrArray *sbx_providers_find_module(struct sbx_providers *providers,
				     const struct sbx_language *language, const char *name,
				     GHashTable *chosen, char **out_matched, GError **error)
{
	struct sbx_ranking r;
	if (!sbx_ranking_init(&r, providers, SBX_FACT_MODULE, language, name, chosen, error))
		return NULL;
	g_autoptr(GPtrArray) found = r.found;
	g_auto(GStrv) parts = sbx_index_split_name(name, language->separator);
	guint n_parts = parts ? g_strv_length(parts) : 0;
	if (parts && !find_module(&r, language, name, parts, &n_parts, error))
		return NULL;
	sbx_ranking_sort(&r);
	if (out_matched && found->len)
		*out_matched = sbx_providers_join(language, (const char *const *)parts, n_parts);
	return g_steal_pointer(&found);
}

/* A command's name: itself, or of an absolute path the last part if it is where commands are. */
static const char *command_name(const struct sbx_ranking *r, const char *name)
{
	if (!is_plain_name(name))
		return NULL;
	if (!strchr(name, '/'))
		return name;
	if (*name != '/')
		return NULL; /* a file of the task */
	const char *path = name + strspn(name, "/");
	g_autofree char *merged = sbx_path_is_unmerged(path, strlen(path))
					  ? g_strconcat("usr/", path, NULL)
					  : g_strdup(path);
	for (guint i = 0; i < r->language->commands->len; i++)
		if (sbx_template_matches(r->language->commands->pdata[i], merged, strlen(merged)))
			return strrchr(name, '/') + 1;
	return NULL;
}

static gboolean find_command_file(struct sbx_ranking *r, const char *name, GError **error)
{
	/* An alias may leave a part open: "convert-im*". */
	g_autofree char *part = g_strdelimit(g_strdup(name), "*", SBX_TEMPLATE_STAR);
	char *const parts[] = {part, NULL};
	return add_templates(r, r->language->commands, FILES, parts, 1, error);
}

static gboolean find_aliases(struct sbx_ranking *r, const struct sbx_language *language,
			     const char *name, GError **error)
{
	const char *const *targets = sbx_language_command_targets(language, name);
	r->bonus = ALIAS_BONUS;
	for (; targets && *targets; targets++, r->bonus -= ALIAS_STEP) {
		gboolean outright = g_str_has_prefix(*targets, "package:");
		if (outright ? !sbx_ranking_add_package(r, *targets + strlen("package:"), error)
			     : !find_command_file(r, *targets, error))
			return FALSE;
	}
	r->bonus = 0;
	return TRUE;
}

/*
 * When who ships the command stands for another package, that one has it too, as an alternative
 * under a longer name: convert-im6.q16 for convert.
 */
static gboolean find_stood_for(struct sbx_ranking *r, const char *name, GError **error)
{
	g_autofree char *dash = g_strconcat(name, "-*", NULL), *dot = g_strconcat(name, ".*", NULL);
	for (guint i = 0, n = r->found->len; i < n; i++) {
		const struct sbx_provider *provider = r->found->pdata[i];
		gint64 id = -1;
		if (sbx_index_find_package(r->providers, provider->package, &id, error) < 0)
			return FALSE;
		const struct sbx_index_package *package =
			sbx_index_get_package(r->providers, id, error);
		if (!package)
			return FALSE;
		if (package->stands_for < 0)
			continue;
		r->only = package->stands_for;
		if (!find_command_file(r, dash, error) || !find_command_file(r, dot, error))
			return FALSE;
		r->only = -1;
	}
	return TRUE;
}

GPtrArray *sbx_providers_find_command(struct sbx_providers *providers,
				      const struct sbx_language *language, const char *name,
				      GHashTable *chosen, GError **error)
{
	struct sbx_ranking r;
	if (!sbx_ranking_init(&r, providers, SBX_FACT_COMMAND, language, name, chosen, error))
		return NULL;
	g_autoptr(GPtrArray) found = r.found;
	name = command_name(&r, name);
	if (!name)
		return g_steal_pointer(&found);
	r.name = name;
	const struct sbx_language *runs = sbx_language_by_command(name);
	if (runs && runs->interpreter && *runs->interpreter &&
	    !sbx_ranking_add_package(&r, runs->interpreter, error))
		return NULL;
	if (found->len == 0 && (!find_aliases(&r, language, name, error) ||
				(!strchr(name, '*') && !find_command_file(&r, name, error)) ||
				!find_stood_for(&r, name, error)))
		return NULL;
	sbx_ranking_sort(&r);
	return g_steal_pointer(&found);
}
