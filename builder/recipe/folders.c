/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/recipe/recipe.h"

#define SUFFIX	       ".recipe"
#define MAX_FILE_BYTES (1024 * 1024)

/* Those that came with the program: installed, or in the sources that a build tree was made of. */
static char *own_folder(void)
{
	const char *given = g_getenv("SBX_RECIPES");
	if (given && *given)
		return g_strdup(given);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self ? self : ".");
	static const char *const places[] = {"../share/sbx/recipes", "../../share/sbx/recipes",
					     "../../../recipes", NULL};
	for (const char *const *place = places; *place; place++) {
		g_autofree char *path = g_build_filename(folder, *place, "base" SUFFIX, NULL);
		if (access(path, R_OK) == 0)
			return g_build_filename(folder, *place, NULL);
	}
	return NULL;
}

char **sbx_recipe_folders(struct sbx_context *ctx)
{
	g_autoptr(GStrvBuilder) folders = g_strv_builder_new();
	g_autofree char *root = g_build_filename(ctx->root, "recipes", NULL);
	g_autofree char *own = own_folder();
	g_strv_builder_add(folders, root);
	g_strv_builder_add(folders, "/etc/sbx/recipes");
	if (own)
		g_strv_builder_add(folders, own);
	return g_strv_builder_end(folders);
}

static struct sbx_recipe *load_file(const char *path, GError **error)
{
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		sbx_set_error_os(error, errno == ENOENT ? SBX_E_NOT_FOUND : SBX_E_INPUT, errno,
				 "%s: give a recipe that can be read", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE_BYTES) {
		sbx_set_error(error, SBX_E_INPUT, "%s: is no file of at most 1 MiB", path);
		return NULL;
	}
	g_autofree char *text = g_malloc((gsize)st.st_size + 1);
	gsize n = 0;
	ssize_t got;
	while (n < (gsize)st.st_size && (got = read(fd, text + n, (gsize)st.st_size - n)) > 0)
		n += (gsize)got;
	return sbx_recipe_parse(text, n, path, error);
}

/* Names (taken) with the path of the first folder's file of that name. */
static void collect(const char *folder, GHashTable *paths)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		if (!g_str_has_suffix(name, SUFFIX) || g_hash_table_contains(paths, name))
			continue;
		g_hash_table_insert(paths, g_strdup(name), g_build_filename(folder, name, NULL));
	}
}

static GHashTable *find_all(struct sbx_context *ctx)
{
	GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) folders = sbx_recipe_folders(ctx);
	for (char **folder = folders; *folder; folder++)
		collect(*folder, paths);
	return paths;
}

GPtrArray *sbx_recipe_load_all(struct sbx_context *ctx, GError **error)
{
	g_autoptr(GHashTable) paths = find_all(ctx);
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(paths), (GCompareFunc)strcmp);
	g_autoptr(GPtrArray) recipes =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_recipe_free);
	for (GList *name = names; name; name = name->next) {
		struct sbx_recipe *recipe =
			load_file(g_hash_table_lookup(paths, name->data), error);
		if (!recipe)
			return NULL;
		g_ptr_array_add(recipes, recipe);
	}
	return g_steal_pointer(&recipes);
}

struct sbx_recipe *sbx_recipe_load(struct sbx_context *ctx, const char *name, GError **error)
{
	if (strchr(name, '/'))
		return load_file(name, error);
	g_autoptr(GHashTable) paths = find_all(ctx);
	g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
	const char *path = g_hash_table_lookup(paths, file);
	if (path)
		return load_file(path, error);
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(paths), (GCompareFunc)strcmp);
	g_autoptr(GString) known = g_string_new(NULL);
	for (GList *one = names; one; one = one->next)
		g_string_append_printf(known, " %.*s", (int)(strlen(one->data) - strlen(SUFFIX)),
				       (const char *)one->data);
	sbx_set_error(error, SBX_E_NOT_FOUND, "%s: no recipe has that name; there are:%s", name,
		      known->len ? known->str : " none");
	return NULL;
}
