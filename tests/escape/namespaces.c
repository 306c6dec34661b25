/* SPDX-License-Identifier: Apache-2.0 */
/* New namespaces, which give new rights, and others' namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int unshare_one(int flag)
{
	return must_be_barred("unshare", unshare(flag));
}

static int unshare_user(void)
{
	return unshare_one(CLONE_NEWUSER);
}

static int unshare_net(void)
{
	return unshare_one(CLONE_NEWNET);
}

static int unshare_mount(void)
{
	return unshare_one(CLONE_NEWNS);
}

static int clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	return must_be_barred("clone", pid);
}

static int clone3_user(void)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	return must_be_barred("clone3", pid);
}

/* A user namespace of one's own, and what it leads to: mounts (the way of most kernel exploits). */
static int nested(void)
{
	int outcome = must_be_barred("unshare", unshare(CLONE_NEWUSER | CLONE_NEWNS));
	return worse(outcome,
		     must_be_barred("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0)));
}

static int enter_init(void)
{
	static const char *const kinds[] = {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup"};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[32];
		snprintf(path, sizeof(path), "/proc/1/ns/%s", kinds[i]);
		int fd = open(path, O_RDONLY);
		/* Process 1 is not to be looked into, and the call not to be made. */
		outcome = worse(outcome, must_fail(path, fd));
	}
	return worse(outcome, must_be_barred("setns", syscall(SYS_setns, 0, 0)));
}

static int enter_own(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY);
	if (fd < 0)
		return could_not_try("/proc/self/ns/uts");
	return must_be_barred("setns", setns(fd, 0));
}

/* Each must differ from the host's, which driver.py passes. */
static int same_namespaces(void)
{
	static const char *const kinds[] = {"mnt", "pid", "ipc", "uts", "cgroup", "net", "user"};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[32], link[64] = "", name[16];
		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		snprintf(name, sizeof(name), "ns_%s", kinds[i]);
		if (readlink(path, link, sizeof(link) - 1) < 0)
			return could_not_try(path);
		if (*fact(name) && strcmp(link, fact(name)) == 0)
			outcome = got_out(kinds[i]);
	}
	return outcome;
}

static int group_path(void)
{
	char text[8192];
	if (read_text("/proc/self/cgroup", text, sizeof(text)) < 0)
		return could_not_try("cgroup");
	/* In a namespace of its own no path begins above: driver.py has made a group of that name.
	 */
	return strstr(text, "/escape-") || strstr(text, ":/..") ? got_out(text) : REFUSED;
}

const struct attempt attempts_on_namespaces[] = {
	{"unshare-user", unshare_user, "system calls", "without:seccomp", "a user namespace"},
	{"unshare-net", unshare_net, "system calls, capabilities", "unshared",
	 "a network namespace"},
	{"unshare-mount", unshare_mount, "system calls, capabilities", "unshared",
	 "a mount namespace"},
	{"clone-user", clone_user, "system calls", "without:seccomp", "a user namespace by clone"},
	{"clone3-user", clone3_user, "system calls", "without:seccomp",
	 "by clone3, whose flags no filter sees"},
	{"nested-user", nested, "system calls", "without:seccomp", "mounts in a user namespace"},
	{"enter-init", enter_init, "system calls, process 1 out of reach",
	 "without:seccomp,not-dumpable", "setns by /proc/1/ns"},
	{"enter-own", enter_own, "system calls, capabilities", "unshared", "setns at all"},
	{"same-namespaces", same_namespaces, "namespaces", "host", "a namespace of the host's"},
	{"cgroup-path", group_path, "cgroup namespace", "without:cgroup-namespace",
	 "the place in the host's tree of cgroups"},
	{0},
};
