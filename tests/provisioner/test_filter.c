/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled filters, run over made-up calls. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/classes.h"
#include "provisioner/compile/generate.h"
#include "provisioner/filter.h"
#include "tests/provisioner/filter_simulation.h"

static uint32_t run(enum sbx_filter filter, const struct seccomp_data *data)
{
	size_t n;
	const struct sock_filter *code = sbx_filter_program(filter, 0, &n);
	return run_code(code, n, data);
}

static uint32_t call(enum sbx_filter filter, long nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = {.nr = (int)nr, .arch = NATIVE, .args = {a0, a1, a2}};
	return run(filter, &data);
}

static void test_every_number_is_decided(void **state)
{
	for (int filter = 0; filter < SBX_N_FILTERS; filter++)
		for (long nr = -1; nr < 2000; nr++) {
			uint32_t verdict = call((enum sbx_filter)filter, nr, 0, 0, 0) &
					   SECCOMP_RET_ACTION_FULL;
			assert_true(verdict == SECCOMP_RET_ALLOW || verdict == SECCOMP_RET_ERRNO);
		}
}

static void test_plain_calls(void **state)
{
	for (int filter = 0; filter < SBX_N_FILTERS; filter++) {
		enum sbx_filter f = (enum sbx_filter)filter;
		static const long allowed[] = {SYS_read,    SYS_write,	 SYS_openat, SYS_execve,
					       SYS_futex,   SYS_rseq,	 SYS_mmap,   SYS_exit_group,
					       SYS_wait4,   SYS_statx,	 SYS_kill,   SYS_getrandom,
					       SYS_connect, SYS_seccomp, SYS_prctl};
		for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			assert_int_equal(call(f, allowed[i], ~0ULL, ~0ULL, ~0ULL),
					 SECCOMP_RET_ALLOW);
		static const long refused[] = {SYS_mount,
					       SYS_umount2,
					       SYS_pivot_root,
					       SYS_unshare,
					       SYS_ptrace,
					       SYS_bpf,
					       SYS_keyctl,
					       SYS_reboot,
					       SYS_init_module,
					       SYS_userfaultfd,
					       SYS_acct,
					       SYS_swapon,
					       SYS_fsmount,
					       SYS_move_mount,
					       SYS_open_by_handle_at,
					       SYS_perf_event_open,
					       SYS_process_vm_writev};
		for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
			assert_int_equal(call(f, refused[i], 0, 0, 0), REFUSED(EPERM));
		assert_int_equal(call(f, SYS_clone3, 0, 0, 0), REFUSED(ENOSYS));
		assert_int_equal(call(f, SYS_io_uring_setup, 0, 0, 0), REFUSED(ENOSYS));
		assert_int_equal(call(f, 1500, 0, 0, 0), REFUSED(ENOSYS));
	}
}

static void test_only_zygotes_join_namespaces(void **state)
{
	for (int filter = 0; filter < SBX_N_FILTERS; filter++)
		assert_int_equal(call((enum sbx_filter)filter, SYS_setns, 3, 0, 0),
				 filter == SBX_FILTER_ZYGOTE ? SECCOMP_RET_ALLOW : REFUSED(EPERM));
}

static void test_foreign_architectures(void **state)
{
	struct seccomp_data data = {.nr = SYS_read, .arch = OTHER};
	assert_int_equal(run(SBX_FILTER_TASK, &data), SECCOMP_RET_KILL_PROCESS);
	data = (struct seccomp_data){.nr = 0x40000000 + SYS_read, .arch = NATIVE};
	assert_int_equal(run(SBX_FILTER_TASK, &data), SECCOMP_RET_KILL_PROCESS);
}

static void test_clone(void **state)
{
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
				CLONE_CHILD_CLEARTID;
	assert_int_equal(call(SBX_FILTER_TASK, SYS_clone, thread, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SBX_FILTER_TASK, SYS_clone, 17, 0, 0), SECCOMP_RET_ALLOW);
	static const uint64_t namespaces[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS,
					      CLONE_NEWIPC, CLONE_NEWUSER,   CLONE_NEWPID,
					      CLONE_NEWNET};
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		for (int filter = 0; filter < SBX_N_FILTERS; filter++)
			assert_int_equal(call((enum sbx_filter)filter, SYS_clone,
					      17 | (namespaces[i] & 0xffffffff), 0, 0),
					 REFUSED(EPERM));
}

