/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sbx-killed WHO N -- COMMAND...: run a command and kill (SIGKILL) one of its processes as it is
 * about to make its Nth system call that does something. WHO counts the processes in the order in
 * which they come to be; 0 is the command itself. Ends with status 0 when that came, 3 when the
 * process made no N calls; the command's number is printed.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 64
#define SEEN                                                                                       \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC)

static pid_t made[MOST];
static int n_made;
static bool has_begun;

/* What leaves nothing behind: to be killed before it is to be killed before the next one. */
static bool does_nothing(uint64_t number)
{
	static const long calls[] = {
		SYS_read,
		SYS_mmap,
		SYS_mprotect,
		SYS_munmap,
		SYS_brk,
		SYS_fstat,
		SYS_newfstatat,
		SYS_close,
		SYS_lseek,
		SYS_pread64,
		SYS_rt_sigaction,
		SYS_rt_sigprocmask,
		SYS_prlimit64,
		SYS_clock_gettime,
		SYS_getpid,
		SYS_getppid,
		SYS_geteuid,
		SYS_getegid,
		SYS_getuid,
		SYS_getrandom,
		SYS_readlinkat,
		SYS_set_tid_address,
		SYS_set_robust_list,
		SYS_rseq,
		SYS_close_range,
		SYS_fcntl,
		SYS_getdents64,
		SYS_statfs,
		SYS_fstatfs,
		SYS_capget,
		SYS_getcwd,
		SYS_umask,
		SYS_recvmsg,
		SYS_recvfrom,
		SYS_uname,
		SYS_openat2,
		SYS_openat,
#ifdef SYS_poll
		SYS_poll,
		SYS_readlink,
#endif
	};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (number == (uint64_t)calls[i])
			return true;
	return false;
}

static void note(pid_t pid)
{
	for (int i = 0; i < n_made; i++)
		if (made[i] == pid)
			return;
	if (n_made < MOST)
		made[n_made++] = pid;
}

static bool is_entry(pid_t pid)
{
	struct __ptrace_syscall_info info = {0};
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return false;
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && !does_nothing(info.entry.nr);
}

/* A stop of a traced process; returns the signal that it is to get. */
static int look(pid_t pid, int status, int who, int *left)
{
	int event = status >> 16, signo = WSTOPSIG(status);
	if (event == PTRACE_EVENT_EXEC && pid == made[0])
		has_begun = true;
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		unsigned long child = 0;
		if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0)
			note((pid_t)child);
	}
	if (event || signo != (SIGTRAP | 0x80))
		return event ? 0 : signo;
	if (has_begun && who < n_made && pid == made[who] && is_entry(pid) && --*left == 0)
		kill(pid, SIGKILL);
	return 0;
}

static int follow(int who, int left)
{
	int status, n = left;
	for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
		if (WIFSTOPPED(status)) {
			note(pid);
			int signo = look(pid, status, who, &n);
			/* All others run at their own speed. */
			bool is_target = who < n_made && pid == made[who] && n > 0;
			ptrace(is_target ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signo);
		} else if (pid == made[0]) {
			break;
		}
	}
	return n > 0 ? 3 : 0;
}

int main(int argc, char **argv)
{
	int ends[2];
	char byte;
	if (argc < 5 || strcmp(argv[3], "--") != 0 || pipe(ends) < 0)
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		if (read(ends[0], &byte, 1) != 1)
			_exit(2);
		close(ends[0]);
		execv(argv[4], argv + 4);
		_exit(127);
	}
	note(pid);
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, 0, SEEN) < 0) {
		perror("sbx-killed: ptrace");
		return 77;
	}
	/* It is stopped at once, so that all its calls are seen from there on. */
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	printf("%d\n", pid);
	fflush(stdout);
	if (write(ends[1], "x", 1) != 1)
		return 2;
	close(ends[0]);
	close(ends[1]);
	return follow(atoi(argv[1]), atoi(argv[2]));
}
