/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_FSCK_H
#define SBX_STORE_FSCK_H

#include "store/store.h"

struct sbx_fsck_result {
	guint n_objects;     /* checked */
	GPtrArray *damaged;  /* char *: objects whose bytes do not match their checksum */
	GPtrArray *problems; /* char *: refs and templates that miss something, a line each */
	gboolean repaired;
};
void sbx_fsck_result_clear(struct sbx_fsck_result *result);

/*
 * Check every object against its checksum and every ref and template of the catalog against the
 * store, on all processors. With `repair` (the store must be open exclusively) damaged objects are
 * removed together with the packages and templates that need them, so that building again brings
 * them back whole. `tick` is called now and then with the number of objects done.
 */
gboolean sbx_fsck_run(struct sbx_store *store, gboolean repair,
		      void (*tick)(guint n_done, guint n_total, gpointer data), gpointer data,
		      struct sbx_fsck_result *out_result, GCancellable *cancellable,
		      GError **error);

#endif
