/* SPDX-License-Identifier: Apache-2.0 */
/* Where groups are looked for, on made-up hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "provisioner/cgroup.h"
#include "provisioner/supervise.h"

#define ALL	(MEMORY | CPU | PIDS)
#define MEMORY	(1U << SBX_CONTROLLER_MEMORY)
#define CPU	(1U << SBX_CONTROLLER_CPU)
#define PIDS	(1U << SBX_CONTROLLER_PIDS)
#define CPUACCT (1U << SBX_CONTROLLER_CPUACCT)
#define FREEZER (1U << SBX_CONTROLLER_FREEZER)

static char prefix[64];

/* A clock that stands still for a while, as one that counts jiffies does. */
static bool stands_still;

uint64_t sbx_now_nsec(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return stands_still ? UINT64_C(1) << 60
			    : (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A file of a made-up cgroup file system, with its folders. */
static void put(const char *path, const char *text)
{
	char full[512];
	snprintf(full, sizeof(full), "%s%s", prefix, path);
	for (char *p = full + strlen(prefix) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(full, 0755);
			*p = '/';
		}
	SBX_CLEANUP_FILE FILE *f = fopen(full, "we");
	assert_non_null(f);
	fputs(text, f);
}

static int set_up(void **state)
{
	strcpy(prefix, "/tmp/sbx-cgroup-XXXXXX");
	return mkdtemp(prefix) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", prefix);
	return system(command);
}

static struct sbx_places find(const char *mounts, const char *own, unsigned wanted)
{
	struct sbx_places places;
	assert_int_equal(sbx_places_find(mounts, own, prefix, wanted, &places, NULL), 0);
	return places;
}

static void is_place(const struct sbx_place *place, const char *parent, enum sbx_place_kind kind,
		     unsigned controllers)
{
	assert_string_equal(place->parent + strlen(prefix), parent);
	assert_int_equal(place->kind, kind);
	assert_int_equal(place->controllers, controllers);
}

#define V2_MOUNT "30 23 0:26 / /cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"

static void test_version_1(void **state)
{
	const char *mounts = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
			     "32 31 0:29 / /cg/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup "
			     "rw,cpu,cpuacct\n"
			     "35 31 0:32 / /cg/mem\\040ory rw - cgroup cgroup rw,memory\n"
			     "39 31 0:36 /docker/x /cg/pids rw - cgroup cgroup rw,pids\n";
	put("/cg/cpu,cpuacct/cgroup.procs", "");
	put("/cg/mem ory/deep/er/cgroup.procs", "");
	put("/cg/pids/y/cgroup.procs", "");
	struct sbx_places p = find(mounts,
				   "9:name=systemd:/\n8:pids:/docker/x/y\n4:memory:/deep/er\n"
				   "3:cpu,cpuacct:/\n",
				   ALL);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.missing, 0);
	/* Below the part of the tree that is mounted. */
	is_place(&p.place[0], "/cg/pids/y", SBX_PLACE_V1, PIDS);
	is_place(&p.place[1], "/cg/mem ory/deep/er", SBX_PLACE_V1, MEMORY);
	is_place(&p.place[2], "/cg/cpu,cpuacct", SBX_PLACE_V1, CPU);
	sbx_places_release(&p);
}

static void test_version_1_with_controllers_together(void **state)
{
	put("/cg/both/cgroup.procs", "");
	struct sbx_places p = find("32 31 0:29 / /cg/both rw - cgroup cgroup rw,pids,memory\n",
				   "4:memory,pids:/\n", MEMORY | PIDS);
	assert_int_equal(p.n, 1);
	is_place(&p.place[0], "/cg/both", SBX_PLACE_V1, MEMORY | PIDS);
	sbx_places_release(&p);
}

static void test_version_1_that_may_not_be_written(void **state)
{
	/* No cgroup.procs at all is as good as one that may not be written, also for root. */
	put("/cg/memory/tasks", "");
	struct sbx_places p = find("35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n",
				   "4:memory:/\n", MEMORY);
	assert_int_equal(p.n, 0);
	assert_int_equal(p.missing, MEMORY);
	sbx_places_release(&p);
}

/* As under systemd: our scope is full, the slice above gives its children controllers. */
static void test_version_2_above_ours(void **state)
{
	put("/cg/cgroup.procs", "");
	put("/cg/cgroup.subtree_control", "cpu memory pids\n");
	put("/cg/app.slice/cgroup.procs", "");
	put("/cg/app.slice/cgroup.subtree_control", "cpu memory pids\n");
	put("/cg/app.slice/our.scope/cgroup.procs", "1\n2\n");
	put("/cg/app.slice/our.scope/cgroup.controllers", "cpu memory pids\n");
	put("/cg/app.slice/our.scope/cgroup.subtree_control", "\n");
	struct sbx_places p = find(V2_MOUNT, "0::/app.slice/our.scope\n", ALL);
	assert_int_equal(p.n, 1);
	is_place(&p.place[0], "/cg/app.slice", SBX_PLACE_V2, ALL);
	assert_int_equal(p.missing, 0);
	sbx_places_release(&p);
}

/* A delegated scope of our own: the controllers are there, nobody has passed them on yet. */
static void test_version_2_of_our_own(void **state)
{
	char procs[32];
	snprintf(procs, sizeof(procs), "%d\n", getpid());
	put("/cg/app.slice/cgroup.subtree_control", "\n");
	put("/cg/app.slice/our.scope/cgroup.procs", procs);
	put("/cg/app.slice/our.scope/cgroup.controllers", "cpu io memory pids\n");
	put("/cg/app.slice/our.scope/cgroup.subtree_control", "");
	struct sbx_places p = find(V2_MOUNT, "0::/app.slice/our.scope\n", MEMORY | PIDS);
	assert_int_equal(p.n, 1);
	is_place(&p.place[0], "/cg/app.slice/our.scope", SBX_PLACE_OWN, MEMORY | PIDS);
	sbx_places_release(&p);
	/* With someone else in it, it cannot be left. */
	put("/cg/app.slice/our.scope/cgroup.procs", "1\n2\n");
	p = find(V2_MOUNT, "0::/app.slice/our.scope\n", MEMORY);
	assert_int_equal(p.n, 0);
	sbx_places_release(&p);
}

/* As in a container: no group gives controllers on, but ours may have groups below it. */
static void test_version_2_without_controllers(void **state)
{
	put("/cg/our.scope/cgroup.procs", "1\n2\n");
	put("/cg/our.scope/cgroup.subtree_control", "\n");
	struct sbx_places p = find(V2_MOUNT, "0::/our.scope\n", MEMORY | CPUACCT | FREEZER);
	assert_int_equal(p.n, 1);
	is_place(&p.place[0], "/cg/our.scope", SBX_PLACE_V2, CPUACCT | FREEZER);
	assert_int_equal(p.missing, MEMORY);
	sbx_places_release(&p);
	/* For what no group does by itself there is none. */
	p = find(V2_MOUNT, "0::/our.scope\n", MEMORY);
	assert_int_equal(p.n, 0);
	sbx_places_release(&p);
}

static void test_version_2_in_part(void **state)
{
	put("/cg/cgroup.procs", "");
	put("/cg/cgroup.subtree_control", "memory pids\n");
	struct sbx_places p = find(V2_MOUNT, "0::/\n", ALL);
	assert_int_equal(p.n, 1);
	is_place(&p.place[0], "/cg", SBX_PLACE_V2, MEMORY | PIDS);
	assert_int_equal(p.missing, CPU);
	sbx_places_release(&p);
}

static void test_hybrid(void **state)
{
	put("/cg/memory/cgroup.procs", "");
	put("/cg/cgroup.procs", "");
	put("/cg/cgroup.subtree_control", "pids hugetlb\n");
	struct sbx_places p =
		find("35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n" V2_MOUNT,
		     "4:memory:/\n0::/\n", MEMORY | PIDS);
	assert_int_equal(p.n, 2);
	is_place(&p.place[0], "/cg/memory", SBX_PLACE_V1, MEMORY);
	is_place(&p.place[1], "/cg", SBX_PLACE_V2, PIDS);
	sbx_places_release(&p);
}

static void test_nonsense_is_survived(void **state)
{
	struct sbx_places p =
		find("\n\n1 2 3\nx - cgroup\n - cgroup2 a b\n", "::\n0\n0::\nx:y\n\n", ALL);
	assert_int_equal(p.n, 0);
	assert_int_equal(p.missing, ALL);
	sbx_places_release(&p);
}

static void test_groups_made_at_once_are_two(void **state)
{
	struct sbx_place place = {prefix, SBX_PLACE_V2, 0};
	struct sbx_groups groups;
	sbx_groups_init(&groups);
	stands_still = true;
	/* It waited for a lock of its own. */
	alarm(60);
	assert_int_equal(sbx_group_make(&groups, &place, NULL, NULL), 0);
	assert_int_equal(sbx_group_make(&groups, &place, NULL, NULL), 0);
	alarm(0);
	stands_still = false;
	assert_string_not_equal(groups.group[0].name, groups.group[1].name);
	sbx_groups_remove(&groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_version_1, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_version_1_with_controllers_together, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_version_1_that_may_not_be_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_version_2_above_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_version_2_of_our_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_version_2_in_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_version_2_without_controllers, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_hybrid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense_is_survived, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups_made_at_once_are_two, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
