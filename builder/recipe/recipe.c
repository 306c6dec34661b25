/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe/recipe.h"

#include <string.h>

#include "base/keyfile.h"
#include "store/catalog.h"

#define USUAL_POSTURE "high"
#define USUAL_TIMEOUT 120
#define MAX_TIMEOUT   3600

struct reader {
	struct sbx_recipe *recipe;
	const char *path;
	struct sbx_keyfile *keyfile;
	const struct sbx_keyfile_entry *entry;
};

void sbx_recipe_free(struct sbx_recipe *recipe)
{
	if (!recipe)
		return;
	g_free(recipe->name);
	g_free(recipe->path);
	g_free(recipe->description);
	g_free(recipe->category);
	g_free(recipe->suite);
	g_strfreev(recipe->packages);
	sbx_content_release(&recipe->content);
	g_free(recipe->command);
	g_free(recipe->output);
	g_free(recipe->posture);
	g_free(recipe);
}

static gboolean fail(const struct reader *r, const char *reason, GError **error)
{
	return sbx_set_error(error, SBX_E_INPUT, "%s:%u: [%s] %s=%.60s: %s", r->path,
			     r->entry->line, r->entry->section, r->entry->key, r->entry->value,
			     reason);
}

static gboolean has_only(const char *text, const char *allowed, gsize max)
{
	if (!g_ascii_isalnum(*text) || strlen(text) > max)
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr(allowed, *text))
			return FALSE;
	return TRUE;
}

/* A line for people: no control characters, since it is printed on terminals. */
static gboolean read_line(struct reader *r, char **out, GError **error)
{
	const char *text = r->entry->value;
	if (!*text || strlen(text) > 4096 || !g_utf8_validate(text, -1, NULL))
		return fail(r, "must be 1 to 4096 bytes of UTF-8", error);
	for (const char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p) && *p != '\t')
			return fail(r, "must hold no control characters but tabs", error);
	*out = g_strdup(text);
	return TRUE;
}

static gboolean read_word(struct reader *r, char **out, GError **error)
{
	if (!has_only(r->entry->value, "+-._", 64))
		return fail(r, "must be a word of 1 to 64 of a-z 0-9 + - . _", error);
	*out = g_strdup(r->entry->value);
	return TRUE;
}

static gboolean read_flag(struct reader *r, gboolean *out, GError **error)
{
	gboolean is_yes = g_str_equal(r->entry->value, "yes");
	if (!is_yes && strcmp(r->entry->value, "no"))
		return fail(r, "must be yes or no", error);
	*out = is_yes;
	return TRUE;
}

/* Names as `resolve --packages` takes them: with a version, a suite, an architecture. */
static gboolean read_packages(struct reader *r, GError **error)
{
	const char *const *names = sbx_keyfile_split(r->keyfile, r->entry->value);
	if (!names || !*names)
		return fail(r, "must name a package at least", error);
	for (const char *const *name = names; *name; name++)
		if (!has_only(*name, "+-.~:=/_", 256))
			return fail(r, "must be names of packages with semicolons between", error);
	r->recipe->packages = g_strdupv((char **)names);
	return TRUE;
}

static gboolean read_content(struct reader *r, GError **error)
{
	const char *wrong =
		sbx_content_set_option(&r->recipe->content, r->entry->key, r->entry->value);
	return !wrong || fail(r, wrong, error);
}

static gboolean is_slim(const struct sbx_keyfile_entry *entry)
{
	return g_str_equal(entry->section, "content") && g_str_equal(entry->key, SBX_CONTENT_SLIM);
}

static gboolean read_output(struct reader *r, GError **error)
{
	g_autoptr(GError) wrong = NULL;
	if (!read_line(r, &r->recipe->output, error))
		return FALSE;
	g_autoptr(GRegex) regex = g_regex_new(r->recipe->output, G_REGEX_MULTILINE, 0, &wrong);
	return regex ? TRUE : fail(r, wrong->message, error);
}

