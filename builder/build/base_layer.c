/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/base_layer.h"

#include <glib/gstdio.h>

#include "builder/build/configure.h"
#include "builder/build/leave_out.h"

struct sbx_base_layer {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const struct sbx_lock *lock;
	const char *provisioner;
	const struct sbx_script_options *options;
	struct sbx_build_report *report;
	char *ref; /* NULL: no base packages */
	char *root, *work;
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

/*
 * Compose just the base, run its scripts, keep what they changed. With a store handle of its own:
 * the other one's transaction is that of the import which goes on meanwhile.
 */
static gboolean make(struct sbx_base_layer *layer, GError **error)
{
	struct sbx_context *ctx = layer->ctx;
	GCancellable *cancellable = ctx->cancellable;
	SBX_AUTO(sbx_store) store = sbx_store_open(ctx->root, SBX_STORE_SHARED, cancellable, error);
	g_autoptr(GPtrArray) units =
		store ? sbx_compose_load(store, layer->lock, TRUE, error) : NULL;
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	if (!units || !sbx_transaction_begin(&transaction, store, cancellable, error))
		return FALSE;
	sbx_progress_begin(ctx->progress, "base", SBX_UNIT_ITEMS, 0);
	if (!sbx_leave_out_keep(units, cancellable, error))
		return FALSE;
	SBX_AUTO(sbx_tree) tree = sbx_compose_merge(store, units, NULL, cancellable, error);
	if (!tree || !sbx_compose_add_database(tree, store, layer->lock, units, cancellable, error))
		return FALSE;
	__attribute__((cleanup(sbx_workroot_release))) struct sbx_workroot root;
	sbx_workroot_init(&root, store, tree, layer->root, NULL, &transaction, cancellable);
	struct sbx_configure c = {
		.ctx = ctx,
		.store = store,
		.provisioner = layer->provisioner,
		.work = layer->work,
		.phase = "base",
		.root = &root,
		.lock = layer->lock,
		.units = units,
		.is_base = TRUE,
		.options = layer->options,
		.report = layer->report,
	};
	struct sbx_delta delta = {.tree = root.changed, .removed = root.removed};
	if (!sbx_configure_run(&c, error) ||
	    !sbx_delta_commit(&delta, layer->ref, cancellable, error) ||
	    !sbx_transaction_commit(&transaction, cancellable, error))
		return FALSE;
	sbx_progress_end(ctx->progress, "base",
			 "%u packages configured, %u scripts run, %u replayed, %u native",
			 units->len, c.n_run, c.n_replayed, c.n_native);
	return TRUE;
}

static gpointer make_thread(gpointer data)
{
	struct sbx_base_layer *layer = data;
	make(layer, &layer->failure);
	return NULL;
}

struct sbx_base_layer *sbx_base_layer_start(const struct sbx_base_layer_how *how, GError **error)
{
	SBX_AUTO(sbx_base_layer) layer = g_new0(struct sbx_base_layer, 1);
	layer->ctx = how->ctx;
	layer->store = how->store;
	layer->lock = how->lock;
	layer->provisioner = how->provisioner;
	layer->options = how->options;
	layer->report = how->report;
	layer->ref = sbx_base_layer_ref(how->lock);
	g_autofree char *commit = NULL;
	if (layer->ref &&
	    !ostree_repo_resolve_rev(how->store->repo, layer->ref, TRUE, &commit, error))
		return NULL;
	if (!layer->ref || commit)
		return g_steal_pointer(&layer);
	layer->root = g_build_filename(how->work, "base-root", NULL);
	layer->work = g_build_filename(how->work, "base-work", NULL);
	g_mkdir(layer->work, 0755);
	layer->thread = g_thread_new("base", make_thread, layer);
	return g_steal_pointer(&layer);
}

void sbx_base_layer_free(struct sbx_base_layer *layer)
{
	if (!layer)
		return;
	if (layer->thread)
		g_thread_join(layer->thread);
	g_clear_error(&layer->failure);
	g_free(layer->ref);
	g_free(layer->root);
	g_free(layer->work);
	g_free(layer);
}

/* Of a lock without base packages. */
static struct sbx_delta *empty_delta(struct sbx_store *store, GError **error)
{
	struct sbx_file_meta meta = {.mode = 040755};
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	if (!sbx_object_write_dirmeta(store, &meta, dirmeta, NULL, error))
		return NULL;
	struct sbx_delta *empty = g_new0(struct sbx_delta, 1);
	empty->tree = sbx_tree_new(store, dirmeta);
	empty->removed = g_ptr_array_new_with_free_func(g_free);
	return empty;
}

struct sbx_delta *sbx_base_layer_finish(struct sbx_base_layer *layer, GError **error)
{
	struct sbx_delta *delta = NULL;
	if (!layer->ref)
		return empty_delta(layer->store, error);
	if (layer->thread)
		g_thread_join(g_steal_pointer(&layer->thread));
	if (layer->failure) {
		g_propagate_error(error, g_steal_pointer(&layer->failure));
		return NULL;
	}
	if (sbx_delta_load(layer->store, layer->ref, &delta, error) && !delta)
		sbx_set_error(error, SBX_E_DAMAGED, "%s: is gone", layer->ref);
	return delta;
}
