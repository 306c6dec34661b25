/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people start as sbx-build. To read a task and to look into the catalog takes no solver, no
 * network and no repository. This program holds just what that takes, so that it starts in a third
 * of the time: the libraries behind fetching, solving and the repository are sixty. For all else
 * it becomes the engine.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/dispatch.h"
#include "builder/verbs/verbs.h"

/* For options, the parser asks the verbs themselves; here the table is for names and help. */
#define ROW(name, flags, group, synopsis, help, details)                                           \
	{#name, flags, NULL, group, synopsis, help, details, NULL},

const struct sbx_command sbx_commands[] = {
#include "builder/verbs/rows.h"
	{0},
};

static char **original_argv;

/* Returns only when it fails. */
static void become_engine(GError **error)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self ? self : ".");
	/* In a build tree beside this program, installed where programs' own programs are. */
	const char *places[] = {".", "../libexec/sbx"};
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path =
			g_build_filename(folder, places[i], "sbx-build-engine", NULL);
		execv(path, original_argv);
	}
	sbx_set_error_os(error, SBX_E_NOT_FOUND, errno,
			 "sbx-build-engine: not where it was installed (beside %s or in "
			 "../libexec/sbx); install sbx again",
			 self ? self : "sbx-build");
}

static gboolean prepare(struct sbx_context *ctx, struct sbx_store *catalog,
			const struct sbx_prepare_request *request, struct sbx_prepared *out,
			GError **error)
{
	become_engine(error);
	return FALSE;
}

static gboolean make_index(struct sbx_context *ctx, GError **error)
{
	become_engine(error);
	return FALSE;
}

static const struct sbx_engine engine = {.prepare = prepare, .make_index = make_index};

/* What is done here; for all else this becomes the engine. */
static const struct {
	const char *name;
	int (*run)(struct sbx_context *ctx, int argc, char **argv, GError **error);
} light_verbs[] = {
	{"run", sbx_verb_run},
	{"profile", sbx_verb_profile},
	{"ls", sbx_verb_ls},
};

/* To load a locale takes as long as to look a profile up, and ASCII is the same in all of them. */
static gboolean has_other_letters(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!g_str_is_ascii(argv[i]))
			return TRUE;
	return FALSE;
}

int main(int argc, char **argv)
{
	if (has_other_letters(argc, argv))
		setlocale(LC_CTYPE, "C.UTF-8");
	umask(022);
	original_argv = argv;
	for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(light_verbs); i++) {
		if (!g_str_equal(argv[1], light_verbs[i].name))
			continue;
		struct sbx_command command = *sbx_command_find(argv[1]);
		command.run = light_verbs[i].run;
		return sbx_dispatch_verb(&command, &engine, argc - 1, argv + 1);
	}
	g_autoptr(GError) error = NULL;
	become_engine(&error);
	fprintf(stderr, "sbx-build: %s\n", error->message);
	return sbx_code_exit_status(sbx_gerror_code(error));
}
