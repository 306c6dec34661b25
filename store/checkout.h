/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_CHECKOUT_H
#define SBX_STORE_CHECKOUT_H

#include "store/tree.h"

/*
 * Bring a tree to a folder as hard links to the store's objects, by several threads. `path` is made
 * when it is not there. What is there and not of the tree stays; a file or a folder in the way of
 * one of another kind goes; folders get the tree's owner and mode. A file with too many links is
 * copied. Every object must be in place (sbx_transaction_flush()).
 */
gboolean sbx_tree_checkout(struct sbx_tree *tree, struct sbx_store *store, const char *path,
			   GCancellable *cancellable, GError **error);

#endif
