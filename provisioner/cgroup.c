/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/reaper.h"
#include "provisioner/supervise.h"

#define NAME_PREFIX  "sbx-"
#define REMOVE_TRIES 2000 /* of a millisecond each */
#define SWEEP_PAUSES 100  /* the same */

void sbx_groups_init(struct sbx_groups *groups)
{
	*groups = (struct sbx_groups){0};
	for (unsigned i = 0; i < SBX_N_CONTROLLERS; i++)
		groups->group[i].parent_fd = groups->group[i].fd = groups->group[i].own_fd = -1;
}

/* 0, or -1 with errno. */
int sbx_cgroup_write(int dfd, const char *name, const char *text)
{
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -1 : sbx_write_all(fd, text, strlen(text));
}

/*
 * What was paused when its server was killed dies as soon as it goes on. One with processes in it
 * the kernel keeps.
 */
static void remove_stale(int parent_fd, int group, const char *name, int *pauses)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	sbx_cgroup_write(group, "freezer.state", "THAWED");
	while (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno == EBUSY && *pauses > 0) {
		nanosleep(&pause, NULL);
		--*pauses;
	}
}

/*
 * Remove what runs that were killed together with their reapers left here, and servers with the
 * groups of their slots. A group in use is flock'ed. The pauses of a millisecond are for all of
 * them together: whoever waits has something else to do.
 */
static void sweep(int parent_fd, int depth, int *pauses)
{
	int fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_DIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		sbx_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strncmp(entry->d_name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
			continue;
		SBX_CLEANUP_FD int group = openat(parent_fd, entry->d_name,
						  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (group < 0 || flock(group, LOCK_EX | LOCK_NB) < 0)
			continue;
		if (depth > 0)
			sweep(group, depth - 1, pauses);
		remove_stale(parent_fd, group, entry->d_name, pauses);
	}
}

/* Make a folder and lock it; a sweep elsewhere may take it away in between. -1 with errno. */
static int make_locked(int parent_fd, const char *name)
{
	for (int tries = 0; tries < 10; tries++) {
		if (mkdirat(parent_fd, name, 0755) < 0 && errno != EEXIST)
			return -1;
		SBX_CLEANUP_FD int fd =
			openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -1;
		if (fd < 0 || flock(fd, LOCK_EX) < 0)
			continue;
		struct stat ours, there;
		if (fstat(fd, &ours) == 0 && fstatat(parent_fd, name, &there, 0) == 0 &&
		    ours.st_ino == there.st_ino)
			return sbx_steal_fd(&fd);
	}
	errno = EAGAIN;
	return -1;
}

/* "+memory +pids", for cgroup.subtree_control. */
static void add_controllers(char *text, size_t room, char sign, unsigned controllers)
{
	size_t n = 0;
	text[0] = '\0';
	for (unsigned c = 0; c < SBX_CONTROLLER_CPUACCT && n < room; c++)
		if (controllers & 1U << c)
			n += (size_t)snprintf(text + n, room - n, "%s%c%s", n ? " " : "", sign,
					      sbx_controller_name(c));
}

/* Leave the group for a child of it, so that it may have children with controllers. */
static int leave_own(struct sbx_groups *groups, struct sbx_group *group, struct sbx_reaper *reaper,
		     struct sbx_error *err)
{
	char text[80];
	group->own_fd = make_locked(group->parent_fd, group->own_name);
	if (group->own_fd < 0 || sbx_cgroup_write(group->own_fd, "cgroup.procs", "0") < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "leaving the own cgroup");
	if (sbx_reaper_start(reaper, groups, err) < 0)
		return -1;
	add_controllers(text, sizeof(text), '+', group->controllers);
	if (sbx_cgroup_write(group->parent_fd, "cgroup.subtree_control", text) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "cgroup.subtree_control: %s", text);
	return 0;
}

/* 0, or -1 with errno. Killed processes take a moment to be gone, as do groups within this one. */
static int remove_patiently(int parent_fd, const char *name, int nested_fd)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	for (int tries = 0; tries < REMOVE_TRIES; tries++) {
		if (nested_fd >= 0)
			sweep(nested_fd, 0, &(int){0});
		if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0)
			return 0;
		if (errno != EBUSY)
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* Where a reaper does it, the process that left its group may still be dying there. */
static void return_to_own(struct sbx_group *group)
{
	char text[80];
	add_controllers(text, sizeof(text), '-', group->controllers);
	sbx_close(&group->own_fd);
	if (sbx_cgroup_write(group->parent_fd, "cgroup.subtree_control", text) == 0 &&
	    sbx_cgroup_write(group->parent_fd, "cgroup.procs", "0") == 0)
		remove_patiently(group->parent_fd, group->own_name, -1);
}

/*
 * Nanoseconds that no other group of this process has in its name. Where the clock moves by the
 * jiffy, two made at once would be one, and this process would wait for its own lock on it.
 */
static unsigned long long new_stamp(void)
{
	static unsigned long long last;
	unsigned long long stamp = sbx_now_nsec();
	last = stamp > last ? stamp : last + 1;
	return last;
}

int sbx_group_make(struct sbx_groups *groups, const struct sbx_place *place,
		   struct sbx_reaper *reaper, struct sbx_error *err)
{
	/* Counted at once: what is half made is removed like the rest. */
	struct sbx_group *group = &groups->group[groups->n++];
	unsigned long long stamp = new_stamp();
	snprintf(group->name, sizeof(group->name), NAME_PREFIX "%d-%llx", getpid(), stamp);
	snprintf(group->own_name, sizeof(group->own_name), NAME_PREFIX "host-%d-%llx", getpid(),
		 stamp);
	group->kind = place->kind;
	group->controllers = place->controllers;
	group->parent_fd = open(place->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group->parent_fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "cgroup %s", place->parent);
	if (place->kind == SBX_PLACE_OWN && leave_own(groups, group, reaper, err) < 0)
		return sbx_error_prefix(err, "cgroup %s", place->parent);
	group->fd = make_locked(group->parent_fd, group->name);
	if (group->fd < 0) {
		/* As many as there may be (cgroup.max.descendants): not all of them are in use. */
		int pauses = SWEEP_PAUSES;
		sweep(group->parent_fd, 1, &pauses);
		group->fd = make_locked(group->parent_fd, group->name);
	}
	if (group->fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "cgroup %s/%s", place->parent,
				   group->name);
	return 0;
}

void sbx_groups_sweep(const struct sbx_groups *groups, bool is_patient)
{
	int pauses = is_patient ? SWEEP_PAUSES : 0;
	for (unsigned i = 0; i < groups->n; i++)
		if (groups->group[i].parent_fd >= 0)
			sweep(groups->group[i].parent_fd, 1, &pauses);
}

int sbx_groups_nest(const struct sbx_groups *groups, const struct sbx_places *places,
		    struct sbx_places *out, struct sbx_error *err)
{
	*out = (struct sbx_places){.missing = places->missing};
	for (unsigned i = 0; i < groups->n; i++) {
		const struct sbx_group *group = &groups->group[i];
		struct sbx_place *place = &out->place[out->n];
		char text[64];
		add_controllers(text, sizeof(text), '+', group->controllers);
		if (group->kind != SBX_PLACE_V1 && *text &&
		    sbx_cgroup_write(group->fd, "cgroup.subtree_control", text) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "cgroup.subtree_control: %s",
					   text);
		if (asprintf(&place->parent, "%s/%s", places->place[i].parent, group->name) < 0)
			return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "cgroups");
		place->kind = group->kind == SBX_PLACE_V1 ? SBX_PLACE_V1 : SBX_PLACE_V2;
		place->controllers = group->controllers;
		out->n++;
	}
	return 0;
}

