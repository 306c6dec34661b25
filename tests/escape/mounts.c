/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out through mounts: new ones, other flags, other roots; and through /proc and /sys. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

#define MNT_DETACH 2

static long do_mount(const char *what, const char *at, const char *type, unsigned long flags)
{
	return syscall(SYS_mount, what, at, type, flags, NULL);
}

static const char *place(void)
{
	static char path[64];
	snprintf(path, sizeof(path), "/tmp/place-%d", getpid());
	mkdir(path, 0755);
	return path;
}

static int mount_one(const char *type)
{
	const char *at = place();
	int outcome = must_be_barred(type, do_mount("none", at, type, 0));
	syscall(SYS_umount2, at, MNT_DETACH);
	rmdir(at);
	return outcome;
}

static int mount_tmpfs(void)
{
	return mount_one("tmpfs");
}

static int mount_proc(void)
{
	return mount_one("proc");
}

static int mount_sysfs(void)
{
	return mount_one("sysfs");
}

static int mount_devpts(void)
{
	return mount_one("devpts");
}

static int mount_overlay(void)
{
	const char *at = place();
	return must_be_barred("overlay", syscall(SYS_mount, "none", at, "overlay", 0,
						 "lowerdir=/,upperdir=/tmp,workdir=/tmp"));
}

static int mount_bind(void)
{
	const char *at = place();
	int outcome = must_be_barred("bind", do_mount("/", at, NULL, MS_BIND | MS_REC));
	syscall(SYS_umount2, at, MNT_DETACH);
	return outcome;
}

/* CVE-2022-0492: a hierarchy of version 1 with a release_agent that the host runs. */
static int cgroup_release_agent(void)
{
	static const char *const types[] = {"cgroup", "cgroup2"};
	int outcome = REFUSED;
	for (int i = 0; i < 2; i++) {
		const char *at = place();
		outcome = worse(outcome,
				must_be_barred(types[i], syscall(SYS_mount, "none", at, types[i], 0,
								 i ? NULL : "pids")));
		syscall(SYS_umount2, at, MNT_DETACH);
	}
	if (open("/sys/fs/cgroup/release_agent", O_WRONLY) >= 0 ||
	    open("/sys/fs/cgroup/pids/release_agent", O_WRONLY) >= 0)
		return got_out("release_agent");
	return outcome;
}

static int new_mount_interface(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0);
	int outcome = must_be_barred("fsopen", fs);
	if (fs < 0)
		return outcome;
	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return worse(outcome, must_be_barred("fsmount", syscall(SYS_fsmount, fs, 0, 0)));
}

static int clone_tree(void)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | 0x8000);
	int outcome = must_be_barred("open_tree", tree);
	const char *at = place();
	return worse(outcome,
		     must_be_barred("move_mount", syscall(SYS_move_mount, tree, "", AT_FDCWD, at,
							  MOVE_MOUNT_F_EMPTY_PATH)));
}

static int mount_attributes(void)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	return must_be_barred("mount_setattr",
			      syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr)));
}

static int remount_writable(void)
{
	int outcome =
		must_be_barred("remount", do_mount("none", "/mnt/ro", NULL,
						   MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID));
	return worse(outcome, must_fail("write", open("/mnt/ro/file", O_WRONLY)));
}

static int unmask(void)
{
	int outcome = must_be_barred("umount", syscall(SYS_umount2, "/proc/keys", MNT_DETACH));
	return worse(outcome,
		     must_be_barred("umount", syscall(SYS_umount2, "/proc/sys", MNT_DETACH)));
}

static int pivot_again(void)
{
	const char *at = place();
	if (do_mount("none", at, "tmpfs", 0) < 0 && errno != EPERM)
		return could_not_try("mount");
	int in = chdir(at);
	return worse(in < 0 ? COULD_NOT_TRY : REFUSED,
		     must_be_barred("pivot_root", syscall(SYS_pivot_root, ".", ".")));
}

/* The classic: a root below the working directory no longer stops "..". */
static int chroot_break(void)
{
	int outcome = must_be_barred("chroot", chroot(place()));
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			break;
	return worse(outcome, must_fail("open", open(fact("host_file") + 1, O_RDONLY)));
}

static int propagation(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int outcome = REFUSED;
	while (f && fgets(line, sizeof(line), f)) {
		char *dash = strstr(line, " - ");
		if (dash)
			*dash = '\0';
		if (strstr(line, " shared:") || strstr(line, " master:"))
			outcome = got_out(line);
	}
	return f ? outcome : could_not_try("mountinfo");
}

static int mount_flags(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int outcome = REFUSED;
	while (f && fgets(line, sizeof(line), f)) {
		char point[4096], options[1024];
		if (sscanf(line, "%*s %*s %*s %*s %4095s %1023s", point, options) != 2)
			continue;
		if (!strstr(options, "nosuid"))
			outcome = got_out(line);
		if (!strstr(options, "nodev") && strncmp(point, "/dev", 4) &&
		    strncmp(point, "/proc/", 6))
			outcome = got_out(line);
	}
	return f ? outcome : could_not_try("mountinfo");
}

/* Anything in /proc that is not of a process and can be opened for writing. */
static int write_proc_below(const char *folder, int depth)
{
	int outcome = REFUSED;
	DIR *dir = depth < 8 ? opendir(folder) : NULL;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		char path[1024];
		struct stat st;
		if (e->d_name[0] == '.' ||
		    (depth == 0 && (e->d_name[0] <= '9' || strstr(e->d_name, "self"))) ||
		    snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= 1024 ||
		    lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			outcome = worse(outcome, write_proc_below(path, depth + 1));
		/* What is masked is the null device, which may be written to. */
		if (!S_ISREG(st.st_mode) || !(st.st_mode & 0222))
			continue;
		int fd = open(path, O_WRONLY | O_NONBLOCK);
		if (fd >= 0)
			outcome = got_out(path);
		close(fd);
	}
	if (dir)
		closedir(dir);
	return outcome;
}

