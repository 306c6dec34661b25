/* SPDX-License-Identifier: Apache-2.0 */
/* Groups made in the version 2 tree of the host that this is; skipped when there is none. */
#include <fcntl.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "provisioner/cgroup.h"
#include "provisioner/reaper.h"

/* This host's version 2 tree, in which a group without controllers can be made at least. */
static const char *unified(void)
{
	static const char *const candidates[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	for (size_t i = 0; i < 2; i++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/cgroup.subtree_control", candidates[i]);
		if (access(path, W_OK) == 0)
			return candidates[i];
	}
	return NULL;
}

static void test_born_into_a_group(void **state)
{
	struct sbx_place place = {(char *)unified(), SBX_PLACE_V2, 0};
	struct sbx_groups groups;
	sbx_groups_init(&groups);
	struct sbx_error err = SBX_ERROR_INIT;
	assert_int_equal(sbx_group_make(&groups, &place, NULL, &err), 0);
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", place.parent, groups.group[0].name);
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)sbx_groups_birth_fd(&groups),
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	char procs[300], expected[32];
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	SBX_CLEANUP_FREE char *text = sbx_read_file(AT_FDCWD, procs, 4096, NULL, NULL);
	snprintf(expected, sizeof(expected), "%d\n", pid);
	assert_string_equal(text, expected);
	kill(pid, SIGKILL);
	/* Not waited for yet: removing has to wait for the process to be gone. */
	sbx_groups_remove(&groups);
	assert_int_equal(access(path, F_OK), -1);
	waitpid(pid, NULL, 0);
}

static void test_sweep_takes_the_dead_alone(void **state)
{
	char stale[128], live[128];
	snprintf(stale, sizeof(stale), "%s/sbx-stale-%d", unified(), getpid());
	snprintf(live, sizeof(live), "%s/sbx-live-%d", unified(), getpid());
	assert_int_equal(mkdir(stale, 0755), 0);
	assert_int_equal(mkdir(live, 0755), 0);
	SBX_CLEANUP_FD int held = open(live, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(held, LOCK_EX), 0);
	struct sbx_place place = {(char *)unified(), SBX_PLACE_V2, 0};
	struct sbx_groups groups;
	sbx_groups_init(&groups);
	assert_int_equal(sbx_group_make(&groups, &place, NULL, NULL), 0);
	sbx_groups_sweep(&groups, true);
	assert_int_equal(access(stale, F_OK), -1);
	assert_int_equal(access(live, F_OK), 0);
	sbx_groups_remove(&groups);
	assert_int_equal(rmdir(live), 0);
}

static void test_stale_ones_make_room(void **state)
{
	char full[128], stale[160];
	snprintf(full, sizeof(full), "%s/test-full-%d", unified(), getpid());
	snprintf(stale, sizeof(stale), "%s/sbx-stale", full);
	assert_int_equal(mkdir(full, 0755), 0);
	SBX_CLEANUP_FD int dfd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(sbx_cgroup_write(dfd, "cgroup.max.descendants", "1"), 0);
	assert_int_equal(mkdir(stale, 0755), 0);
	struct sbx_place place = {full, SBX_PLACE_V2, 0};
	struct sbx_groups groups;
	sbx_groups_init(&groups);
	assert_int_equal(sbx_group_make(&groups, &place, NULL, NULL), 0);
	assert_int_equal(access(stale, F_OK), -1);
	sbx_groups_remove(&groups);
	assert_int_equal(rmdir(full), 0);
}

/* Enter a group, leave it for groups of its own, as a server does with its slots' in them; die. */
static void be_killed(const char *delegated)
{
	struct sbx_place place = {(char *)delegated, SBX_PLACE_OWN, 0};
	struct sbx_places places = {.place = {place}, .n = 1}, below;
	struct sbx_groups server, slot;
	struct sbx_reaper reaper = SBX_REAPER_INIT;
	sbx_groups_init(&server);
	sbx_groups_init(&slot);
	SBX_CLEANUP_FD int dfd = open(delegated, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sbx_cgroup_write(dfd, "cgroup.procs", "0") < 0 ||
	    sbx_group_make(&server, &place, &reaper, NULL) < 0 ||
	    sbx_groups_nest(&server, &places, &below, NULL) < 0 ||
	    sbx_group_make(&slot, &below.place[0], NULL, NULL) < 0 || !reaper.pid)
		_exit(1);
	raise(SIGKILL);
}

static bool is_gone(const char *folder)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	for (int tries = 0; tries < 6000; tries++) {
		if (rmdir(folder) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void test_a_group_that_was_left_for_others_is_free_when_it_is_killed(void **state)
{
	char delegated[128];
	int status;
	snprintf(delegated, sizeof(delegated), "%s/test-delegated-%d", unified(), getpid());
	assert_int_equal(mkdir(delegated, 0755), 0);
	pid_t pid = fork();
	if (pid == 0)
		be_killed(delegated);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* Which it is not as long as any group is in it. */
	assert_true(is_gone(delegated));
}

int main(void)
{
	if (!unified()) {
		printf("SKIPPED: no version 2 tree that may be written to\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_born_into_a_group),
		cmocka_unit_test(test_sweep_takes_the_dead_alone),
		cmocka_unit_test(test_stale_ones_make_room),
		cmocka_unit_test(test_a_group_that_was_left_for_others_is_free_when_it_is_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
