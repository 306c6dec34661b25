/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tree.h"

#include <string.h>

#include "store/transaction.h"

struct sbx_tree {
	struct sbx_store *store;
	GHashTable *entries; /* name -> struct sbx_entry *; NULL while folded */
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	guint8 contents[SBX_CHECKSUM_BYTES]; /* as stored; valid unless changed */
	gboolean is_changed;		     /* entries came or went since it was read or written */
	gboolean is_news; /* contents or dirmeta are not what the folder above was written with */
	guint16 owner;	  /* of everything in a folded tree */
};

static void entry_free(gpointer data)
{
	struct sbx_entry *entry = data;
	sbx_tree_free(entry->folder);
	g_free(entry);
}

static struct sbx_tree *tree_alloc(struct sbx_store *store, const guint8 *dirmeta)
{
	struct sbx_tree *tree = g_new0(struct sbx_tree, 1);
	tree->store = store;
	memcpy(tree->dirmeta, dirmeta, SBX_CHECKSUM_BYTES);
	return tree;
}

struct sbx_tree *sbx_tree_new(struct sbx_store *store, const guint8 dirmeta[SBX_CHECKSUM_BYTES])
{
	struct sbx_tree *tree = tree_alloc(store, dirmeta);
	tree->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	tree->is_changed = TRUE;
	return tree;
}

struct sbx_tree *sbx_tree_new_stored(struct sbx_store *store,
				     const guint8 contents[SBX_CHECKSUM_BYTES],
				     const guint8 dirmeta[SBX_CHECKSUM_BYTES], guint16 owner)
{
	struct sbx_tree *tree = tree_alloc(store, dirmeta);
	memcpy(tree->contents, contents, SBX_CHECKSUM_BYTES);
	tree->owner = owner;
	return tree;
}

void sbx_tree_set_owner(struct sbx_tree *tree, guint16 owner)
{
	g_return_if_fail(!tree->entries);
	tree->owner = owner;
}

void sbx_tree_free(struct sbx_tree *tree)
{
	if (!tree)
		return;
	g_clear_pointer(&tree->entries, g_hash_table_unref);
	g_free(tree);
}

void sbx_tree_set_dirmeta(struct sbx_tree *tree, const guint8 dirmeta[SBX_CHECKSUM_BYTES])
{
	tree->is_news |= memcmp(tree->dirmeta, dirmeta, SBX_CHECKSUM_BYTES) != 0;
	memcpy(tree->dirmeta, dirmeta, SBX_CHECKSUM_BYTES);
}

const guint8 *sbx_tree_dirmeta(const struct sbx_tree *tree)
{
	return tree->dirmeta;
}

const guint8 *sbx_tree_contents(const struct sbx_tree *tree)
{
	return tree->contents;
}

static void put_entry(struct sbx_tree *tree, const char *name, enum sbx_entry_kind kind,
		      const guint8 *checksum, struct sbx_tree *folder, guint16 owner)
{
	struct sbx_entry *entry = g_new0(struct sbx_entry, 1);
	entry->kind = kind;
	entry->owner = owner;
	entry->folder = folder;
	if (checksum)
		memcpy(entry->checksum, checksum, SBX_CHECKSUM_BYTES);
	g_hash_table_replace(tree->entries, g_strdup(name), entry);
}

static gboolean checksum_of(GVariant *bytes, guint8 out[SBX_CHECKSUM_BYTES])
{
	gsize n = 0;
	const guint8 *data = g_variant_get_fixed_array(bytes, &n, 1);
	if (n != SBX_CHECKSUM_BYTES)
		return FALSE;
	memcpy(out, data, n);
	return TRUE;
}

