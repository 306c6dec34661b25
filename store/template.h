/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_TEMPLATE_H
#define SBX_STORE_TEMPLATE_H

#include "store/catalog.h"

/* templates/<id>/ below the store, and its files. Newly allocated. */
char *sbx_template_path(struct sbx_store *store, const char *id, const char *file);

/*
 * Its files are in root/; or in layer/ what differs from the root of another template, to which
 * the link base leads (store/layer.h). That other one has a root of its own. Where there is a
 * root/, a layer/ beside it is done with. sbx-provision finds them so (provisioner/template.c).
 */
#define SBX_TEMPLATE_ROOT  "root"
#define SBX_TEMPLATE_LAYER "layer"
#define SBX_TEMPLATE_BASE  "base"

/* Is its checkout there, and that of its base? */
gboolean sbx_template_is_present(struct sbx_store *store, const char *id);

/*
 * Put a finished folder (root/ and what else belongs to it) in its place, where sandboxes find it.
 * It is not a template before it is in the catalog, and may be entered there once what it links to
 * is synced (store/transaction.h): a folder without a row is a crash's left-over and replaced.
 */
gboolean sbx_template_place(struct sbx_store *store, const char *folder, const char *id,
			    GError **error);

/* Name it: in the catalog, and as a link templates/<name> that sbx-provision follows. */
gboolean sbx_template_name(struct sbx_store *store, const char *name, const char *id,
			   GError **error);
gboolean sbx_template_unname(struct sbx_store *store, const char *name, gboolean *out_existed,
			     GError **error);

/*
 * Give a template that lies on another one a root of its own. SBX_E_BUSY while a sandbox lives on
 * its layer: later ones live on the root, but the base has to stay. Call it again then; it goes on
 * where it, or a crash, has left off.
 */
gboolean sbx_template_make_whole(struct sbx_store *store, const char *id, GCancellable *cancellable,
				 GError **error);

/*
 * Remove a template, its names and its ref; its objects go with the next gc. Those that lie on it
 * are made whole first. SBX_E_BUSY while a sandbox lives on it or on one of these: then it stays.
 */
gboolean sbx_template_remove(struct sbx_store *store, const char *id, GCancellable *cancellable,
			     GError **error);

/* A lock that keeps it from being removed, to be closed; -1 and SBX_E_BUSY when it is just that. */
int sbx_template_hold(struct sbx_store *store, const char *id, GError **error);

#endif
