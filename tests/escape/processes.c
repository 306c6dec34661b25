/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out through other processes: seeing, signalling, tracing, outliving. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int signal_host(void)
{
	return must_fail("kill", kill((pid_t)fact_number("host_pid"), 0));
}

static int see_host(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%ld/comm", fact_number("host_pid"));
	return must_fail(path, open(path, O_RDONLY));
}

static int host_pidfd(void)
{
	return must_fail("pidfd_open", syscall(SYS_pidfd_open, fact_number("host_pid"), 0));
}

/* Process 1 must live through all that is not sent from outside. */
static int kill_init(void)
{
	static const int signals[] = {SIGKILL, SIGSTOP, SIGTERM, SIGSEGV, SIGHUP, SIGINT};
	if (getpid() == 1)
		return got_out("we are process 1");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		kill(1, signals[i]);
	/* One that claims to come from outside, where the sender has no number in here. */
	signal(SIGUSR1, SIG_IGN);
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info);
	usleep(50000);
	return must_fail("alive", kill(1, 0) == 0 || errno == EPERM ? -1 : 0);
}

static pid_t start_child(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static int end_child(pid_t pid, int outcome)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return outcome;
}

static int trace_init(void)
{
	return must_be_barred("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

static int trace_child(void)
{
	pid_t pid = start_child();
	return end_child(pid,
			 must_be_barred("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, pid, NULL, NULL)));
}

static int foreign_memory(void)
{
	char byte, *there = &byte;
	pid_t pid = start_child();
	struct iovec to = {&byte, 1}, from = {there, 1};
	int outcome =
		must_be_barred("process_vm_readv", process_vm_readv(pid, &to, 1, &from, 1, 0));
	outcome = worse(outcome, must_be_barred("process_vm_writev",
						process_vm_writev(pid, &to, 1, &from, 1, 0)));
	return end_child(pid, outcome);
}

static int foreign_descriptor(void)
{
	pid_t pid = start_child();
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return end_child(pid, could_not_try("pidfd_open"));
	return end_child(pid, must_be_barred("pidfd_getfd", syscall(SYS_pidfd_getfd, fd, 0, 0)));
}

static int compare(void)
{
	return must_be_barred("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0));
}

static int system_v_shared(void)
{
	int outcome = must_fail("shmget", shmget((key_t)fact_number("ipc_key"), 0, 0));
	outcome = worse(outcome, must_fail("semget", semget((key_t)fact_number("ipc_key"), 0, 0)));
	return worse(outcome, must_fail("msgget", msgget((key_t)fact_number("ipc_key"), 0)));
}

static int posix_queue_shared(void)
{
	return must_fail("mq_open", mq_open(fact("queue"), O_RDONLY));
}

/*
 * A child that has left session and group and ignores signals. When all else is over, driver.py
 * makes /output/go and looks for what it does then, for as long as it has the pipe /output/alive
 * open.
 */
static int outlive(void)
{
	int alive = open("/output/alive", O_WRONLY | O_NONBLOCK);
	if (alive >= 0 && write(alive, "x", 1) != 1)
		return could_not_try("/output/alive");
	if (fork() == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		for (int s = 1; s < 32; s++)
			signal(s, SIG_IGN);
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		for (int i = 0; i < 6000 && access("/output/go", F_OK) < 0; i++)
			usleep(10000);
		close(open("/output/outlived", O_CREAT | O_WRONLY, 0644));
		_exit(0);
	}
	wait(NULL);
	return REFUSED;
}

/* --timeout must end what does not want to end; driver.py has the clock. */
static int ignore_signals(void)
{
	for (int i = 0; i < 3; i++)
		fork();
	for (int s = 1; s < 65; s++)
		signal(s, SIG_IGN);
	setsid();
	while (pause() < 0)
		;
	return COULD_NOT_TRY;
}

/* driver.py kills sbx-provision meanwhile, however long a busy machine takes for that. */
static int orphan(void)
{
	puts("ready");
	for (int i = 0; i < 500; i++)
		usleep(10000);
	close(open("/output/outlived", O_CREAT | O_WRONLY, 0644));
	return GOT_OUT;
}

static int parent_as_child(void)
{
	/* CLONE_PARENT makes a brother; a brother of process 1's would be outside. */
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(getppid() == 0 ? 7 : 0);
	usleep(20000);
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	char text[2048];
	char *line = read_text(path, text, sizeof(text)) > 0 ? strstr(text, "PPid:\t") : NULL;
	return line && atoi(line + 6) == 0 ? got_out("a brother of process 1") : REFUSED;
}

const struct attempt attempts_on_processes[] = {
	{"signal-host-process", signal_host, "PID namespace", "host",
	 "signal a process of the host"},
	{"see-host-process", see_host, "PID namespace", "host", "see it in /proc"},
	{"host-pidfd", host_pidfd, "PID namespace", "host", "a pidfd of it"},
	{"kill-init", kill_init, "process 1 out of reach",
	 "no: the kernel's own rule for process 1",
	 "kill or stop process 1, forge a signal from outside"},
	{"trace-init", trace_init, "system calls", "without:seccomp,not-dumpable",
	 "ptrace process 1"},
	{"trace-child", trace_child, "system calls", "without:seccomp", "ptrace at all"},
	{"foreign-memory", foreign_memory, "system calls", "without:seccomp",
	 "process_vm_readv and process_vm_writev"},
	{"foreign-descriptor", foreign_descriptor, "system calls", "without:seccomp",
	 "pidfd_getfd"},
	{"kcmp", compare, "system calls", "without:seccomp", "learn about the kernel's addresses"},
	{"system-v-shared", system_v_shared, "IPC namespace", "host",
	 "shared memory, semaphores and messages of the host"},
	{"posix-queue-shared", posix_queue_shared, "IPC namespace", "host",
	 "a message queue of the host"},
	{"outlive", outlive, "PID namespace", "custom",
	 "a daemon that stays after the command's end"},
	{"ignore-signals", ignore_signals, "time-out", "custom", "a time-out that is ignored"},
	{"orphan", orphan, "dies with its parent", "no: process 1 ends with its socket as well",
	 "stay when sbx-provision is killed"},
	{"brother-of-init", parent_as_child, "PID namespace",
	 "no: the kernel refuses it to process 1", "a process outside by CLONE_PARENT"},
	{0},
};
