/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/native/view.h"

#include <string.h>
#include <sys/stat.h>

#define MAX_LINKS      40
#define MAX_TEXT_BYTES (4 << 20)

/* What a path has become; of a folder the dirmeta. */
struct change {
	enum sbx_view_kind kind;
	guint8 checksum[SBX_CHECKSUM_BYTES];
};

struct sbx_view {
	struct sbx_store *store;
	struct sbx_tree *tree;
	GCancellable *cancellable;
	GHashTable *changes; /* char * relative path -> struct change * */
	guint64 n_bytes;     /* of files that were written */
	const char *failed;
	GError *error;
};

/* What a walk along a path has come to. */
struct place {
	enum sbx_view_kind kind;
	char *path; /* relative, without links; NULL: a folder on the way is missing */
	guint8 checksum[SBX_CHECKSUM_BYTES]; /* of a folder: its dirmeta */
};

static void place_clear(struct place *place)
{
	g_free(place->path);
}
#define AUTO_PLACE __attribute__((cleanup(place_clear))) struct place

struct sbx_view *sbx_view_new(struct sbx_store *store, struct sbx_tree *tree,
			      GCancellable *cancellable)
{
	struct sbx_view *v = g_new0(struct sbx_view, 1);
	v->store = store;
	v->tree = tree;
	v->cancellable = cancellable;
	v->changes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return v;
}

void sbx_view_free(struct sbx_view *v)
{
	if (!v)
		return;
	g_hash_table_unref(v->changes);
	g_clear_error(&v->error);
	g_free(v);
}

void sbx_view_fail(struct sbx_view *v, const char *why)
{
	if (!v->failed)
		v->failed = why;
}

const char *sbx_view_failed(const struct sbx_view *v, GError **error)
{
	if (v->error && error && !*error)
		*error = g_error_copy(v->error);
	return v->failed;
}

static void check(struct sbx_view *v)
{
	if (v->error)
		sbx_view_fail(v, "the store can't be read");
}

/* At a path without links. */
static void look(struct sbx_view *v, const char *path, struct place *out)
{
	const struct change *change = g_hash_table_lookup(v->changes, path);
	if (change) {
		out->kind = change->kind;
		memcpy(out->checksum, change->checksum, SBX_CHECKSUM_BYTES);
		return;
	}
	struct sbx_entry *entry = v->error ? NULL : sbx_tree_find(v->tree, path, &v->error);
	check(v);
	out->kind = SBX_VIEW_ABSENT;
	if (!entry)
		return;
	const guint8 *checksum = entry->checksum;
	if (entry->kind == SBX_ENTRY_FOLDER) {
		out->kind = SBX_VIEW_FOLDER;
		checksum = sbx_tree_dirmeta(entry->folder);
	} else {
		g_autoptr(GFileInfo) info = sbx_object_info(v->store, checksum, &v->error);
		check(v);
		if (!info)
			return;
		out->kind = g_file_info_get_file_type(info) == G_FILE_TYPE_SYMBOLIC_LINK
				    ? SBX_VIEW_LINK
				    : SBX_VIEW_FILE;
	}
	memcpy(out->checksum, checksum, SBX_CHECKSUM_BYTES);
}

static char *link_target(struct sbx_view *v, const struct place *place)
{
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place->checksum, &v->error);
	check(v);
	return info ? g_strdup(g_file_info_get_symlink_target(info)) : NULL;
}

static gboolean is_outside(const GString *at)
{
	static const char *const outside[] = {"proc", "sys", "dev", "run", "tmp", NULL};
	return g_strv_contains(outside, at->str);
}

static void go_up(GString *at)
{
	const char *slash = strrchr(at->str, '/');
	g_string_truncate(at, slash ? (gsize)(slash - at->str) : 0);
}

