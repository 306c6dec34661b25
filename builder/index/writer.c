/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/contents.h"
#include "builder/index/writer.h"

static void root_free(gpointer data)
{
	struct sbx_index_root *root = data;
	g_ptr_array_unref(root->templates);
	g_hash_table_unref(root->folders);
	g_string_free(root->folder, TRUE);
	g_free(root);
}

static struct sbx_index_root *root_for(struct sbx_provider_writer *w, const char *pattern)
{
	for (guint i = 0; i < w->roots->len; i++) {
		struct sbx_index_root *root = w->roots->pdata[i];
		if (g_strcmp0(root->pattern, pattern) == 0)
			return root;
	}
	struct sbx_index_root *root = g_new0(struct sbx_index_root, 1);
	root->pattern = pattern;
	if (pattern) {
		const char *glob = pattern + sbx_root_is_merged(pattern);
		root->head = sbx_head_edge(glob, strcspn(glob, "*?["));
	}
	root->folder = g_string_new(NULL);
	root->templates = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_template_free);
	root->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_ptr_array_add(w->roots, root);
	return root;
}

/* A prefix that begins with a known one adds nothing; one that a known one begins with, all. */
static void add_prefix(struct sbx_provider_writer *w, const char *prefix)
{
	for (guint i = 0; i < w->prefixes->len; i++) {
		char *known = w->prefixes->pdata[i];
		if (g_str_has_prefix(prefix, known))
			return;
		if (g_str_has_prefix(known, prefix))
			g_ptr_array_remove_index(w->prefixes, i--);
	}
	g_ptr_array_add(w->prefixes, g_strdup(prefix));
}

/* Languages share what they are alike in: asking twice for each path would take time only. */
static gboolean is_known(const struct sbx_index_root *root, const struct sbx_template *t)
{
	for (guint i = 0; i < root->templates->len; i++) {
		const struct sbx_template *known = root->templates->pdata[i];
		if (g_str_equal(known->text, t->text) && known->separator == t->separator &&
		    known->is_folder == t->is_folder &&
		    (!t->is_named || known->language == t->language))
			return TRUE;
	}
	return FALSE;
}

static gboolean add_template(const struct sbx_language *language, enum sbx_fact_kind kind,
			     const char *text, gpointer data, GError **error)
{
	struct sbx_provider_writer *w = data;
	SBX_AUTO(sbx_template) t = sbx_template_new_for(language, kind, text, error);
	if (!t)
		return FALSE;
	struct sbx_index_root *root = root_for(w, t->root);
	if (is_known(root, t))
		return TRUE;
	g_autofree char *prefix = sbx_template_prefix(t);
	add_prefix(w, prefix);
	/* The same before the file is named by its place behind the links (merged-usr). */
	if (g_str_has_prefix(prefix, "usr/") &&
	    (sbx_path_is_unmerged(prefix + 4, strlen(prefix + 4)) || g_str_equal(prefix, "usr/")))
		add_prefix(w, prefix + 4);
	g_ptr_array_add(root->templates, g_steal_pointer(&t));
	return TRUE;
}

struct sbx_provider_writer *sbx_provider_writer_new_for(const char *path,
							const struct sbx_language *const *languages,
							GError **error)
{
	SBX_AUTO(sbx_provider_writer) w = g_new0(struct sbx_provider_writer, 1);
	w->path = g_strdup(path);
	w->languages = languages;
	w->graph = sbx_graph_new();
	w->roots = g_ptr_array_new_with_free_func(root_free);
	w->prefixes = g_ptr_array_new_with_free_func(g_free);
	w->rows = g_array_new(FALSE, FALSE, sizeof(struct sbx_index_row));
	w->folders = g_array_new(FALSE, FALSE, sizeof(struct sbx_index_folder));
	w->known = g_hash_table_new(g_str_hash, g_str_equal);
	w->names = g_array_new(FALSE, FALSE, sizeof(struct sbx_index_name));
	w->texts = g_string_chunk_new(256 * 1024);
	w->scratch = g_string_new(NULL);
	w->folder = g_string_new(NULL);
	w->near = g_array_new(FALSE, FALSE, sizeof(struct sbx_index_near));
	w->fitting = g_ptr_array_new();
	for (; *languages; languages++)
		if (!sbx_rules_each_template(*languages, add_template, w, error))
			return NULL;
	g_ptr_array_add(w->prefixes, NULL);
	return g_steal_pointer(&w);
}

struct sbx_provider_writer *sbx_provider_writer_new(const char *path, GError **error)
{
	return sbx_provider_writer_new_for(path, sbx_languages(), error);
}

