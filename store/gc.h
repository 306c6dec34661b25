/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_GC_H
#define SBX_STORE_GC_H

#include "store/store.h"

struct sbx_gc_result {
	guint n_templates; /* removed: unnamed and not used for long enough */
	guint n_refs;	   /* packages, compiled modules and layers that nothing needs any more */
	guint n_profiles;  /* forgotten: of tasks that nobody asked about for as long */
	guint n_objects;
	guint64 n_bytes; /* freed, objects and scratch together */
};

/*
 * Free what no name, lock or live sandbox needs. The store must be open exclusively, so that no
 * build is between importing a package and committing the template that needs it. Unnamed
 * templates go when they were neither made nor used for `unused_seconds`; one that a sandbox lives
 * on stays. dry_run: only count.
 */
gboolean sbx_gc_run(struct sbx_store *store, gint64 unused_seconds, gboolean dry_run,
		    struct sbx_gc_result *out_result, GCancellable *cancellable, GError **error);

/* The files that a commit needs, as a set of libostree's object names; union'ed into `objects`. */
gboolean sbx_gc_reachable(struct sbx_store *store, const char *commit, GHashTable *objects,
			  GCancellable *cancellable, GError **error);

/*
 * How many bytes of a template's objects it shares with other templates, and how many are its own.
 */
gboolean sbx_gc_measure(struct sbx_store *store, const char *id, guint64 *out_shared,
			guint64 *out_own, GCancellable *cancellable, GError **error);

#endif
