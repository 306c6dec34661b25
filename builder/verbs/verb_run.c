/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/run/launch.h"
#include "builder/run/learn.h"
#include "builder/run/prepare.h"
#include "builder/verbs/verbs.h"

/* The limits of every run: enough for data work on a laptop, too little to hurt its host. */
#define USUAL_MEMORY  (2.0 * 1024 * 1024 * 1024)
#define USUAL_TIMEOUT 600.0
static char *output, *memory, *cpus, *pids, *timeout, *output_limit, *disk, *net;
static char **env;
static gboolean allow_unresolved;

const GOptionEntry sbx_verb_run_options[] = {
	{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
	 "Collect what the task leaves in /output into this folder", "DIR"},
	{"memory", 0, 0, G_OPTION_ARG_STRING, &memory,
	 "Memory limit (2G, more for a task that is known to need more)", "BYTES"},
	{"cpus", 0, 0, G_OPTION_ARG_STRING, &cpus, "CPU limit (all of the host's)", "N"},
	{"pids", 0, 0, G_OPTION_ARG_STRING, &pids, "Limit of processes and threads (512)", "N"},
	{"timeout", 0, 0, G_OPTION_ARG_STRING, &timeout,
	 "Time limit, then exit status 124 (600, or more as for --memory)", "SECONDS"},
	{"output-limit", 0, 0, G_OPTION_ARG_STRING, &output_limit, "Limit of what it prints (256M)",
	 "BYTES"},
	{"disk", 0, 0, G_OPTION_ARG_STRING, &disk, "Limit of what it writes (1G)", "BYTES"},
	{"net", 0, 0, G_OPTION_ARG_STRING, &net, "Network: none (default) or host", "MODE"},
	{"env", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &env,
	 "Set a variable inside (may be repeated); nothing is inherited", "K=V"},
	{"allow-unresolved", 0, 0, G_OPTION_ARG_NONE, &allow_unresolved,
	 "Run although something that it needs is shipped by nobody", NULL},
	G_OPTION_ENTRY_NULL,
};

/* TASK [ARG...] adds to the language's command, TASK -- COMMAND replaces it. */
static GPtrArray *command_of(const struct sbx_prepared *task, int argc, char **argv)
{
	GPtrArray *command = g_ptr_array_new();
	gboolean replaced = argc > 2 && g_str_equal(argv[2], "--");
	for (char **word = task->profile->run; !replaced && *word; word++)
		g_ptr_array_add(command, *word);
	for (int i = replaced ? 3 : 2; i < argc; i++)
		g_ptr_array_add(command, argv[i]);
	g_ptr_array_add(command, NULL);
	return command;
}

/*
 * Showing a whole home folder, or the whole system, to a stranger's script because it happens to
 * lie there is more than anyone means: then the script alone is shown.
 */
static gboolean may_show_folder(struct sbx_context *ctx, const char *folder)
{
	if (!g_str_equal(folder, "/") && g_strcmp0(folder, g_get_home_dir()) != 0)
		return TRUE;
	sbx_progress_warn(ctx->progress,
			  "%s: only the task's own file is shown to it; put it in a folder of its "
			  "own to show what lies beside it",
			  folder);
	return FALSE;
}

int sbx_verb_run(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "run", sbx_verb_run_options, &argc, &argv, error))
		return -1;
	if (argc < 2 || (argc == 3 && g_str_equal(argv[2], "--"))) {
		sbx_set_error(error, SBX_E_USAGE,
			      argc < 2 ? "run: name a task: a script or a folder"
				       : "run: a command must follow --");
		return -1;
	}
	if (net && strcmp(net, "none") && strcmp(net, "host")) {
		sbx_set_error(error, SBX_E_USAGE, "run: --net %s: must be none or host", net);
		return -1;
	}
	SBX_AUTO(sbx_store) catalog = sbx_store_open_catalog(ctx->root, ctx->cancellable, error);
	__attribute__((cleanup(sbx_prepared_release))) struct sbx_prepared task = {0};
	if (!catalog || !sbx_prepare_task(ctx, catalog, argv[1], allow_unresolved, &task, error) ||
	    !sbx_learn_resources(task.profile, catalog, error))
		return -1;
	g_autoptr(GPtrArray) command = command_of(&task, argc, argv);
	g_autofree char *all_cpus = g_strdup_printf("%u", g_get_num_processors());
	/* What the user asked for is what counts; else a task that is known to need more gets it.
	 */
	g_autofree char *usual_memory =
		sbx_learn_limit(task.profile, SBX_RESOURCE_MEMORY, USUAL_MEMORY);
	g_autofree char *usual_timeout =
		sbx_learn_limit(task.profile, SBX_RESOURCE_TIME, USUAL_TIMEOUT);
	struct sbx_launch launch = {
		.content_id = task.profile->content_id,
		.template_id = task.template_id,
		.folder = task.profile->folder,
		.entry = task.profile->entry,
		.whole_folder = may_show_folder(ctx, task.profile->folder),
		.output = output,
		.command = (const char *const *)command->pdata,
		.env = (const char *const *)env,
		.memory = memory ? memory : usual_memory,
		.cpus = cpus ? cpus : all_cpus,
		.pids = pids ? pids : "512",
		.timeout = timeout ? timeout : usual_timeout,
		.output_limit = output_limit ? output_limit : "256M",
		.disk = disk ? disk : "1G",
		.host_network = net && g_str_equal(net, "host"),
	};
	int status;
	return sbx_launch_run(ctx, catalog, &launch, &status, error) ? status : -1;
}
