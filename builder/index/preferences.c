/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/preferences.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/keyfile.h"
#include "builder/index/index.h"

#define MAX_FILE_BYTES (1024 * 1024)

/* Above all that the ranking gives, but for what is there anyway in a mere preference. */
#define SCORE_MAPPED	10000.0
#define SCORE_PREFERRED 400.0
#define SCORE_FORBIDDEN -10000.0

enum verdict { PREFER, FORBID };

struct rule {
	enum verdict verdict;
	GPatternSpec *package; /* NULL: a mapping */
	enum sbx_fact_kind kind;
	const struct sbx_language *language; /* NULL: any */
	char *name;
	char **targets;
	char *place; /* "FILE:LINE" */
};

struct sbx_preferences {
	GPtrArray *rules; /* struct rule *, in the order in which they were read */
	GChecksum *sum;
};

static void rule_free(gpointer data)
{
	struct rule *rule = data;
	g_clear_pointer(&rule->package, g_pattern_spec_free);
	g_free(rule->name);
	g_strfreev(rule->targets);
	g_free(rule->place);
	g_free(rule);
}

void sbx_preferences_free(struct sbx_preferences *p)
{
	if (!p)
		return;
	g_ptr_array_unref(p->rules);
	g_checksum_free(p->sum);
	g_free(p);
}

const char *sbx_preferences_digest(const struct sbx_preferences *p)
{
	return p->rules->len ? g_checksum_get_string(p->sum) : "";
}

static struct rule *add_rule(struct sbx_preferences *p, const char *place)
{
	struct rule *rule = g_new0(struct rule, 1);
	rule->place = g_strdup(place);
	g_ptr_array_add(p->rules, rule);
	return rule;
}

static gboolean is_package(const char *text, const char *signs)
{
	if (!*text)
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr(signs, *text))
			return FALSE;
	return TRUE;
}

static gboolean check_packages(const char *const *names, const char *signs, const char *place,
			       GError **error)
{
	if (!*names)
		return sbx_set_error(error, SBX_E_INPUT, "%s: names no package", place);
	for (; *names; names++)
		if (!is_package(*names, signs))
			return sbx_set_error(error, SBX_E_INPUT, "%s: '%.60s' is no package's name",
					     place, *names);
	return TRUE;
}

static gboolean read_packages(struct sbx_preferences *p, const char *key, const char *const *names,
			      const char *place, GError **error)
{
	enum verdict verdict = g_str_equal(key, "forbid") ? FORBID : PREFER;
	if (verdict == PREFER && !g_str_equal(key, "prefer"))
		return sbx_set_error(error, SBX_E_INPUT,
				     "%s: '%.60s' is no key of [packages]; there are prefer and "
				     "forbid",
				     place, key);
	if (!check_packages(names, "+-.*?", place, error))
		return FALSE;
	for (; *names; names++) {
		struct rule *rule = add_rule(p, place);
		rule->verdict = verdict;
		rule->package = g_pattern_spec_new(*names);
	}
	return TRUE;
}

static gboolean read_mapping(struct sbx_preferences *p, const struct sbx_keyfile_entry *entry,
			     const char *const *names, const char *place, GError **error)
{
	g_auto(GStrv) words = g_strsplit(entry->section, " ", 2);
	enum sbx_fact_kind kind = sbx_fact_kind_by_name(words[0]);
	const struct sbx_language *language = words[1] ? sbx_language_by_name(words[1]) : NULL;
	if (kind == SBX_N_FACT_KINDS || kind == SBX_FACT_BEHAVIOUR)
		return sbx_set_error(error, SBX_E_INPUT,
				     "%s: [%.60s] is neither [packages] nor a kind of need such as "
				     "[command] or [module python]",
				     place, entry->section);
	if (words[1] && !language)
		return sbx_set_error(error, SBX_E_INPUT, "%s: [%.60s]: there is no language %.60s",
				     place, entry->section, words[1]);
	if (!check_packages(names, "+-.", place, error))
		return FALSE;
	struct rule *rule = add_rule(p, place);
	rule->kind = kind;
	rule->language = language;
	rule->name = g_strdup(entry->key);
	rule->targets = g_strdupv((char **)names);
	return TRUE;
}

