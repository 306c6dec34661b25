/* SPDX-License-Identifier: Apache-2.0 */
/* Devices: those that are there, those that could be made. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int make_node(mode_t kind, unsigned major, unsigned minor)
{
	char path[64];
	snprintf(path, sizeof(path), "/tmp/node-%u-%u", major, minor);
	int outcome = must_fail(path, mknod(path, kind | 0666, makedev(major, minor)));
	unlink(path);
	return outcome;
}

static int make_memory(void)
{
	return make_node(S_IFCHR, 1, 1);
}

static int make_disk(void)
{
	static const unsigned majors[] = {8, 254, 253, 259, 252, 7};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(majors) / sizeof(majors[0]); i++)
		outcome = worse(outcome, make_node(S_IFBLK, majors[i], 0));
	return outcome;
}

/* One that anybody may make, and whose number is harmless: it must be of no use all the same. */
static int make_null(void)
{
	return make_node(S_IFCHR, 1, 3);
}

static int known_devices(void)
{
	static const char *const known[] = {"null",   "zero", "full", "random", "urandom", "tty",
					    "ptmx",   "pts",  "shm",  "fd",	"stdin",   "stdout",
					    "stderr", ".",    "..",   "core",	"mqueue"};
	DIR *dir = opendir("/dev");
	int outcome = REFUSED;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t i = 0;
		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], e->d_name) != 0)
			i++;
		if (i == sizeof(known) / sizeof(known[0]))
			outcome = got_out(e->d_name);
	}
	return dir ? outcome : could_not_try("/dev");
}

static int change_device(void)
{
	struct stat before, after;
	if (stat("/dev/null", &before) < 0)
		return could_not_try("/dev/null");
	chmod("/dev/null", 0600);
	stat("/dev/null", &after);
	/* Its own node may change; driver.py looks at the host's. */
	chmod("/dev/null", 0666);
	return REFUSED;
}

static int entropy(void)
{
	int fd = open("/dev/urandom", O_RDWR), bits = 100;
	return must_fail("RNDADDTOENTCNT", ioctl(fd, _IOW('R', 0x01, int), &bits));
}

static int console(void)
{
	int outcome = must_fail("TIOCCONS", ioctl(STDIN_FILENO, TIOCCONS, 0));
	return worse(outcome, must_fail("VT_ACTIVATE", ioctl(STDIN_FILENO, 0x5606, 1)));
}

static int ports(void)
{
#if defined(__x86_64__)
	int outcome = must_be_barred("iopl", iopl(3));
	return worse(outcome, must_be_barred("ioperm", ioperm(0x80, 1, 1)));
#else
	return must_fail("/dev/port", open("/dev/port", O_RDWR));
#endif
}

/* Terminals are counted for the whole host; a sandbox may not take them all. */
static int all_terminals(void)
{
	int n = 0;
	/* Its own files are limited as well; each process has its share. */
	for (int fd = 0; fd >= 0 && n < 1200; n++)
		fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	printf("%d terminals\n", n - 1);
	return n >= 1000 ? got_out("a thousand terminals") : REFUSED;
}

const struct attempt attempts_on_devices[] = {
	{"make-memory-node", make_memory, "capabilities, mounts", "root", "make /dev/mem"},
	{"make-disk-node", make_disk, "capabilities, mounts", "root", "make the host's disk"},
	{"make-null-node", make_null, "capabilities, mounts", "root", "make any device"},
	{"known-devices", known_devices, "minimal /dev", "host", "a device in /dev beyond the six"},
	{"change-device", change_device, "minimal /dev", "no: it would be the host's",
	 "change the mode of the host's /dev/null"},
	{"add-entropy", entropy, "capabilities", "no: it would be the host's",
	 "claim entropy that is not there"},
	{"console", console, "capabilities", "no: dangerous",
	 "take the console, switch its terminal"},
	{"ports", ports, "system calls, capabilities", "no: takes a kernel that has them",
	 "the processor's ports"},
	{"all-terminals", all_terminals, "resource limits, minimal /dev", "host",
	 "take all pseudo-terminals"},
	{0},
};
