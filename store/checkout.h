/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_CHECKOUT_H
#define SBX_STORE_CHECKOUT_H

#include "store/tree.h"

/*
 * Bring a tree to a folder as hard links to the store's objects, by several threads. `path` is made
 * when it is not there. What is there and not of the tree stays; a file or a folder in the way of
 * one of another kind goes; folders get the tree's owner and mode. A file with too many links is
 * copied. Every object must be in place (sbx_transaction_flush()). How many files and folders that
 * were goes to *out_n_entries, which may be NULL.
 */
gboolean sbx_tree_checkout(struct sbx_tree *tree, struct sbx_store *store, const char *path,
			   guint *out_n_entries, GCancellable *cancellable, GError **error);

/*
 * Is the folder at `path` still what checking the tree out made it? If not, *out_problem (newly
 * allocated) names the first path that is missing, too much, or not the store's. The bytes of what
 * is a link to an object are the object's, and not looked at.
 */
gboolean sbx_tree_check(struct sbx_tree *tree, struct sbx_store *store, const char *path,
			char **out_problem, GCancellable *cancellable, GError **error);

#endif
