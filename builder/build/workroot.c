/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/workroot.h"

#include "store/layer.h"

void sbx_workroot_init(struct sbx_workroot *w, struct sbx_store *store, struct sbx_tree *tree,
		       const char *path, const struct sbx_stack *stack,
		       struct sbx_transaction *transaction, GCancellable *cancellable)
{
	*w = (struct sbx_workroot){
		.store = store,
		.tree = tree,
		.stack = stack,
		.root = g_strdup(path),
		.path = g_strdup(path),
		.transaction = transaction,
		.cancellable = cancellable,
		.changed = sbx_tree_new(store, sbx_tree_dirmeta(tree)),
		.removed = g_ptr_array_new_with_free_func(g_free),
		.behind = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_trace_free),
	};
}

void sbx_workroot_release(struct sbx_workroot *w)
{
	sbx_tree_free(w->changed);
	g_clear_pointer(&w->removed, g_ptr_array_unref);
	g_clear_pointer(&w->behind, g_ptr_array_unref);
	g_free(w->root);
	g_free(w->path);
}

static gboolean lay_over(struct sbx_workroot *w, struct sbx_tree *tree, GError **error)
{
	guint n_entries = 0;
	gboolean fine =
		sbx_tree_checkout(tree, w->store, w->path, &n_entries, w->cancellable, error);
	w->n_entries += n_entries;
	return fine;
}

static gboolean check_out(struct sbx_workroot *w, GError **error)
{
	if (!sbx_transaction_flush(w->transaction, w->cancellable, error) ||
	    !lay_over(w, w->tree, error))
		return FALSE;
	w->is_checked_out = TRUE;
	return TRUE;
}

static gboolean remove_paths(const struct sbx_workroot *w, const GPtrArray *removed, GError **error)
{
	for (guint i = 0; i < removed->len; i++) {
		g_autofree char *path = g_build_filename(w->path, removed->pdata[i], NULL);
		if (!sbx_store_remove_tree(path, error))
			return FALSE;
	}
	return TRUE;
}

/* What was done natively may be in the transaction alone. */
static gboolean catch_up(struct sbx_workroot *w, GError **error)
{
	if (w->behind->len && !sbx_transaction_flush(w->transaction, w->cancellable, error))
		return FALSE;
	for (guint i = 0; i < w->behind->len; i++) {
		const struct sbx_trace *trace = w->behind->pdata[i];
		if (!remove_paths(w, trace->removed, error) || !lay_over(w, trace->tree, error))
			return FALSE;
	}
	g_ptr_array_set_size(w->behind, 0);
	return TRUE;
}

/* The first one decides: when it comes to too much, the checkout will be whole. */
static gboolean put_layer(struct sbx_workroot *w, GError **error)
{
	guint8 contents[SBX_CHECKSUM_BYTES];
	SBX_AUTO(sbx_tree) layer = NULL;
	guint most = w->is_checked_out ? G_MAXUINT : w->stack->most_entries, n_entries;
	if (w->is_checked_out && !w->is_layer_old)
		return TRUE;
	if (!sbx_tree_write(w->tree, contents, w->cancellable, error) ||
	    !sbx_transaction_flush(w->transaction, w->cancellable, error) ||
	    !sbx_layer_make(w->store, w->stack->tree, w->tree, most, &layer, &n_entries, error))
		return FALSE;
	if (!layer) {
		w->stack = NULL;
		return TRUE;
	}
	g_free(w->path);
	w->path = g_strdup_printf("%s-layer-%u", w->root, w->n_layers++);
	w->is_checked_out = TRUE;
	w->is_layer_old = FALSE;
	return sbx_tree_checkout(layer, w->store, w->path, NULL, w->cancellable, error);
}

gboolean sbx_workroot_require(struct sbx_workroot *w, GError **error)
{
	gint64 began = g_get_monotonic_time();
	gboolean fine = !w->stack || put_layer(w, error);
	if (fine && !w->stack)
		fine = w->is_checked_out ? catch_up(w, error) : check_out(w, error);
	w->checkout_usec += g_get_monotonic_time() - began;
	return fine;
}

