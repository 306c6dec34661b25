/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/stack.h"

#include "base/fd.h"
#include "builder/build/base_layer.h"
#include "builder/build/import.h"
#include "store/template.h"

/* A whole root of fewer files and folders is made in some milliseconds. */
#define LEAST_ENTRIES 1000
/* A layer with more than this part of the base's entries saves too little. */
#define LARGEST_PART 4

void sbx_stack_free(struct sbx_stack *stack)
{
	if (!stack)
		return;
	sbx_tree_free(stack->tree);
	sbx_close(&stack->lock_fd);
	g_free(stack->id);
	g_free(stack->root);
	g_free(stack);
}

static char **package_refs(const struct sbx_lock *lock)
{
	GPtrArray *refs = g_ptr_array_new();
	for (guint i = 0; i < lock->packages->len; i++)
		g_ptr_array_add(refs, sbx_import_ref(lock->packages->pdata[i]));
	g_ptr_array_add(refs, NULL);
	return (char **)g_ptr_array_free(refs, FALSE);
}

static gboolean load(struct sbx_store *store, const struct sbx_template *row,
		     const struct sbx_catalog_wish *wish, struct sbx_stack **out_stack,
		     GError **error)
{
	/* Just being removed, or not whole: there is nothing to lie on. */
	SBX_CLEANUP_FD int lock_fd = sbx_template_hold(store, row->id, NULL);
	if (lock_fd < 0 || !sbx_template_is_present(store, row->id))
		return TRUE;
	g_autofree char *ref = g_strconcat("template/", row->id, NULL);
	SBX_AUTO(sbx_tree) tree = NULL;
	if (!sbx_tree_load_ref(store, ref, 0, &tree, NULL, NULL, error))
		return FALSE;
	if (!tree)
		return TRUE;
	struct sbx_stack *stack = g_new0(struct sbx_stack, 1);
	stack->id = g_strdup(row->id);
	stack->root = sbx_template_path(store, row->id, SBX_TEMPLATE_ROOT);
	stack->tree = g_steal_pointer(&tree);
	stack->most_entries = (guint)(row->n_entries / LARGEST_PART);
	stack->is_part = sbx_catalog_is_part(store, row->id, wish);
	stack->lock_fd = sbx_steal_fd(&lock_fd);
	*out_stack = stack;
	return TRUE;
}

gboolean sbx_stack_find(struct sbx_store *store, const struct sbx_lock *lock, const char *id,
			struct sbx_stack **out_stack, GError **error)
{
	g_autofree char *base = sbx_base_layer_ref(lock);
	/* Where others lie on it, it is made anew since it was lost, and has to be whole. */
	g_auto(GStrv) upper = sbx_catalog_upper(store, id, error);
	g_autoptr(GError) failed = NULL;
	*out_stack = NULL;
	if (!base || !upper || *upper)
		return upper != NULL;
	g_auto(GStrv) refs = package_refs(lock);
	const struct sbx_catalog_wish wish = {
		.except = id,
		.must = base,
		.prefix = "pkg/",
		.refs = refs,
		.least_entries = LEAST_ENTRIES,
	};
	SBX_AUTO(sbx_template) row = sbx_catalog_nearest(store, &wish, &failed);
	if (!failed)
		return !row || load(store, row, &wish, out_stack, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
