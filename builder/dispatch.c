/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/dispatch.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

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

int sbx_dispatch_help(int argc, char **argv)
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

int sbx_dispatch_verb(const struct sbx_command *command, sbx_prepare_func prepare, int argc,
		      char **argv)
{
	struct sbx_context ctx = {.cancellable = g_cancellable_new(), .prepare = prepare};
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
