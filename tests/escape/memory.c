/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More memory than --memory, by every way that the kernel gives any. Each takes up to 1.5 times the
 * limit; who gets there, got out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

#define PIECE (1L << 20)

static char piece[65536];

static long wanted(void)
{
	long factor = fact_number("factor");
	return fact_number("memory") * (factor ? factor * 2 : 3) / 2;
}

static int reached(const char *what, long n)
{
	printf("%ld MiB of %ld by %s\n", n >> 20, wanted() >> 20, what);
	return n >= wanted() ? got_out(what) : REFUSED;
}

static void touch(char *data, long n)
{
	for (long i = 0; i < n; i += 4096)
		data[i] = 1;
}

static int anonymous(void)
{
	long n = 0;
	for (; n < wanted(); n += PIECE) {
		char *data = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);
		if (data == MAP_FAILED)
			break;
		touch(data, PIECE);
	}
	return reached("mmap", n);
}

/* At once: none of our children was killed so that others could go on. */
static bool do_all_live(void)
{
	return waitpid(-1, NULL, WNOHANG) == 0;
}

/* The same in parts, each with a limit of its own where there is one for a process alone. */
static int many_processes(void)
{
	int pipe_fd[2], n = 8, made = 0;
	if (pipe(pipe_fd) < 0)
		return could_not_try("pipe");
	for (; made < n; made++) {
		pid_t pid = fork();
		if (pid < 0)
			break;
		if (pid == 0) {
			long part = wanted() / n;
			char *data = mmap(NULL, (size_t)part, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (data == MAP_FAILED)
				_exit(1);
			touch(data, part);
			if (write(pipe_fd[1], "x", 1) < 0)
				_exit(1);
			while (pause() < 0)
				;
		}
	}
	int got = 0;
	char byte;
	struct pollfd said = {pipe_fd[0], POLLIN, 0};
	bool all_live = true;
	while (all_live && got < made) {
		if (poll(&said, 1, 20) == 1 && read(pipe_fd[0], &byte, 1) == 1)
			got++;
		all_live = do_all_live();
	}
	usleep(50000);
	return reached("many processes", all_live && do_all_live() && got == n ? wanted() : 0);
}

static int file_memory(int fd, const char *what)
{
	long n = 0;
	if (fd < 0 || ftruncate(fd, wanted()) < 0)
		return must_fail(what, -1);
	for (; n < wanted(); n += (long)sizeof(piece))
		if (write(fd, piece, sizeof(piece)) < 0)
			break;
	return reached(what, n);
}

static int memory_file(void)
{
	return file_memory(memfd_create("x", 0), "memfd");
}

static int temporary_file(void)
{
	return file_memory(open("/dev/shm/memory", O_CREAT | O_RDWR, 0600), "tmpfs");
}

static int system_v(void)
{
	int id = shmget(IPC_PRIVATE, (size_t)wanted(), 0600);
	char *data = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (data == (void *)-1)
		return must_fail("shmget", -1);
	touch(data, wanted());
	return reached("System V shared memory", wanted());
}

static int pipes(void)
{
	long n = 0;
	int ends[2];
	while (n < wanted() && pipe2(ends, O_NONBLOCK) == 0) {
		fcntl(ends[1], F_SETPIPE_SZ, PIECE);
		long before = n;
		for (ssize_t done; (done = write(ends[1], piece, sizeof(piece))) > 0;)
			n += done;
		if (n == before)
			break;
	}
	return reached("pipes", n);
}

/* What all children together hold, as they go on; behind it, how many can get no more. */
static long *total;

static long take(long n)
{
	__atomic_add_fetch(total, n, __ATOMIC_SEQ_CST);
	return n;
}

/* Each process has its own limit of descriptors: as many children as there may be go on. */
static int in_children(void (*part)(void), const char *what)
{
	volatile long *state = total =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int made = 0;
	for (; made < 8; made++) {
		pid_t pid = fork();
		if (pid < 0)
			break;
		if (pid == 0) {
			part();
			__atomic_add_fetch(total + 1, 1, __ATOMIC_SEQ_CST);
			pause();
		}
	}
	bool all_live = true;
	/* Under a limit some go on trying for ever. */
	int patience = fact_number("unlimited") ? 2000 : 150;
	for (int i = 0; i < patience && all_live && state[0] < wanted() && state[1] < made; i++) {
		usleep(10000);
		all_live = do_all_live();
	}
	return reached(what, all_live && do_all_live() ? *total : 0);
}

static long fill_socket(int fd)
{
	long n = 0;
	int size = 1 << 20;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (ssize_t done; (done = send(fd, piece, 32768, MSG_DONTWAIT)) > 0;)
		n += take(done);
	return n;
}

static void unix_part(void)
{
	int ends[2];
	while (*total < wanted() && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
		fill_socket(ends[0]);
		fill_socket(ends[1]);
	}
}

static int unix_sockets(void)
{
	return in_children(unix_part, "Unix sockets");
}

static int bound(int type, struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	*address = (struct sockaddr_in){.sin_family = AF_INET};
	inet_pton(AF_INET, "127.0.0.1", &address->sin_addr);
	int fd = socket(AF_INET, type, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)address, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &size) < 0)
		return -1;
	int room = 1 << 20;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

