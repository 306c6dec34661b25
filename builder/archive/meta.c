/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/meta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/json_tree.h"

#define MAX_META_BYTES (16 << 20)
#define MAX_META_DEPTH 8

void sbx_release_free(struct sbx_release *release)
{
	if (!release)
		return;
	g_free(release->origin);
	g_free(release->uri);
	g_free(release->login_uri);
	g_free(release->suite);
	g_free(release->component);
	g_free(release->date);
	g_free(release->sha256);
	g_free(release->archive);
	g_free(release->codename);
	g_free(release->vendor);
	g_free(release->label);
	g_free(release->version);
	g_free(release);
}

static void fetched_free(gpointer data)
{
	struct sbx_meta_fetched *fetched = data;
	g_free(fetched->uri);
	g_free(fetched->sha256);
	g_free(fetched->etag);
	g_free(fetched->last_modified);
	g_free(fetched);
}

static void index_free(gpointer data)
{
	struct sbx_meta_index *index = data;
	g_free(index->uri);
	g_free(index->sha256);
	g_free(index);
}

GPtrArray *sbx_meta_new_fetched_list(void)
{
	return g_ptr_array_new_with_free_func(fetched_free);
}

struct sbx_meta *sbx_meta_new(void)
{
	struct sbx_meta *meta = g_new0(struct sbx_meta, 1);
	meta->releases = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_release_free);
	meta->fetched = sbx_meta_new_fetched_list();
	meta->indexes = g_ptr_array_new_with_free_func(index_free);
	return meta;
}

void sbx_meta_free(struct sbx_meta *meta)
{
	if (!meta)
		return;
	g_free(meta->suite);
	g_free(meta->architecture);
	g_free(meta->generation);
	g_free(meta->updated);
	g_free(meta->inputs);
	g_ptr_array_unref(meta->releases);
	g_ptr_array_unref(meta->fetched);
	g_ptr_array_unref(meta->indexes);
	g_free(meta);
}

const struct sbx_meta_fetched *sbx_meta_find_fetched(const struct sbx_meta *meta, const char *uri)
{
	for (guint i = 0; i < meta->fetched->len; i++) {
		const struct sbx_meta_fetched *fetched = meta->fetched->pdata[i];
		if (g_str_equal(fetched->uri, uri))
			return fetched;
	}
	return NULL;
}

/* ---- reading ---- */

static char *get_string(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return value && value->kind == SBX_JSON_KIND_STRING ? g_strdup(value->string) : NULL;
}

static gboolean get_flag(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return value && value->kind == SBX_JSON_KIND_BOOL && value->boolean;
}

static guint64 get_number(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return value && value->is_integer && value->integer > 0 ? (guint64)value->integer : 0;
}

/* The objects of a list; FALSE when it is no list of objects. */
static gboolean each(const struct sbx_json_value *object, const char *name, GPtrArray *out,
		     gpointer (*read)(const struct sbx_json_value *))
{
	const struct sbx_json_value *list = sbx_json_member(object, name);
	if (!list || list->kind != SBX_JSON_KIND_ARRAY)
		return FALSE;
	for (const struct sbx_json_value *element = list->first; element; element = element->next) {
		gpointer item = read(element);
		if (!item)
			return FALSE;
		g_ptr_array_add(out, item);
	}
	return TRUE;
}

static gpointer read_release(const struct sbx_json_value *object)
{
	struct sbx_release *release = g_new0(struct sbx_release, 1);
	release->origin = get_string(object, "origin");
	release->uri = get_string(object, "uri");
	release->login_uri = get_string(object, "login_uri");
	release->suite = get_string(object, "suite");
	release->component = get_string(object, "component");
	release->date = get_string(object, "date");
	release->sha256 = get_string(object, "sha256");
	release->archive = get_string(object, "archive");
	release->codename = get_string(object, "codename");
	release->vendor = get_string(object, "vendor");
	release->label = get_string(object, "label");
	release->version = get_string(object, "version");
	release->is_host = get_flag(object, "is_host");
	if (release->origin && release->uri && release->suite && release->component &&
	    release->date && release->sha256)
		return release;
	sbx_release_free(release);
	return NULL;
}

static gpointer read_fetched(const struct sbx_json_value *object)
{
	struct sbx_meta_fetched *fetched = g_new0(struct sbx_meta_fetched, 1);
	fetched->uri = get_string(object, "uri");
	fetched->sha256 = get_string(object, "sha256");
	fetched->etag = get_string(object, "etag");
	fetched->last_modified = get_string(object, "last_modified");
	if (fetched->uri && fetched->sha256 && strlen(fetched->sha256) == 64)
		return fetched;
	fetched_free(fetched);
	return NULL;
}

static gpointer read_index(const struct sbx_json_value *object)
{
	struct sbx_meta_index *index = g_new0(struct sbx_meta_index, 1);
	index->uri = get_string(object, "uri");
	index->sha256 = get_string(object, "sha256");
	index->size = get_number(object, "size");
	if (index->uri && index->sha256)
		return index;
	index_free(index);
	return NULL;
}

