/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/prepare.h"

#include <stdio.h>

#include "builder/index/profile_text.h"
#include "builder/report.h"
#include "builder/index/memory.h"

void sbx_prepared_release(struct sbx_prepared *task)
{
	g_clear_pointer(&task->profile, sbx_profile_free);
	g_clear_pointer(&task->template_id, g_free);
}

void sbx_prepare_say(struct sbx_context *ctx, const char *stage, const char *fmt, ...)
{
	if (!ctx->verbose)
		return;
	va_list ap;
	va_start(ap, fmt);
	g_autofree char *text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	fprintf(stderr, "%-10s %s\n", stage, text);
}

/* What is declared and cannot be had is no failure, but nothing to be silent about. */
static void warn_of_ecosystems(struct sbx_context *ctx, const struct sbx_profile *profile)
{
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (need->status != SBX_NEED_ECOSYSTEM)
			continue;
		const struct sbx_evidence *seen =
			need->evidence->len ? need->evidence->pdata[0] : NULL;
		g_autofree char *name = sbx_plain_text(need->name);
		g_autofree char *file = sbx_plain_text(seen ? seen->file : profile->entry);
		sbx_progress_warn(ctx->progress,
				  "%s:%u: %s of %s is declared, and in no Debian package", file,
				  seen ? seen->line : 1, name, need->ecosystem);
	}
}

void sbx_prepare_say_profile(struct sbx_context *ctx, const struct sbx_profile *profile,
			     gint64 usec)
{
	warn_of_ecosystems(ctx, profile);
	if (!ctx->verbose)
		return;
	g_autofree char *packages = g_strjoinv(" ", profile->packages);
	g_autofree char *took = sbx_report_duration(usec);
	sbx_prepare_say(ctx, "profile", "%s: %u needs -> %s  %s", profile->entry,
			profile->needs->len, *packages ? packages : "nothing beyond the base",
			took);
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		const struct sbx_evidence *seen =
			need->evidence->len ? need->evidence->pdata[0] : NULL;
		if (need->status == SBX_NEED_PACKAGE && seen)
			sbx_prepare_say(ctx, "", "  %s:%u  %s -> %s", seen->file, seen->line,
					need->name, need->provider);
	}
}

gboolean sbx_prepare_task(struct sbx_context *ctx, struct sbx_store *catalog, const char *path,
			  gboolean allow_unresolved, struct sbx_prepared *out_task, GError **error)
{
	__attribute__((cleanup(sbx_known_release))) struct sbx_known known = {0};
	gint64 began = g_get_monotonic_time();
	/* A task that can't be read should not wait for an index to be made first. */
	SBX_AUTO(sbx_archive) archive = sbx_archive_open(ctx, NULL);
	if (!sbx_memory_recall(ctx, catalog, archive, path, &known, error))
		return FALSE;
	if (!known.template_id) {
		struct sbx_prepare_request request = {path, allow_unresolved, &known.profile};
		return ctx->engine->prepare(ctx, catalog, &request, out_task, error);
	}
	sbx_prepare_say_profile(ctx, known.profile, g_get_monotonic_time() - began);
	if (!allow_unresolved && !sbx_profile_check_resolved(known.profile, error))
		return FALSE;
	sbx_prepare_say(ctx, "template", "%.16s remembered: nothing has changed",
			known.template_id);
	*out_task = (struct sbx_prepared){
		.profile = g_steal_pointer(&known.profile),
		.template_id = g_steal_pointer(&known.template_id),
		.remembered = TRUE,
	};
	return TRUE;
}
