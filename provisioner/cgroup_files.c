/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a group: limits, counters, the freezer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/cgroup.h"

#define MAX_FILE     65536
#define FREEZE_TRIES 500 /* of a millisecond each */

/* The kernel writes a short one in one go, so that what leaves room is all of it. */
const char *sbx_cgroup_read(int dfd, const char *name, char *text, size_t room)
{
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);
	if (n < 0 || n == (ssize_t)room - 1)
		return NULL;
	text[n] = '\0';
	return text;
}

/* The number behind a word at a line's start; with NULL the file's first. 0 when there is none. */
static uint64_t read_number(int dfd, const char *name, const char *word)
{
	char room[1024];
	SBX_CLEANUP_FREE char *whole = NULL;
	const char *text = sbx_cgroup_read(dfd, name, room, sizeof(room));
	const size_t n = word ? strlen(word) : 0;
	if (!text)
		text = whole = sbx_read_file(dfd, name, MAX_FILE, NULL, NULL);
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!word || (strncmp(line, word, n) == 0 && line[n] == ' '))
			return strtoull(line + n, NULL, 10);
	}
	return 0;
}

/* Does a file's text begin with, or contain as a line, this? */
static bool reads(int dfd, const char *name, const char *line)
{
	SBX_CLEANUP_FREE char *text = sbx_read_file(dfd, name, MAX_FILE, NULL, NULL);
	return text && strstr(text, line);
}

const struct sbx_group *sbx_groups_with(const struct sbx_groups *groups,
					enum sbx_controller controller)
{
	for (unsigned i = 0; i < groups->n; i++)
		if (groups->group[i].fd >= 0 && groups->group[i].controllers & 1U << controller)
			return &groups->group[i];
	return NULL;
}

bool sbx_groups_have(const struct sbx_groups *groups, enum sbx_controller controller)
{
	return sbx_groups_with(groups, controller) != NULL;
}

/* The number in a file that has one name in version 1 and another in version 2. */
static uint64_t count(const struct sbx_groups *groups, enum sbx_controller controller,
		      const char *v1, const char *v2, const char *v2_word)
{
	const struct sbx_group *group = sbx_groups_with(groups, controller);
	if (!group)
		return 0;
	return group->kind == SBX_PLACE_V1 ? read_number(group->fd, v1, NULL)
					   : read_number(group->fd, v2, v2_word);
}

uint64_t sbx_groups_cpu_usec(const struct sbx_groups *groups)
{
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_CPUACCT);
	uint64_t n =
		count(groups, SBX_CONTROLLER_CPUACCT, "cpuacct.usage", "cpu.stat", "usage_usec");
	return group && group->kind == SBX_PLACE_V1 ? n / 1000 : n;
}

uint64_t sbx_groups_memory_bytes(const struct sbx_groups *groups)
{
	return count(groups, SBX_CONTROLLER_MEMORY, "memory.usage_in_bytes", "memory.current",
		     NULL);
}

uint64_t sbx_groups_file_bytes(const struct sbx_groups *groups)
{
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_MEMORY);
	if (!group)
		return 0;
	/* Both count what is in a tmpfs, which stays: there is no swap for it. */
	uint64_t all = read_number(group->fd, "memory.stat",
				   group->kind == SBX_PLACE_V1 ? "cache" : "file");
	uint64_t kept = read_number(group->fd, "memory.stat", "shmem");
	return all > kept ? all - kept : 0;
}

uint64_t sbx_groups_pids(const struct sbx_groups *groups)
{
	return count(groups, SBX_CONTROLLER_PIDS, "pids.current", "pids.current", NULL);
}

uint64_t sbx_groups_pids_peak(const struct sbx_groups *groups)
{
	return count(groups, SBX_CONTROLLER_PIDS, "pids.peak", "pids.peak", NULL);
}

int sbx_groups_freeze(const struct sbx_groups *groups, struct sbx_error *err)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_FREEZER);
	if (!group)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"pause: no cgroup here has a freezer that this user may use; run "
				"as root or in a delegated cgroup");
	bool v1 = group->kind == SBX_PLACE_V1;
	if (sbx_cgroup_write(group->fd, v1 ? "freezer.state" : "cgroup.freeze",
			     v1 ? "FROZEN" : "1") < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "pause: freezer");
	for (int tries = 0; tries < FREEZE_TRIES; tries++) {
		if (v1 ? reads(group->fd, "freezer.state", "FROZEN")
		       : reads(group->fd, "cgroup.events", "frozen 1"))
			return 0;
		nanosleep(&pause, NULL);
	}
	sbx_groups_thaw(groups, NULL);
	return sbx_fail(err, SBX_E_BUSY,
			"pause: a process could not be stopped; it waits for a device or another "
			"host");
}

int sbx_groups_thaw(const struct sbx_groups *groups, struct sbx_error *err)
{
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_FREEZER);
	if (!group)
		return 0;
	bool v1 = group->kind == SBX_PLACE_V1;
	if (sbx_cgroup_write(group->fd, v1 ? "freezer.state" : "cgroup.freeze",
			     v1 ? "THAWED" : "0") < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "resume: freezer");
	return 0;
}

uint64_t sbx_groups_oom_kills(const struct sbx_groups *groups)
{
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_MEMORY);
	if (!group)
		return 0;
	return read_number(group->fd,
			   group->kind == SBX_PLACE_V1 ? "memory.oom_control" : "memory.events",
			   "oom_kill");
}

uint64_t sbx_groups_peak_bytes(const struct sbx_groups *groups)
{
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_MEMORY);
	if (!group)
		return 0;
	return read_number(
		group->fd,
		group->kind == SBX_PLACE_V1 ? "memory.max_usage_in_bytes" : "memory.peak", NULL);
}

void sbx_groups_reset_peak(const struct sbx_groups *groups)
{
	const struct sbx_group *group = sbx_groups_with(groups, SBX_CONTROLLER_MEMORY);
	if (group)
		sbx_cgroup_write(group->fd,
				 group->kind == SBX_PLACE_V1 ? "memory.max_usage_in_bytes"
							     : "memory.peak",
				 "0");
}

void sbx_groups_kill(const struct sbx_groups *groups, pid_t spared)
{
	for (unsigned i = 0; i < groups->n; i++) {
		/* All at once, what is just being forked as well (Linux 5.14). */
		if (!spared && groups->group[i].kind != SBX_PLACE_V1 && groups->group[i].fd >= 0 &&
		    sbx_cgroup_write(groups->group[i].fd, "cgroup.kill", "1") == 0)
			continue;
		SBX_CLEANUP_FREE char *text =
			groups->group[i].fd < 0 ? NULL
						: sbx_read_file(groups->group[i].fd, "cgroup.procs",
								MAX_FILE, NULL, NULL);
		for (char *state, *line = text ? strtok_r(text, "\n", &state) : NULL; line;
		     line = strtok_r(NULL, "\n", &state)) {
			pid_t pid = (pid_t)strtol(line, NULL, 10);
			if (pid > 0 && pid != spared)
				kill(pid, SIGKILL);
		}
	}
}