static void test_ioctl(void **state)
{
	assert_int_equal(call(SBX_FILTER_TASK, SYS_ioctl, 0, 0x5401, 0), SECCOMP_RET_ALLOW);
	/* The kernel takes 32 bits of the request; what is above must not lead astray. */
	static const uint64_t high[] = {0, 1ULL << 32, 1ULL << 63, 0xffffffffULL << 32};
	for (size_t i = 0; i < sizeof(high) / sizeof(high[0]); i++) {
		assert_int_equal(call(SBX_FILTER_TASK, SYS_ioctl, 0, high[i] | 0x5412, 0),
				 REFUSED(EPERM));
		assert_int_equal(call(SBX_FILTER_TASK, SYS_ioctl, 0, high[i] | 0x541c, 0),
				 REFUSED(EPERM));
	}
}

static void test_socket(void **state)
{
	for (uint64_t family = 0; family < 60; family++) {
		bool allowed = family == 1 || family == 2 || family == 10 || family == 16;
		assert_int_equal(call(SBX_FILTER_TASK, SYS_socket, family, 1, 0),
				 allowed ? SECCOMP_RET_ALLOW : REFUSED(EAFNOSUPPORT));
	}
	assert_int_equal(call(SBX_FILTER_TASK, SYS_socket, 16, 3, 9), REFUSED(EAFNOSUPPORT));
	assert_int_equal(call(SBX_FILTER_TASK, SYS_socket, 2, 1, 6), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SBX_FILTER_TASK, SYS_socket, 1ULL << 32 | 17, 1, 0),
			 REFUSED(EAFNOSUPPORT));
}

static void test_personality(void **state)
{
	static const uint64_t allowed[] = {0, 0xffffffff, ADDR_NO_RANDOMIZE, PER_LINUX32};
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		assert_int_equal(call(SBX_FILTER_TASK, SYS_personality, allowed[i], 0, 0),
				 SECCOMP_RET_ALLOW);
	static const uint64_t refused[] = {READ_IMPLIES_EXEC, MMAP_PAGE_ZERO, ADDR_COMPAT_LAYOUT,
					   1ULL << 32 | READ_IMPLIES_EXEC};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(call(SBX_FILTER_TASK, SYS_personality, refused[i], 0, 0),
				 REFUSED(EPERM));
}