gboolean sbx_workroot_show(struct sbx_workroot *w, GError **error)
{
	if (!w->stack)
		return TRUE;
	g_free(w->path);
	w->path = g_strdup(w->root);
	return sbx_transaction_flush(w->transaction, w->cancellable, error) &&
	       lay_over(w, w->tree, error);
}

static gboolean apply_to(struct sbx_workroot *w, const struct sbx_trace *trace,
			 const guint8 *contents, struct sbx_tree *to, GError **error)
{
	/* A delta is taken apart as it is applied: each time from what is stored. */
	SBX_AUTO(sbx_tree)
	stored = sbx_tree_new_stored(w->store, contents, sbx_tree_dirmeta(trace->tree), 0);
	struct sbx_delta delta = {.tree = stored, .removed = trace->removed};
	return sbx_delta_apply(&delta, to, error);
}

static gboolean apply(struct sbx_workroot *w, const struct sbx_trace *trace, GError **error)
{
	guint8 contents[SBX_CHECKSUM_BYTES];
	for (guint i = 0; i < trace->removed->len; i++)
		g_ptr_array_add(w->removed, g_strdup(trace->removed->pdata[i]));
	return sbx_tree_write(trace->tree, contents, w->cancellable, error) &&
	       apply_to(w, trace, contents, w->tree, error) &&
	       apply_to(w, trace, contents, w->changed, error);
}

/* Natively done scripts that follow each other are one change to the checkout. */
static gboolean add_behind(struct sbx_workroot *w, struct sbx_trace *trace, GError **error)
{
	SBX_AUTO(sbx_trace) owned = trace;
	guint8 contents[SBX_CHECKSUM_BYTES];
	struct sbx_trace *last = w->behind->len ? w->behind->pdata[w->behind->len - 1] : NULL;
	if (trace->ref || !last || last->ref) {
		g_ptr_array_add(w->behind, g_steal_pointer(&owned));
		return TRUE;
	}
	for (guint i = 0; i < trace->removed->len; i++)
		g_ptr_array_add(last->removed, g_strdup(trace->removed->pdata[i]));
	return sbx_tree_write(trace->tree, contents, w->cancellable, error) &&
	       apply_to(w, trace, contents, last->tree, error);
}

gboolean sbx_workroot_replay(struct sbx_workroot *w, struct sbx_trace *trace, GError **error)
{
	SBX_AUTO(sbx_trace) owned = trace;
	w->is_layer_old = TRUE;
	return apply(w, trace, error) &&
	       (!w->is_checked_out || w->stack || add_behind(w, g_steal_pointer(&owned), error));
}

gboolean sbx_workroot_take(struct sbx_workroot *w, const struct sbx_trace *trace, GError **error)
{
	w->is_layer_old = TRUE;
	if (!apply(w, trace, error))
		return FALSE;
	if (w->stack)
		return TRUE;
	return remove_paths(w, trace->removed, error) &&
	       sbx_transaction_flush(w->transaction, w->cancellable, error) &&
	       lay_over(w, trace->tree, error);
}

gboolean sbx_workroot_commit(struct sbx_workroot *w, const char *ref, char **out_commit,
			     GError **error)
{
	g_autofree char *commit = NULL;
	if (!sbx_tree_commit(w->tree, ref, NULL, &commit, w->cancellable, error) ||
	    !sbx_transaction_flush(w->transaction, w->cancellable, error))
		return FALSE;
	gint64 began = g_get_monotonic_time();
	w->is_layer_old = TRUE; /* others have changed the tree too */
	if (w->stack && !put_layer(w, error))
		return FALSE;
	if (!w->stack && (w->is_checked_out ? !catch_up(w, error) || !lay_over(w, w->changed, error)
					    : !lay_over(w, w->tree, error)))
		return FALSE;
	w->checkout_usec += g_get_monotonic_time() - began;
	*out_commit = g_steal_pointer(&commit);
	return TRUE;
}