/* One name further. FALSE at the end. */
static gboolean step(struct sbx_view *v, GString *at, char **rest, enum sbx_view_last last,
		     guint *n_links, struct place *out)
{
	char *start = *rest + strspn(*rest, "/");
	gsize n = strcspn(start, "/"), before = at->len;
	gboolean is_last = start[n + strspn(start + n, "/")] == '\0';
	if (n == 0)
		return FALSE;
	g_autofree char *name = g_strndup(start, n);
	g_autofree char *tail = g_strdup(start + n);
	g_free(*rest);
	*rest = g_steal_pointer(&tail);
	if (g_str_equal(name, "."))
		return TRUE;
	if (g_str_equal(name, "..")) {
		go_up(at);
		return TRUE;
	}
	g_string_append_printf(at, "%s%s", at->len ? "/" : "", name);
	if (is_outside(at))
		sbx_view_fail(v, "it looks at what is not the template's");
	look(v, at->str, out);
	if (out->kind == SBX_VIEW_LINK && (!is_last || last == SBX_VIEW_FOLLOW)) {
		g_autofree char *target = link_target(v, out);
		if (!target || ++*n_links > MAX_LINKS) {
			sbx_view_fail(v, "links lead in a circle");
			return FALSE;
		}
		g_string_truncate(at, *target == '/' ? 0 : before);
		char *whole = g_strconcat(target, "/", *rest, NULL);
		g_free(*rest);
		*rest = whole;
		out->kind = SBX_VIEW_FOLDER;
		return TRUE;
	}
	return !is_last && out->kind == SBX_VIEW_FOLDER;
}

static void walk(struct sbx_view *v, const char *path, enum sbx_view_last last, struct place *out)
{
	g_autoptr(GString) at = g_string_new(NULL);
	g_autofree char *rest = g_strdup(path);
	guint n_links = 0;
	out->kind = SBX_VIEW_FOLDER;
	out->path = NULL;
	gsize n_path = strlen(path);
	if (*path != '/' || (n_path > 1 && path[n_path - 1] == '/'))
		sbx_view_fail(v, "a path is relative, or ends in a slash");
	while (!v->failed && step(v, at, &rest, last, &n_links, out))
		;
	/* Something on the way is missing or no folder. */
	gboolean stopped = rest[strspn(rest, "/")] != '\0';
	if (v->failed || stopped)
		out->kind = SBX_VIEW_ABSENT;
	else
		out->path = g_strdup(at->str);
	if (out->path && at->len == 0)
		memcpy(out->checksum, sbx_tree_dirmeta(v->tree), SBX_CHECKSUM_BYTES);
	else if (out->path && out->kind == SBX_VIEW_FOLDER)
		look(v, at->str, out); /* it may have ended in ".." */
}

enum sbx_view_kind sbx_view_kind(struct sbx_view *v, const char *path, enum sbx_view_last last)
{
	AUTO_PLACE place = {0};
	walk(v, path, last, &place);
	return place.kind;
}

char *sbx_view_real_path(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	walk(v, path, SBX_VIEW_NOFOLLOW, &place);
	return place.path ? g_strconcat("/", place.path, NULL) : NULL;
}

char *sbx_view_target(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	walk(v, path, SBX_VIEW_NOFOLLOW, &place);
	return place.kind == SBX_VIEW_LINK ? link_target(v, &place) : NULL;
}

static guint32 file_mode(struct sbx_view *v, const struct place *place)
{
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place->checksum, &v->error);
	check(v);
	return info ? g_file_info_get_attribute_uint32(info, "unix::mode") : 0;
}

/* To root: any of the three bits. */
gboolean sbx_view_is_executable(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	walk(v, path, SBX_VIEW_FOLLOW, &place);
	return place.kind == SBX_VIEW_FOLDER ||
	       (place.kind == SBX_VIEW_FILE && (file_mode(v, &place) & 0111));
}

char *sbx_view_read(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	gsize n = 0;
	walk(v, path, SBX_VIEW_FOLLOW, &place);
	if (place.kind != SBX_VIEW_FILE)
		return NULL;
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place.checksum, &v->error);
	if (info && g_file_info_get_size(info) > MAX_TEXT_BYTES) {
		sbx_view_fail(v, "a file is too large");
		return NULL;
	}
	g_autofree char *text =
		info ? sbx_object_read(v->store, place.checksum, MAX_TEXT_BYTES, &n, &v->error)
		     : NULL;
	check(v);
	if (text && strlen(text) != n) {
		sbx_view_fail(v, "a file is no text");
		return NULL;
	}
	return g_steal_pointer(&text);
}

gboolean sbx_view_is_empty(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	walk(v, path, SBX_VIEW_FOLLOW, &place);
	if (place.kind != SBX_VIEW_FILE)
		return FALSE;
	g_autoptr(GFileInfo) info = sbx_object_info(v->store, place.checksum, &v->error);
	check(v);
	return info && g_file_info_get_size(info) == 0;
}

