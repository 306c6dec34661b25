/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe/make.h"

#include "builder/build/build.h"
#include "builder/resolve/request.h"
#include "store/catalog.h"
#include "store/template.h"

void sbx_recipe_result_release(struct sbx_recipe_result *result)
{
	g_clear_pointer(&result->id, g_free);
	g_clear_pointer(&result->former_id, g_free);
}

struct sbx_lock *sbx_recipe_lock(struct sbx_context *ctx, const struct sbx_recipe *recipe,
				 struct sbx_archive **out_archive, GError **error)
{
	g_autofree char *packages = g_strjoinv(",", recipe->packages);
	struct sbx_request request = {
		.packages = packages,
		.options = {.recommends = recipe->recommends, .content = &recipe->content},
	};
	SBX_CLEANUP_RESOLVED struct sbx_resolved resolved = {0};
	/* Many recipes are made in one process; each may be of another suite. */
	char *given = ctx->suite;
	if (!given)
		ctx->suite = g_strdup(recipe->suite);
	gboolean fine = sbx_request_resolve(ctx, &request, &resolved, error);
	if (!given)
		g_free(ctx->suite);
	ctx->suite = given;
	if (!fine)
		return NULL;
	*out_archive = g_steal_pointer(&resolved.archive);
	return g_steal_pointer(&resolved.lock);
}

/* What the name stands for now. */
static char *present_id(struct sbx_store *store, const char *name)
{
	SBX_AUTO(sbx_template) row = sbx_catalog_find(store, name, NULL);
	return row ? g_strdup(row->id) : NULL;
}

/* The smoke test of a template that is just being synced: both take about as long. */
struct trial {
	struct sbx_context *ctx;
	struct sbx_store *store;
	const struct sbx_recipe *recipe;
	char *id;
	GThread *thread; /* NULL: it was not begun */
	gint64 usec;
	GError *failure;
};

static gpointer trial_thread(gpointer data)
{
	struct trial *trial = data;
	gint64 began = g_get_monotonic_time();
	sbx_recipe_test(trial->ctx, trial->store, trial->recipe, trial->id, &trial->failure);
	trial->usec = g_get_monotonic_time() - began;
	return NULL;
}

static void trial_begin(const char *id, gpointer data)
{
	struct trial *trial = data;
	trial->id = g_strdup(id);
	trial->thread = g_thread_new("test", trial_thread, trial);
}

static void trial_release(struct trial *trial)
{
	if (trial->thread)
		g_thread_join(trial->thread);
	g_clear_error(&trial->failure);
	g_free(trial->id);
}

/* Of the template that was built, or was there. */
static gboolean trial_end(struct trial *trial, const char *id, GError **error)
{
	if (!trial->thread)
		trial_begin(id, trial);
	g_thread_join(g_steal_pointer(&trial->thread));
	if (!trial->failure)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&trial->failure));
	return FALSE;
}

gboolean sbx_recipe_make_lock(struct sbx_context *ctx, struct sbx_store *store,
			      const struct sbx_recipe *recipe, const struct sbx_archive *archive,
			      const struct sbx_lock *lock, struct sbx_recipe_result *out,
			      GError **error)
{
	__attribute__((cleanup(sbx_build_result_clear))) struct sbx_build_result built = {0};
	__attribute__((cleanup(trial_release))) struct trial trial = {
		.ctx = ctx, .store = store, .recipe = recipe};
	const struct sbx_build_options options = {.placed = trial_begin, .data = &trial};
	if (!sbx_build_template(ctx, store, archive, lock, &options, &built, error))
		return FALSE;
	g_autofree char *former = present_id(store, recipe->name);
	out->id = g_strdup(built.id);
	out->former_id = g_strcmp0(former, built.id) ? g_steal_pointer(&former) : NULL;
	out->was_there = built.was_there;
	out->n_packages = built.n_packages;
	out->n_fetched = built.n_fetched;
	out->build_usec = built.usec;
	if (!trial_end(&trial, built.id, error))
		return FALSE;
	out->test_usec = trial.usec;
	return sbx_template_name(store, recipe->name, built.id, error) &&
	       (!recipe->path || sbx_catalog_set_name_of_recipe(store, recipe->name, error));
}

gboolean sbx_recipe_make(struct sbx_context *ctx, struct sbx_store *store,
			 const struct sbx_recipe *recipe, struct sbx_recipe_result *out,
			 GError **error)
{
	SBX_AUTO(sbx_archive) archive = NULL;
	gint64 began = g_get_monotonic_time();
	SBX_AUTO(sbx_lock) lock = sbx_recipe_lock(ctx, recipe, &archive, error);
	out->resolve_usec = g_get_monotonic_time() - began;
	return lock && sbx_recipe_make_lock(ctx, store, recipe, archive, lock, out, error);
}
