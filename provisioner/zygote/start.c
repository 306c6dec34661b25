/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library takes the interpreter's main() away (LD_PRELOAD), so that a task starts with no
 * Python frame below its own: tracebacks, sys._getframe() and the exit are what they always are.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/packet.h"
#include "provisioner/zygote/park.h"
#include "provisioner/zygote/python.h"

/* What becomes of the ends of children, as modules left it. */
static struct sigaction of_children;

unsigned sbx_count_threads(void)
{
	struct stat st;
	return stat("/proc/self/task", &st) == 0 && st.st_nlink > 2 ? (unsigned)st.st_nlink - 2 : 1;
}

/*
 * A copy of a process has the locks of its other threads, and not the threads. Libraries that know
 * this end theirs before a fork: so it takes one to see.
 */
static unsigned count_lasting_threads(void)
{
	unsigned n = sbx_count_threads();
	if (n == 1)
		return n;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return sbx_count_threads();
}

static int import(const char *modules, struct sbx_error *err)
{
	char name[SBX_ZYGOTE_MODULES];
	for (const char *at = modules; *at;) {
		size_t n = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)n, at);
		if (sbx_python_import(name, err) < 0)
			return -1;
		unsigned n_threads = count_lasting_threads();
		if (n_threads > 1)
			return sbx_fail(
				err, SBX_E_UNSUPPORTED,
				"zygote: %s: starts threads when it is imported (%u run), and "
				"a process with threads cannot be forked; leave it out, the "
				"task imports it by itself",
				name, n_threads);
		at += n + (at[n] == ',');
	}
	sbx_reseed_libraries();
	if (sbx_python_settle(err) < 0)
		return -1;
	sbx_heap_plug();
	return sbx_shared_note(err);
}

/*
 * Import and say how it went. From then on children are reaped by the kernel as they end: a parked
 * one is counted in the cgroups of its slot until it is, and nobody could use those meanwhile.
 */
static void warm_up(int control_fd, const char *modules)
{
	struct sbx_error err = SBX_ERROR_INIT;
	int failed = import(modules, &err);
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGCHLD, &ignore, &of_children);
	sbx_answer(control_fd, &err);
	if (failed)
		_exit(1);
}

/*
 * Obey one order. Returns the control socket of the process that goes on: the caller's own, or the
 * new one in a zygote that was just born.
 */
static int obey(int control_fd, const struct sbx_zygote_order *order, int fd)
{
	struct sbx_error err = SBX_ERROR_INIT;
	sbx_python_before_fork();
	pid_t pid = fork();
	if (pid == 0)
		sigaction(SIGCHLD, &of_children, NULL);
	if (pid == 0 && order->kind == SBX_ZYGOTE_PARK)
		sbx_park(fd);
	if (pid == 0) {
		sbx_close(&control_fd);
		sbx_python_after_fork_child();
		warm_up(fd, order->modules);
		return fd;
	}
	sbx_python_after_fork_parent();
	if (pid < 0) {
		sbx_fail_os(&err, SBX_E_SANDBOX, errno, "zygote: fork");
		sbx_answer(fd, &err);
	}
	sbx_close(&fd);
	return control_fd;
}

static _Noreturn void serve(int control_fd)
{
	struct sbx_zygote_order order;
	for (;;) {
		int fds[SBX_MAX_PACKET_FDS];
		unsigned n_fds;
		ssize_t n = sbx_packet_receive(control_fd, 0, &order, sizeof(order), fds, &n_fds);
		/* Whoever made it is gone, or has no more use for it. */
		if (n <= 0)
			_exit(0);
		order.modules[sizeof(order.modules) - 1] = '\0';
		if (n == sizeof(order) && n_fds == 1)
			control_fd = obey(control_fd, &order, sbx_steal_fd(&fds[0]));
		for (unsigned i = 0; i < n_fds; i++)
			sbx_close(&fds[i]);
	}
}

/* Descriptor 0 is the control socket; argv is the interpreter's name and the modules. */
static int main_of_zygote(int argc, char **argv, char **env)
{
	struct sbx_error err = SBX_ERROR_INIT;
	unsetenv("LD_PRELOAD");
	int control_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (control_fd < 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0)
		return 1;
	sbx_close(&null_fd);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sbx_python_start(argv[0], &err) < 0) {
		sbx_answer(control_fd, &err);
		return 1;
	}
	warm_up(control_fd, argc > 1 ? argv[1] : "");
	serve(control_fd);
}

__attribute__((visibility("default"))) int
__libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		  void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	__typeof__(&__libc_start_main) real = NULL;
	*(void **)&real = dlsym(RTLD_NEXT, "__libc_start_main");
	return real(main_of_zygote, argc, argv, init, fini, rtld_fini, stack_end);
}
