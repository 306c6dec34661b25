/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_CGROUP_H
#define SBX_PROVISIONER_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "provisioner/policy.h"

/*
 * Control groups of version 1, version 2 and both at once (cgroups(7)): each controller is used
 * where it is mounted. A limit on a sandbox is a new group beside or below our own.
 */
enum sbx_controller {
	SBX_CONTROLLER_MEMORY,
	SBX_CONTROLLER_CPU,
	SBX_CONTROLLER_PIDS,
	SBX_CONTROLLER_IO,
	/* Of version 1 alone; every group of version 2 can do what they do. */
	SBX_CONTROLLER_CPUACCT,
	SBX_CONTROLLER_FREEZER,
	SBX_N_CONTROLLERS
};
/* What a sandbox that takes orders is counted and paused by; it does without if it has to. */
#define SBX_LIVE_CONTROLLERS                                                                       \
	(1U << SBX_CONTROLLER_MEMORY | 1U << SBX_CONTROLLER_CPU | 1U << SBX_CONTROLLER_PIDS |      \
	 1U << SBX_CONTROLLER_CPUACCT | 1U << SBX_CONTROLLER_FREEZER)

enum sbx_place_kind {
	SBX_PLACE_V1,  /* a version 1 hierarchy */
	SBX_PLACE_V2,  /* version 2, below a group that gives its children the controllers */
	SBX_PLACE_OWN, /* version 2, below our own group, which we must leave first (delegation) */
};

/* A folder of a cgroup file system in which a sandbox's group can be made. */
struct sbx_place {
	char *parent; /* owned */
	enum sbx_place_kind kind;
	unsigned controllers; /* 1 << SBX_CONTROLLER_x: what it is used for */
};

struct sbx_places {
	struct sbx_place place[SBX_N_CONTROLLERS];
	unsigned n;
	unsigned missing; /* wanted controllers that nothing here lets us use */
};

void sbx_places_release(struct sbx_places *places);

const char *sbx_controller_name(enum sbx_controller controller);

/* The controller that enforces a limit, SBX_N_CONTROLLERS: none does. */
enum sbx_controller sbx_limit_controller(enum sbx_limit limit);

/*
 * Where groups with the wanted controllers can be made, by what /proc/self/mountinfo and
 * /proc/self/cgroup say (the texts are given) and what the folders allow. Nothing is changed.
 * `prefix` is put before every path (tests; "" otherwise).
 */
int sbx_places_find(const char *mountinfo, const char *self_cgroup, const char *prefix,
		    unsigned wanted, struct sbx_places *out, struct sbx_error *err);

/* The same with this process's own texts. */
int sbx_places_find_own(unsigned wanted, struct sbx_places *out, struct sbx_error *err);

/* A group that was made. */
struct sbx_group {
	int parent_fd, fd; /* O_DIRECTORY; fd is flock'ed, so that no sweep takes it for stale */
	int own_fd;	   /* SBX_PLACE_OWN: where this process went meanwhile, else -1 */
	char name[48], own_name[48];
	enum sbx_place_kind kind;
	unsigned controllers;
};

struct sbx_groups {
	struct sbx_group group[SBX_N_CONTROLLERS];
	unsigned n;
};

void sbx_groups_init(struct sbx_groups *groups);

/*
 * Make a group there. Where our own group has to be left for that (SBX_PLACE_OWN, the last of all
 * places), nobody could enter it any more should we be killed: so the reaper (reaper.h) is started
 * first.
 */
struct sbx_reaper;
int sbx_group_make(struct sbx_groups *groups, const struct sbx_place *place,
		   struct sbx_reaper *reaper, struct sbx_error *err);

/*
 * Remove what killed runs left beside these groups. Patient: what still ends is waited for, up to a
 * tenth of a second in all.
 */
void sbx_groups_sweep(const struct sbx_groups *groups, bool is_patient);

/*
 * The places inside groups that were made at `places` for nothing else than to hold others.
 */
int sbx_groups_nest(const struct sbx_groups *groups, const struct sbx_places *places,
		    struct sbx_places *out, struct sbx_error *err);

/*
 * Set a limit, up or down, its value as in a policy (pids: with our own); 0 takes it off.
 * SBX_E_BUSY when more memory is in use than that. Nothing is done without a group.
 */
int sbx_group_limit(struct sbx_groups *groups, enum sbx_limit limit, uint64_t value,
		    struct sbx_error *err);

/* Write a text to one of a group's files; 0, or -1 with errno. */
int sbx_cgroup_write(int dfd, const char *name, const char *text);

/* A short file's text, in `room` bytes with its NUL; NULL: there is none, or it is longer. */
const char *sbx_cgroup_read(int dfd, const char *name, char *text, size_t room);

/* The group that has a controller, NULL: none. */
const struct sbx_group *sbx_groups_with(const struct sbx_groups *groups,
					enum sbx_controller controller);

/* The group to be born into with clone3(CLONE_INTO_CGROUP), -1: none. */
int sbx_groups_birth_fd(const struct sbx_groups *groups);

/*
 * Put a process into the version 1 groups, one write after the other: the first waits for an RCU
 * grace period (about 10 ms), the next do not if they come at once.
 */
int sbx_groups_join(const struct sbx_groups *groups, pid_t pid, struct sbx_error *err);

/* Has one of the groups this controller? */
bool sbx_groups_have(const struct sbx_groups *groups, enum sbx_controller controller);

/* What is used at the moment; 0 without the controller. */
uint64_t sbx_groups_cpu_usec(const struct sbx_groups *groups);
uint64_t sbx_groups_memory_bytes(const struct sbx_groups *groups);
uint64_t sbx_groups_file_bytes(const struct sbx_groups *groups); /* of memory: can be dropped */
uint64_t sbx_groups_pids_peak(const struct sbx_groups *groups);	 /* Linux 6.1 */
uint64_t sbx_groups_pids(const struct sbx_groups *groups);

/* Begin the peak anew, as far as this kernel can. */
void sbx_groups_reset_peak(const struct sbx_groups *groups);

/* Kill every process in them but one (0: all). */
void sbx_groups_kill(const struct sbx_groups *groups, pid_t spared);

/* Freeze all processes and wait until they are, or thaw them. SBX_E_UNSUPPORTED without freezer. */
int sbx_groups_freeze(const struct sbx_groups *groups, struct sbx_error *err);
int sbx_groups_thaw(const struct sbx_groups *groups, struct sbx_error *err);

/* Put a process that was born elsewhere into all of them. */
int sbx_groups_join_all(const struct sbx_groups *groups, pid_t pid, struct sbx_error *err);

/* What the memory controller saw; 0 without one. */
uint64_t sbx_groups_oom_kills(const struct sbx_groups *groups);
uint64_t sbx_groups_peak_bytes(const struct sbx_groups *groups);

/* Remove the groups, waiting a little for the last processes to go, and close the descriptors. */
void sbx_groups_remove(struct sbx_groups *groups);

/* The same for groups of a process that was killed, with the groups that it left in them. */
void sbx_groups_clear(struct sbx_groups *groups);

#endif
