/* SPDX-License-Identifier: Apache-2.0 */
#include "base/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/keyfile.h"

#define SECTION	  "ids"
#define MAX_BYTES 4096
#define ALL_IDS	  UINT32_MAX /* as many ids as the first user namespace has */

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{"uid", offsetof(struct sbx_idmap, uid)},
	{"gid", offsetof(struct sbx_idmap, gid)},
	{"first_uid", offsetof(struct sbx_idmap, first_uid)},
	{"first_gid", offsetof(struct sbx_idmap, first_gid)},
	{"count", offsetof(struct sbx_idmap, count)},
};
#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static struct sbx_idmap entered;
static bool has_entered;

static uint32_t *number_at(struct sbx_idmap *map, size_t i)
{
	return (uint32_t *)(void *)((char *)map + numbers[i].offset);
}

static bool read_number(const char *text, uint32_t *out)
{
	char *end;
	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || *end || n > UINT32_MAX - SBX_IDMAP_COUNT)
		return false;
	*out = (uint32_t)n;
	return true;
}

int sbx_idmap_read(int dfd, const char *path, struct sbx_idmap *out, struct sbx_error *err)
{
	struct sbx_error why = SBX_ERROR_INIT;
	struct sbx_idmap map;
	size_t n_bytes = 0;
	SBX_CLEANUP_FREE char *text = sbx_read_file(dfd, path, MAX_BYTES, &n_bytes, &why);
	if (!text && why.os_errno == ENOENT)
		return 0;
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *file =
		text ? sbx_keyfile_parse(text, n_bytes, path, &why) : NULL;
	if (!file)
		return sbx_error_propagate(err, &why);
	for (size_t i = 0; i < N_NUMBERS; i++)
		if (!read_number(sbx_keyfile_get(file, SECTION, numbers[i].key),
				 number_at(&map, i)))
			return sbx_fail(err, SBX_E_DAMAGED,
					"%s: %s is missing or no id; it was written when the store "
					"was made, put it back or make another store",
					path, numbers[i].key);
	*out = map;
	return 1;
}

void sbx_idmap_add_text(const struct sbx_idmap *map, struct sbx_buffer *out)
{
	struct sbx_idmap copy = *map;
	sbx_buffer_add_string(out,
			      "# The owners of this store's files: 0 is uid, 1 is first_uid, ...\n"
			      "[" SECTION "]\n");
	for (size_t i = 0; i < N_NUMBERS; i++)
		sbx_buffer_printf(out, "%s=%u\n", numbers[i].key, *number_at(&copy, i));
}

static bool has_map(const char *path, uint32_t id, uint32_t first, uint32_t count)
{
	unsigned at[6] = {0};
	SBX_CLEANUP_FREE char *text = sbx_read_file(AT_FDCWD, path, MAX_BYTES, NULL, NULL);
	return text &&
	       sscanf(text, "%u %u %u %u %u %u", &at[0], &at[1], &at[2], &at[3], &at[4], &at[5]) ==
		       6 &&
	       at[0] == 0 && at[1] == id && at[2] == 1 && at[3] == 1 && at[4] == first &&
	       at[5] == count;
}

bool sbx_idmap_is_entered(const struct sbx_idmap *map)
{
	return has_map("/proc/self/uid_map", map->uid, map->first_uid, map->count) &&
	       has_map("/proc/self/gid_map", map->gid, map->first_gid, map->count);
}

const struct sbx_idmap *sbx_idmap_entered(void)
{
	return has_entered ? &entered : NULL;
}

bool sbx_idmap_is_nested(void)
{
	unsigned inside = 1, outside = 1, count = 0;
	SBX_CLEANUP_FREE char *text =
		sbx_read_file(AT_FDCWD, "/proc/self/uid_map", MAX_BYTES, NULL, NULL);
	return text && !(sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
			 outside == 0 && count == ALL_IDS);
}

/* A process in a user namespace of its own, which ends when the other end of the pipe is closed. */
static pid_t make_process(const int ends[2])
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid)
		return pid;
	char nothing;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close(ends[1]);
	while (read(ends[0], &nothing, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static _Noreturn void become_helper(const char *program, pid_t pid, uint32_t id, uint32_t first,
				    uint32_t count, int stderr_fd)
{
	const uint32_t numbers_given[] = {(uint32_t)pid, 0, id, 1, 1, first, count};
	char words[7][12];
	char *argv[9] = {(char *)program};
	for (int i = 0; i < 7; i++) {
		snprintf(words[i], sizeof(words[i]), "%u", numbers_given[i]);
		argv[i + 1] = words[i];
	}
	dup2(stderr_fd, STDERR_FILENO);
	execvp(program, argv);
	dprintf(STDERR_FILENO, "%s",
		errno == ENOENT ? "not found; it is in the package uidmap" : strerror(errno));
	_exit(127);
}

/* newuidmap or newgidmap: they know what this user may map. What they say becomes the reason. */
static int run_helper(const char *program, pid_t pid, uint32_t id, uint32_t first, uint32_t count,
		      struct sbx_error *err)
{
	char said[400];
	size_t n = 0;
	int ends[2], status = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "pipe");
	SBX_CLEANUP_FD int read_fd = ends[0], write_fd = ends[1];
	pid_t helper = fork();
	if (helper == 0)
		become_helper(program, pid, id, first, count, write_fd);
	if (helper < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "%s", program);
	sbx_close(&write_fd);
	for (ssize_t got; n < sizeof(said) - 1; n += (size_t)got) {
		got = read(read_fd, said + n, sizeof(said) - 1 - n);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			break;
	}
	said[n] = '\0';
	for (char *p = said; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	sbx_close(&read_fd);
	while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return 0;
	return sbx_fail(err, SBX_E_UNSUPPORTED, "%s: %s", program,
			*said ? said : "it failed and has not said why");
}

static int join(pid_t pid, struct sbx_error *err)
{
	char path[40];
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_setns, fd, CLONE_NEWUSER) < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "entering a user namespace");
	/* The group may be another than the user's first. */
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "root of a user namespace");
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

static int make_and_join(const struct sbx_idmap *map, struct sbx_error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno, "pipe");
	SBX_CLEANUP_FD int read_fd = ends[0], write_fd = ends[1];
	pid_t pid = make_process(ends);
	if (pid < 0)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
				   "user namespace; the kernel must give ordinary users some "
				   "(sysctl user.max_user_namespaces)");
	int failed = run_helper("newuidmap", pid, map->uid, map->first_uid, map->count, err);
	if (failed == 0)
		failed = run_helper("newgidmap", pid, map->gid, map->first_gid, map->count, err);
	if (failed == 0)
		failed = join(pid, err);
	sbx_close(&write_fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return failed;
}

int sbx_idmap_enter(const struct sbx_idmap *map, struct sbx_error *err)
{
	if (sbx_idmap_is_entered(map))
		return 0;
	if (geteuid() != map->uid || getegid() != map->gid)
		return sbx_fail(err, SBX_E_DENIED,
				"its owners are in a range of ids of user %u and group %u; use it "
				"as that user",
				map->uid, map->gid);
	if (make_and_join(map, err) < 0)
		return -1;
	entered = *map;
	has_entered = true;
	return 0;
}
