/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/reads.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "builder/observe/observe.h"

#define MAX_LINKS 40 /* as path_resolution(7) */

enum { ABSENT = 'a', FILE_OR_LINK = 'f', FOLDER = 'd', LISTED_FOLDER = 'l' };

struct record {
	char kind;
	guint8 checksum[SBX_CHECKSUM_BYTES];
};

struct sbx_reads {
	struct sbx_store *store;
	struct sbx_tree *tree;
	GHashTable *records; /* path without a leading slash -> struct record * */
	GHashTable *links;   /* hex checksum of an object -> target, "" of what is no link */
};

struct sbx_reads *sbx_reads_new(struct sbx_store *store, struct sbx_tree *tree)
{
	struct sbx_reads *reads = g_new0(struct sbx_reads, 1);
	reads->store = store;
	reads->tree = tree;
	reads->records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	reads->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return reads;
}

void sbx_reads_free(struct sbx_reads *reads)
{
	if (!reads)
		return;
	g_hash_table_unref(reads->records);
	g_hash_table_unref(reads->links);
	g_free(reads);
}

guint sbx_reads_count(const struct sbx_reads *reads)
{
	return g_hash_table_size(reads->records);
}

/* A folder's owner and mode, and the names in it with what they are. */
static gboolean listing_checksum(struct sbx_tree *folder, guint8 out[SBX_CHECKSUM_BYTES],
				 GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(folder, error);
	gnutls_hash_hd_t hash;
	if (!names)
		return FALSE;
	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
		g_error("SHA-256 is not to be had from GnuTLS");
	gnutls_hash(hash, sbx_tree_dirmeta(folder), SBX_CHECKSUM_BYTES);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		const struct sbx_entry *entry = sbx_tree_lookup(folder, name, NULL);
		gnutls_hash(hash, name, strlen(name) + 1);
		gnutls_hash(hash, entry && entry->kind == SBX_ENTRY_FOLDER ? "d" : "f", 1);
	}
	gnutls_hash_deinit(hash, out);
	return TRUE;
}

static gboolean record_of(const struct sbx_entry *entry, char kind, struct record *out,
			  GError **error)
{
	out->kind = kind;
	if (kind == FILE_OR_LINK)
		memcpy(out->checksum, entry->checksum, SBX_CHECKSUM_BYTES);
	else if (kind == FOLDER)
		memcpy(out->checksum, sbx_tree_dirmeta(entry->folder), SBX_CHECKSUM_BYTES);
	else if (kind == LISTED_FOLDER)
		return listing_checksum(entry->folder, out->checksum, error);
	return TRUE;
}

static gboolean put(struct sbx_reads *reads, const char *path, const struct sbx_entry *entry,
		    char kind, GError **error)
{
	const struct record *known = g_hash_table_lookup(reads->records, path);
	if (known && (known->kind == kind || known->kind == LISTED_FOLDER))
		return TRUE;
	g_autofree struct record *record = g_new0(struct record, 1);
	if (!record_of(entry, kind, record, error))
		return FALSE;
	g_hash_table_replace(reads->records, g_strdup(path), g_steal_pointer(&record));
	return TRUE;
}

/* Where a link leads, "" of a regular file; it belongs to `links`. */
static const char *link_target(struct sbx_reads *reads, const struct sbx_entry *entry,
			       GError **error)
{
	g_autofree char *hex = ostree_checksum_from_bytes(entry->checksum);
	const char *known = g_hash_table_lookup(reads->links, hex);
	if (known)
		return known;
	g_autoptr(GFileInfo) info = sbx_object_info(reads->store, entry->checksum, error);
	if (!info)
		return NULL;
	gboolean is_link = g_file_info_get_file_type(info) == G_FILE_TYPE_SYMBOLIC_LINK;
	char *target = g_strdup(is_link ? g_file_info_get_symlink_target(info) : "");
	g_hash_table_insert(reads->links, g_steal_pointer(&hex), target);
	return target;
}

/* A walk from the root along a path, links followed. */
struct walk {
	struct sbx_reads *reads;
	GString *at;	    /* the folder reached, "" for the root */
	GPtrArray *folders; /* struct sbx_tree *, the root first */
	char *rest;
	guint n_links;
};

