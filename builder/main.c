/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/command.h"
#include "builder/verbs/verbs.h"

#define RUN	"Run a task"
#define LOOK	"See what a task needs"
#define PREPARE "Prepare templates"
#define KEEP	"Look after what is stored"

#define ROW(name, flags, group, synopsis, help, details)                                           \
	{                                                                                          \
#name, flags, sbx_verb_##name, group, synopsis, help, details,                     \
			sbx_verb_##name##_options                                                  \
	}

const struct sbx_command sbx_commands[] = {
	ROW(run, SBX_COMMAND_OPTIONS_FIRST | SBX_COMMAND_PASSES_STATUS, RUN,
	    "TASK [ARG...] | TASK -- COMMAND [ARG...]",
	    "Profile a script or folder, find or build its template, run it isolated",
	    "TASK is a file or a folder. Its folder is the working directory /task inside; what "
	    "the "
	    "task writes there stays in the sandbox. Files left in /output are collected into "
	    "--output. The exit status is the task's own; 125 is a failure of ours."),
	ROW(profile, SBX_COMMAND_PLAIN, LOOK, "FILE|DIR",
	    "Say what a task needs, on which line that was seen, and who ships it",
	    "The task is read, never run. Exit status 4 when something that it certainly needs is "
	    "shipped by nobody."),
	ROW(resolve, SBX_COMMAND_PLAIN, LOOK, "PROFILE|TASK | --packages A,B",
	    "Choose the exact packages, as apt would",
	    "Prints them, or with --json or -o the lock that `sbx-build build` takes."),
	ROW(build, SBX_COMMAND_PLAIN, PREPARE, "LOCK|PROFILE|TASK | --packages A,B",
	    "Build the template: a root filesystem with just these packages",
	    "Prints the template's id. The same lock is answered from the catalog at once."),
	ROW(update, SBX_COMMAND_PLAIN, PREPARE, "",
	    "Fetch, verify and index the archive's metadata",
	    "By default of the host's suite, from the host's apt sources, with its keyrings and "
	    "proxy. Unchanged metadata costs one conditional request an index."),
	ROW(ls, SBX_COMMAND_PLAIN, KEEP, "", "List the templates", NULL),
	ROW(show, SBX_COMMAND_PLAIN, KEEP, "TEMPLATE",
	    "Tell a template's packages, sizes, lock and use",
	    "TEMPLATE is an id, an unambiguous prefix of one, or a name."),
	ROW(rm, SBX_COMMAND_PLAIN, KEEP, "TEMPLATE...", "Remove templates (or names of templates)",
	    "A name is taken off its template; an id or prefix removes the template with its "
	    "names. "
	    "Disk space comes back with `sbx-build gc`."),
	ROW(gc, SBX_COMMAND_PLAIN, KEEP, "", "Free what no template needs",
	    "Waits for running builds to end. What a name, a lock or a live sandbox needs stays."),
	ROW(fsck, SBX_COMMAND_PLAIN, KEEP, "", "Check every stored object and the catalog",
	    "Exit status 11 when something is damaged."),
	{0},
};

struct watcher {
	sigset_t set;
	GCancellable *cancellable;
};

/* SIGINT and SIGTERM cancel the work; a second one ends the process at once. */
static void *watch(void *data)
{
	struct watcher *watcher = data;
	int signo;
	sigwait(&watcher->set, &signo);
	g_cancellable_cancel(watcher->cancellable);
	sigwait(&watcher->set, &signo);
	_exit(sbx_code_exit_status(SBX_E_INTERRUPTED));
	return NULL;
}

static int print_help(int argc, char **argv)
{
	g_autofree char *text = NULL;
	if (argc > 1 && g_str_equal(argv[1], "--man"))
		text = sbx_command_man_page();
	else
		text = sbx_command_overview();
	fputs(text, stdout);
	return 0;
}

/* One line, one status. A cancelled operation is an interruption however a library words it. */
static int report(const struct sbx_command *command, struct sbx_context *ctx, const GError *error)
{
	enum sbx_code code = sbx_gerror_code(error);
	g_autofree char *line = g_strdup(error->message);
	g_strdelimit(line, "\r\n", ' ');
	if (g_cancellable_is_cancelled(ctx->cancellable) && code != SBX_E_NO_SPACE) {
		code = SBX_E_INTERRUPTED;
		fprintf(stderr,
			"sbx-build: interrupted; the same command goes on where it stopped\n");
	} else {
		fprintf(stderr, "sbx-build: %s\n", line);
	}
	int status = sbx_code_exit_status(code);
	if ((command->flags & SBX_COMMAND_PASSES_STATUS) && code != SBX_E_USAGE)
		return sbx_code_exit_status(SBX_E_SANDBOX);
	return status;
}

static int run_verb(const struct sbx_command *command, int argc, char **argv)
{
	struct sbx_context ctx = {.cancellable = g_cancellable_new()};
	static struct watcher watcher;
	watcher.cancellable = ctx.cancellable;
	sigemptyset(&watcher.set);
	sigaddset(&watcher.set, SIGINT);
	sigaddset(&watcher.set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &watcher.set, NULL);
	pthread_t thread;
	if (pthread_create(&thread, NULL, watch, &watcher) == 0)
		pthread_detach(thread);
	signal(SIGPIPE, SIG_IGN);

	g_autoptr(GError) error = NULL;
	int status = command->run(&ctx, argc, argv, &error);
	/* The bar goes before the error's line comes. */
	g_clear_pointer(&ctx.progress, sbx_progress_free);
	if (status < 0)
		status = report(command, &ctx, error);
	if (fflush(stdout) != 0 && status == 0)
		status = 1;
	return status;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	umask(022);
	if (argc < 2 || g_str_equal(argv[1], "help") || g_str_equal(argv[1], "--help") ||
	    g_str_equal(argv[1], "-h")) {
		int status = print_help(argc - 1, argv + 1);
		return argc < 2 ? sbx_code_exit_status(SBX_E_USAGE) : status;
	}
	if (g_str_equal(argv[1], "--version")) {
		printf("sbx-build %s\n", SBX_VERSION);
		return 0;
	}
	const struct sbx_command *command = sbx_command_find(argv[1]);
	if (!command) {
		fprintf(stderr, "sbx-build: %s: no such verb; `sbx-build help` lists them\n",
			argv[1]);
		return sbx_code_exit_status(SBX_E_USAGE);
	}
	return run_verb(command, argc - 1, argv + 1);
}