GPtrArray *sbx_view_names(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	walk(v, path, SBX_VIEW_FOLLOW, &place);
	struct sbx_entry *entry = place.kind == SBX_VIEW_FOLDER
					  ? sbx_tree_find(v->tree, place.path, &v->error)
					  : NULL;
	GPtrArray *names = entry && entry->kind == SBX_ENTRY_FOLDER
				   ? sbx_tree_names(entry->folder, &v->error)
				   : NULL;
	check(v);
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; names && i < names->len; i++)
		g_ptr_array_add(all, g_strdup(names->pdata[i]));
	if (names)
		g_ptr_array_unref(names);
	gsize n = place.path ? strlen(place.path) : 0;
	GHashTableIter iter;
	gpointer added;
	g_hash_table_iter_init(&iter, v->changes);
	while (g_hash_table_iter_next(&iter, &added, NULL))
		if (place.path && strncmp(added, place.path, n) == 0 && ((char *)added)[n] == '/' &&
		    !strchr((char *)added + n + 1, '/'))
			g_ptr_array_add(all, g_strdup((char *)added + n + 1));
	return all;
}

/* The dirmeta object is (uuua(ayay)): owner, group, mode, big-endian. */
static guint32 folder_mode(struct sbx_view *v, const guint8 *dirmeta)
{
	g_autofree char *hex = ostree_checksum_from_bytes(dirmeta);
	g_autoptr(GVariant) stored = NULL;
	guint32 mode = 0;
	if (!v->error && ostree_repo_load_variant(v->store->repo, OSTREE_OBJECT_TYPE_DIR_META, hex,
						  &stored, &v->error))
		g_variant_get_child(stored, 2, "u", &mode);
	check(v);
	return GUINT32_FROM_BE(mode);
}

/* The place for something new: its folder is there, and gives its group to nothing. */
static gboolean place_for(struct sbx_view *v, const char *path, struct place *out)
{
	walk(v, path, SBX_VIEW_NOFOLLOW, out);
	g_autofree char *above = out->path ? g_path_get_dirname(out->path) : NULL;
	struct place folder = {0};
	if (above && g_str_equal(above, "."))
		memcpy(folder.checksum, sbx_tree_dirmeta(v->tree), SBX_CHECKSUM_BYTES);
	else if (above)
		look(v, above, &folder);
	if (!above || (folder_mode(v, folder.checksum) & S_ISGID))
		sbx_view_fail(v, "a folder is missing, or its group is inherited");
	return !v->failed;
}

static void change(struct sbx_view *v, const char *path, enum sbx_view_kind kind,
		   const guint8 *checksum)
{
	struct change *made = g_new0(struct change, 1);
	made->kind = kind;
	if (checksum)
		memcpy(made->checksum, checksum, SBX_CHECKSUM_BYTES);
	g_hash_table_replace(v->changes, g_strdup(path), made);
}

static void put(struct sbx_view *v, const struct place *place, const struct sbx_file_meta *meta,
		const char *text)
{
	guint8 checksum[SBX_CHECKSUM_BYTES];
	gsize n = text ? strlen(text) : 0;
	if (sbx_object_write(v->store, meta, text, n, checksum, v->cancellable, &v->error))
		change(v, place->path, S_ISLNK(meta->mode) ? SBX_VIEW_LINK : SBX_VIEW_FILE,
		       checksum);
	v->n_bytes += n;
	check(v);
}

void sbx_view_put_file(struct sbx_view *v, const char *path, const char *text,
		       enum sbx_view_mode mode)
{
	AUTO_PLACE place = {0};
	struct sbx_file_meta meta = {.mode = S_IFREG | 0644};
	if (!place_for(v, path, &place))
		return;
	if (place.kind == SBX_VIEW_FOLDER || place.kind == SBX_VIEW_LINK) {
		sbx_view_fail(v, "something is in a file's way");
		return;
	}
	if (mode == SBX_VIEW_KEEP) {
		g_autoptr(GFileInfo) info =
			place.kind == SBX_VIEW_FILE
				? sbx_object_info(v->store, place.checksum, &v->error)
				: NULL;
		check(v);
		if (!info) {
			sbx_view_fail(v, "a file is missing");
			return;
		}
		meta.mode = g_file_info_get_attribute_uint32(info, "unix::mode");
		meta.uid = g_file_info_get_attribute_uint32(info, "unix::uid");
		meta.gid = g_file_info_get_attribute_uint32(info, "unix::gid");
	}
	put(v, &place, &meta, text);
}