static void up(struct walk *w)
{
	if (w->folders->len < 2)
		return;
	g_ptr_array_set_size(w->folders, (gint)w->folders->len - 1);
	const char *slash = strrchr(w->at->str, '/');
	g_string_truncate(w->at, slash ? (gsize)(slash - w->at->str) : 0);
}

static void follow(struct walk *w, const char *target, const char *rest)
{
	g_autofree char *old = w->rest;
	w->rest = g_strconcat(target, "/", rest, NULL);
	if (target[0] != '/')
		return;
	g_ptr_array_set_size(w->folders, 1);
	g_string_truncate(w->at, 0);
}

/* Mounted over the tree, and the same for every script. */
static gboolean is_outside(const struct walk *w, const char *name)
{
	static const char *const outside[] = {"proc", "sys", "dev", "run", "tmp", NULL};
	return w->folders->len == 1 && g_strv_contains(outside, name);
}

/* One component. Returns FALSE at the end of the walk, or with an error. */
static gboolean step(struct walk *w, char folder_kind, GError **error)
{
	char *start = w->rest + strspn(w->rest, "/");
	gsize n = strcspn(start, "/");
	g_autofree char *name = g_strndup(start, n);
	g_autofree char *rest = g_strdup(start + n);
	gboolean is_last = rest[strspn(rest, "/")] == '\0';
	struct sbx_tree *folder = w->folders->pdata[w->folders->len - 1];
	if (n == 0 || g_str_equal(name, ".") || g_str_equal(name, "..")) {
		if (n == 2)
			up(w);
		g_free(w->rest);
		w->rest = g_steal_pointer(&rest);
		return n > 0;
	}
	if (is_outside(w, name))
		return FALSE;
	g_autoptr(GError) failed = NULL;
	struct sbx_entry *entry = sbx_tree_lookup(folder, name, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	gsize before = w->at->len;
	g_string_append_printf(w->at, "%s%s", before ? "/" : "", name);
	if (!entry) {
		put(w->reads, w->at->str, NULL, ABSENT, error);
		return FALSE;
	}
	if (entry->kind == SBX_ENTRY_FOLDER) {
		if (is_last && !put(w->reads, w->at->str, entry, folder_kind, error))
			return FALSE;
		g_ptr_array_add(w->folders, entry->folder);
		g_free(w->rest);
		w->rest = g_steal_pointer(&rest);
		return !is_last;
	}
	const char *target = link_target(w->reads, entry, error);
	if (!target || !put(w->reads, w->at->str, entry, FILE_OR_LINK, error) || !*target ||
	    ++w->n_links > MAX_LINKS)
		return FALSE;
	g_string_truncate(w->at, before);
	follow(w, target, rest);
	return TRUE;
}

static gboolean add_path(struct sbx_reads *reads, const char *path, gboolean is_opened,
			 GError **error)
{
	g_autoptr(GString) at = g_string_new(NULL);
	g_autoptr(GPtrArray) folders = g_ptr_array_new();
	g_autoptr(GError) failed = NULL;
	struct walk walk = {reads, at, folders, g_strdup(path), 0};
	g_ptr_array_add(folders, reads->tree);
	while (step(&walk, is_opened ? LISTED_FOLDER : FOLDER, &failed))
		;
	g_free(walk.rest);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean sbx_reads_add_observed(struct sbx_reads *reads, const char *file, char **out_unclear,
				GError **error)
{
	g_autofree char *text = NULL;
	gsize n = 0;
	if (!g_file_get_contents(file, &text, &n, NULL) || (n && text[n - 1] != '\0'))
		return sbx_set_error(error, SBX_E_SANDBOX,
				     "what a script read was not written down");
	for (const char *at = text; at < text + n; at += strlen(at) + 1) {
		/* The observer ran beside the script: nothing that it says leaves the tree. */
		if (at[0] == SBX_OBSERVED_UNCLEAR) {
			*out_unclear = g_utf8_make_valid(at + 1, -1);
			return TRUE;
		}
		if (at[0] && !add_path(reads, at + 1, at[0] == SBX_OBSERVED_OPENED, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean add_folders(struct sbx_reads *reads, struct sbx_tree *delta, struct sbx_tree *tree,
			    const char *path, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(delta, error);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		struct sbx_entry *coming = sbx_tree_lookup(delta, name, error);
		struct sbx_entry *present = sbx_tree_lookup(tree, name, NULL);
		if (!coming || coming->kind != SBX_ENTRY_FOLDER)
			continue;
		g_autofree char *below = g_strconcat(path, *path ? "/" : "", name, NULL);
		if (!present) {
			if (!put(reads, below, NULL, ABSENT, error))
				return FALSE;
		} else if (present->kind == SBX_ENTRY_FOLDER &&
			   (!put(reads, below, present, FOLDER, error) ||
			    !add_folders(reads, coming->folder, present->folder, below, error))) {
			return FALSE;
		}
	}
	return names != NULL;
}

gboolean sbx_reads_add_folders(struct sbx_reads *reads, struct sbx_tree *delta, GError **error)
{
	return add_folders(reads, delta, reads->tree, "", error);
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GBytes *sbx_reads_to_bytes(const struct sbx_reads *reads)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	GHashTableIter iter;
	gpointer path;
	g_hash_table_iter_init(&iter, reads->records);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_ptr_array_add(paths, path);
	g_ptr_array_sort(paths, compare_paths);
	GByteArray *bytes = g_byte_array_new();
	for (guint i = 0; i < paths->len; i++) {
		const char *name = paths->pdata[i];
		const struct record *record = g_hash_table_lookup(reads->records, name);
		g_byte_array_append(bytes, (const guint8 *)&record->kind, 1);
		if (record->kind != ABSENT)
			g_byte_array_append(bytes, record->checksum, SBX_CHECKSUM_BYTES);
		g_byte_array_append(bytes, (const guint8 *)name, (guint)strlen(name) + 1);
	}
	return g_byte_array_free_to_bytes(bytes);
}

/* The folder of the record verified last: the records are sorted, most share it with the next. */
struct parent {
	char *path;
	gsize n;
	struct sbx_tree *folder; /* NULL: there is none */
};

static struct sbx_tree *find_parent(struct parent *parent, const char *path, gsize n,
				    struct sbx_tree *tree)
{
	if (parent->path && parent->n == n && strncmp(parent->path, path, n) == 0)
		return parent->folder;
	g_free(parent->path);
	parent->path = g_strndup(path, n);
	parent->n = n;
	struct sbx_entry *entry = n ? sbx_tree_find(tree, parent->path, NULL) : NULL;
	parent->folder = !n					    ? tree
			 : entry && entry->kind == SBX_ENTRY_FOLDER ? entry->folder
								    : NULL;
	return parent->folder;
}

static gboolean holds(const char *path, char kind, const guint8 *checksum, struct parent *parent,
		      struct sbx_tree *tree)
{
	const char *slash = strrchr(path, '/');
	struct sbx_tree *folder =
		find_parent(parent, path, slash ? (gsize)(slash - path) : 0, tree);
	if (!folder)
		return FALSE;
	g_autoptr(GError) failed = NULL;
	struct sbx_entry *entry = sbx_tree_lookup(folder, slash ? slash + 1 : path, &failed);
	if (failed || (kind == ABSENT) != (entry == NULL))
		return FALSE;
	if (!entry)
		return TRUE;
	if ((kind == FILE_OR_LINK) != (entry->kind == SBX_ENTRY_FILE))
		return FALSE;
	struct record now;
	return record_of(entry, kind, &now, NULL) &&
	       memcmp(now.checksum, checksum, SBX_CHECKSUM_BYTES) == 0;
}

gboolean sbx_reads_hold(const guint8 *bytes, gsize n_bytes, struct sbx_tree *tree,
			const char **out_path)
{
	struct parent parent = {0};
	gboolean all = TRUE;
	*out_path = NULL;
	for (const guint8 *at = bytes, *end = bytes + n_bytes; all && at < end;) {
		char kind = (char)*at++;
		const guint8 *checksum = at;
		if (kind != ABSENT)
			at += SBX_CHECKSUM_BYTES;
		const guint8 *nul = at < end ? memchr(at, '\0', (gsize)(end - at)) : NULL;
		all = nul && strchr("afdl", kind) &&
		      holds((const char *)at, kind, checksum, &parent, tree);
		if (!all)
			*out_path = nul ? (const char *)at : NULL;
		at = nul ? nul + 1 : end;
	}
	g_free(parent.path);
	return all;
}
