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

/* The tree without the diverting packages' files, dpkg's database complete. */
static struct sbx_tree *compose(struct sbx_context *ctx, struct sbx_store *store,
				const struct sbx_lock *lock, GPtrArray *units, GPtrArray *others,
				GError **error)
{
	SBX_AUTO(sbx_tree) tree = sbx_compose_merge(store, others, NULL, ctx->cancellable, error);
	if (!tree ||
	    !sbx_compose_add_database(tree, store, lock, units, NULL, ctx->cancellable, error))
		return NULL;
	return g_steal_pointer(&tree);
}

static gboolean read_diversions(struct sbx_store *store, struct sbx_tree *tree,
				GPtrArray **out_diversions, GError **error)
{
	struct sbx_entry *entry = sbx_tree_find(tree, "var/lib/dpkg/diversions", error);
	gsize n = 0;
	if (!entry || entry->kind != SBX_ENTRY_FILE)
		return TRUE; /* none of them diverted anything in the end */
	g_autofree char *text =
		sbx_object_read(store, entry->checksum, MAX_SCRIPT_BYTES, &n, error);
	*out_diversions = text ? sbx_diversions_parse(text, n, error) : NULL;
	return *out_diversions != NULL;
}

gboolean sbx_diversions_find(struct sbx_context *ctx, struct sbx_store *store,
			     const struct sbx_lock *lock, const char *provisioner, const char *work,
			     struct sbx_build_report *report, GPtrArray *refs,
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
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	if (!sbx_transaction_begin(&transaction, store, ctx->cancellable, error))
		return FALSE;
	SBX_AUTO(sbx_tree) tree = compose(ctx, store, lock, units, others, error);
	g_autofree char *path = g_build_filename(work, "divert-root", NULL);
	g_autofree char *scratch = g_build_filename(work, "divert-work", NULL);
	g_mkdir(scratch, 0755);
	if (!tree)
		return FALSE;
	__attribute__((cleanup(sbx_workroot_release))) struct sbx_workroot root;
	sbx_workroot_init(&root, store, tree, path, &transaction, ctx->cancellable);
	struct sbx_configure configure = {
		.ctx = ctx,
		.store = store,
		.provisioner = provisioner,
		.work = scratch,
		.phase = "divert",
		.root = &root,
		.lock = lock,
		.units = diverting,
		.only_preinst = TRUE,
		.report = report,
		.refs = refs,
	};
	sbx_progress_begin(ctx->progress, "divert", SBX_UNIT_ITEMS, diverting->len);
	if (!sbx_configure_run(&configure, error) ||
	    !read_diversions(store, tree, out_diversions, error) ||
	    !sbx_transaction_commit(&transaction, ctx->cancellable, error))
		return FALSE;
	sbx_progress_end(ctx->progress, "divert", "%u packages", diverting->len);
	return TRUE;
}
