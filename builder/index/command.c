/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/command.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Where the sandbox lets anyone write. */
#define OUTPUT_FOLDER	     "/tmp"
#define MAX_BUILD_FILE_BYTES (1 << 20)

struct maker {
	const struct sbx_profile *profile;
	struct sbx_providers *providers;
	const struct sbx_facts *facts;
	char *stem;
	GPtrArray *packages; /* char *: that the command takes besides the needs */
};

gboolean sbx_facts_replace_interpreter(const struct sbx_facts *facts,
				       const struct sbx_language *language)
{
	for (size_t i = 0; i < facts->n_facts; i++) {
		const struct sbx_fact *fact = &facts->facts[i];
		if (fact->kind != SBX_FACT_COMMAND || fact->grade == SBX_GRADE_GUARDED)
			continue;
		for (const char *const *glob = language->instead; glob && *glob; glob++)
			if (fnmatch(*glob, fact->name, 0) == 0)
				return TRUE;
	}
	return FALSE;
}

/* As few quotes as a reader would use. */
static void add_word(GString *out, const char *word)
{
	if (out->len)
		g_string_append_c(out, ' ');
	gboolean plain = *word != '\0';
	for (const char *p = word; *p; p++)
		plain &= g_ascii_isalnum(*p) || strchr("-_./=+:,@%", *p) != NULL;
	g_autofree char *quoted = plain ? g_strdup(word) : g_shell_quote(word);
	g_string_append(out, quoted);
}

/* sh -c TEXT STEM: what is added to it are TEXT's arguments. */
static char **shell(const struct maker *m, const char *text)
{
	const char *const words[] = {"sh", "-c", text, m->stem, NULL};
	return g_strdupv((char **)words);
}

/* Arguments go to the last command of a line, unless the line deals with them itself. */
static char **from_run_line(const struct maker *m)
{
	const char *line = m->facts->run_line;
	gsize n = strlen(line);
	gboolean takes_them = n && !strchr("&;|)}`<>", line[n - 1]) && !strstr(line, "$@") &&
			      !strstr(line, "$*") && !strstr(line, "$1");
	g_autofree char *text = g_strconcat(line, takes_them ? " \"$@\"" : "", NULL);
	return shell(m, text);
}

static void add_sources(const struct maker *m, GString *out)
{
	const struct sbx_facts *facts = m->facts;
	add_word(out, facts->entry);
	for (size_t i = 0; facts->is_folder && i < facts->n_sources; i++) {
		const struct sbx_source *source = &facts->sources[i];
		if (source->language == facts->language && source->is_part &&
		    !g_str_equal(source->path, facts->entry))
			add_word(out, source->path);
	}
}

/* Does the compiler find it without being told a folder? */
static gboolean is_in_plain_folder(const struct sbx_need *need)
{
	const struct sbx_provider *provider = need->candidates->pdata[0];
	gsize n = strlen(provider->path), n_name = strlen(need->name);
	if (n <= n_name)
		return TRUE;
	g_autofree char *folder = g_strndup(provider->path, n - n_name - 1);
	return fnmatch("usr/include", folder, 0) == 0 ||
	       fnmatch("usr/include/*-linux-gnu*", folder, FNM_PATHNAME) == 0;
}

/* $(pkg-config --cflags --libs NAME...): who needs a folder named says which by its .pc files. */
static gboolean add_pkg_config(const struct maker *m, GString *out, char *const *packages,
			       GError **error)
{
	g_auto(GStrv) names = sbx_providers_names_of(m->providers, m->facts->language,
						     SBX_FACT_PKG_CONFIG, packages, error);
	if (!names)
		return FALSE;
	if (!*names)
		return TRUE;
	g_autoptr(GPtrArray) tool = sbx_providers_find_command(m->providers, m->facts->language,
							       "pkg-config", NULL, error);
	if (!tool)
		return FALSE;
	if (tool->len) {
		const struct sbx_provider *best = tool->pdata[0];
		g_ptr_array_add(m->packages, g_strdup(best->package));
	}
	g_autofree char *list = g_strjoinv(" ", names);
	g_string_append_printf(out, " $(pkg-config --cflags --libs %s)", list);
	return TRUE;
}

static gboolean add_libraries(const struct maker *m, GString *out, GError **error)
{
	g_autoptr(GPtrArray) plain = g_ptr_array_new();
	g_autoptr(GPtrArray) deep = g_ptr_array_new();
	for (guint i = 0; i < m->profile->needs->len; i++) {
		const struct sbx_need *need = m->profile->needs->pdata[i];
		if (need->kind != SBX_FACT_HEADER || need->status != SBX_NEED_PACKAGE)
			continue;
		GPtrArray *list = is_in_plain_folder(need) ? plain : deep;
		if (!g_ptr_array_find_with_equal_func(list, need->provider, g_str_equal, NULL))
			g_ptr_array_add(list, need->provider);
	}
	g_ptr_array_add(plain, NULL);
	g_ptr_array_add(deep, NULL);
	g_auto(GStrv) names =
		sbx_providers_names_of(m->providers, m->facts->language, SBX_FACT_LIBRARY,
				       (char *const *)plain->pdata, error);
	for (char **name = names; name && *name; name++) {
		g_autofree char *option = g_strconcat("-l", *name, NULL);
		add_word(out, option);
	}
	return names && add_pkg_config(m, out, (char *const *)deep->pdata, error);
}

