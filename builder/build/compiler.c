/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/build/embedded.h"
#include "builder/build/sandbox.h"

#define SCRIPT		"bytecompile.py"
#define SILENCE_SECONDS 600 /* the largest package takes ten */

struct sbx_compiler {
	struct sbx_context *ctx;
	char *provisioner, *interpreter, *root, *base, *work, *layer, *sources;
	int stdin_read, stdin_write;
	GThread *thread;
	gint has_work; /* atomic: what is below was set before */
	void (*line)(const char *line, gpointer data);
	gpointer data;
	/* the thread's */
	gboolean fine;
	int status;
	char *errors;
	GError *failure;
};

static void on_line(const char *line, gpointer data)
{
	struct sbx_compiler *compiler = data;
	if (g_atomic_int_get(&compiler->has_work) && compiler->line)
		compiler->line(line, compiler->data);
}

static gboolean is_idle(gpointer data)
{
	return !g_atomic_int_get(&((struct sbx_compiler *)data)->has_work);
}

static gpointer run(gpointer data)
{
	struct sbx_compiler *compiler = data;
	g_autofree char *n_jobs = g_strdup_printf("%u", g_get_num_processors());
	const char *argv[] = {compiler->interpreter, "-I",	     "-S",   "/run/sbx/" SCRIPT,
			      compiler->sources,     "/run/sbx/out", n_jobs, NULL};
	struct sbx_sandbox sandbox = {
		.provisioner = compiler->provisioner,
		.root = compiler->root,
		.base = compiler->base,
		.layer = compiler->layer,
		.work = compiler->work,
		.argv = argv,
		.stdin_fd = compiler->stdin_read,
		.silence_seconds = SILENCE_SECONDS,
		.idle = is_idle,
		.line = on_line,
		.data = compiler,
	};
	gboolean silent = FALSE;
	compiler->fine = sbx_sandbox_run(&sandbox, &compiler->status, &silent, &compiler->errors,
					 compiler->ctx->cancellable, &compiler->failure);
	return NULL;
}

static gboolean write_work(const struct sbx_compiler *compiler, GError **error)
{
	g_autofree char *out = g_build_filename(compiler->work, "out", NULL);
	g_autofree char *script = g_build_filename(compiler->work, SCRIPT, NULL);
	g_mkdir(compiler->work, 0755);
	g_mkdir(compiler->layer, 0755);
	g_mkdir(out, 0755);
	return g_file_set_contents(script, sbx_bytecompile_py, (gssize)sbx_bytecompile_py_size,
				   error);
}

struct sbx_compiler *sbx_compiler_start(const struct sbx_compiler_how *how, GError **error)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "pipe");
		return NULL;
	}
	struct sbx_compiler *compiler = g_new0(struct sbx_compiler, 1);
	compiler->ctx = how->ctx;
	compiler->provisioner = g_strdup(how->provisioner);
	compiler->interpreter = g_strconcat("/usr/bin/", how->interpreter, NULL);
	compiler->root = g_strdup(how->root);
	compiler->base = g_strdup(how->base);
	compiler->work = g_strdup(how->work);
	compiler->layer = g_strdup(how->layer);
	compiler->sources = g_strdup(how->sources);
	compiler->stdin_read = fds[0];
	compiler->stdin_write = fds[1];
	if (write_work(compiler, error)) {
		compiler->thread = g_thread_new("compiler", run, compiler);
		return compiler;
	}
	sbx_compiler_free(compiler);
	return NULL;
}

gboolean sbx_compiler_finish(struct sbx_compiler *compiler, const GString *work,
			     void (*line)(const char *line, gpointer data), gpointer data,
			     int *out_status, char **out_stderr, GError **error)
{
	compiler->line = line;
	compiler->data = data;
	g_atomic_int_set(&compiler->has_work, 1);
	/* If it cannot read, it has ended, and says why. */
	(void)!sbx_write_all(compiler->stdin_write, work->str, work->len);
	sbx_close(&compiler->stdin_write);
	g_thread_join(g_steal_pointer(&compiler->thread));
	if (!compiler->fine) {
		g_propagate_error(error, g_steal_pointer(&compiler->failure));
		return FALSE;
	}
	*out_status = compiler->status;
	*out_stderr = g_steal_pointer(&compiler->errors);
	return TRUE;
}

void sbx_compiler_free(struct sbx_compiler *compiler)
{
	if (!compiler)
		return;
	sbx_close(&compiler->stdin_write);
	if (compiler->thread)
		g_thread_join(compiler->thread);
	sbx_close(&compiler->stdin_read);
	g_clear_error(&compiler->failure);
	g_free(compiler->provisioner);
	g_free(compiler->interpreter);
	g_free(compiler->root);
	g_free(compiler->base);
	g_free(compiler->work);
	g_free(compiler->layer);
	g_free(compiler->sources);
	g_free(compiler->errors);
	g_free(compiler);
}
