/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/base_layer.h"

#include <glib/gstdio.h>

#include "builder/build/configure.h"
#include "store/checkout.h"

struct sbx_base_layer {
	struct sbx_context *ctx;
	struct sbx_store *store;
	char *ref;
	struct sbx_delta *delta; /* known already */
	GPtrArray *units;
	char *root, *work, *layer;
	struct sbx_configure configure;
	GThread *thread;
	GError *failure;
};

char *sbx_base_layer_ref(const struct sbx_lock *lock)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_string_append_printf(text, "format %d\n", SBX_BUILDER_FORMAT);
	sbx_content_append_canonical(&lock->content, text);
	gboolean any = FALSE;
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		if (!p->base)
			continue;
		any = TRUE;
		g_string_append_printf(text, "%s %s %s %s\n", p->name, p->version, p->architecture,
				       p->sha256);
	}
	g_autofree char *key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
	return any ? g_strconcat("base/", key, NULL) : NULL;
}

static gpointer configure_thread(gpointer data)
{
	struct sbx_base_layer *layer = data;
	struct sbx_context *ctx = layer->ctx;
	sbx_progress_begin(ctx->progress, "base", SBX_UNIT_ITEMS, 0);
	if (sbx_configure_run(&layer->configure, ctx, "base", &layer->failure))
		sbx_progress_end(ctx->progress, "base", "%u packages configured, %u scripts",
				 layer->units->len, layer->configure.n_scripts_run);
	return NULL;
}

/* Compose just the base and check it out. */
static gboolean prepare(struct sbx_base_layer *layer, const struct sbx_lock *lock, GError **error)
{
	GCancellable *cancellable = layer->ctx->cancellable;
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	g_autofree char *commit = NULL;
	layer->units = sbx_compose_load(layer->store, lock, TRUE, error);
	if (!layer->units || !sbx_transaction_begin(&transaction, layer->store, cancellable, error))
		return FALSE;
	SBX_AUTO(sbx_tree)
	root = sbx_compose_merge(layer->store, layer->units, NULL, cancellable, error);
	return root &&
	       sbx_compose_add_database(root, layer->store, lock, layer->units, NULL, cancellable,
					error) &&
	       sbx_tree_commit(root, NULL, NULL, &commit, cancellable, error) &&
	       sbx_transaction_commit(&transaction, cancellable, error) &&
	       sbx_store_checkout(layer->store, commit, layer->root, cancellable, error);
}

struct sbx_base_layer *sbx_base_layer_start(struct sbx_context *ctx, struct sbx_store *store,
					    const struct sbx_lock *lock, const char *provisioner,
					    const char *work, GError **error)
{
	SBX_AUTO(sbx_base_layer) layer = g_new0(struct sbx_base_layer, 1);
	layer->ctx = ctx;
	layer->store = store;
	layer->ref = sbx_base_layer_ref(lock);
	if (layer->ref && !sbx_delta_load(store, layer->ref, &layer->delta, error))
		return NULL;
	if (!layer->ref || layer->delta)
		return g_steal_pointer(&layer);
	layer->root = g_build_filename(work, "base-root", NULL);
	layer->layer = g_build_filename(work, "base-layer", NULL);
	layer->work = g_build_filename(work, "base-work", NULL);
	g_mkdir(layer->layer, 0755);
	g_mkdir(layer->work, 0755);
	if (!prepare(layer, lock, error))
		return NULL;
	layer->configure = (struct sbx_configure){
		.provisioner = provisioner,
		.root = layer->root,
		.layer = layer->layer,
		.work = layer->work,
		.units = layer->units,
	};
	layer->thread = g_thread_new("base", configure_thread, layer);
	return g_steal_pointer(&layer);
}

void sbx_base_layer_free(struct sbx_base_layer *layer)
{
	if (!layer)
		return;
	if (layer->thread)
		g_thread_join(layer->thread);
	sbx_delta_free(layer->delta);
	g_clear_pointer(&layer->units, g_ptr_array_unref);
	g_clear_error(&layer->failure);
	g_free(layer->ref);
	g_free(layer->root);
	g_free(layer->work);
	g_free(layer->layer);
	g_free(layer);
}

struct sbx_delta *sbx_base_layer_finish(struct sbx_base_layer *layer, GError **error)
{
	if (layer->delta)
		return g_steal_pointer(&layer->delta);
	if (!layer->thread) {
		struct sbx_delta *empty = g_new0(struct sbx_delta, 1);
		struct sbx_file_meta meta = {.mode = 040755};
		guint8 dirmeta[SBX_CHECKSUM_BYTES];
		if (!sbx_object_write_dirmeta(layer->store, &meta, dirmeta, NULL, error)) {
			g_free(empty);
			return NULL;
		}
		empty->tree = sbx_tree_new(layer->store, dirmeta);
		empty->removed = g_ptr_array_new_with_free_func(g_free);
		return empty;
	}
	g_thread_join(g_steal_pointer(&layer->thread));
	if (layer->failure) {
		g_propagate_error(error, g_steal_pointer(&layer->failure));
		return NULL;
	}
	GCancellable *cancellable = layer->ctx->cancellable;
	g_autofree char *upper = g_build_filename(layer->layer, "upper", NULL);
	struct sbx_delta *delta = sbx_delta_read(layer->store, upper, sbx_configure_mount_points(),
						 cancellable, error);
	if (delta && !sbx_delta_commit(delta, layer->ref, cancellable, error))
		g_clear_pointer(&delta, sbx_delta_free);
	return delta;
}
