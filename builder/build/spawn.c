/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from builder/build/sandbox.c, so that who only starts a sandbox is not linked with GIO. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/build/sandbox.h"

extern char **environ;

static GMutex spawn_mutex; /* see sbx_sandbox_write_file() */

gboolean sbx_sandbox_write_file(const char *folder, const char *name, const char *text,
				gsize n_bytes, int mode, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&spawn_mutex);
	return g_file_set_contents_full(path, text, (gssize)n_bytes, G_FILE_SET_CONTENTS_CONSISTENT,
					mode, error);
}

/* In the child, between vfork and exec: only system calls. */
static void become(const char *const *argv, const int fds[3], pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	/* Killed, this process takes what it started along. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(sbx_code_exit_status(SBX_E_SANDBOX));
	/* This process blocks SIGINT for its watcher and ignores SIGPIPE; a child must not. */
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			dup2(fds[i], i);
	execve(argv[0], (char *const *)(gpointer)argv, environ);
}

gboolean sbx_sandbox_spawn(const char *const *argv, int stdin_fd, int stdout_fd, int stderr_fd,
			   pid_t *out_pid, GError **error)
{
	const int fds[] = {stdin_fd, stdout_fd, stderr_fd};
	pid_t parent = getpid();
	volatile int failed = 0;
	/* vfork returns once the child has become argv[0], which the mutex relies on. */
	g_mutex_lock(&spawn_mutex);
	pid_t pid = vfork();
	if (pid == 0) {
		become(argv, fds, parent);
		failed = errno;
		_exit(sbx_code_exit_status(SBX_E_SANDBOX));
	}
	int fork_errno = errno;
	g_mutex_unlock(&spawn_mutex);
	if (pid < 0)
		return sbx_set_error_os(error, SBX_E_SANDBOX, fork_errno, "%s", argv[0]);
	if (failed) {
		waitpid(pid, NULL, 0);
		return sbx_set_error_os(error, SBX_E_SANDBOX, failed, "%s", argv[0]);
	}
	*out_pid = pid;
	return TRUE;
}