static char *replace(const struct maker *m, const char *text, const char *target)
{
	g_autofree char *out_file = g_strconcat(OUTPUT_FOLDER "/", m->stem, NULL);
	const char *const names[] = {"{entry}", "{stem}", "{outdir}", "{out}", "{target}"};
	const char *const values[] = {m->facts->entry, m->stem, OUTPUT_FOLDER, out_file, target};
	GString *out = g_string_new(NULL);
	while (*text) {
		gboolean found = FALSE;
		for (guint i = 0; i < G_N_ELEMENTS(names) && !found; i++)
			if (values[i] && g_str_has_prefix(text, names[i])) {
				g_string_append(out, values[i]);
				text += strlen(names[i]);
				found = TRUE;
			}
		if (!found)
			g_string_append_c(out, *text++);
	}
	return g_string_free(out, FALSE);
}

/* COMPILE >&2 && exec RUN "$@" */
static char **compile_and_run(const struct maker *m, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (const char *const *word = m->facts->language->compile; *word; word++) {
		if (g_str_equal(*word, "{sources}"))
			add_sources(m, text);
		else if (g_str_equal(*word, "{libraries}")) {
			if (!add_libraries(m, text, error))
				return NULL;
		} else {
			g_autofree char *one = replace(m, *word, NULL);
			add_word(text, one);
		}
	}
	g_string_append(text, " >&2 && exec");
	for (const char *const *word = m->facts->language->run; *word; word++) {
		g_autofree char *one = replace(m, *word, NULL);
		add_word(text, one);
	}
	g_string_append(text, " \"$@\"");
	return shell(m, text->str);
}

/* The second group of the first line that the expression matches; NULL: none. */
static char *find_target(const char *text, const char *expression)
{
	regex_t regex;
	regmatch_t groups[3];
	char *found = NULL;
	if (regcomp(&regex, expression, REG_EXTENDED | REG_NEWLINE) != 0)
		return NULL;
	if (regexec(&regex, text, G_N_ELEMENTS(groups), groups, 0) == 0 && groups[2].rm_so >= 0)
		found = g_strndup(text + groups[2].rm_so,
				  (gsize)(groups[2].rm_eo - groups[2].rm_so));
	regfree(&regex);
	return found;
}

/* The folder's build file, if it can be read and tells what the program is. */
static char **from_build_file(const struct maker *m, const struct sbx_build *build)
{
	for (const char *const *file = build->files; file && *file; file++) {
		g_autofree char *path = g_build_filename(m->facts->folder, *file, NULL);
		g_autofree char *text = NULL;
		g_autofree char *target = NULL;
		gsize n = 0;
		if (!g_file_get_contents(path, &text, &n, NULL) || n > MAX_BUILD_FILE_BYTES)
			continue;
		for (const char *const *t = build->targets; t && *t && !target; t++)
			target = find_target(text, *t);
		if (!target)
			return NULL;
		for (const char *const *p = build->packages; p && *p; p++)
			g_ptr_array_add(m->packages, g_strdup(*p));
		g_autofree char *command = replace(m, build->command, target);
		g_autofree char *run = replace(m, build->run, target);
		g_autofree char *line =
			g_strconcat("{ ", command, "; } >&2 && exec ", run, " \"$@\"", NULL);
		return shell(m, line);
	}
	return NULL;
}

static char **plain_run(const struct sbx_facts *facts)
{
	char **run = sbx_facts_run(facts, facts->entry);
	char **copy = g_strdupv(run); /* ours is freed string by string */
	free(run);
	return copy;
}

static char *stem_of(const char *entry)
{
	g_autofree char *name = g_path_get_basename(entry);
	const char *dot = strrchr(name, '.');
	return g_strndup(name, dot && dot > name ? (gsize)(dot - name) : strlen(name));
}

char **sbx_profile_command(const struct sbx_profile *profile, struct sbx_providers *providers,
			   const struct sbx_facts *facts, char ***out_packages, GError **error)
{
	g_autofree char *stem = stem_of(facts->entry);
	g_autoptr(GPtrArray) more = g_ptr_array_new_with_free_func(g_free);
	const struct maker m = {profile, providers, facts, stem, more};
	char **command = facts->run_line ? from_run_line(&m) : NULL;
	const struct sbx_build *build = facts->is_folder ? facts->language->builds : NULL;
	for (; !command && build && build->files; build++)
		command = from_build_file(&m, build);
	if (!command && facts->language->compile && *facts->language->compile)
		command = compile_and_run(&m, error);
	else if (!command)
		command = plain_run(facts);
	if (!command)
		return NULL;
	g_ptr_array_add(more, NULL);
	*out_packages = (char **)g_ptr_array_steal(more, NULL);
	return command;
}
