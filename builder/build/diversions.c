/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/diversions.h"

#include <glib/gstdio.h>
#include <string.h>

#include "builder/build/configure.h"
#include "store/checkout.h"

#define MAX_SCRIPT_BYTES (4 * 1024 * 1024)

static gboolean diverts(struct sbx_store *store, struct sbx_unit *unit)
{
	struct sbx_entry *entry = sbx_tree_lookup(unit->control, "preinst", NULL);
	if (!entry)
		return FALSE;
	g_autofree char *text =
		sbx_object_read(store, entry->checksum, MAX_SCRIPT_BYTES, NULL, NULL);
	return text && strstr(text, "dpkg-divert") != NULL;
}

/* Split the units: those whose preinst diverts are moved to `diverting`. */
static GPtrArray *split(struct sbx_store *store, GPtrArray *units, GPtrArray *diverting)
{
	GPtrArray *others = g_ptr_array_new();
	for (guint i = 0; i < units->len; i++)
		g_ptr_array_add(diverts(store, units->pdata[i]) ? diverting : others,
				units->pdata[i]);
	return others;
}

/* Check out the tree without the diverting packages' files, dpkg's database complete. */
static gboolean check_out(struct sbx_context *ctx, struct sbx_store *store,
			  const struct sbx_lock *lock, GPtrArray *units, GPtrArray *others,
			  const char *root, GError **error)
{
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	g_autofree char *commit = NULL;
	if (!sbx_transaction_begin(&transaction, store, ctx->cancellable, error))
		return FALSE;
	SBX_AUTO(sbx_tree) tree = sbx_compose_merge(store, others, NULL, ctx->cancellable, error);
	return tree &&
	       sbx_compose_add_database(tree, store, lock, units, NULL, ctx->cancellable, error) &&
	       sbx_tree_commit(tree, NULL, NULL, &commit, ctx->cancellable, error) &&
	       sbx_transaction_commit(&transaction, ctx->cancellable, error) &&
	       sbx_store_checkout(store, commit, root, ctx->cancellable, error);
}

gboolean sbx_diversions_find(struct sbx_context *ctx, struct sbx_store *store,
			     const struct sbx_lock *lock, const char *provisioner, const char *work,
			     GPtrArray **out_diversions, GError **error)
{
	*out_diversions = NULL;
	g_autoptr(GPtrArray) units = sbx_compose_load(store, lock, FALSE, error);
	if (!units)
		return FALSE;
	g_autoptr(GPtrArray) diverting = g_ptr_array_new();
	g_autoptr(GPtrArray) others = split(store, units, diverting);
	if (diverting->len == 0)
		return TRUE;
	g_autofree char *root = g_build_filename(work, "divert-root", NULL);
	g_autofree char *layer = g_build_filename(work, "divert-layer", NULL);
	g_autofree char *scratch = g_build_filename(work, "divert-work", NULL);
	g_mkdir(layer, 0755);
	g_mkdir(scratch, 0755);
	struct sbx_configure configure = {
		.provisioner = provisioner,
		.root = root,
		.layer = layer,
		.work = scratch,
		.units = diverting,
		.only_preinst = TRUE,
	};
	sbx_progress_begin(ctx->progress, "divert", SBX_UNIT_ITEMS, diverting->len);
	if (!check_out(ctx, store, lock, units, others, root, error) ||
	    !sbx_configure_run(&configure, ctx, "divert", error))
		return FALSE;
	sbx_progress_end(ctx->progress, "divert", "%u packages", diverting->len);
	g_autofree char *path = g_build_filename(layer, "upper/var/lib/dpkg/diversions", NULL);
	g_autofree char *text = NULL;
	gsize n = 0;
	if (!g_file_get_contents(path, &text, &n, NULL))
		return TRUE; /* none of them diverted anything in the end */
	*out_diversions = sbx_diversions_parse(text, n, error);
	return *out_diversions != NULL;
}
