/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_TEMPLATE_H
#define SBX_STORE_TEMPLATE_H

#include "store/catalog.h"

/* templates/<id>/ below the store, and its files. Newly allocated. */
char *sbx_template_path(struct sbx_store *store, const char *id, const char *file);

/* Is its checkout there? */
gboolean sbx_template_is_present(struct sbx_store *store, const char *id);

/*
 * Put a finished folder (root/ and what else belongs to it) in its place and enter it in the
 * catalog. A folder of that id without a row in the catalog is a crash's left-over and replaced.
 */
gboolean sbx_template_publish(struct sbx_store *store, const char *folder,
			      const struct sbx_template *row, GError **error);

/* Name it: in the catalog, and as a link templates/<name> that sbx-provision follows. */
gboolean sbx_template_name(struct sbx_store *store, const char *name, const char *id,
			   GError **error);
gboolean sbx_template_unname(struct sbx_store *store, const char *name, gboolean *out_existed,
			     GError **error);

/*
 * Remove a template, its names and its ref; its objects go with the next gc. SBX_E_BUSY while a
 * sandbox lives on it: then nothing is changed.
 */
gboolean sbx_template_remove(struct sbx_store *store, const char *id, GError **error);

#endif