void sbx_view_put_link(struct sbx_view *v, const char *path, const char *target)
{
	AUTO_PLACE place = {0};
	struct sbx_file_meta meta = {.mode = S_IFLNK | 0777, .target = target};
	if (!place_for(v, path, &place))
		return;
	if (place.kind == SBX_VIEW_FOLDER)
		sbx_view_fail(v, "a folder is in a link's way");
	else
		put(v, &place, &meta, NULL);
}

void sbx_view_remove(struct sbx_view *v, const char *path)
{
	AUTO_PLACE place = {0};
	walk(v, path, SBX_VIEW_NOFOLLOW, &place);
	if (place.kind == SBX_VIEW_FOLDER)
		sbx_view_fail(v, "it removes a folder");
	else if (place.kind != SBX_VIEW_ABSENT)
		change(v, place.path, SBX_VIEW_ABSENT, NULL);
}

void sbx_view_make_folders(struct sbx_view *v, const char *path)
{
	static const struct sbx_file_meta meta = {.mode = S_IFDIR | 0755};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	g_autofree char *above = g_path_get_dirname(path);
	enum sbx_view_kind kind = sbx_view_kind(v, path, SBX_VIEW_FOLLOW);
	if (kind == SBX_VIEW_FOLDER || v->failed)
		return;
	if (strlen(above) < strlen(path))
		sbx_view_make_folders(v, above);
	AUTO_PLACE place = {0};
	if (v->failed || !place_for(v, path, &place))
		return;
	if (place.kind != SBX_VIEW_ABSENT) {
		sbx_view_fail(v, "something is in a folder's way");
		return;
	}
	if (sbx_object_write_dirmeta(v->store, &meta, dirmeta, v->cancellable, &v->error))
		change(v, place.path, SBX_VIEW_FOLDER, dirmeta);
	check(v);
}

/* The folder of a delta at a path, each on the way with the owner and mode that it has. */
static struct sbx_tree *delta_folder(struct sbx_view *v, struct sbx_tree *root, const char *path,
				     GError **error)
{
	if (g_str_equal(path, "."))
		return root;
	struct sbx_entry *known = sbx_tree_find(root, path, error);
	if (known)
		return known->folder;
	g_autofree char *above = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	struct sbx_tree *parent = delta_folder(v, root, above, error);
	AUTO_PLACE place = {0};
	look(v, path, &place);
	if (!parent || place.kind != SBX_VIEW_FOLDER ||
	    !sbx_tree_put_folder(parent, name, sbx_tree_new(v->store, place.checksum), 0, error))
		return NULL;
	return sbx_tree_lookup(parent, name, error)->folder;
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

/* A folder's own change comes before what is in it: sorted by path. */
struct sbx_trace *sbx_view_to_trace(struct sbx_view *v, GError **error)
{
	SBX_AUTO(sbx_trace) trace = g_new0(struct sbx_trace, 1);
	trace->tree = sbx_tree_new(v->store, sbx_tree_dirmeta(v->tree));
	trace->removed = g_ptr_array_new_with_free_func(g_free);
	trace->n_bytes = v->n_bytes;
	g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(v->changes), compare_paths);
	for (GList *at = paths; at; at = at->next) {
		const struct change *made = g_hash_table_lookup(v->changes, at->data);
		g_autofree char *above = g_path_get_dirname(at->data);
		g_autofree char *name = g_path_get_basename(at->data);
		if (made->kind == SBX_VIEW_ABSENT) {
			g_ptr_array_add(trace->removed, g_strdup(at->data));
			continue;
		}
		gboolean is_folder = made->kind == SBX_VIEW_FOLDER;
		struct sbx_tree *folder =
			delta_folder(v, trace->tree, is_folder ? at->data : above, error);
		if (!folder ||
		    (!is_folder && !sbx_tree_put_file(folder, name, made->checksum, 0, error))) {
			sbx_set_error(error, SBX_E_FAILED, "%s: can't be changed",
				      (const char *)at->data);
			return NULL;
		}
	}
	return g_steal_pointer(&trace);
}
