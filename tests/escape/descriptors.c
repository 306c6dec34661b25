/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out through what the caller had open, through terminals, and through process 1. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int inherited(void)
{
	int outcome = REFUSED;
	for (int fd = 3; fd < 1024; fd++) {
		char name[32];
		snprintf(name, sizeof(name), "descriptor %d", fd);
		if (fcntl(fd, F_GETFD) >= 0)
			outcome = got_out(name);
	}
	return outcome;
}

static int folder_at(int fd)
{
	return must_fail("open", openat(fd, "etc/passwd", O_RDONLY));
}

static int folder_as_stdin(void)
{
	return folder_at(STDIN_FILENO);
}

/* A file that was opened for reading, at 0. driver.py looks whether it has changed. */
static int write_stdin(void)
{
	int outcome = must_fail("write", open("/proc/self/fd/0", O_WRONLY));
	outcome = worse(outcome, must_fail("read and write", open("/dev/stdin", O_RDWR)));
	outcome = worse(outcome, must_fail("truncate", truncate("/proc/self/fd/0", 0)));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, STDIN_FILENO, 0);
	return worse(outcome, must_fail("map", map == MAP_FAILED ? -1 : 0));
}

/* A log at 1, with what others have written: read it, write over it. */
static int log_of_others(void)
{
	char text[64];
	int outcome = REFUSED, fd = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK);
	if (fd >= 0 && read(fd, text, sizeof(text)) > 0)
		outcome = GOT_OUT;
	close(fd);
	fd = open("/proc/self/fd/1", O_WRONLY | O_TRUNC | O_NONBLOCK);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	if (fd >= 0 && write(fd, "forged", 6) < 0)
		perror("write");
	if (ftruncate(STDOUT_FILENO, 0) == 0)
		outcome = GOT_OUT;
	return outcome;
}

/* A socket keeps its network: a connection is taken off and made anew to somebody else. */
static int socket_as_stdin(void)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct sockaddr_in other = {.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)fact_number("tcp_port"))};
	inet_pton(AF_INET, "127.0.0.1", &other.sin_addr);
	if (connect(0, &none, sizeof(none)) < 0)
		return must_fail("connect to none", -1);
	return must_fail("connect", connect(0, (struct sockaddr *)&other, sizeof(other)));
}