int sbx_groups_birth_fd(const struct sbx_groups *groups)
{
	for (unsigned i = 0; i < groups->n; i++)
		if (groups->group[i].kind != SBX_PLACE_V1)
			return groups->group[i].fd;
	return -1;
}

static int join(const struct sbx_groups *groups, pid_t pid, bool all, struct sbx_error *err)
{
	char text[16];
	snprintf(text, sizeof(text), "%d", pid);
	for (unsigned i = 0; i < groups->n; i++) {
		const struct sbx_group *group = &groups->group[i];
		if ((all || group->kind == SBX_PLACE_V1) &&
		    sbx_cgroup_write(group->fd, "cgroup.procs", text) < 0 && errno != ESRCH)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "joining cgroup %s",
					   group->name);
	}
	return 0;
}

int sbx_groups_join(const struct sbx_groups *groups, pid_t pid, struct sbx_error *err)
{
	return join(groups, pid, false, err);
}

int sbx_groups_join_all(const struct sbx_groups *groups, pid_t pid, struct sbx_error *err)
{
	return join(groups, pid, true, err);
}

/* Who removes these may know no more than the name. */
static void remove_group(const struct sbx_group *group, bool with_nested)
{
	SBX_CLEANUP_FD int fd = with_nested
					? openat(group->parent_fd, group->name,
						 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
					: -1;
	if (group->parent_fd >= 0)
		remove_patiently(group->parent_fd, group->name, fd);
}

static void remove_all(struct sbx_groups *groups, bool with_nested)
{
	for (unsigned i = 0; i < groups->n; i++) {
		struct sbx_group *group = &groups->group[i];
		remove_group(group, with_nested);
		sbx_close(&group->fd);
		if (group->own_fd >= 0)
			return_to_own(group);
		sbx_close(&group->parent_fd);
	}
	sbx_groups_init(groups);
}

void sbx_groups_remove(struct sbx_groups *groups)
{
	remove_all(groups, false);
}

void sbx_groups_clear(struct sbx_groups *groups)
{
	remove_all(groups, true);
}
