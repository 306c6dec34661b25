/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out through the names of files: the host's tree, the template, what is bound. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int host_file_by_path(void)
{
	return must_fail("open", open(fact("host_file"), O_RDONLY));
}

static int host_file_by_dots(void)
{
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return could_not_try("chdir ..");
	return must_fail("open", open(fact("host_file") + 1, O_RDONLY));
}

static int working_directory(void)
{
	char path[4096];
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return could_not_try("getcwd");
	printf("%s\n", path);
	return strncmp(path, "(unreachable)", 13) == 0 || path[1] ? GOT_OUT : REFUSED;
}

/* Change what the template has, in all ways; driver.py compares the template. */
static int write_template(void)
{
	int fd = open("/etc/motd", O_WRONLY | O_TRUNC);
	if (fd >= 0 && write(fd, "changed\n", 8) < 0)
		perror("write");
	unlink("/bin/true");
	chmod("/bin/busybox", 0777);
	rename("/bin/busybox", "/bin/renamed");
	mkdir("/etc/new", 0777);
	symlink("/etc/motd", "/etc/link");
	link("/etc/motd", "/tmp/motd");
	fd = open("/tmp/motd", O_WRONLY | O_APPEND);
	if (fd >= 0 && write(fd, "changed\n", 8) < 0)
		perror("write");
	return REFUSED;
}

/* A library for every program; driver.py looks for it in the next sandbox and in the template. */
static int preload(void)
{
	int fd = open("/etc/ld.so.preload", O_CREAT | O_WRONLY, 0644);
	if (fd >= 0 && write(fd, "/tmp/evil.so\n", 13) < 0)
		perror("write");
	return REFUSED;
}

static int write_read_only_bind(void)
{
	int outcome = must_fail("write", open("/mnt/ro/file", O_WRONLY));
	outcome =
		worse(outcome, must_fail("create", open("/mnt/ro/new", O_CREAT | O_WRONLY, 0644)));
	outcome = worse(outcome, must_fail("rename", rename("/mnt/ro/file", "/mnt/ro/other")));
	outcome = worse(outcome, must_fail("chmod", chmod("/mnt/ro/file", 0777)));
	outcome = worse(outcome, must_fail("truncate", truncate("/mnt/ro/file", 0)));
	return worse(outcome, must_fail("link", link("/mnt/ro/file", "/mnt/ro/link")));
}

/* A descriptor that was opened for reading, or for nothing, opened again for writing. */
static int reopen_read_only_bind(void)
{
	int outcome = REFUSED;
	static const int flags[] = {O_RDONLY, O_PATH};
	for (int i = 0; i < 2; i++) {
		char path[64];
		int fd = open("/mnt/ro/file", flags[i]);
		if (fd < 0)
			return could_not_try("/mnt/ro/file");
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		outcome = worse(outcome, must_fail(path, open(path, O_WRONLY)));
	}
	return outcome;
}

/* A link in a writable folder of the host, to be followed by others than the sandbox: not by it. */
static int link_in_bind(void)
{
	if (symlink(fact("host_file"), "/output/link") < 0)
		return could_not_try("symlink");
	int outcome = must_fail("open", open("/output/link", O_RDONLY));
	unlink("/output/link");
	return outcome;
}

/* "..", from inside a bound folder, must end at the sandbox's root. */
static int dots_in_bind(void)
{
	int fd = open("/output", O_PATH | O_DIRECTORY);
	char path[4096] = "";
	for (int i = 0; i < 20; i++)
		strcat(path, "../");
	strcat(path, fact("host_file") + 1);
	if (fd < 0)
		return could_not_try("/output");
	return must_fail("open", openat(fd, path, O_RDONLY));
}

/* Moved out of its bind, a folder's ".." leads beside it (the kernel's `..` check of binds). */
static int rename_across_bind(void)
{
	if (mkdir("/output/d", 0755) < 0)
		return could_not_try("mkdir");
	int fd = open("/output/d", O_PATH | O_DIRECTORY);
	int outcome = must_fail("rename", rename("/output/d", "/tmp/d"));
	outcome = worse(outcome, must_fail("open", openat(fd, "../../../../../../etc/passwd", 0)));
	rmdir("/output/d");
	return outcome;
}

static int is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n]);
}

static int write_below(const char *folder, int depth)
{
	static const char *const writable[] = {"/task",	   "/output", "/tmp", "/var/tmp",
					       "/dev/shm", "/root",   "/home"};
	char path[4096];
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(writable) / sizeof(writable[0]); i++)
		if (is_below(folder, writable[i]))
			return REFUSED;
	snprintf(path, sizeof(path), "%s/written", folder);
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd >= 0)
		outcome = got_out(path);
	close(fd);
	DIR *dir = depth < 4 ? opendir(*folder ? folder : "/") : NULL;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) < 4096 &&
		    !is_below(path, "/proc"))
			outcome = worse(outcome, write_below(path, depth + 1));
	}
	if (dir)
		closedir(dir);
	return outcome;
}

static int write_elsewhere(void)
{
	return write_below("", 0);
}