/* What lies in the socket, as the kernel counts it: more than was sent is dropped. */
static long held_by(int fd)
{
	uint32_t info[16] = {0};
	socklen_t size = sizeof(info);
	return getsockopt(fd, SOL_SOCKET, 55 /* SO_MEMINFO */, info, &size) < 0 ? 0 : info[0];
}

static void udp_part(void)
{
	struct sockaddr_in to;
	int from = socket(AF_INET, SOCK_DGRAM, 0), fd;
	while (*total < wanted() && (fd = bound(SOCK_DGRAM, &to)) >= 0) {
		for (int i = 0; i < 20; i++)
			sendto(from, piece, 20000, MSG_DONTWAIT, (struct sockaddr *)&to,
			       sizeof(to));
		take(held_by(fd));
	}
}

static int udp_sockets(void)
{
	return in_children(udp_part, "UDP sockets");
}

static void tcp_part(void)
{
	struct sockaddr_in to;
	int listener = bound(SOCK_STREAM, &to);
	if (listener < 0 || listen(listener, 100) < 0)
		return;
	while (*total < wanted()) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
			break;
		fill_socket(fd);
		if (accept(listener, NULL, NULL) < 0)
			break;
	}
}

static int tcp_sockets(void)
{
	return in_children(tcp_part, "TCP sockets");
}

/* One page touched in each 2 MiB takes a page of page tables with it, which nobody sees. */
static int page_tables(void)
{
	long n = 0;
	for (; n < wanted(); n += 8192) {
		char *data = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (data == MAP_FAILED)
			break;
		/* Reading maps the page of zeroes: only the tables are new. */
		for (int i = 0; i < 2; i++)
			(void)*(volatile char *)(data + (i + 1) * (2L << 20) - 4096);
	}
	return reached("page tables", n);
}

static int messages(void)
{
	struct {
		long type;
		char text[8000];
	} message = {.type = 1};
	long n = 0;
	while (n < wanted()) {
		int id = msgget(IPC_PRIVATE, 0600);
		if (id < 0)
			break;
		while (n < wanted() && msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT) == 0)
			n += (long)sizeof(message.text);
	}
	return reached("messages", n);
}

/* Names of the kernel's cache of paths; those that are not there, too. */
static int path_cache(void)
{
	char path[300];
	struct stat st;
	memset(path, 'n', sizeof(path));
	memcpy(path, "/tmp/", 5);
	path[260] = '\0';
	for (long i = 0; i < 40000; i++) {
		snprintf(path + 240, 16, "%ld", i);
		if (stat(path, &st) == 0)
			return could_not_try(path);
	}
	/* They are given back when memory is short: what counts is that the sandbox ends or lives.
	 */
	return REFUSED;
}

static void event_part(void)
{
	int epoll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN};
	/* Every descriptor in every set of descriptors: the square of --nofile. */
	for (int sets = 0; sets < 30 && epoll >= 0; sets++, epoll = epoll_create1(0))
		for (int fd = 0; fd < 120; fd++)
			if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
				take(200);
}

static int events(void)
{
	return in_children(event_part, "epoll");
}

static const char limits[] = "memory limit";

const struct attempt attempts_on_memory[] = {
	{"memory-anonymous", anonymous, limits, "options", "mmap"},
	{"memory-many-processes", many_processes, limits, "options",
	 "many processes, each with a little"},
	{"memory-memfd", memory_file, limits, "options", "memfd_create"},
	{"memory-tmpfs", temporary_file, limits, "options", "a file in /dev/shm"},
	{"memory-system-v", system_v, limits, "options", "System V shared memory"},
	{"memory-pipes", pipes, limits, "options", "full pipes"},
	{"memory-unix-sockets", unix_sockets, limits, "options", "full Unix sockets"},
	{"memory-udp-sockets", udp_sockets, limits, "options", "full UDP sockets"},
	{"memory-tcp-sockets", tcp_sockets, limits, "options", "full TCP connections"},
	{"memory-page-tables", page_tables, limits, "options", "page tables without pages"},
	{"memory-messages", messages, limits, "options", "System V messages"},
	{"memory-path-cache", path_cache, limits, "no: the kernel gives it back",
	 "the cache of paths"},
	{"memory-events", events, limits, "no: --nofile and --pids bound it too", "sets of epoll"},
	{0},
};