static int type_into_terminal(void)
{
	if (!isatty(STDIN_FILENO))
		return could_not_try("a terminal at 0");
	return must_be_barred("TIOCSTI", ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

static int type_into_terminal_high(void)
{
	if (!isatty(STDIN_FILENO))
		return could_not_try("a terminal at 0");
	/* The kernel looks at 32 bits; so must the filter. */
	return must_be_barred("TIOCSTI | 1 << 32", ioctl(STDIN_FILENO, TIOCSTI | 1UL << 32, "x"));
}

static int paste_into_terminal(void)
{
	char subcode[8] = {3};
	return must_be_barred("TIOCLINUX", ioctl(STDIN_FILENO, 0x541c, subcode));
}

static int line_discipline(void)
{
	int n_hdlc = 13;
	return must_be_barred("TIOCSETD", ioctl(STDIN_FILENO, TIOCSETD, &n_hdlc));
}

static int controlling_terminal(void)
{
	return must_fail("/dev/tty", open("/dev/tty", O_RDWR));
}

static int terminal_group(void)
{
	signal(SIGTTOU, SIG_IGN);
	setpgid(0, 0);
	int group = getpgrp();
	if (!isatty(STDIN_FILENO))
		return could_not_try("a terminal at 0");
	return must_fail("TIOCSPGRP", ioctl(STDIN_FILENO, TIOCSPGRP, &group));
}

static int init_program(void)
{
	int outcome = must_fail("open", open("/proc/1/exe", O_RDONLY));
	char path[256];
	return worse(outcome, must_fail("readlink", readlink("/proc/1/exe", path, sizeof(path))));
}

static int init_memory(void)
{
	int outcome = must_fail("mem", open("/proc/1/mem", O_RDWR));
	char text[16];
	return worse(outcome, must_fail("maps", read_text("/proc/1/maps", text, sizeof(text))));
}

static int init_descriptors(void)
{
	int outcome = REFUSED;
	/* Root may list the numbers; what they are must stay hidden. */
	for (int fd = 0; fd < 32; fd++) {
		char path[32], to[64];
		snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
		if (readlink(path, to, sizeof(to)) >= 0 || open(path, O_PATH) >= 0)
			outcome = got_out(path);
	}
	return outcome;
}

static int init_environment(void)
{
	char text[16];
	return must_fail("environ", read_text("/proc/1/environ", text, sizeof(text)));
}

static int init_root(void)
{
	int outcome = must_fail("root", open("/proc/1/root", O_PATH | O_DIRECTORY));
	return worse(outcome, must_fail("cwd", open("/proc/1/cwd", O_PATH | O_DIRECTORY)));
}

static int init_arguments(void)
{
	char text[4096];
	long n = read_text("/proc/1/cmdline", text, sizeof(text));
	if (n < 0)
		return could_not_try("cmdline");
	for (long i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	return strstr(text, "/") ? got_out(text) : REFUSED;
}

static int own_secret(void)
{
	return getenv("SBX_SECRET") ? got_out("SBX_SECRET") : REFUSED;
}

/* driver.py starts `#!/proc/self/exe` as the command: what runs then is sbx-provision, or nothing.
 */
static int interpreter(void)
{
	return REFUSED;
}

const struct attempt attempts_on_descriptors[] = {
	{"inherited-descriptors", inherited, "closed descriptors", "without:close",
	 "what the caller had open, a folder among it"},
	{"folder-as-stdin", folder_as_stdin, "checked descriptors",
	 "without:check-descriptors,stay-inside", "a folder at 0 (CVE-2024-21626)"},
	{"write-stdin", write_stdin, "Landlock", "without:stay-inside",
	 "write to the file that was given for reading"},
	{"log-of-others", log_of_others, "output through pipes",
	 "without:check-descriptors,stay-inside", "read and truncate the log at 1"},
	{"socket-as-stdin", socket_as_stdin, "checked descriptors", "without:check-descriptors",
	 "connect an inherited socket to another address"},
	{"type-into-terminal", type_into_terminal, "system calls", "without:seccomp,session",
	 "TIOCSTI (CVE-2017-5226)"},
	{"type-into-terminal-high", type_into_terminal_high, "system calls",
	 "without:seccomp,session", "TIOCSTI with a bit above the 32 that count"},
	{"paste-into-terminal", paste_into_terminal, "system calls", "without:seccomp",
	 "TIOCLINUX"},
	{"line-discipline", line_discipline, "system calls", "without:seccomp",
	 "load a line discipline (CVE-2017-2636)"},
	{"controlling-terminal", controlling_terminal, "own session", "without:session",
	 "open the caller's terminal as /dev/tty"},
	{"terminal-group", terminal_group, "own session", "without:session",
	 "become the terminal's foreground"},
	{"init-program", init_program, "process 1 out of reach", "without:not-dumpable",
	 "open /proc/1/exe, the host's sbx-provision (CVE-2019-5736)"},
	{"init-memory", init_memory, "process 1 out of reach", "without:not-dumpable",
	 "read and write /proc/1/mem"},
	{"init-descriptors", init_descriptors, "process 1 out of reach", "without:not-dumpable",
	 "what process 1 has open"},
	{"init-environment", init_environment, "process 1 out of reach", "without:not-dumpable",
	 "the environment of the caller, as process 1 inherited it"},
	{"init-root", init_root, "process 1 out of reach", "without:not-dumpable",
	 "/proc/1/root and /proc/1/cwd"},
	{"init-arguments", init_arguments, "process 1 out of reach",
	 "no: nothing leaves the wiping out", "the host's paths in process 1's command line"},
	{"secret-in-environment", own_secret, "cleared environment", "host",
	 "a variable of the caller's"},
	{"interpreter", interpreter, "Landlock", "without:stay-inside",
	 "a template that makes /proc/self/exe its interpreter (CVE-2019-5736)"},
	{0},
};