static int write_proc(void)
{
	return write_proc_below("/proc", 0);
}

static int write_sysctl(void)
{
	char value[64];
	static const char path[] = "/proc/sys/net/ipv4/ip_default_ttl";
	if (read_text(path, value, sizeof(value)) < 0)
		return could_not_try(path);
	return must_fail(path, write_text(path, value));
}

static int core_pattern(void)
{
	return must_fail("core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY));
}

static int modprobe_path(void)
{
	int outcome = must_fail("modprobe", open("/proc/sys/kernel/modprobe", O_WRONLY));
	return worse(outcome,
		     must_fail("binfmt", open("/proc/sys/fs/binfmt_misc/register", O_WRONLY)));
}

static int sysrq(void)
{
	return must_fail("sysrq-trigger", open("/proc/sysrq-trigger", O_WRONLY));
}

static int has_text(const char *path)
{
	char text[16];
	return read_text(path, text, sizeof(text)) > 0 ? got_out(path) : REFUSED;
}

static int kernel_memory(void)
{
	return has_text("/proc/kcore");
}

static int kernel_facts(void)
{
	static const char *const paths[] = {"/proc/keys", "/proc/timer_list", "/proc/interrupts",
					    "/proc/sched_debug", "/proc/latency_stats"};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		outcome = worse(outcome, has_text(paths[i]));
	return outcome;
}

static int write_sys(void)
{
	static const char *const paths[] = {"/sys/kernel/uevent_helper",
					    "/sys/power/state",
					    "/sys/kernel/mm/transparent_hugepage/enabled",
					    "/sys/class/net/lo/ifalias",
					    "/sys/kernel/profiling",
					    "/sys/module/kernel/parameters/panic",
					    "/sys/class/net/lo/mtu"};
	int outcome = REFUSED, n = 0;
	struct stat st;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		n += stat(paths[i], &st) == 0;
		outcome = worse(outcome, must_fail(paths[i], open(paths[i], O_WRONLY)));
	}
	return n ? outcome : could_not_try("/sys");
}

static const char calls_and_rights[] = "system calls, capabilities";

const struct attempt attempts_on_mounts[] = {
	{"mount-tmpfs", mount_tmpfs, calls_and_rights, "unshared", "mount a tmpfs"},
	{"mount-proc", mount_proc, calls_and_rights, "unshared", "mount another /proc, unmasked"},
	{"mount-sysfs", mount_sysfs, calls_and_rights, "unshared", "mount a /sys that is writable"},
	{"mount-devpts", mount_devpts, calls_and_rights, "unshared", "mount the terminals"},
	{"mount-overlay", mount_overlay, calls_and_rights, "unshared", "an overlay on the root"},
	{"mount-bind", mount_bind, calls_and_rights, "unshared", "bind the root elsewhere"},
	{"cgroup-release-agent", cgroup_release_agent, calls_and_rights, "root",
	 "mount cgroups and name a release_agent (CVE-2022-0492)"},
	{"fsopen", new_mount_interface, calls_and_rights, "unshared", "the new mount interface"},
	{"open-tree", clone_tree, calls_and_rights, "unshared",
	 "copy the mounts, attach them elsewhere"},
	{"mount-setattr", mount_attributes, calls_and_rights, "unshared",
	 "take nosuid and nodev away"},
	{"remount-writable", remount_writable, calls_and_rights,
	 "without:seccomp,bounding-set,capabilities,secure-bits,user-namespace,user-limit,stay-"
	 "inside",
	 "remount --ro-bind for writing"},
	{"unmask", unmask, calls_and_rights,
	 "without:seccomp,bounding-set,capabilities,secure-bits,user-namespace,user-limit,stay-"
	 "inside",
	 "take off what masks /proc"},
	{"pivot-again", pivot_again, calls_and_rights, "unshared", "pivot_root once more"},
	{"chroot-break", chroot_break, calls_and_rights, "custom", "chroot, then up"},
	{"propagation", propagation, "private mounts", "custom",
	 "a mount that is shared with the host"},
	{"mount-flags", mount_flags, "mounts", "host", "a mount without nosuid or nodev"},
	{"write-proc", write_proc, "read-only and masked /proc", "without:read-only",
	 "open anything in /proc for writing"},
	{"write-sysctl", write_sysctl, "read-only and masked /proc", "root", "set a sysctl"},
	{"core-pattern", core_pattern, "read-only and masked /proc", "root",
	 "name a program that the host runs at a crash"},
	{"modprobe-path", modprobe_path, "read-only and masked /proc",
	 "no: takes a kernel that has them",
	 "name the program that loads modules, or interprets a format"},
	{"sysrq", sysrq, "read-only and masked /proc", "no: dangerous", "/proc/sysrq-trigger"},
	{"kernel-memory", kernel_memory, "read-only and masked /proc",
	 "no: takes CAP_SYS_RAWIO outside", "read /proc/kcore"},
	{"kernel-facts", kernel_facts, "read-only and masked /proc", "host",
	 "read /proc/keys, timer_list and their like"},
	{"write-sys", write_sys, "read-only /sys", "root", "write to /sys, with --sys"},
	{0},
};
