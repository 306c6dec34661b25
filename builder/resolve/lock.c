/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/lock.h"

#include <string.h>

#include "base/json.h"
#include "builder/output.h"

struct sbx_lock *sbx_lock_new(const char *suite, const char *architecture)
{
	struct sbx_lock *lock = g_new0(struct sbx_lock, 1);
	lock->suite = g_strdup(suite);
	lock->architecture = g_strdup(architecture);
	lock->releases = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_lock_release_free);
	lock->packages = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_lock_package_free);
	return lock;
}

void sbx_lock_package_free(struct sbx_lock_package *package)
{
	if (!package)
		return;
	g_free(package->name);
	g_free(package->version);
	g_free(package->architecture);
	g_free(package->path);
	g_free(package->origin);
	g_free(package->sha256);
	g_free(package);
}

void sbx_lock_release_free(struct sbx_lock_release *release)
{
	if (!release)
		return;
	g_free(release->origin);
	g_free(release->date);
	g_free(release->sha256);
	g_free(release);
}

void sbx_lock_free(struct sbx_lock *lock)
{
	if (!lock)
		return;
	g_free(lock->suite);
	g_free(lock->architecture);
	g_ptr_array_unref(lock->releases);
	g_ptr_array_unref(lock->packages);
	g_strfreev(lock->hold);
	g_strfreev(lock->forbid);
	g_strfreev(lock->pins);
	sbx_content_release(&lock->content);
	g_free(lock);
}

static int compare_packages(gconstpointer a, gconstpointer b)
{
	const struct sbx_lock_package *x = *(struct sbx_lock_package *const *)a;
	const struct sbx_lock_package *y = *(struct sbx_lock_package *const *)b;
	int order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->architecture, y->architecture);
}

static int compare_releases(gconstpointer a, gconstpointer b)
{
	const struct sbx_lock_release *x = *(struct sbx_lock_release *const *)a;
	const struct sbx_lock_release *y = *(struct sbx_lock_release *const *)b;
	return strcmp(x->origin, y->origin);
}

void sbx_lock_sort(struct sbx_lock *lock)
{
	g_ptr_array_sort(lock->packages, compare_packages);
	g_ptr_array_sort(lock->releases, compare_releases);
}

static void write_release(struct sbx_json *w, const struct sbx_lock_release *release)
{
	sbx_json_begin_object(w, NULL);
	sbx_json_string(w, "origin", release->origin);
	sbx_json_string(w, "date", release->date);
	sbx_json_string(w, "sha256", release->sha256);
	sbx_json_end_object(w);
}

static void write_package(struct sbx_json *w, const struct sbx_lock_package *package)
{
	sbx_json_begin_object(w, NULL);
	sbx_json_string(w, "name", package->name);
	sbx_json_string(w, "version", package->version);
	sbx_json_string(w, "architecture", package->architecture);
	sbx_json_string(w, "origin", package->origin);
	sbx_json_string(w, "path", package->path);
	sbx_json_string(w, "sha256", package->sha256);
	sbx_json_int(w, "size", (int64_t)package->size);
	sbx_json_int(w, "installed_bytes", (int64_t)package->installed_bytes);
	sbx_json_bool(w, "essential", package->essential);
	sbx_json_bool(w, "base", package->base);
	sbx_json_bool(w, "manual", package->manual);
	sbx_json_end_object(w);
}

static void write_list(struct sbx_json *w, const char *key, char **list)
{
	if (!list || !*list)
		return;
	sbx_json_begin_array(w, key);
	for (; *list; list++)
		sbx_json_string(w, NULL, *list);
	sbx_json_end_array(w);
}

/* Only what is left out: the common lock stays as it always was. */
static void write_content(struct sbx_json *w, const struct sbx_content *content)
{
	const char *without[SBX_N_CONTENT_CLASSES + 1] = {NULL};
	for (guint i = 0, n = 0; i < SBX_N_CONTENT_CLASSES; i++)
		if (content->without & 1u << i)
			without[n++] = sbx_content_name(i);
	write_list(w, "without", (char **)(gpointer)without);
	write_list(w, "locales", content->locales);
	write_list(w, "skip_scripts", content->skip_scripts);
}

char *sbx_lock_to_json(const struct sbx_lock *lock)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out, .pretty = true};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "format", SBX_LOCK_FORMAT);
	sbx_json_string(&w, "suite", lock->suite);
	sbx_json_string(&w, "architecture", lock->architecture);
	sbx_json_begin_object(&w, "options");
	sbx_json_bool(&w, "recommends", lock->recommends);
	write_list(&w, "hold", lock->hold);
	write_list(&w, "forbid", lock->forbid);
	write_list(&w, "pins", lock->pins);
	write_content(&w, &lock->content);
	sbx_json_end_object(&w);
	sbx_json_begin_array(&w, "releases");
	for (guint i = 0; i < lock->releases->len; i++)
		write_release(&w, lock->releases->pdata[i]);
	sbx_json_end_array(&w);
	sbx_json_begin_array(&w, "packages");
	for (guint i = 0; i < lock->packages->len; i++)
		write_package(&w, lock->packages->pdata[i]);
	sbx_json_end_array(&w);
	sbx_json_end_object(&w);
	if (out.failed)
		g_error("out of memory"); /* as every allocation of GLib ends */
	return g_strndup(out.data, out.n_bytes);
}

gboolean sbx_lock_save(const struct sbx_lock *lock, const char *path, GError **error)
{
	g_autofree char *json = sbx_lock_to_json(lock);
	return sbx_output_write(path, json, "the lock", error);
}

char *sbx_lock_id(const struct sbx_lock *lock)
{
	/* The order of the packages is no content: ids are the same however a lock came about. */
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	for (guint i = 0; i < lock->packages->len; i++)
		g_ptr_array_add(sorted, lock->packages->pdata[i]);
	g_ptr_array_sort(sorted, compare_packages);

	g_autoptr(GString) text = g_string_new(NULL);
	g_string_append_printf(text, "builder-format %d\narchitecture %s\nrecommends %d\n",
			       SBX_BUILDER_FORMAT, lock->architecture, lock->recommends ? 1 : 0);
	sbx_content_append_canonical(&lock->content, text);
	for (guint i = 0; i < sorted->len; i++) {
		const struct sbx_lock_package *p = sorted->pdata[i];
		g_string_append_printf(text, "package %s %s %s %s %s\n", p->name, p->version,
				       p->architecture, p->sha256, p->manual ? "manual" : "auto");
	}
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text->str, text->len);
}
