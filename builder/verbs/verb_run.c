/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/output.h"
#include "builder/run/allowance.h"
#include "builder/run/launch.h"
#include "builder/run/learn.h"
#include "builder/run/prepare.h"
#include "builder/verbs/verbs.h"

/* What holds when nothing is said; provisioner/postures/ tells what it is. */
#define USUAL_POSTURE "medium"

static char *input, *output, *posture, *memory, *cpus, *pids, *timeout, *output_limit, *disk, *net;
static char *syscalls, *result, *output_schema;
static char **env, **policies;
static gboolean allow_unresolved;

const GOptionEntry sbx_verb_run_options[] = {
	{"input", 'i', 0, G_OPTION_ARG_FILENAME, &input,
	 "Give the task a copy of this file as /task/input.json, read-only", "FILE"},
	{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
	 "Collect what the task leaves in /output into this folder", "DIR"},
	{"output-schema", 0, 0, G_OPTION_ARG_FILENAME, &output_schema,
	 "With --output: nothing comes out unless /output/result.json is as this JSON schema says",
	 "FILE"},
	{"posture", 0, 0, G_OPTION_ARG_STRING, &posture,
	 "How strict: low, medium, high or paranoid, and no option gives more (without it: medium, "
	 "and options give more)",
	 "low|medium|high|paranoid"},
	{"policy", 0, 0, G_OPTION_ARG_STRING_ARRAY, &policies,
	 "Allow no more than this policy does (may be repeated; the strictest counts)",
	 "NAME|FILE"},
	{"memory", 0, 0, G_OPTION_ARG_STRING, &memory,
	 "Memory limit (the posture's, without --posture more for a task that is known to need it)",
	 "BYTES"},
	{"cpus", 0, 0, G_OPTION_ARG_STRING, &cpus, "CPU limit", "N"},
	{"pids", 0, 0, G_OPTION_ARG_STRING, &pids, "Limit of processes and threads", "N"},
	{"timeout", 0, 0, G_OPTION_ARG_STRING, &timeout,
	 "Time limit, then exit status 124 (as for --memory)", "SECONDS"},
	{"output-limit", 0, 0, G_OPTION_ARG_STRING, &output_limit, "Limit of what it prints",
	 "BYTES"},
	{"disk", 0, 0, G_OPTION_ARG_STRING, &disk, "Limit of what it writes", "BYTES"},
	{"net", 0, 0, G_OPTION_ARG_STRING, &net, "Network: none or host", "none|host"},
	{"syscalls", 0, 0, G_OPTION_ARG_STRING, &syscalls,
	 "Only the system calls that these classes take, or that the profile predicts",
	 "CLASSES|predicted"},
	{"result", 0, 0, G_OPTION_ARG_FILENAME, &result,
	 "Write what is known of the run there as JSON; - shows it on stderr", "FILE|-"},
	{"env", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &env,
	 "Set a variable inside (may be repeated); nothing is inherited", "K=V"},
	{"allow-unresolved", 0, 0, G_OPTION_ARG_NONE, &allow_unresolved,
	 "Run although something that it needs is shipped by nobody", NULL},
	G_OPTION_ENTRY_NULL,
};

static void add(GPtrArray *words, const char *option, const char *value)
{
	g_ptr_array_add(words, g_strdup(option));
	g_ptr_array_add(words, g_strdup(value));
}

/* The policies and what the user asks for, as options of sbx-provision. */
static GPtrArray *policy_words(void)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	const struct {
		const char *option, *value;
	} asked[] = {
		{"--memory", memory},
		{"--cpus", cpus},
		{"--pids", pids},
		{"--timeout", timeout},
		{"--output-limit", output_limit},
		{"--disk", disk},
		{"--net", net},
		{"--syscalls", g_strcmp0(syscalls, "predicted") == 0 ? NULL : syscalls},
	};
	add(words, posture ? "--policy" : "--defaults", posture ? posture : USUAL_POSTURE);
	for (char **policy = policies; policy && *policy; policy++)
		add(words, "--policy", *policy);
	for (guint i = 0; i < G_N_ELEMENTS(asked); i++)
		if (asked[i].value)
			add(words, asked[i].option, asked[i].value);
	return words;
}