static int open_by_handle(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + 128];
	} h = {.handle = {.handle_bytes = 128}};
	int mount_id, fd = open("/etc", O_RDONLY);
	/* What it is a handle of does not matter: no handle may be opened. */
	if (name_to_handle_at(AT_FDCWD, "/proc/self/ns/../../../etc/motd", &h.handle, &mount_id,
			      0) < 0)
		h.handle.handle_bytes = 8;
	return must_be_barred("open_by_handle_at", open_by_handle_at(fd, &h.handle, O_RDONLY));
}

static int shared_tmp(void)
{
	return must_fail("open", open(fact("tmp_file"), O_RDONLY));
}

static int shared_memory_folder(void)
{
	return must_fail("open", open(fact("shm_file"), O_RDONLY));
}

/* Mode bits for others to use: a set-user-id program of the host's root in a bound folder. */
static int setuid_in_bind(void)
{
	const char *path = "/output/su";
	int fd = open(path, O_CREAT | O_WRONLY, 0755);
	if (fd < 0)
		return could_not_try(path);
	/* Every way there is; driver.py looks at what has the bit, outside. */
	fchmod(fd, 06755);
	chmod(path, 06755);
	syscall(SYS_chmod, path, 06755);
	syscall(SYS_fchmodat, AT_FDCWD, path, 06755);
	syscall(452 /* fchmodat2 */, AT_FDCWD, path, 06755, 0);
	umask(0);
	syscall(SYS_open, "/output/su1", O_CREAT | O_WRONLY, 06755);
	syscall(SYS_openat, AT_FDCWD, "/output/su2", O_CREAT | O_WRONLY, 06755);
	syscall(SYS_creat, "/output/su3", 06755);
	syscall(SYS_mknod, "/output/su4", S_IFREG | 06755, 0);
	syscall(SYS_mknodat, AT_FDCWD, "/output/su5", S_IFREG | 06755, 0);
	const uint64_t how[] = {O_CREAT | O_WRONLY, 06755, 0};
	syscall(437 /* openat2 */, AT_FDCWD, "/output/su6", how, sizeof(how));
	int unnamed = open("/output", O_TMPFILE | O_WRONLY, 06755);
	char name[40];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", unnamed);
	if (unnamed >= 0)
		linkat(AT_FDCWD, name, AT_FDCWD, "/output/su7", AT_SYMLINK_FOLLOW);
	return REFUSED;
}

/* A name of the template's that leads somewhere else: driver.py asks for a bind there. */
static int nothing(void)
{
	return REFUSED;
}

const struct attempt attempts_on_files[] = {
	{"host-file-by-path", host_file_by_path, "new root", "host",
	 "a file of the host by its path"},
	{"host-file-by-dots", host_file_by_dots, "new root", "host", "the same by ../../.."},
	{"working-directory", working_directory, "new root", "host",
	 "a working directory outside of the root (CVE-2024-21626)"},
	{"write-template", write_template, "read-only template", "custom",
	 "change, remove and rename what the template has"},
	{"preload", preload, "read-only template", "custom",
	 "leave an /etc/ld.so.preload for the next sandbox"},
	{"write-read-only-bind", write_read_only_bind, "read-only binds", "options",
	 "write to, create, rename, chmod in --ro-bind"},
	{"reopen-read-only-bind", reopen_read_only_bind, "read-only binds", "options",
	 "write through /proc/self/fd of a file below --ro-bind"},
	{"link-in-bind", link_in_bind, "new root", "no: the kernel's own rule for paths",
	 "a link out of a bound folder"},
	{"dots-in-bind", dots_in_bind, "new root", "no: the kernel's own rule for paths",
	 "'..' out of a bound folder"},
	{"rename-across-bind", rename_across_bind, "mounts", "no: the kernel's own rule for mounts",
	 "move a folder out of its bind and go up from there"},
	{"write-elsewhere", write_elsewhere, "writable paths", "options",
	 "create a file in any folder that the policy does not name"},
	{"open-by-handle", open_by_handle, "system calls", "root",
	 "open a file by its handle (shocker, open_by_handle_at)"},
	{"shared-tmp", shared_tmp, "new root", "host", "a file of the host's /tmp"},
	{"shared-memory-folder", shared_memory_folder, "new root", "host",
	 "a file of the host's /dev/shm"},
	{"setuid-in-bind", setuid_in_bind, "system calls", "without:seccomp",
	 "leave a set-user-id program in a bound folder"},
	{"link-as-bind-target", nothing, "paths beneath the root",
	 "no: takes a resolver that follows links",
	 "a link of the template where --bind mounts (CVE-2021-30465)"},
	{"proc-as-bind-target", nothing, "paths beneath the root",
	 "no: takes a resolver that follows links",
	 "a link into /proc where --bind mounts (CVE-2025-31133, -52565, -52881)"},
	{"dangling-bind-target", nothing, "paths beneath the root",
	 "no: takes a resolver that follows links",
	 "a link to what is not there yet, made as a mount point outside"},
	{0},
};
