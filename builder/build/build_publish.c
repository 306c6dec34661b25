/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a build: from what is in memory to a template. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "builder/build/base_layer.h"
#include "builder/build/building.h"
#include "builder/build/import.h"
#include "builder/build/provenance.h"
#include "builder/match/holdings.h"
#include "store/template.h"

gboolean sbx_build_commit(struct sbx_building *b, GError **error)
{
	gint64 began = g_get_monotonic_time();
	sbx_progress_begin(b->ctx->progress, "commit", SBX_UNIT_ITEMS, 0);
	g_autofree char *ref = g_strconcat("template/", b->id, NULL);
	g_autofree char *compiled = g_build_filename(b->work, "compile", "out", NULL);
	if (!sbx_compile_import(b->compile, compiled, b->ctx->cancellable, error) ||
	    !sbx_compile_apply_new(b->compile, b->root.changed, error) ||
	    !sbx_compile_apply_new(b->compile, b->tree, error) ||
	    !sbx_workroot_commit(&b->root, ref, &b->commit, error))
		return FALSE;
	sbx_progress_end(b->ctx->progress, "commit", "%.16s", b->commit);
	sbx_build_end_stage(b, SBX_STAGE_COMMIT, &began);
	return TRUE;
}

static guint64 sum_bytes(const struct sbx_building *b)
{
	guint64 sum = 0;
	for (guint i = 0; i < b->units->len; i++)
		sum += ((struct sbx_unit *)b->units->pdata[i])->n_bytes;
	return sum;
}

/* What must stay in the store as long as the template does. */
static char **needed_refs(const struct sbx_building *b)
{
	GPtrArray *refs = g_ptr_array_new();
	for (guint i = 0; i < b->lock->packages->len; i++)
		g_ptr_array_add(refs, sbx_import_ref(b->lock->packages->pdata[i]));
	for (guint i = 0; i < b->units->len; i++)
		if (((struct sbx_unit *)b->units->pdata[i])->slim_ref)
			g_ptr_array_add(
				refs, g_strdup(((struct sbx_unit *)b->units->pdata[i])->slim_ref));
	sbx_compile_add_refs(b->compile, refs);
	char *base = sbx_base_layer_ref(b->lock);
	if (base)
		g_ptr_array_add(refs, base);
	for (guint i = 0; i < b->refs->len; i++)
		g_ptr_array_add(refs, g_strdup(b->refs->pdata[i]));
	g_ptr_array_add(refs, NULL);
	return (char **)g_ptr_array_free(refs, FALSE);
}

/* The checkout, or the layer and a link to what that lies on. */
static gboolean put_checkout(const struct sbx_building *b, const char *folder, GError **error)
{
	const struct sbx_stack *stack = b->root.stack;
	g_autofree char *path =
		g_build_filename(folder, stack ? SBX_TEMPLATE_LAYER : SBX_TEMPLATE_ROOT, NULL);
	g_autofree char *link = g_build_filename(folder, SBX_TEMPLATE_BASE, NULL);
	g_autofree char *target = stack ? g_build_filename("..", stack->id, NULL) : NULL;
	if (rename(b->root.path, path) < 0 || (stack && symlink(target, link) < 0))
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	return TRUE;
}

gboolean sbx_build_publish(struct sbx_building *b, GError **error)
{
	gint64 now = g_get_real_time();
	g_autofree char *folder = g_build_filename(b->work, "template", NULL);
	g_autofree char *lock_json = sbx_lock_to_json(b->lock);
	g_autofree char *meta = sbx_provenance_json(b->store, b->lock, b->id, b->commit, now);
	g_autofree char *lock_path = g_build_filename(folder, "lock.json", NULL);
	g_autofree char *meta_path = g_build_filename(folder, "meta.json", NULL);
	g_autofree char *flock_path = g_build_filename(folder, "lock", NULL);
	g_auto(GStrv) refs = needed_refs(b);
	struct sbx_template row = {
		.id = b->id,
		.commit = b->commit,
		.suite = b->lock->suite,
		.architecture = b->lock->architecture,
		.created_usec = now,
		.n_packages = b->lock->packages->len,
		.n_bytes = sum_bytes(b),
		.refs = refs,
		.base = b->root.stack ? b->root.stack->id : NULL,
		.n_entries = b->root.stack ? 0 : b->root.n_entries,
		.build_usec = (guint64)(g_get_monotonic_time() - b->began_usec),
	};
	if (!put_checkout(b, folder, error) ||
	    !g_file_set_contents(lock_path, lock_json, -1, error) ||
	    !g_file_set_contents(meta_path, meta, -1, error) ||
	    !g_file_set_contents(flock_path, "", 0, error) ||
	    !sbx_template_place(b->store, folder, b->id, error))
		return FALSE;
	if (b->options && b->options->placed)
		b->options->placed(b->id, b->options->data);
	if (!sbx_transaction_commit(&b->transaction, b->ctx->cancellable, error) ||
	    !sbx_catalog_add_template(b->store, &row, error))
		return FALSE;
	sbx_supply_settle(b->supply);
	/* When that fails, the next match does it. */
	sbx_match_remember(b->store, row.id, b->lock, NULL);
	return TRUE;
}