/* What is predicted and not allowed is told with its place in the source (allowance.c), not asked.
 */
static void add_classes(GPtrArray *words, const struct sbx_profile *profile,
			const struct sbx_allowance *allowance)
{
	g_autoptr(GString) classes = g_string_new(NULL);
	for (char **name = profile->classes; *name; name++)
		if (!allowance->classes ||
		    g_strv_contains((const char *const *)allowance->classes, *name))
			g_string_append_printf(classes, "%s%s", classes->len ? "," : "", *name);
	add(words, "--syscalls", classes->len ? classes->str : "base");
}

/*
 * What is known of the task. Its memory and time can raise limits that are merely usual; what a
 * user, a named posture or a policy says stands.
 */
static gboolean add_known(GPtrArray *words, const char *provisioner,
			  const struct sbx_profile *profile, struct sbx_allowance *allowance,
			  GError **error)
{
	const struct sbx_resources *r = &profile->resources;
	if ((g_strcmp0(syscalls, "predicted") == 0 || (!syscalls && allowance->only_predicted)) &&
	    profile->classes && *profile->classes)
		add_classes(words, profile, allowance);
	if (posture || (r->of[SBX_RESOURCE_MEMORY].basis == SBX_BASIS_DEFAULT &&
			r->of[SBX_RESOURCE_TIME].basis == SBX_BASIS_DEFAULT))
		return TRUE;
	SBX_CLEANUP_ALLOWANCE struct sbx_allowance usual = {0};
	g_autoptr(GPtrArray) name = g_ptr_array_new();
	g_ptr_array_add(name, (gpointer)USUAL_POSTURE);
	if (!sbx_allowance_ask(provisioner, name, &usual, error))
		return FALSE;
	g_autofree char *more =
		sbx_learn_limit(profile, SBX_RESOURCE_MEMORY, (double)usual.memory_bytes);
	g_autofree char *longer =
		sbx_learn_limit(profile, SBX_RESOURCE_TIME, usual.timeout_seconds);
	if (more && !memory)
		add(words, "--memory", more);
	if (longer && !timeout)
		add(words, "--timeout", longer);
	if (!more && !longer)
		return TRUE;
	sbx_allowance_release(allowance);
	return sbx_allowance_ask(provisioner, words, allowance, error);
}

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
	if (output_schema && !output) {
		sbx_set_error(error, SBX_E_USAGE,
			      "run: --output-schema: is about what --output collects; give both");
		return -1;
	}
	if (result && !g_str_equal(result, "-") && !sbx_output_check(result, "the result", error))
		return -1;
	g_autoptr(GPtrArray) policy = policy_words();
	g_autofree char *provisioner = sbx_context_provisioner(ctx, error);
	SBX_CLEANUP_ALLOWANCE struct sbx_allowance allowance = {0};
	if (!provisioner || !sbx_allowance_ask(provisioner, policy, &allowance, error))
		return -1;
	SBX_AUTO(sbx_store) catalog = sbx_store_open_catalog(ctx->root, ctx->cancellable, error);
	__attribute__((cleanup(sbx_prepared_release))) struct sbx_prepared task = {0};
	if (!catalog || !sbx_prepare_task(ctx, catalog, argv[1], allow_unresolved, &task, error) ||
	    !sbx_learn_resources(task.profile, catalog, error) ||
	    !add_known(policy, provisioner, task.profile, &allowance, error))
		return -1;
	sbx_allowance_tell(&allowance, ctx, task.profile);
	g_autoptr(GPtrArray) command = command_of(&task, argc, argv);
	struct sbx_launch launch = {
		.content_id = task.profile->content_id,
		.template_id = task.template_id,
		.folder = task.profile->folder,
		.entry = task.profile->entry,
		.whole_folder = may_show_folder(ctx, task.profile->folder),
		.input = input,
		.output = output,
		.command = (const char *const *)command->pdata,
		.env = (const char *const *)env,
		.result = result,
		.allowance = &allowance,
		.output_schema = output_schema,
		.policy = policy,
	};
	int status;
	return sbx_launch_run(ctx, catalog, &launch, &status, error) ? status : -1;
}
