/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-bare ROOT COMMAND [ARG...]: the least that a sandbox takes, as bare system calls, for
 * ci/bench to measure sbx-provision beside. The same namespaces, an overlay on ROOT, a /proc and a
 * /dev of its own, pivot_root, no capabilities, the command, its exit status; no options, no
 * checks of anything that goes wrong but to stop, no filter, no masks, no limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
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

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: bench-bare ROOT COMMAND [ARG...]\n");
		return 2;
	}
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	MUST(pid);
	if (pid == 0)
		inside(argv);
	int status = 0;
	MUST(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
