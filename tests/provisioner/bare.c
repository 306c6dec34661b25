/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-bare [--group PARENT] ROOT COMMAND [ARG...]: the least that a sandbox takes, as bare system
 * calls, for ci/bench to measure sbx-provision beside. The same namespaces, an overlay on ROOT, a
 * /proc and a /dev of its own, pivot_root, no capabilities, the command, its exit status; no
 * checks of anything that goes wrong but to stop, no filter, no masks, no limits. With --group it
 * is born in a cgroup below PARENT, of version 2, with memory, processors and processes limited.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call)                                                                                 \
	do {                                                                                       \
		if ((call) < 0) {                                                                  \
			fprintf(stderr, "bench-bare: %s: %s\n", #call, strerror(errno));           \
			_exit(125);                                                                \
		}                                                                                  \
	} while (0)

static void build_root(const char *lower)
{
	char options[4200];
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST(mount("tmpfs", "/proc", "tmpfs", MS_NOSUID | MS_NODEV, NULL));
	MUST(mkdir("/proc/upper", 0755));
	MUST(mkdir("/proc/work", 0755));
	MUST(mkdir("/proc/root", 0755));
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=/proc/upper,workdir=/proc/work",
		 lower);
	MUST(mount("overlay", "/proc/root", "overlay", MS_NOSUID | MS_NODEV, options));
	MUST(mount("proc", "/proc/root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	MUST(mount("tmpfs", "/proc/root/dev", "tmpfs", MS_NOSUID, "mode=755"));
	MUST(close(open("/proc/root/dev/null", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)));
	MUST(mount("/dev/null", "/proc/root/dev/null", NULL, MS_BIND, NULL));
	MUST(chdir("/proc/root"));
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
}

static _Noreturn void inside(char **argv)
{
	build_root(argv[1]);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	/* Process 1 has no default signals; the command is a child of it, as in any sandbox. */
	pid_t pid = vfork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	int status = 0;
	MUST(waitpid(pid, &status, 0));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void put(int group_dfd, const char *name, const char *text)
{
	int fd = openat(group_dfd, name, O_WRONLY | O_CLOEXEC);
	MUST(fd);
	MUST(write(fd, text, strlen(text)));
	close(fd);
}

static int make_group(const char *path)
{
	MUST(mkdir(path, 0755));
	int dfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(dfd);
	put(dfd, "memory.max", "268435456");
	put(dfd, "memory.swap.max", "0");
	put(dfd, "memory.oom.group", "1");
	put(dfd, "cpu.max", "100000 100000");
	put(dfd, "pids.max", "65");
	return dfd;
}

int main(int argc, char **argv)
{
	char group[4200] = "";
	if (argc > 4 && strcmp(argv[1], "--group") == 0) {
		snprintf(group, sizeof(group), "%s/bench-bare-%d", argv[2], getpid());
		argv += 2;
		argc -= 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: bench-bare [--group PARENT] ROOT COMMAND [ARG...]\n");
		return 2;
	}
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};
	if (*group) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)make_group(group);
	}
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	MUST(pid);
	if (pid == 0)
		inside(argv);
	int status = 0;
	MUST(waitpid(pid, &status, 0));
	if (*group)
		MUST(rmdir(group));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
