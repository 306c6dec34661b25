/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/build.h"
#include "builder/match/match.h"
#include "builder/report.h"
#include "builder/resolve/resolve.h"
#include "builder/index/memory.h"
#include "builder/run/prepare.h"

/* A template that has more than is needed, where the site allows that. */
static gboolean find_superset(struct sbx_context *ctx, struct sbx_store *store,
			      const struct sbx_lock *lock, struct sbx_resolver *resolver,
			      char **out_id, GError **error)
{
	__attribute__((cleanup(sbx_match_release))) struct sbx_match match = {0};
	struct sbx_match_limits limits;
	if (!sbx_match_read_limits(ctx, &limits, error))
		return FALSE;
	if (limits.packages == 0 || limits.n_bytes == 0)
		return TRUE;
	if (!sbx_match_find(ctx, store, lock, resolver, &limits, &match, error))
		return FALSE;
	if (match.chosen->kind != SBX_MATCH_SUPERSET)
		return TRUE;
	*out_id = g_strdup(match.chosen->id);
	sbx_prepare_say(ctx, "template", "%.16s has it all, and %u packages more", *out_id,
			match.chosen->n_extra);
	return TRUE;
}

static gboolean resolve_and_build(struct sbx_context *ctx, const struct sbx_archive *archive,
				  struct sbx_prepared *task, GError **error)
{
	gint64 began = g_get_monotonic_time();
	SBX_AUTO(sbx_resolver) resolver = sbx_resolver_open(archive, error);
	struct sbx_resolve_options options = {0};
	SBX_AUTO(sbx_lock)
	lock = resolver ? sbx_resolver_solve(resolver, (const char *const *)task->profile->packages,
					     &options, error)
			: NULL;
	if (!lock)
		return FALSE;
	g_autofree char *took = sbx_report_duration(g_get_monotonic_time() - began);
	sbx_prepare_say(ctx, "resolve", "%u exact packages  %s", lock->packages->len, took);
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	__attribute__((cleanup(sbx_build_result_clear))) struct sbx_build_result result = {0};
	if (!store || !find_superset(ctx, store, lock, resolver, &task->template_id, error))
		return FALSE;
	if (task->template_id)
		return TRUE;
	if (!sbx_build_template(ctx, store, archive, lock, NULL, &result, error))
		return FALSE;
	g_autofree char *built = sbx_report_duration(result.usec);
	sbx_prepare_say(ctx, "template", "%.16s %s  %s", result.id,
			result.was_there ? "was there" : "built", built);
	task->template_id = g_strdup(result.id);
	return TRUE;
}

/* Known, or made now. */
static struct sbx_profile *profile_of(struct sbx_context *ctx, const struct sbx_archive *archive,
				      const struct sbx_prepare_request *request, GError **error)
{
	return *request->known ? g_steal_pointer(request->known)
			       : sbx_profile_task(ctx, archive, request->path, error);
}

gboolean sbx_prepare_anew(struct sbx_context *ctx, struct sbx_store *catalog,
			  const struct sbx_prepare_request *request, struct sbx_prepared *out,
			  GError **error)
{
	__attribute__((cleanup(sbx_prepared_release))) struct sbx_prepared task = {0};
	SBX_AUTO(sbx_archive) archive = sbx_archive_open_or_update(ctx, error);
	if (!archive)
		return FALSE;
	gint64 began = g_get_monotonic_time();
	task.profile = profile_of(ctx, archive, request, error);
	if (!task.profile)
		return FALSE;
	sbx_prepare_say_profile(ctx, task.profile, g_get_monotonic_time() - began);
	if (!request->allow_unresolved && !sbx_profile_check_resolved(task.profile, error))
		return FALSE;
	if (!resolve_and_build(ctx, archive, &task, error) ||
	    !sbx_memory_keep(ctx, catalog, task.profile, task.template_id, error))
		return FALSE;
	*out = task;
	task = (struct sbx_prepared){0};
	return TRUE;
}
