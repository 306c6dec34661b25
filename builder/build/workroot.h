/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_WORKROOT_H
#define SBX_BUILDER_BUILD_WORKROOT_H

#include "builder/build/stack.h"
#include "builder/build/trace.h"
#include "store/checkout.h"
#include "store/transaction.h"

/*
 * The tree that a build works on: in memory, and, once something has to run over it, checked out.
 * What scripts change is made to both. While nothing has to run, there is no checkout.
 *
 * Over a stack the checkout is a layer: what differs from another template. That is little, and
 * made anew in another folder when something changed; the former ones stay, since what still runs
 * over one reads it.
 */
struct sbx_workroot {
	struct sbx_store *store;
	struct sbx_tree *tree;		     /* the caller's */
	const struct sbx_stack *stack;	     /* the caller's; NULL: the checkout is whole */
	char *root;			     /* where a whole checkout is made */
	char *path;			     /* where the checkout is; which need not be there */
	struct sbx_transaction *transaction; /* runs */
	GCancellable *cancellable;
	gboolean is_checked_out;
	gboolean is_layer_old; /* the tree has changed since */
	guint n_layers;
	guint n_entries;	  /* files and folders of a whole checkout, or a few more */
	gint64 checkout_usec;	  /* what making and mending the checkout has taken */
	struct sbx_tree *changed; /* all that was changed since init */
	GPtrArray *removed;	  /* char *: paths that were removed since, which may be back */
	GPtrArray *behind;	  /* struct sbx_trace *: replayed, not yet in the checkout */
};

void sbx_workroot_init(struct sbx_workroot *w, struct sbx_store *store, struct sbx_tree *tree,
		       const char *path, const struct sbx_stack *stack,
		       struct sbx_transaction *transaction, GCancellable *cancellable);
void sbx_workroot_release(struct sbx_workroot *w);

/* The checkout is there and is what the tree is; over w->stack->root where there is a stack. */
gboolean sbx_workroot_require(struct sbx_workroot *w, GError **error);

/* For people to look at: a checkout that is whole, at w->path. */
gboolean sbx_workroot_show(struct sbx_workroot *w, GError **error);

/* Make a trace's changes to the tree. Takes the trace. */
gboolean sbx_workroot_replay(struct sbx_workroot *w, struct sbx_trace *trace, GError **error);

/* Make the changes of a script that just ran over the checkout, whose delta is in the transaction.
 */
gboolean sbx_workroot_take(struct sbx_workroot *w, const struct sbx_trace *trace, GError **error);

/*
 * Commit the tree under a ref, and make the checkout that tree's, of links to the objects; the
 * transaction goes on. What else changed the tree since it was checked out must have changed
 * `changed` too.
 */
gboolean sbx_workroot_commit(struct sbx_workroot *w, const char *ref, char **out_commit,
			     GError **error);

#endif
