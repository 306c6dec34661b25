/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/launch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/run/artefacts.h"
#include "builder/run/record.h"
#include "builder/run/tell.h"
#include "profiler/language.h"
#include "store/template.h"

static void add(GPtrArray *argv, const char *option, const char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	if (value)
		g_ptr_array_add(argv, g_strdup(value));
}

/* Where the interpreter looks besides, as its language says. */
static void add_mounts(GPtrArray *argv, const struct sbx_launch *launch, const char *root)
{
	const struct sbx_language *language = sbx_language_by_command(launch->command[0]);
	const char *const *m = language ? language->mounts : NULL;
	for (; m && *m; m++) {
		const char *colon = strchr(*m, ':');
		if (!colon)
			continue;
		g_autofree char *from = g_strdup_printf("%s/templates/%s/root/%.*s", root,
							launch->template_id, (int)(colon - *m), *m);
		g_autofree char *bind = g_strconcat(from, colon, NULL);
		if (g_file_test(from, G_FILE_TEST_IS_DIR))
			add(argv, "--ro-bind", bind);
	}
}

static GPtrArray *arguments_of(const struct sbx_launch *launch, const char *root,
			       const char *staging)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	add(argv, "--root", root);
	if (launch->whole_folder) {
		g_autofree char *overlay = g_strdup_printf("%s:/task", launch->folder);
		add(argv, "--overlay", overlay);
	} else {
		g_autofree char *bind = g_strdup_printf("%s/%s:/task/%s", launch->folder,
							launch->entry, launch->entry);
		add(argv, "--ro-bind", bind);
	}
	add_mounts(argv, launch, root);
	if (launch->input)
		add(argv, "--input", launch->input);
	if (staging)
		add(argv, "--output", staging);
	add(argv, "--workdir", "/task");
	add(argv, "--record", "all");
	for (guint i = 0; i < launch->policy->len; i++)
		add(argv, launch->policy->pdata[i], NULL);
	for (const char *const *env = launch->env; env && *env; env++)
		add(argv, "--env", *env);
	add(argv, "--best-effort", launch->template_id);
	add(argv, "--", NULL);
	for (const char *const *word = launch->command; *word; word++)
		add(argv, *word, NULL);
	return argv;
}

static gboolean record_use(struct sbx_store *catalog, const struct sbx_launch *launch,
			   const struct sbx_run_record *record, gint64 started_usec, GError **error)
{
	struct sbx_use use = {.template_id = launch->template_id,
			      .task = launch->entry,
			      .content_id = launch->content_id,
			      .reason = record->reason,
			      .exit_status = record->status,
			      .started_usec = started_usec,
			      .wall_usec = record->wall_usec,
			      .cpu_usec = record->cpu_usec,
			      .peak_bytes = record->peak_bytes};
	return sbx_catalog_record_use(catalog, &use, error);
}

gboolean sbx_launch_run(struct sbx_context *ctx, struct sbx_store *catalog,
			const struct sbx_launch *launch, int *out_status, GError **error)
{
	g_autofree char *provisioner = sbx_context_provisioner(ctx, error);
	/* gc must not take the template between here and sbx-provision's own lock on it. */
	SBX_CLEANUP_FD int held = sbx_template_hold(catalog, launch->template_id, error);
	if (!provisioner || held < 0)
		return FALSE;
	g_autofree char *staging = NULL;
	if (launch->output && !(staging = sbx_store_make_tmp(catalog, "output", error)))
		return FALSE;
	g_autoptr(GPtrArray) arguments = arguments_of(launch, ctx->root, staging);
	__attribute__((cleanup(sbx_run_record_release))) struct sbx_run_record record = {0};
	gint64 started = g_get_real_time();
	gboolean fine = sbx_run_record_spawn(provisioner, arguments, -1, -1, -1, &record, error);
	if (fine) {
		*out_status = record.status;
		sbx_run_tell(ctx, launch->entry, &record, launch->allowance->has_network);
	}
	if (fine && launch->result)
		fine = sbx_run_write_result(&record, launch->result, error);
	const struct sbx_allowance *allowance = launch->allowance;
	struct sbx_artefacts artefacts = {
		.to = launch->output,
		.max_bytes = allowance->most_bytes,
		.refuses_secrets = allowance->refuses_secrets,
		.redacts_secrets = allowance->redacts_secrets,
		.patterns = (const char *const *)allowance->patterns,
		.schema = launch->output_schema,
	};
	if (fine && staging)
		fine = sbx_artefacts_hand_out(&artefacts, staging, error);
	if (artefacts.n_redacted)
		sbx_progress_warn(ctx->progress, "--output: secrets were blotted out in %u file%s",
				  artefacts.n_redacted, artefacts.n_redacted == 1 ? "" : "s");
	if (staging)
		sbx_store_remove_tree(staging, NULL);
	if (fine && staging && ctx->verbose)
		fprintf(stderr, "%-10s %u file%s in %s\n", "output", artefacts.n_files,
			artefacts.n_files == 1 ? "" : "s", launch->output);
	return fine && record_use(catalog, launch, &record, started, error);
}