static gboolean read_object(const struct sbx_json_value *object, struct sbx_meta *meta)
{
	g_autofree char *format = get_string(object, "format");
	if (g_strcmp0(format, SBX_INDEX_FORMAT) != 0)
		return FALSE;
	meta->suite = get_string(object, "suite");
	meta->architecture = get_string(object, "architecture");
	meta->generation = get_string(object, "generation");
	meta->updated = get_string(object, "updated");
	meta->inputs = get_string(object, "inputs");
	meta->n_packages = get_number(object, "n_packages");
	meta->n_paths = get_number(object, "n_paths");
	return meta->suite && meta->architecture && meta->generation && meta->updated &&
	       meta->inputs && each(object, "releases", meta->releases, read_release) &&
	       each(object, "fetched", meta->fetched, read_fetched) &&
	       each(object, "indexes", meta->indexes, read_index);
}

struct sbx_meta *sbx_meta_load(const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "meta.json", NULL);
	struct sbx_error err = SBX_ERROR_INIT;
	size_t n_bytes;
	SBX_CLEANUP_FREE char *text = sbx_read_file(AT_FDCWD, path, MAX_META_BYTES, &n_bytes, &err);
	if (!text) {
		sbx_set_error(error, err.os_errno == ENOENT ? SBX_E_NOT_FOUND : err.code, "%s",
			      err.message);
		return NULL;
	}
	SBX_AUTO(sbx_meta) meta = sbx_meta_new();
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	if (sbx_json_tree_parse(&tree, text, n_bytes, MAX_META_DEPTH, NULL) < 0 ||
	    !read_object(tree.root, meta)) {
		sbx_set_error(error, SBX_E_DAMAGED,
			      "%s: not an index of this version; run `sbx-build update`", path);
		return NULL;
	}
	return g_steal_pointer(&meta);
}

/* ---- writing ---- */

static void write_lists(const struct sbx_meta *meta, struct sbx_json *w)
{
	sbx_json_begin_array(w, "releases");
	for (guint i = 0; i < meta->releases->len; i++) {
		const struct sbx_release *release = meta->releases->pdata[i];
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "origin", release->origin);
		sbx_json_string(w, "uri", release->uri);
		if (release->login_uri)
			sbx_json_string(w, "login_uri", release->login_uri);
		sbx_json_string(w, "suite", release->suite);
		sbx_json_string(w, "component", release->component);
		sbx_json_string(w, "date", release->date);
		sbx_json_string(w, "sha256", release->sha256);
		sbx_json_string(w, "archive", release->archive);
		sbx_json_string(w, "codename", release->codename);
		sbx_json_string(w, "vendor", release->vendor);
		sbx_json_string(w, "label", release->label);
		sbx_json_string(w, "version", release->version);
		sbx_json_bool(w, "is_host", release->is_host);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
	sbx_json_begin_array(w, "fetched");
	for (guint i = 0; i < meta->fetched->len; i++) {
		const struct sbx_meta_fetched *fetched = meta->fetched->pdata[i];
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "uri", fetched->uri);
		sbx_json_string(w, "sha256", fetched->sha256);
		sbx_json_string(w, "etag", fetched->etag);
		sbx_json_string(w, "last_modified", fetched->last_modified);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
	sbx_json_begin_array(w, "indexes");
	for (guint i = 0; i < meta->indexes->len; i++) {
		const struct sbx_meta_index *index = meta->indexes->pdata[i];
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "uri", index->uri);
		sbx_json_string(w, "sha256", index->sha256);
		sbx_json_int(w, "size", (int64_t)index->size);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
}

/* Aside, then in place: a reader, or a crash, must not meet half of it. */
static gboolean replace_file(const char *folder, const struct sbx_buffer *text, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "meta.json", NULL);
	g_autofree char *aside = g_build_filename(folder, ".meta.json", NULL);
	/* 0600: the URIs may hold logins. */
	SBX_CLEANUP_FD int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || sbx_write_all(fd, text->data, text->n_bytes) < 0 || fsync(fd) < 0 ||
	    rename(aside, path) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

gboolean sbx_meta_save(const struct sbx_meta *meta, const char *folder, GError **error)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &text, .pretty = true};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "format", SBX_INDEX_FORMAT);
	sbx_json_string(&w, "suite", meta->suite);
	sbx_json_string(&w, "architecture", meta->architecture);
	sbx_json_string(&w, "generation", meta->generation);
	sbx_json_string(&w, "updated", meta->updated);
	sbx_json_string(&w, "inputs", meta->inputs);
	sbx_json_int(&w, "n_packages", (int64_t)meta->n_packages);
	sbx_json_int(&w, "n_paths", (int64_t)meta->n_paths);
	write_lists(meta, &w);
	sbx_json_end_object(&w);
	if (text.failed)
		return sbx_set_error(error, SBX_E_NO_SPACE, "%s: out of memory", folder);
	return replace_file(folder, &text, error);
}
