/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/diversions.h"

#include <glib/gstdio.h>
#include <string.h>

#include "builder/build/base_layer.h"
#include "builder/build/configure.h"

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

/*
 * Those beyond the base whose preinst diverts. Their files are there too, as far as no other
 * package has the path: scripts of one may need another's.
 */
static GPtrArray *find_diverting(struct sbx_store *store, GPtrArray *units)
{
	GPtrArray *diverting = g_ptr_array_new();
	for (guint i = 0; i < units->len; i++) {
		struct sbx_unit *unit = units->pdata[i];
		unit->gives_way = !unit->lock->base && diverts(store, unit);
		if (unit->gives_way)
			g_ptr_array_add(diverting, unit);
	}
	return diverting;
}

/* What the preinsts find: everything but diverted files, dpkg's database, a configured base. */
static struct sbx_tree *compose(struct sbx_context *ctx, struct sbx_store *store,
				const struct sbx_lock *lock, GPtrArray *units, GError **error)
{
	g_autofree char *base_ref = sbx_base_layer_ref(lock);
	SBX_AUTO(sbx_delta) base = NULL;
	SBX_AUTO(sbx_tree) tree = sbx_compose_merge(store, units, NULL, ctx->cancellable, error);
	if (!tree || !sbx_compose_add_database(tree, store, lock, units, ctx->cancellable, error) ||
	    (base_ref && !sbx_delta_load(store, base_ref, &base, error)) ||
	    (base && !sbx_delta_apply(base, tree, error)))
		return NULL;
	return g_steal_pointer(&tree);
}

static GPtrArray *read_diversions(struct sbx_store *store, struct sbx_tree *tree, GError **error)
{
	struct sbx_entry *entry = sbx_tree_find(tree, "var/lib/dpkg/diversions", error);
	gsize n = 0;
	g_autofree char *text =
		entry && entry->kind == SBX_ENTRY_FILE
			? sbx_object_read(store, entry->checksum, MAX_SCRIPT_BYTES, &n, error)
			: NULL;
	return text ? sbx_diversions_parse(text, n, error) : NULL;
}

static gboolean holds(const GPtrArray *diversions, const struct sbx_diversion *wanted)
{
	for (guint i = 0; i < diversions->len; i++) {
		const struct sbx_diversion *d = diversions->pdata[i];
		if (g_str_equal(d->path, wanted->path) && g_str_equal(d->to, wanted->to) &&
		    g_str_equal(d->package, wanted->package))
			return TRUE;
	}
	return FALSE;
}

static gboolean any_diverts(struct sbx_store *store, GPtrArray *units)
{
	for (guint i = 0; i < units->len; i++) {
		struct sbx_unit *unit = units->pdata[i];
		if (!unit->lock->base && diverts(store, unit))
			return TRUE;
	}
	return FALSE;
}

gboolean sbx_diversions_find(struct sbx_context *ctx, struct sbx_store *store,
			     const struct sbx_lock *lock, GPtrArray *loaded,
			     const char *provisioner, const char *work,
			     struct sbx_build_report *report, GPtrArray *refs,
			     struct sbx_transaction *transaction, GPtrArray **out_diversions,
			     GError **error)
{
	*out_diversions = NULL;
	if (!any_diverts(store, loaded))
		return TRUE;
	/* Merging takes them apart, and the build's are for the build. */
	g_autoptr(GPtrArray) units = sbx_compose_load(store, lock, FALSE, error);
	if (!units)
		return FALSE;
	g_autoptr(GPtrArray) diverting = find_diverting(store, units);
	SBX_AUTO(sbx_tree) tree = compose(ctx, store, lock, units, error);
	g_autoptr(GPtrArray) of_base = tree ? read_diversions(store, tree, error) : NULL;
	g_autofree char *path = g_build_filename(work, "divert-root", NULL);
	g_autofree char *scratch = g_build_filename(work, "divert-work", NULL);
	g_mkdir(scratch, 0755);
	if (!of_base)
		return FALSE;
	__attribute__((cleanup(sbx_workroot_release))) struct sbx_workroot root;
	sbx_workroot_init(&root, store, tree, path, NULL, transaction, ctx->cancellable);
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
	g_autoptr(GPtrArray) all = NULL;
	if (!sbx_configure_run(&configure, error) || !(all = read_diversions(store, tree, error)) ||
	    !sbx_transaction_renew(transaction, ctx->cancellable, error))
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		struct sbx_diversion *diversion = all->pdata[i];
		diversion->of_base = holds(of_base, diversion);
	}
	*out_diversions = g_steal_pointer(&all);
	sbx_progress_end(ctx->progress, "divert", "%u packages", diverting->len);
	return TRUE;
}
