/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_LAYER_H
#define SBX_STORE_LAYER_H

#include "store/tree.h"

/*
 * A tree as what differs from another one: checked out as a folder (store/checkout.h), overlayfs
 * shows that over the other's checkout as the tree itself (the kernel's
 * Documentation/filesystems/overlayfs.rst, "whiteouts"). What the other has besides is hidden by
 * whiteouts, name by name and never by opaque folders: whether those count depends on how an
 * overlay is mounted.
 *
 * Both trees are as stored: written, or not changed since they were read. Equal subtrees are not
 * looked into. *out_layer is NULL when the layer came to more than `most` entries; else it is the
 * caller's, and *out_n_entries how many it has.
 */
gboolean sbx_layer_make(struct sbx_store *store, struct sbx_tree *base, struct sbx_tree *tree,
			guint most, struct sbx_tree **out_layer, guint *out_n_entries,
			GError **error);

#endif