void sbx_provider_writer_free(struct sbx_provider_writer *w)
{
	if (!w)
		return;
	g_free(w->path);
	sbx_graph_free(w->graph);
	g_ptr_array_unref(w->roots);
	g_ptr_array_unref(w->prefixes);
	g_array_unref(w->rows);
	g_array_unref(w->folders);
	g_hash_table_unref(w->known);
	g_array_unref(w->names);
	g_free(w->key);
	g_string_chunk_free(w->texts);
	g_string_free(w->scratch, TRUE);
	g_string_free(w->folder, TRUE);
	g_array_unref(w->near);
	g_ptr_array_unref(w->fitting);
	g_free(w);
}

gboolean sbx_provider_writer_add_package(struct sbx_provider_writer *w,
					 const struct sbx_package *package, GError **error)
{
	sbx_graph_add(w->graph, package);
	return TRUE;
}

/* The place of a path's folder in `folders`; mostly that of the row before. */
static guint32 place_of_folder(struct sbx_provider_writer *w, const char *path, gsize n)
{
	if (w->rows->len) {
		guint32 last =
			g_array_index(w->rows, struct sbx_index_row, w->rows->len - 1).folder;
		const struct sbx_index_folder *folder =
			&g_array_index(w->folders, struct sbx_index_folder, last);
		if (folder->n == n && memcmp(folder->path, path, n) == 0)
			return last;
	}
	g_autofree char *key = g_strndup(path, n);
	gpointer known;
	if (g_hash_table_lookup_extended(w->known, key, NULL, &known))
		return GPOINTER_TO_UINT(known);
	guint32 place = w->folders->len & G_MAXINT32;
	struct sbx_index_folder folder = {g_string_chunk_insert_len(w->texts, key, (gssize)n), n,
					  0};
	g_array_append_val(w->folders, folder);
	g_hash_table_insert(w->known, (gpointer)folder.path, GUINT_TO_POINTER(place));
	return place;
}

static gboolean add_rows(struct sbx_provider_writer *w, const struct sbx_contents_line *line,
			 const char *path, gsize n_path, GError **error)
{
	const char *list = line->packages, *name;
	gsize n_list = line->n_packages;
	gssize n;
	const char *slash = memrchr(path, '/', n_path);
	struct sbx_index_row row = {.is_deep = w->is_deep};
	while ((n = sbx_contents_next_package(&list, &n_list, &name)) > 0) {
		char package[256];
		if ((gsize)n >= sizeof(package))
			return sbx_contents_fail(w->where, line->number,
						 "a package's name is too long", error);
		memcpy(package, name, (gsize)n);
		package[n] = '\0';
		row.package = sbx_graph_find(w->graph, package);
		if (row.package == SBX_GRAPH_NONE)
			continue; /* older than Packages: it cannot be installed any more */
		if (!row.path) {
			row.path = g_string_chunk_insert_len(w->texts, path, (gssize)n_path);
			row.folder = place_of_folder(w, path, slash ? (gsize)(slash - path) : 0) &
				     G_MAXINT32;
		}
		g_array_append_val(w->rows, row);
		if (w->key) {
			struct sbx_index_name named = {
				g_string_chunk_insert_const(w->texts, w->key), row.path,
				row.package};
			g_array_append_val(w->names, named);
		}
	}
	if (n < 0)
		return sbx_contents_fail(w->where, line->number, "a package's name is malformed",
					 error);
	return TRUE;
}

static gboolean add_line(const struct sbx_contents_line *line, gpointer data, GError **error)
{
	struct sbx_provider_writer *w = data;
	const char *path = line->path;
	gsize n_path = line->n_path;
	if (sbx_path_is_unmerged(path, n_path)) {
		g_string_assign(w->scratch, "usr/");
		g_string_append_len(w->scratch, path, (gssize)n_path);
		path = w->scratch->str;
		n_path = w->scratch->len;
	}
	g_clear_pointer(&w->key, g_free);
	w->is_deep = FALSE;
	/* Every root is asked: several may count the path among their folder's. */
	gboolean wanted = FALSE;
	sbx_writer_enter_folder(w, path, n_path);
	for (guint i = 0; i < w->near->len; i++) {
		const struct sbx_index_near *near =
			&g_array_index(w->near, struct sbx_index_near, i);
		if (!sbx_writer_is_asked_for(w, near, path, n_path))
			continue;
		if (!sbx_root_is_merged(near->root->pattern)) {
			wanted = TRUE;
			continue;
		}
		g_autofree char *merged =
			g_strdup_printf("%s%.*s", near->root->pattern + 1,
					(int)(n_path - near->n_folder), path + near->n_folder);
		if (!add_rows(w, line, merged, strlen(merged), error))
			return FALSE;
	}
	return !wanted || add_rows(w, line, path, n_path, error);
}

gboolean sbx_provider_writer_add_contents(struct sbx_provider_writer *w, GInputStream *stream,
					  const char *where, GCancellable *cancellable,
					  GError **error)
{
	w->where = where;
	if (!sbx_contents_read(stream, where, (const char *const *)w->prefixes->pdata, add_line, w,
			       cancellable, error))
		return FALSE;
	sbx_writer_leave_folder(w);
	return TRUE;
}
