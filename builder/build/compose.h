/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_COMPOSE_H
#define SBX_BUILDER_BUILD_COMPOSE_H

#include "builder/resolve/lock.h"
#include "store/tree.h"

/* A package of a template, as loaded from its commit. Strings point into `metadata`. */
struct sbx_unit {
	const struct sbx_lock_package *lock;
	GVariant *metadata;
	struct sbx_tree *data, *control;
	const char *status, *depends, *pre_depends, *replaces, *provides, *multi_arch;
	gboolean essential;
	guint64 n_bytes;
	char *info_name; /* "libc6:amd64" when Multi-Arch: same, else the name (dpkg's info files)
			  */
	char *list;	 /* text of its .list: one absolute path a line */
	gboolean list_changed; /* another package has taken a file over */
	char *triggers;	       /* text of its triggers file, NULL: none */
	gboolean gives_way;    /* what others have at its paths stays: not yet diverted */
	char *slim_ref; /* under which what is not left out is kept; NULL: nothing is left out */
	gboolean slim_is_new; /* nothing is kept there yet */
};
void sbx_unit_free(struct sbx_unit *unit);

/*
 * Load the packages of a lock from the store, in the order they are unpacked and configured
 * (builder/build/order.h). base_only: just those flagged base.
 */
GPtrArray *sbx_compose_load(struct sbx_store *store, const struct sbx_lock *lock,
			    gboolean base_only, GError **error);

/* A diversion (dpkg-divert(1)): files of other packages at `path` go to `to`. */
struct sbx_diversion {
	char *path, *to, *package; /* absolute paths; package ":" is the administrator's */
	gboolean of_base;	   /* from when the base was configured: its files have moved */
};
void sbx_diversion_free(struct sbx_diversion *diversion);
/* Read /var/lib/dpkg/diversions: three lines each. */
GPtrArray *sbx_diversions_parse(const char *text, gsize n_bytes, GError **error);

/*
 * Merge the units' trees to one root, as dpkg would unpack them: /bin, /lib and so on are links to
 * /usr (usr-merge), the first package decides a folder's owner and mode, a file may replace
 * another package's only with Replaces (policy 7.6), diverted files go where they are sent.
 * No file is read or written. Two packages with the same file is SBX_E_ARCHIVE naming both.
 * A unit that gives way has no file where another one has. Consumes the units' data trees.
 * `diversions` may be NULL.
 */
struct sbx_tree *sbx_compose_merge(struct sbx_store *store, GPtrArray *units,
				   const GPtrArray *diversions, GCancellable *cancellable,
				   GError **error);

/*
 * Put dpkg's database under /var/lib/dpkg: status, info/, triggers/, diversions, and apt's
 * extended_states, so that `dpkg -l`, `dpkg -V`, `dpkg --audit` and apt work inside.
 */
gboolean sbx_compose_add_database(struct sbx_tree *root, struct sbx_store *store,
				  const struct sbx_lock *lock, GPtrArray *units,
				  GCancellable *cancellable, GError **error);

/* Put these diversions in place of those in the tree's database. */
gboolean sbx_compose_set_diversions(struct sbx_tree *root, struct sbx_store *store,
				    const GPtrArray *diversions, GCancellable *cancellable,
				    GError **error);

#endif