static gboolean read_timeout(struct reader *r, GError **error)
{
	guint64 seconds;
	if (!g_ascii_string_to_unsigned(r->entry->value, 10, 1, MAX_TIMEOUT, &seconds, NULL))
		return fail(r, "must be seconds from 1 to 3600", error);
	r->recipe->timeout_sec = (guint)seconds;
	return TRUE;
}

static gboolean read_entry(struct reader *r, GError **error)
{
	g_autofree char *key = g_strconcat(r->entry->section, ".", r->entry->key, NULL);
	struct sbx_recipe *recipe = r->recipe;
	if (g_str_equal(key, "recipe.description"))
		return read_line(r, &recipe->description, error);
	if (g_str_equal(key, "recipe.category"))
		return read_word(r, &recipe->category, error);
	if (g_str_equal(key, "recipe.suite"))
		return read_word(r, &recipe->suite, error);
	if (g_str_equal(key, "packages.install"))
		return read_packages(r, error);
	if (g_str_equal(key, "packages.recommends"))
		return read_flag(r, &recipe->recommends, error);
	if (is_slim(r->entry))
		return TRUE; /* read before the others */
	if (g_str_equal(r->entry->section, "content") &&
	    sbx_content_by_name(r->entry->key) != SBX_N_CONTENT_CLASSES)
		return read_content(r, error);
	if (g_str_equal(key, "test.command"))
		return read_line(r, &recipe->command, error);
	if (g_str_equal(key, "test.output"))
		return read_output(r, error);
	if (g_str_equal(key, "test.posture"))
		return read_word(r, &recipe->posture, error);
	if (g_str_equal(key, "test.timeout"))
		return read_timeout(r, error);
	return fail(r, "is no key of a recipe; docs/recipes.md lists them", error);
}

/* The class first: single options change what it says, wherever they stand. */
static gboolean read_entries(struct reader *r, GError **error)
{
	size_t n;
	const struct sbx_keyfile_entry *entries = sbx_keyfile_entries(r->keyfile, &n);
	for (size_t i = 0; i < n; i++) {
		r->entry = &entries[i];
		if (is_slim(r->entry) && !read_content(r, error))
			return FALSE;
	}
	for (size_t i = 0; i < n; i++) {
		r->entry = &entries[i];
		if (!read_entry(r, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean check_complete(const struct sbx_recipe *recipe, GError **error)
{
	const char *missing = !recipe->description ? "[recipe] description"
			      : !recipe->category  ? "[recipe] category"
			      : !recipe->packages  ? "[packages] install"
			      : !recipe->command   ? "[test] command"
						   : NULL;
	if (missing)
		return sbx_set_error(error, SBX_E_INPUT,
				     "%s: %s is missing; docs/recipes.md has the format",
				     recipe->path, missing);
	return TRUE;
}

struct sbx_recipe *sbx_recipe_parse(const char *text, gsize n_bytes, const char *path,
				    GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *keyfile =
		sbx_keyfile_parse(text, n_bytes, path, &err);
	if (!keyfile) {
		sbx_set_error_from(error, &err);
		return NULL;
	}
	SBX_AUTO(sbx_recipe) recipe = g_new0(struct sbx_recipe, 1);
	g_autofree char *base = g_path_get_basename(path);
	recipe->path = g_strdup(path);
	recipe->name = g_str_has_suffix(base, ".recipe")
			       ? g_strndup(base, strlen(base) - strlen(".recipe"))
			       : g_strdup(base);
	struct reader r = {.recipe = recipe, .path = path, .keyfile = keyfile};
	g_autoptr(GError) wrong = NULL;
	if (!sbx_catalog_check_name(recipe->name, &wrong)) {
		sbx_set_error(error, SBX_E_INPUT, "%s: %s", path, wrong->message);
		return NULL;
	}
	if (!read_entries(&r, error) || !check_complete(recipe, error))
		return NULL;
	if (!recipe->posture)
		recipe->posture = g_strdup(USUAL_POSTURE);
	if (!recipe->timeout_sec)
		recipe->timeout_sec = USUAL_TIMEOUT;
	return g_steal_pointer(&recipe);
}