static gboolean read_file(struct sbx_preferences *p, const char *path, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	size_t n;
	SBX_CLEANUP_FREE char *text = sbx_read_file(AT_FDCWD, path, MAX_FILE_BYTES, &n, &err);
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *kf =
		text ? sbx_keyfile_parse(text, n, path, &err) : NULL;
	if (!kf)
		return sbx_set_error_from(error, &err);
	size_t n_entries;
	const struct sbx_keyfile_entry *e = sbx_keyfile_entries(kf, &n_entries);
	for (size_t i = 0; i < n_entries; i++) {
		g_autofree char *place = g_strdup_printf("%s:%u", path, e[i].line);
		const char *const *names = sbx_keyfile_split(kf, e[i].value);
		if (!names)
			return sbx_set_error(error, SBX_E_NO_SPACE, "%s: out of memory", path);
		gboolean fine = g_str_equal(e[i].section, "packages")
					? read_packages(p, e[i].key, names, place, error)
					: read_mapping(p, &e[i], names, place, error);
		if (!fine)
			return FALSE;
		/* The place too: --explain tells it. */
		const char *const said[] = {place, e[i].section, e[i].key, e[i].value};
		for (guint k = 0; k < G_N_ELEMENTS(said); k++)
			g_checksum_update(p->sum, (const guchar *)said[k],
					  (gssize)strlen(said[k]) + 1);
	}
	return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean read_folder(struct sbx_preferences *p, const char *folder, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &problem);
	if (!dir && g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return TRUE;
	if (!dir)
		return sbx_set_error(error, SBX_E_INPUT, "%s", problem->message);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (const char *name; (name = g_dir_read_name(dir));)
		if (g_str_has_suffix(name, ".conf") && *name != '.')
			g_ptr_array_add(names, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++)
		if (!read_file(p, names->pdata[i], error))
			return FALSE;
	return TRUE;
}

struct sbx_preferences *sbx_preferences_load_from(const char *const *folders, GError **error)
{
	SBX_AUTO(sbx_preferences) p = g_new0(struct sbx_preferences, 1);
	p->rules = g_ptr_array_new_with_free_func(rule_free);
	p->sum = g_checksum_new(G_CHECKSUM_SHA256);
	for (; *folders; folders++)
		if (!read_folder(p, *folders, error))
			return NULL;
	return g_steal_pointer(&p);
}

struct sbx_preferences *sbx_preferences_load(const char *root, GError **error)
{
	g_autofree char *own = g_build_filename(root, "providers.d", NULL);
	const char *const folders[] = {"/etc/sbx/providers.d", own, NULL};
	return sbx_preferences_load_from(folders, error);
}

void sbx_providers_set_preferences(struct sbx_providers *providers,
				   const struct sbx_preferences *preferences)
{
	providers->preferences = preferences;
}

/* ---- having a say ---- */

static gboolean is_about(const struct rule *rule, const struct sbx_index_question *q)
{
	if (rule->package || rule->kind != q->kind ||
	    (rule->language && rule->language != q->language) ||
	    !g_str_has_prefix(q->name, rule->name))
		return FALSE;
	char next = q->name[strlen(rule->name)];
	/* What is said of yaml holds for yaml.reader. */
	return !next || (q->kind == SBX_FACT_MODULE && next == q->language->separator);
}

/* Of the rules about the name, the one that says most of it; of equal ones the last. */
static const struct rule *find_mapping(const struct sbx_preferences *p,
				       const struct sbx_index_question *q)
{
	const struct rule *found = NULL;
	for (guint i = 0; i < p->rules->len; i++) {
		const struct rule *rule = p->rules->pdata[i];
		if (is_about(rule, q) && (!found || strlen(rule->name) >= strlen(found->name)))
			found = rule;
	}
	return found;
}

static const struct rule *find_verdict(const struct sbx_preferences *p, const char *package)
{
	for (guint i = p->rules->len; i-- > 0;) {
		const struct rule *rule = p->rules->pdata[i];
		if (rule->package && g_pattern_spec_match_string(rule->package, package))
			return rule;
	}
	return NULL;
}

static struct sbx_provider *find_candidate(GPtrArray *candidates, const char *package)
{
	for (guint i = 0; i < candidates->len; i++) {
		struct sbx_provider *candidate = candidates->pdata[i];
		if (g_str_equal(candidate->package, package))
			return candidate;
	}
	return NULL;
}

static gboolean add_mapped(struct sbx_providers *providers, const struct sbx_index_question *q,
			   const struct rule *rule, GPtrArray *candidates, GError **error)
{
	double score = SCORE_MAPPED;
	for (char **target = rule->targets; *target; target++, score--) {
		struct sbx_provider *candidate = find_candidate(candidates, *target);
		if (!candidate) {
			struct sbx_ranking r;
			if (!sbx_ranking_init(&r, providers, q->kind, q->language, q->name, NULL,
					      error))
				return FALSE;
			g_autoptr(GPtrArray) found = r.found;
			if (!sbx_ranking_add_package(&r, *target, error))
				return FALSE;
			if (found->len == 0)
				return sbx_set_error(error, SBX_E_INPUT,
						     "%s: the archive has no package %s",
						     rule->place, *target);
			candidate = g_ptr_array_steal_index(found, 0);
			g_ptr_array_add(candidates, candidate);
		}
		candidate->score = score;
		g_free(candidate->rule);
		candidate->rule = g_strdup_printf("%s: %s=%s", rule->place, rule->name, *target);
	}
	return TRUE;
}

static void add_verdict(const struct sbx_preferences *p, struct sbx_provider *candidate)
{
	const struct rule *rule = candidate->rule ? NULL : find_verdict(p, candidate->package);
	if (!rule)
		return;
	gboolean is_there = candidate->in_base || candidate->in_interpreter;
	candidate->rule = g_strdup_printf("%s: %s", rule->place,
					  rule->verdict == PREFER ? "preferred" : "forbidden");
	/* What every system has can't be left out. */
	candidate->is_forbidden = rule->verdict == FORBID && !is_there;
	if (rule->verdict == PREFER)
		candidate->score += SCORE_PREFERRED;
	else if (!is_there)
		candidate->score += SCORE_FORBIDDEN;
}

gboolean sbx_preferences_apply(struct sbx_providers *providers, const struct sbx_index_question *q,
			       GPtrArray *candidates, char **out_matched, GError **error)
{
	const struct sbx_preferences *p = providers->preferences;
	if (!p || p->rules->len == 0)
		return TRUE;
	const struct rule *mapping = find_mapping(p, q);
	if (mapping && !add_mapped(providers, q, mapping, candidates, error))
		return FALSE;
	if (mapping && out_matched && !*out_matched)
		*out_matched = g_strdup(q->kind == SBX_FACT_MODULE ? mapping->name : q->name);
	for (guint i = 0; i < candidates->len; i++)
		add_verdict(p, candidates->pdata[i]);
	struct sbx_ranking ranking = {.found = candidates};
	sbx_ranking_sort(&ranking);
	return TRUE;
}