/* dirtree objects are (a(say)a(sayay)): files with checksum; folders with contents and dirmeta. */
static gboolean unfold(struct sbx_tree *tree, GError **error)
{
	if (tree->entries)
		return TRUE;
	g_autofree char *hex = ostree_checksum_from_bytes(tree->contents);
	g_autoptr(GVariant) stored = NULL;
	if (!ostree_repo_load_variant(tree->store->repo, OSTREE_OBJECT_TYPE_DIR_TREE, hex, &stored,
				      error))
		return FALSE;
	g_autoptr(GHashTable) entries =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	tree->entries = entries;
	g_autoptr(GVariant) files = g_variant_get_child_value(stored, 0);
	g_autoptr(GVariant) folders = g_variant_get_child_value(stored, 1);
	gboolean valid = TRUE;
	for (gsize i = 0; i < g_variant_n_children(files); i++) {
		const char *name;
		g_autoptr(GVariant) bytes = NULL;
		guint8 checksum[SBX_CHECKSUM_BYTES];
		g_variant_get_child(files, i, "(&s@ay)", &name, &bytes);
		valid = valid && checksum_of(bytes, checksum);
		if (valid)
			put_entry(tree, name, SBX_ENTRY_FILE, checksum, NULL, tree->owner);
	}
	for (gsize i = 0; i < g_variant_n_children(folders); i++) {
		const char *name;
		g_autoptr(GVariant) contents_bytes = NULL;
		g_autoptr(GVariant) meta_bytes = NULL;
		guint8 contents[SBX_CHECKSUM_BYTES], meta[SBX_CHECKSUM_BYTES];
		g_variant_get_child(folders, i, "(&s@ay@ay)", &name, &contents_bytes, &meta_bytes);
		valid = valid && checksum_of(contents_bytes, contents) &&
			checksum_of(meta_bytes, meta);
		if (valid)
			put_entry(tree, name, SBX_ENTRY_FOLDER, NULL,
				  sbx_tree_new_stored(tree->store, contents, meta, tree->owner),
				  tree->owner);
	}
	if (!valid) {
		tree->entries = NULL;
		return sbx_set_error(error, SBX_E_DAMAGED, "object %s.dirtree: malformed", hex);
	}
	g_steal_pointer(&entries);
	return TRUE;
}

struct sbx_entry *sbx_tree_lookup(struct sbx_tree *tree, const char *name, GError **error)
{
	return unfold(tree, error) ? g_hash_table_lookup(tree->entries, name) : NULL;
}

struct sbx_entry *sbx_tree_find(struct sbx_tree *tree, const char *path, GError **error)
{
	struct sbx_entry *entry = NULL;
	while (*path) {
		gsize n = strcspn(path, "/");
		g_autofree char *name = g_strndup(path, n);
		path += n + strspn(path + n, "/");
		entry = sbx_tree_lookup(tree, name, error);
		if (!entry || !*path)
			return entry;
		if (entry->kind != SBX_ENTRY_FOLDER)
			return NULL;
		tree = entry->folder;
	}
	return entry;
}

gboolean sbx_tree_put_file(struct sbx_tree *tree, const char *name,
			   const guint8 checksum[SBX_CHECKSUM_BYTES], guint16 owner, GError **error)
{
	if (!unfold(tree, error))
		return FALSE;
	tree->is_changed = TRUE;
	put_entry(tree, name, SBX_ENTRY_FILE, checksum, NULL, owner);
	return TRUE;
}

gboolean sbx_tree_put_folder(struct sbx_tree *tree, const char *name, struct sbx_tree *folder,
			     guint16 owner, GError **error)
{
	if (!unfold(tree, error)) {
		sbx_tree_free(folder);
		return FALSE;
	}
	tree->is_changed = TRUE;
	put_entry(tree, name, SBX_ENTRY_FOLDER, NULL, folder, owner);
	return TRUE;
}

gboolean sbx_tree_put_whiteout(struct sbx_tree *tree, const char *name, GError **error)
{
	if (!unfold(tree, error))
		return FALSE;
	tree->is_changed = TRUE;
	put_entry(tree, name, SBX_ENTRY_WHITEOUT, NULL, NULL, 0);
	return TRUE;
}

