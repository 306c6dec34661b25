/* SPDX-License-Identifier: Apache-2.0 */
/* Groups made in the version 2 tree of the host that this is; skipped when there is none. */
#include <fcntl.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "provisioner/cgroup.h"

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
	assert_int_equal(sbx_group_make(&groups, &place, &err), 0);
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
	assert_int_equal(sbx_group_make(&groups, &place, NULL), 0);
	assert_int_equal(access(stale, F_OK), -1);
	assert_int_equal(access(live, F_OK), 0);
	sbx_groups_remove(&groups);
	assert_int_equal(rmdir(live), 0);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
