/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/dispatch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct watcher {
	sigset_t set;
	const struct sbx_engine *engine;
	GCancellable *cancellable;
	gboolean waits_for_task; /* which gets the signal too, and ends */
	gint interrupted;
} watcher;

static const char interrupted_text[] =
	"sbx-build: interrupted; the same command goes on where it stopped\n";

static void end_interrupted(const char *text)
{
	/* write: another thread may hold stderr's lock for good. */
	if (text && write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(sbx_code_exit_status(SBX_E_INTERRUPTED));
	_exit(sbx_code_exit_status(SBX_E_INTERRUPTED));
}

/* SIGINT and SIGTERM cancel the work; a second one ends the process at once. */
static void *watch(void *data G_GNUC_UNUSED)
{
	int signo;
	sigwait(&watcher.set, &signo);
	g_atomic_int_set(&watcher.interrupted, TRUE);
	if (watcher.engine && watcher.engine->cancel)
		watcher.engine->cancel(watcher.cancellable);
	sigwait(&watcher.set, &signo);
	end_interrupted(NULL);
	return NULL;
}

/* Where nothing is to be cancelled nor waited for, no thread need wait for the signals. */
static void end_on_signal(int signo G_GNUC_UNUSED)
{
	end_interrupted(interrupted_text);
}

/* Once the options are known: before, a user namespace may have to be entered (builder/ids.h). */
static void start_watching(const struct sbx_context *ctx G_GNUC_UNUSED)
{
	sigemptyset(&watcher.set);
	sigaddset(&watcher.set, SIGINT);
	sigaddset(&watcher.set, SIGTERM);
	if (!watcher.waits_for_task && (!watcher.engine || !watcher.engine->cancel)) {
		struct sigaction action = {.sa_handler = end_on_signal};
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		return;
	}
	pthread_sigmask(SIG_BLOCK, &watcher.set, NULL);
	pthread_t thread;
	if (pthread_create(&thread, NULL, watch, NULL) == 0)
		pthread_detach(thread);
}

/* A full disk must not look like success. */
static int flush_results(int status)
{
	/* A reader that has seen enough (head, less) is no failure of ours. */
	if (fflush(stdout) == 0 || errno == EPIPE)
		return status;
	fprintf(stderr, "sbx-build: standard output: %s\n", g_strerror(errno));
	return status ? status : sbx_code_exit_status(SBX_E_NO_SPACE);
}

int sbx_dispatch_unknown(const char *word)
{
	if (*word == '-')
		fprintf(stderr,
			"sbx-build: %s: begin with a verb, options follow it; `sbx-build help` "
			"lists the verbs\n",
			word);
	else
		fprintf(stderr, "sbx-build: %s: no such verb; `sbx-build help` lists them\n", word);
	return sbx_code_exit_status(SBX_E_USAGE);
}

int sbx_dispatch_help(int argc, char **argv)
{
	const struct sbx_command *command = argc > 1 ? sbx_command_find(argv[1]) : NULL;
	if (command) {
		char *words[] = {argv[1], (char *)"--help", NULL};
		return sbx_dispatch_verb(command, NULL, 2, words);
	}
	static const struct {
		const char *name;
		char *(*make)(void);
	} texts[] = {{"--man", sbx_command_man_page}, {"--completion", sbx_command_completion}};
	char *(*make)(void) = argc > 1 ? NULL : sbx_command_overview;
	for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(texts); i++)
		if (g_str_equal(argv[1], texts[i].name))
			make = texts[i].make;
	if (!make)
		return sbx_dispatch_unknown(argv[1]);
	g_autofree char *text = make();
	fputs(text, stdout);
	return flush_results(0);
}

/* One line, one status. A cancelled operation is an interruption however a library words it. */
static int report(const struct sbx_command *command, gboolean interrupted, const GError *error)
{
	enum sbx_code code = sbx_gerror_code(error);
	g_autofree char *line = g_strdup(error->message);
	g_strdelimit(line, "\r\n", ' ');
	if (interrupted && code != SBX_E_NO_SPACE) {
		code = SBX_E_INTERRUPTED;
		fputs(interrupted_text, stderr);
	} else {
		fprintf(stderr, "sbx-build: %s\n", line);
	}
	int status = sbx_code_exit_status(code);
	if ((command->flags & SBX_COMMAND_PASSES_STATUS) && code != SBX_E_USAGE)
		return sbx_code_exit_status(SBX_E_SANDBOX);
	return status;
}

int sbx_dispatch_verb(const struct sbx_command *command, const struct sbx_engine *engine, int argc,
		      char **argv)
{
	struct sbx_context ctx = {.engine = engine, .settled = start_watching};
	if (engine && engine->new_cancellable)
		ctx.cancellable = engine->new_cancellable();
	watcher.engine = engine;
	watcher.cancellable = ctx.cancellable;
	watcher.waits_for_task = (command->flags & SBX_COMMAND_PASSES_STATUS) != 0;
	signal(SIGPIPE, SIG_IGN);

	g_autoptr(GError) error = NULL;
	int status = command->run(&ctx, argc, argv, &error);
	/* The bar goes before the error's line comes. */
	g_clear_pointer(&ctx.progress, sbx_progress_free);
	if (status < 0)
		status = report(command, g_atomic_int_get(&watcher.interrupted), error);
	sbx_context_release(&ctx);
	return flush_results(status);
}