gboolean sbx_tree_remove(struct sbx_tree *tree, const char *name, GError **error)
{
	if (!unfold(tree, error))
		return FALSE;
	tree->is_changed |= g_hash_table_remove(tree->entries, name);
	return TRUE;
}

struct sbx_tree *sbx_tree_take_folder(struct sbx_tree *tree, const char *name, GError **error)
{
	struct sbx_entry *entry = sbx_tree_lookup(tree, name, error);
	if (!entry || entry->kind != SBX_ENTRY_FOLDER)
		return NULL;
	struct sbx_tree *taken = g_steal_pointer(&entry->folder);
	tree->is_changed = TRUE;
	g_hash_table_remove(tree->entries, name);
	return taken;
}

struct sbx_tree *sbx_tree_make_folders(struct sbx_tree *tree, const char *path,
				       const guint8 dirmeta[SBX_CHECKSUM_BYTES], guint16 owner,
				       GError **error)
{
	for (const char *p = path; *p;) {
		gsize n = strcspn(p, "/");
		g_autofree char *name = g_strndup(p, n);
		p += n + strspn(p + n, "/");
		if (!unfold(tree, error))
			return NULL;
		struct sbx_entry *entry = g_hash_table_lookup(tree->entries, name);
		if (entry && entry->kind != SBX_ENTRY_FOLDER) {
			sbx_set_error(error, SBX_E_ARCHIVE, "%s: '%s' is a file, not a folder",
				      path, name);
			return NULL;
		}
		if (!entry) {
			tree->is_changed = TRUE;
			put_entry(tree, name, SBX_ENTRY_FOLDER, NULL,
				  sbx_tree_new(tree->store, dirmeta), owner);
			entry = g_hash_table_lookup(tree->entries, name);
		}
		tree = entry->folder;
	}
	return tree;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *sbx_tree_names(struct sbx_tree *tree, GError **error)
{
	if (!unfold(tree, error))
		return NULL;
	GPtrArray *names = g_ptr_array_sized_new(g_hash_table_size(tree->entries));
	GHashTableIter iter;
	gpointer name;
	g_hash_table_iter_init(&iter, tree->entries);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(names, name);
	g_ptr_array_sort(names, compare_names);
	return names;
}

static GVariant *checksum_variant(const guint8 checksum[SBX_CHECKSUM_BYTES])
{
	return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, checksum, SBX_CHECKSUM_BYTES, 1);
}

/* The folders below are written. */
static gboolean write_dirtree(struct sbx_tree *tree, GCancellable *cancellable, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(tree, error);
	g_auto(GVariantBuilder) files = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(say)"));
	g_auto(GVariantBuilder) folders = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sayay)"));
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		struct sbx_entry *entry = g_hash_table_lookup(tree->entries, name);
		if (entry->kind == SBX_ENTRY_FILE) {
			g_variant_builder_add(&files, "(s@ay)", name,
					      checksum_variant(entry->checksum));
			continue;
		}
		entry->folder->is_news = FALSE;
		g_variant_builder_add(&folders, "(s@ay@ay)", name,
				      checksum_variant(entry->folder->contents),
				      checksum_variant(entry->folder->dirmeta));
	}
	g_autoptr(GVariant) dirtree = g_variant_ref_sink(
		g_variant_new("(@a(say)@a(sayay))", g_variant_builder_end(&files),
			      g_variant_builder_end(&folders)));
	g_autofree guchar *checksum = NULL;
	if (!ostree_repo_write_metadata(tree->store->repo, OSTREE_OBJECT_TYPE_DIR_TREE, NULL,
					dirtree, &checksum, cancellable, error))
		return FALSE;
	memcpy(tree->contents, checksum, SBX_CHECKSUM_BYTES);
	tree->is_changed = FALSE;
	tree->is_news = TRUE;
	return TRUE;
}

