/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_STACK_H
#define SBX_BUILDER_BUILD_STACK_H

#include "builder/resolve/lock.h"
#include "store/tree.h"

/*
 * The template that a new one lies on: its checkout is the new one's where they are the same, and
 * only what differs is checked out (store/layer.h). What the new one's tree is does not depend on
 * it: that is composed first, and then compared. Held as long as this is, so that it stays.
 */
struct sbx_stack {
	char *id;
	char *root;	       /* its checkout */
	struct sbx_tree *tree; /* of its commit */
	guint most_entries;    /* of a layer that is worth it */
	gboolean is_part;      /* all of its packages are the new one's too */
	int lock_fd;
};

/*
 * Which one that is: of those with the same base packages and content the one that has most in
 * common with the lock. NULL without an error when there is none, or they are so small that links
 * for a whole root cost nothing. `id` is the new one's.
 */
gboolean sbx_stack_find(struct sbx_store *store, const struct sbx_lock *lock, const char *id,
			struct sbx_stack **out_stack, GError **error);
void sbx_stack_free(struct sbx_stack *stack);

#endif
