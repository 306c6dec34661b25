/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More than was allowed, of what is counted. driver.py passes the limits of these options as facts;
 * attempts stop not far above them, so that they are harmless where there is no limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int beyond(const char *what, long n, long limit)
{
	printf("%ld %s of %ld\n", n, what, limit);
	return n > limit ? got_out(what) : REFUSED;
}

static int fork_bomb(void)
{
	long limit = fact_number("pids"), n = 1;
	for (; n < limit + 40; n++) {
		pid_t pid = fork();
		if (pid < 0)
			break;
		if (pid == 0)
			for (;;)
				pause();
	}
	return beyond("processes", n, limit);
}

static void *sleeper(void *unused)
{
	pause();
	return unused;
}

static int thread_bomb(void)
{
	long limit = fact_number("pids"), n = 1;
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (pthread_t t; n < limit + 40; n++)
		if (pthread_create(&t, &attr, sleeper, NULL) != 0)
			break;
	return beyond("threads", n, limit);
}

static int descriptor_bomb(void)
{
	long limit = fact_number("nofile"), n = 3;
	for (; n < limit + 40; n++)
		if (dup(0) < 0)
			break;
	return beyond("descriptors", n, limit);
}

static char piece[65536];

static int fill(const char *path)
{
	long limit = fact_number("disk"), n = 0;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0)
		return could_not_try(path);
	memset(piece, 'x', sizeof(piece));
	for (ssize_t done = 1; n < 2 * limit && done > 0; n += done > 0 ? done : 0)
		done = write(fd, piece, sizeof(piece));
	return beyond("bytes", n, limit);
}

static int disk_bomb(void)
{
	return fill("/tmp/bomb");
}

static int shared_memory_bomb(void)
{
	return fill("/dev/shm/bomb");
}

static int root_bomb(void)
{
	int fd = open("/bomb", O_CREAT | O_WRONLY, 0600);
	/* In some postures nothing can be written there at all. */
	return fd < 0 ? REFUSED : fill("/bomb");
}

static int inode_bomb(void)
{
	long limit = fact_number("disk") / 4096 + 1024, n = 0;
	for (; n < limit + 500; n++) {
		char path[64];
		snprintf(path, sizeof(path), "/tmp/%ld", n);
		if (mknod(path, S_IFREG | 0600, 0) < 0)
			break;
	}
	return beyond("files", n, limit);
}

/* Depth and long names: the end of it must not take long (driver.py has the clock). */
static int deep_folders(void)
{
	char name[256];
	memset(name, 'd', 255);
	name[255] = '\0';
	if (chdir("/tmp") < 0)
		return could_not_try("/tmp");
	for (int i = 0; i < 1000; i++)
		if (mkdir(name, 0755) < 0 || chdir(name) < 0)
			break;
	return REFUSED;
}

static int file_size(void)
{
	long limit = fact_number("fsize"), n = 0;
	signal(SIGXFSZ, SIG_IGN);
	int fd = open("/tmp/large", O_CREAT | O_WRONLY, 0600);
	if (ftruncate(fd, limit + 1) == 0)
		return got_out("ftruncate");
	memset(piece, 'x', sizeof(piece));
	for (ssize_t done = 1; n < limit + 65536 && done > 0; n += done > 0 ? done : 0)
		done = write(fd, piece, sizeof(piece));
	return beyond("bytes", n, limit);
}

static int sparse_file(void)
{
	signal(SIGXFSZ, SIG_IGN);
	int fd = open("/tmp/sparse", O_CREAT | O_WRONLY, 0600);
	int outcome = must_fail("ftruncate", ftruncate(fd, 1L << 40));
	return worse(outcome, must_fail("fallocate", posix_fallocate(fd, 1L << 40, 1) ? -1 : 0));
}

/* driver.py counts what arrives. */
static int output_bomb(void)
{
	memset(piece, 'o', sizeof(piece));
	for (long n = 0; n < 4 * fact_number("output"); n += (long)sizeof(piece))
		if (write(n & 65536 ? 1 : 2, piece, sizeof(piece)) < 0)
			break;
	return GOT_OUT;
}

static double now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Two processes for a while; they may get a fifth of one processor. */
static int processor_hog(void)
{
	pid_t pid = fork();
	double start = now(CLOCK_MONOTONIC);
	while (now(CLOCK_MONOTONIC) < start + 1)
		;
	double used = now(CLOCK_PROCESS_CPUTIME_ID);
	if (pid == 0)
		_exit(used > 0.35);
	int status = 0;
	waitpid(pid, &status, 0);
	printf("%.2f s of processor time in 1 s, the child %s\n", used,
	       WEXITSTATUS(status) ? "too much" : "less");
	return used > 0.35 || WEXITSTATUS(status) ? got_out("processor time") : REFUSED;
}

static int processor_time(void)
{
	signal(SIGXCPU, SIG_IGN);
	while (now(CLOCK_PROCESS_CPUTIME_ID) < 4)
		;
	return got_out("4 seconds of processor time");
}

/* Counted for the user, not for the sandbox. */
static int watchers(void)
{
	int n = 0;
	while (n < 4096 && inotify_init() >= 0)
		n++;
	printf("%d instances\n", n);
	return n >= fact_number("inotify") - 8 ? got_out("all of the user's inotify instances")
					       : REFUSED;
}

static int queued_signals(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_SIGPENDING, &limit);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	long n = 0;
	union sigval value = {0};
	while (n < 20000 && sigqueue(getpid(), SIGRTMIN, value) == 0)
		n++;
	printf("%ld signals of %ld\n", n, (long)limit.rlim_cur);
	return n >= 20000 ? got_out("queued signals, counted for the user") : REFUSED;
}

static const char limits[] = "limits", rlimits[] = "resource limits";

const struct attempt attempts_on_resources[] = {
	{"fork-bomb", fork_bomb, limits, "options", "more processes than --pids"},
	{"thread-bomb", thread_bomb, limits, "options", "more threads than --pids"},
	{"descriptor-bomb", descriptor_bomb, rlimits, "options", "more open files than --nofile"},
	{"disk-bomb", disk_bomb, limits, "options", "more in /tmp than --disk"},
	{"shared-memory-bomb", shared_memory_bomb, limits, "options",
	 "more in /dev/shm than --disk"},
	{"root-bomb", root_bomb, limits, "options", "more in the root than --disk"},
	{"inode-bomb", inode_bomb, limits, "options", "empty files without end"},
	{"deep-folders", deep_folders, limits, "no: nothing is walked at the end",
	 "folders in folders"},
	{"file-size", file_size, rlimits, "options", "a file larger than --fsize"},
	{"sparse-file", sparse_file, rlimits, "options", "a file that only looks large"},
	{"output-bomb", output_bomb, limits, "custom", "more output than --output-limit"},
	{"processor-hog", processor_hog, limits, "no: a busy machine hides it",
	 "more processor time than --cpus"},
	{"processor-time", processor_time, rlimits, "options",
	 "more processor time than --cpu-time"},
	{"inotify-instances", watchers, "user namespace", "without:user-limit",
	 "all inotify instances of the user"},
	{"queued-signals", queued_signals, rlimits, "without:rlimit",
	 "all queued signals of the user"},
	{0},
};
