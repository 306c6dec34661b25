/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/index/fixture.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const none[] = {NULL};
static const char *const builtins[] = {"sys", NULL};
static const struct sbx_root roots[] = {
	{"std", "usr/lib/snake3.[0-9]*"},      {"dist", "usr/lib/snake3/packages"},
	{"gir", "usr/lib/*/girepository-1.0"}, {"libs", "usr/lib/*-linux-gnu*"},
	{"gems", "~usr/share/gems/*"},	       {0},
};
static const char *const modules[] = {"{std}/{path}.sn",	   "{std}/{path}/__init__.sn",
				      "{dist}/{path}/__init__.sn", "{dist}/{path}.sn",
				      "{dist}/{path}.*.so",	   "{dist}/{path}",
				      "{gems}/lib/{path}.sn",	   NULL};
static const struct sbx_scoped_path scoped[] = {
	{"gi.repository", "{gir}/{last}-*.typelib"},
	{0},
};
static const char *const commands[] = {"usr/bin/{name}", "bin/{name}", "usr/sbin/{name}", NULL};
static const char *const awk[] = {"mawk", "gawk", NULL};
static const char *const view[] = {"view-v*", NULL};
static const char *const java[] = {"package:default-jre", NULL};
static const struct sbx_alias aliases[] = {
	{"awk", awk},
	{"view", view},
	{"java", java},
	{0},
};
static const char *const headers[] = {"usr/include/{path}", "usr/include/**/{path}", NULL};
static const char *const libraries[] = {"{libs}/{name}", "{libs}/lib{name}.so.*", NULL};
static const char *const link_libraries[] = {"{libs}/lib{name}.so", "{libs}/lib{name}.a", NULL};
static const char *const pkg_configs[] = {"{libs}/pkgconfig/{name}.pc", NULL};
static const char *const files[] = {"usr/share/dict/{path}", NULL};
static const char *const words[] = {"package:popular", NULL};
static const struct sbx_alias file_aliases[] = {{"/usr/share/dict/words", words}, {0}};
static const char *const distributions[] = {"usr/lib/snake/{name}-{version}.egg-info/PKG-INFO",
					    "usr/lib/snake/{name}-{version}.egg-info",
					    "usr/share/nests/{path}/package.json", NULL};
static const char *const other_name[] = {"package:zed-tools", NULL};
static const struct sbx_alias distribution_aliases[] = {{"zed-binary", other_name}, {0}};
static const struct sbx_language snake;
static const struct sbx_kind_paths kinds[SBX_N_FACT_KINDS] = {
	[SBX_FACT_HEADER] = {&snake, headers, NULL, NULL},
	[SBX_FACT_LIBRARY] = {&snake, libraries, link_libraries, NULL},
	[SBX_FACT_PKG_CONFIG] = {&snake, pkg_configs, NULL, NULL},
	[SBX_FACT_FILE] = {&snake, files, NULL, file_aliases},
	[SBX_FACT_DISTRIBUTION] = {.owner = &snake,
				   .paths = distributions,
				   .aliases = distribution_aliases,
				   .fold = "-_.",
				   .ecosystem = "snakepit"},
};
static const struct sbx_language snake = {
	.name = "snake",
	.title = "Snake",
	.extensions = none,
	.shebangs = none,
	.interpreter = "snake3",
	.commands = none,
	.program = "snake3",
	.run = none,
	.builtin_modules = builtins,
	.separator = '.',
	.roots = roots,
	.module_paths = modules,
	.scoped_module_paths = scoped,
	.command_paths = commands,
	.command_aliases = aliases,
	.kinds = kinds,
};
const struct sbx_language *const fixture_languages[] = {&snake, NULL};

static char *folder;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_folder(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	g_free(folder);
}

const char *fixture_folder(void)
{
	if (!folder) {
		folder = g_dir_make_tmp("sbx-index-XXXXXX", NULL);
		assert_non_null(folder);
		atexit(remove_folder);
	}
	return folder;
}

static gboolean add_package(const struct sbx_package *package, gpointer writer, GError **error)
{
	return sbx_provider_writer_add_package(writer, package, error);
}

static gboolean add_contents(struct sbx_provider_writer *writer, const char *text, gssize n_bytes,
			     GError **error)
{
	g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data(
		text, n_bytes < 0 ? (gssize)strlen(text) : n_bytes, NULL);
	return sbx_provider_writer_add_contents(writer, stream, "Contents", NULL, error);
}

static gboolean add_packages(struct sbx_provider_writer *writer, const char *text, GError **error)
{
	g_autofree char *copy = g_strdup(text);
	return sbx_packages_parse(copy, strlen(copy), "Packages", add_package, writer, error);
}

char *fixture_index(const char *packages, const char *contents, const char *more_contents)
{
	static int n;
	g_autoptr(GError) error = NULL;
	g_autofree char *name = g_strdup_printf("%d.db", n++);
	char *path = g_build_filename(fixture_folder(), name, NULL);
	SBX_AUTO(sbx_provider_writer)
	writer = sbx_provider_writer_new_for(path, fixture_languages, &error);
	if (!writer || !add_packages(writer, packages, &error) ||
	    !add_contents(writer, contents, -1, &error) ||
	    (more_contents && !add_contents(writer, more_contents, -1, &error)) ||
	    !sbx_provider_writer_finish(writer, &error))
		fail_msg("%s", error->message);
	return path;
}

GError *fixture_contents_error(const char *contents, gssize n_bytes)
{
	GError *error = NULL;
	g_autofree char *path = g_build_filename(fixture_folder(), "none.db", NULL);
	SBX_AUTO(sbx_provider_writer)
	writer = sbx_provider_writer_new_for(path, fixture_languages, NULL);
	assert_non_null(writer);
	add_contents(writer, contents, n_bytes, &error);
	return error;
}

static char *names_of(GPtrArray *found, const GError *error)
{
	if (!found)
		fail_msg("%s", error->message);
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < found->len; i++) {
		const struct sbx_provider *provider = found->pdata[i];
		g_string_append_printf(out, "%s%s", i ? " " : "", provider->package);
	}
	g_ptr_array_unref(found);
	return g_string_free(out, FALSE);
}

static struct sbx_providers *open_index(const char *index)
{
	g_autoptr(GError) error = NULL;
	struct sbx_providers *providers = sbx_providers_open_for(index, fixture_languages, &error);
	if (!providers)
		fail_msg("%s", error->message);
	return providers;
}

char *fixture_module(const char *index, const char *name, char **out_matched)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_providers) providers = open_index(index);
	GPtrArray *found = sbx_providers_find_module(providers, FIXTURE_LANGUAGE, name, NULL,
						     out_matched, &error);
	return names_of(found, error);
}

char *fixture_command(const char *index, const char *name)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_providers) providers = open_index(index);
	GPtrArray *found =
		sbx_providers_find_command(providers, FIXTURE_LANGUAGE, name, NULL, &error);
	return names_of(found, error);
}

char *fixture_need(const char *index, enum sbx_fact_kind kind, const char *name)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_providers) providers = open_index(index);
	GPtrArray *found =
		sbx_providers_find(providers, kind, FIXTURE_LANGUAGE, name, NULL, NULL, &error);
	return names_of(found, error);
}
