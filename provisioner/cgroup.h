/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_CGROUP_H
#define SBX_PROVISIONER_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Control groups of version 1, version 2 and both at once (cgroups(7)): each controller is used
 * where it is mounted. A limit on a sandbox is a new group beside or below our own.
 */
enum sbx_controller {
	SBX_CONTROLLER_MEMORY,
	SBX_CONTROLLER_CPU,
	SBX_CONTROLLER_PIDS,
	SBX_N_CONTROLLERS
};

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

/*
 * Where groups with the wanted controllers can be made, by what /proc/self/mountinfo and
 * /proc/self/cgroup say (the texts are given) and what the folders allow. Nothing is changed.
 * `prefix` is put before every path (tests; "" otherwise).
 */
int sbx_places_find(const char *mountinfo, const char *self_cgroup, const char *prefix,
		    unsigned wanted, struct sbx_places *out, struct sbx_error *err);

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

/* Make a group there, after removing what killed runs left beside it. */
int sbx_group_make(struct sbx_groups *groups, const struct sbx_place *place, struct sbx_error *err);

/* Set a limit: bytes for memory, microseconds per 100 ms for cpu, processes for pids. */
int sbx_group_limit(struct sbx_groups *groups, enum sbx_controller controller, uint64_t value,
		    struct sbx_error *err);

/* The group to be born into with clone3(CLONE_INTO_CGROUP), -1: none. */
int sbx_groups_birth_fd(const struct sbx_groups *groups);

/*
 * Put a process into the version 1 groups, one write after the other: the first waits for an RCU
 * grace period (about 10 ms), the next do not if they come at once.
 */
int sbx_groups_join(const struct sbx_groups *groups, pid_t pid, struct sbx_error *err);

/* What the memory controller saw; 0 without one. */
uint64_t sbx_groups_oom_kills(const struct sbx_groups *groups);
uint64_t sbx_groups_peak_bytes(const struct sbx_groups *groups);

/* Remove the groups, waiting a little for the last processes to go, and close the descriptors. */
void sbx_groups_remove(struct sbx_groups *groups);

#endif