static void test_profiles_differ_in_what_scripts_do(void **state)
{
	static const long owners[] = {SYS_fchownat, SYS_fchown,	   SYS_setuid,
				      SYS_setgid,   SYS_setresuid, SYS_setgroups};
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		assert_int_equal(call(SBX_FILTER_TASK, owners[i], 0, 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(call(SBX_FILTER_BUILD, owners[i], 0, 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(call(SBX_FILTER_EMULATED, owners[i], 0, 0, 0), REFUSED(0));
	}
	assert_int_equal(call(SBX_FILTER_TASK, SYS_chroot, 0, 0, 0), REFUSED(EPERM));
	assert_int_equal(call(SBX_FILTER_BUILD, SYS_chroot, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SBX_FILTER_TASK, SYS_fsync, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SBX_FILTER_BUILD, SYS_fsync, 0, 0, 0), REFUSED(0));
	assert_int_equal(call(SBX_FILTER_EMULATED, SYS_mknodat, 0, 0, S_IFCHR | 0600), REFUSED(0));
	assert_int_equal(call(SBX_FILTER_EMULATED, SYS_mknodat, 0, 0, S_IFBLK | 0600), REFUSED(0));
	assert_int_equal(call(SBX_FILTER_EMULATED, SYS_mknodat, 0, 0, S_IFIFO | 0600),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(call(SBX_FILTER_BUILD, SYS_mknodat, 0, 0, S_IFCHR | 0600),
			 SECCOMP_RET_ALLOW);
}

/* What installing a filter costs is its length. */
static void test_programs_are_short(void **state)
{
	for (int filter = 0; filter < SBX_N_FILTERS; filter++) {
		size_t n;
		sbx_filter_program((enum sbx_filter)filter, 0, &n);
		assert_in_range(n, 50, 400);
	}
}

/* What the filter of a list of classes says of a call. */
static uint32_t classes_call(const char *list, long nr, uint64_t a0)
{
	struct seccomp_data data = {.nr = (int)nr, .arch = NATIVE, .args = {a0}};
	uint64_t classes = 0;
	size_t n;
	assert_int_equal(sbx_classes_parse(list, &classes, NULL), 0);
	const struct sock_filter *code = sbx_filter_classes_program(classes, 0, &n);
	return run_code(code, n, &data);
}

static void test_classes_let_through_what_they_have(void **state)
{
	assert_int_equal(classes_call("base", SYS_read, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(classes_call("base", SYS_execve, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(classes_call("base", SYS_mkdirat, 0), REFUSED(EPERM));
	assert_int_equal(classes_call("fs.write", SYS_mkdirat, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(classes_call("base", SYS_clone, CLONE_THREAD), REFUSED(EPERM));
	assert_int_equal(classes_call("threads", SYS_clone, CLONE_THREAD), SECCOMP_RET_ALLOW);
	assert_int_equal(classes_call("threads", SYS_clone, 17), REFUSED(EPERM));
	assert_int_equal(classes_call("threads,proc.spawn", SYS_clone, 17), SECCOMP_RET_ALLOW);
	assert_int_equal(classes_call("base", SYS_mount, 0), REFUSED(EPERM));
	assert_int_equal(classes_call("base", 1500, 0), REFUSED(ENOSYS));
}

static void test_classes_decide_families_of_sockets(void **state)
{
	static const struct {
		const char *list;
		unsigned families;
	} cases[] = {
		{"base", 0},
		{"python3", 1U << 1},
		{"net.unix", 1U << 1},
		{"net.client", 1U << 1 | 1U << 2 | 1U << 10 | 1U << 16},
		{"net.server", 1U << 1 | 1U << 2 | 1U << 10 | 1U << 16},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned family = 0; family < 32; family++)
			assert_int_equal(classes_call(cases[i].list, SYS_socket, family),
					 cases[i].families & 1U << family ? SECCOMP_RET_ALLOW
									  : REFUSED(EAFNOSUPPORT));
}

static void test_classes_end_foreign_calls(void **state)
{
	size_t n;
	const struct sock_filter *code = sbx_filter_classes_program(~UINT64_C(0), 0, &n);
	struct seccomp_data data = {.nr = SYS_read, .arch = OTHER};
	assert_int_equal(run_code(code, n, &data), SECCOMP_RET_KILL_PROCESS);
	assert_in_range(n, 10, 400);
}

/* A call that a task may make and no class has could never be asked for. */
static void test_every_call_of_a_task_is_in_a_class(void **state)
{
	static const uint64_t arguments[] = {0, 1, 2, 10, 16, 17};
	for (long nr = 0; nr < SBX_MAX_CALLS; nr++) {
		bool known = false, has_class = false;
		for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
			size_t n;
			struct seccomp_data data = {
				.nr = (int)nr, .arch = NATIVE, .args = {arguments[i]}};
			const struct sock_filter *code =
				sbx_filter_classes_program(~UINT64_C(0), 0, &n);
			known = known || run(SBX_FILTER_TASK, &data) != REFUSED(ENOSYS);
			has_class = has_class || run_code(code, n, &data) == SECCOMP_RET_ALLOW;
		}
		if (known && !has_class)
			fail_msg("call %ld is in no class", nr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number_is_decided),
		cmocka_unit_test(test_plain_calls),
		cmocka_unit_test(test_only_zygotes_join_namespaces),
		cmocka_unit_test(test_foreign_architectures),
		cmocka_unit_test(test_clone),
		cmocka_unit_test(test_ioctl),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_personality),
		cmocka_unit_test(test_profiles_differ_in_what_scripts_do),
		cmocka_unit_test(test_programs_are_short),
		cmocka_unit_test(test_classes_let_through_what_they_have),
		cmocka_unit_test(test_classes_decide_families_of_sockets),
		cmocka_unit_test(test_classes_end_foreign_calls),
		cmocka_unit_test(test_every_call_of_a_task_is_in_a_class),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