/* Of a large tree in which little changed, little is written. */
static gboolean write_folder(struct sbx_tree *tree, GCancellable *cancellable, GError **error)
{
	gboolean is_changed = tree->is_changed;
	GHashTableIter iter;
	gpointer value;
	if (!tree->entries)
		return TRUE;
	g_hash_table_iter_init(&iter, tree->entries);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct sbx_entry *entry = value;
		if (entry->kind != SBX_ENTRY_FOLDER)
			continue;
		if (!write_folder(entry->folder, cancellable, error))
			return FALSE;
		is_changed |= entry->folder->is_news;
	}
	return !is_changed || write_dirtree(tree, cancellable, error);
}

gboolean sbx_tree_write(struct sbx_tree *tree, guint8 out[SBX_CHECKSUM_BYTES],
			GCancellable *cancellable, GError **error)
{
	if (!write_folder(tree, cancellable, error))
		return FALSE;
	memcpy(out, tree->contents, SBX_CHECKSUM_BYTES);
	return TRUE;
}

gboolean sbx_tree_commit(struct sbx_tree *tree, const char *ref, GVariant *metadata,
			 char **out_commit, GCancellable *cancellable, GError **error)
{
	g_autoptr(GVariant) sunk = metadata ? g_variant_ref_sink(metadata) : NULL;
	guint8 contents[SBX_CHECKSUM_BYTES];
	if (!sbx_tree_write(tree, contents, cancellable, error))
		return FALSE;
	g_autofree char *contents_hex = ostree_checksum_from_bytes(contents);
	g_autofree char *meta_hex = ostree_checksum_from_bytes(tree->dirmeta);
	OstreeRepo *repo = tree->store->repo;
	g_autoptr(OstreeMutableTree) written =
		ostree_mutable_tree_new_from_checksum(repo, contents_hex, meta_hex);
	g_autoptr(GFile) root = NULL;
	g_autofree char *commit = NULL;
	if (!ostree_repo_write_mtree(repo, written, &root, cancellable, error) ||
	    !ostree_repo_write_commit_with_time(repo, NULL, NULL, NULL, sunk,
						OSTREE_REPO_FILE(root), 0, &commit, cancellable,
						error))
		return FALSE;
	if (ref)
		sbx_transaction_set_ref(tree->store, ref, commit);
	if (out_commit)
		*out_commit = g_steal_pointer(&commit);
	return TRUE;
}

gboolean sbx_tree_load_ref(struct sbx_store *store, const char *ref, guint16 owner,
			   struct sbx_tree **out_tree, GVariant **out_metadata, char **out_commit,
			   GError **error)
{
	g_autofree char *commit = sbx_transaction_ref(store, ref);
	if (!commit && !ostree_repo_resolve_rev(store->repo, ref, TRUE, &commit, error))
		return FALSE;
	if (!commit)
		return TRUE;
	g_autoptr(GVariant) variant = NULL;
	if (!ostree_repo_load_commit(store->repo, commit, &variant, NULL, error)) {
		g_prefix_error(error, "%s: ", ref);
		return FALSE;
	}
	/* (a{sv}aya(say)sstayay): metadata, ..., contents, dirmeta. */
	g_autoptr(GVariant) contents_bytes = g_variant_get_child_value(variant, 6);
	g_autoptr(GVariant) meta_bytes = g_variant_get_child_value(variant, 7);
	guint8 contents[SBX_CHECKSUM_BYTES], meta[SBX_CHECKSUM_BYTES];
	if (!checksum_of(contents_bytes, contents) || !checksum_of(meta_bytes, meta))
		return sbx_set_error(error, SBX_E_DAMAGED, "commit %s: malformed", commit);
	if (out_tree)
		*out_tree = sbx_tree_new_stored(store, contents, meta, owner);
	if (out_metadata)
		*out_metadata = g_variant_get_child_value(variant, 0);
	if (out_commit)
		*out_commit = g_steal_pointer(&commit);
	return TRUE;
}
