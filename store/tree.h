/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_TREE_H
#define SBX_STORE_TREE_H

#include "store/object.h"

/*
 * A folder tree in memory whose leaves are store objects. Merging trees reads no file: a subtree
 * that only one side has stays a pair of checksums ("folded") until something is put into it.
 */
struct sbx_tree;

/* A whiteout says that there is nothing, in a layer over another tree (store/layer.h) alone. */
enum sbx_entry_kind { SBX_ENTRY_FILE, SBX_ENTRY_FOLDER, SBX_ENTRY_WHITEOUT };

struct sbx_entry {
	enum sbx_entry_kind kind;
	guint16 owner;			     /* the caller's number for who brought it */
	guint8 checksum[SBX_CHECKSUM_BYTES]; /* of a file object (or symbolic link) */
	struct sbx_tree *folder;	     /* of a folder */
};

struct sbx_tree *sbx_tree_new(struct sbx_store *store, const guint8 dirmeta[SBX_CHECKSUM_BYTES]);
/* Folded: contents are read from the store when first looked at. */
struct sbx_tree *sbx_tree_new_stored(struct sbx_store *store,
				     const guint8 contents[SBX_CHECKSUM_BYTES],
				     const guint8 dirmeta[SBX_CHECKSUM_BYTES], guint16 owner);
/* Who brought everything in a tree that is still folded. */
void sbx_tree_set_owner(struct sbx_tree *tree, guint16 owner);
void sbx_tree_free(struct sbx_tree *tree);
SBX_DEFINE_AUTO(sbx_tree, sbx_tree_free)

void sbx_tree_set_dirmeta(struct sbx_tree *tree, const guint8 dirmeta[SBX_CHECKSUM_BYTES]);
const guint8 *sbx_tree_dirmeta(const struct sbx_tree *tree);
/* Of what stands below, as stored: of a tree that was written, or not changed since it was read. */
const guint8 *sbx_tree_contents(const struct sbx_tree *tree);

/* The entry of that name in this folder; NULL without an error when there is none. */
struct sbx_entry *sbx_tree_lookup(struct sbx_tree *tree, const char *name, GError **error);
/* The entry at a relative path; symbolic links are not followed. NULL as above. */
struct sbx_entry *sbx_tree_find(struct sbx_tree *tree, const char *path, GError **error);

/* Put or replace. The tree takes `folder`. FALSE only when the store can't be read. */
gboolean sbx_tree_put_file(struct sbx_tree *tree, const char *name,
			   const guint8 checksum[SBX_CHECKSUM_BYTES], guint16 owner,
			   GError **error);
gboolean sbx_tree_put_folder(struct sbx_tree *tree, const char *name, struct sbx_tree *folder,
			     guint16 owner, GError **error);
gboolean sbx_tree_put_whiteout(struct sbx_tree *tree, const char *name, GError **error);
gboolean sbx_tree_remove(struct sbx_tree *tree, const char *name, GError **error);
/* Take a folder out of its tree, contents and all; it is the caller's. NULL when it is none. */
struct sbx_tree *sbx_tree_take_folder(struct sbx_tree *tree, const char *name, GError **error);

/*
 * The folder at a relative path, folders made with `dirmeta` as needed. A file in the way is
 * SBX_E_ARCHIVE. The path's components were checked by the caller (base/path.h).
 */
struct sbx_tree *sbx_tree_make_folders(struct sbx_tree *tree, const char *path,
				       const guint8 dirmeta[SBX_CHECKSUM_BYTES], guint16 owner,
				       GError **error);

/* Names of a folder, sorted by bytes; free the array, not the names. */
GPtrArray *sbx_tree_names(struct sbx_tree *tree, GError **error);

/* Write what changed as dirtree objects; the checksum of the tree's contents goes to out. */
gboolean sbx_tree_write(struct sbx_tree *tree, guint8 out[SBX_CHECKSUM_BYTES],
			GCancellable *cancellable, GError **error);

/*
 * Commit the tree under a ref (NULL: none), in the running transaction. `metadata` is a{sv} or
 * NULL. The commit carries no time of its own, so that the same tree gives the same commit.
 */
gboolean sbx_tree_commit(struct sbx_tree *tree, const char *ref, GVariant *metadata,
			 char **out_commit, GCancellable *cancellable, GError **error);

/*
 * The tree and metadata (a{sv}) of a ref. TRUE with outputs left alone when there is no such ref
 * (ask for one that starts as NULL). A ref of the running transaction counts, once what it names
 * was flushed. Any output may be NULL. *out_commit is the checksum of the commit.
 */
gboolean sbx_tree_load_ref(struct sbx_store *store, const char *ref, guint16 owner,
			   struct sbx_tree **out_tree, GVariant **out_metadata, char **out_commit,
			   GError **error);

#endif
