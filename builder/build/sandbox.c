/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define POLL_MSEC   100 /* how soon a cancellation is seen */
#define KEPT_STDERR 16384

static GPtrArray *command_line(const struct sbx_sandbox *sandbox)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	const char *fixed[] = {sandbox->provisioner, "run", "--profile", "build", "--layer",
			       sandbox->layer,	     NULL};
	for (guint i = 0; fixed[i]; i++)
		g_ptr_array_add(argv, g_strdup(fixed[i]));
	g_ptr_array_add(argv, g_strdup("--bind"));
	g_ptr_array_add(argv, g_strdup_printf("%s:/run/sbx", sandbox->work));
	for (guint i = 0; sandbox->ro_binds && sandbox->ro_binds[i]; i++) {
		g_ptr_array_add(argv, g_strdup("--ro-bind"));
		g_ptr_array_add(argv, g_strdup(sandbox->ro_binds[i]));
	}
	if (sandbox->base) {
		g_ptr_array_add(argv, g_strdup("--base"));
		g_ptr_array_add(argv, g_strdup(sandbox->base));
	}
	g_ptr_array_add(argv, g_strdup(sandbox->root));
	g_ptr_array_add(argv, g_strdup("--"));
	for (guint i = 0; sandbox->argv[i]; i++)
		g_ptr_array_add(argv, g_strdup(sandbox->argv[i]));
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* Hand over the complete lines in `pending`, keep the rest. */
static void deliver_lines(const struct sbx_sandbox *sandbox, GString *pending)
{
	char *start = pending->str, *end;
	while ((end = strchr(start, '\n')) != NULL) {
		*end = '\0';
		if (sandbox->line)
			sandbox->line(start, sandbox->data);
		start = end + 1;
	}
	g_string_erase(pending, 0, start - pending->str);
}

/* Returns FALSE at the end of the stream. */
static gboolean drain(int fd, GString *into)
{
	char chunk[4096];
	ssize_t n = read(fd, chunk, sizeof(chunk));
	if (n > 0)
		g_string_append_len(into, chunk, n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Read until both streams end. Returns whether the limit of silence was reached. */
static gboolean pump(const struct sbx_sandbox *sandbox, pid_t pid, int out_fd, int err_fd,
		     GString *errors, GCancellable *cancellable)
{
	g_autoptr(GString) pending = g_string_new(NULL);
	gint64 heard = g_get_monotonic_time();
	gboolean silent = FALSE, told = FALSE;
	struct pollfd fds[2] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int n = poll(fds, 2, POLL_MSEC);
		gint64 now = g_get_monotonic_time();
		if (n > 0 && fds[0].revents) {
			heard = now;
			if (!drain(out_fd, pending))
				fds[0].fd = -1;
			deliver_lines(sandbox, pending);
		}
		if (n > 0 && fds[1].revents && !drain(err_fd, errors))
			fds[1].fd = -1;
		if (errors->len > 2 * KEPT_STDERR)
			g_string_erase(errors, 0, (gssize)(errors->len - KEPT_STDERR));
		if (sandbox->idle && sandbox->idle(sandbox->data))
			heard = now;
		silent = silent || (sandbox->silence_seconds &&
				    now - heard > (gint64)sandbox->silence_seconds * 1000000);
		if (!told && (silent || g_cancellable_is_cancelled(cancellable))) {
			/* sbx-provision's death takes everything inside with it. */
			kill(pid, SIGKILL);
			told = TRUE;
		}
	}
	return silent;
}

gboolean sbx_sandbox_run(const struct sbx_sandbox *sandbox, int *out_status, gboolean *out_silent,
			 char **out_stderr, GCancellable *cancellable, GError **error)
{
	int out[2], err[2];
	if (pipe2(out, O_CLOEXEC) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "pipe");
	SBX_CLEANUP_FD int out_read = out[0];
	SBX_CLEANUP_FD int out_write = out[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "pipe");
	SBX_CLEANUP_FD int err_read = err[0];
	SBX_CLEANUP_FD int err_write = err[1];
	SBX_CLEANUP_FD int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	g_autoptr(GPtrArray) argv = command_line(sandbox);
	pid_t pid;
	if (!sbx_sandbox_spawn((const char *const *)argv->pdata,
			       sandbox->stdin_fd ? sandbox->stdin_fd : null_fd, out_write,
			       err_write, &pid, error))
		return FALSE;
	sbx_close(&out_write);
	sbx_close(&err_write);
	g_autoptr(GString) errors = g_string_new(NULL);
	*out_silent = pump(sandbox, pid, out_read, err_read, errors, cancellable);
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (g_cancellable_set_error_if_cancelled(cancellable, error))
		return FALSE;
	*out_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	*out_stderr = g_strdup(g_strchomp(errors->str));
	return TRUE;
}
