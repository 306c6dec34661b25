/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/classes.h"
#include "provisioner/compile/generate.h"
#include "provisioner/watch.h"

static uint32_t native;

static struct seccomp_data make_call(int number, uint64_t first, uint64_t fifth)
{
	return (struct seccomp_data){
		.nr = number, .arch = native, .args = {first, 0, 0, 0, fifth, 0}};
}

static uint32_t say(const struct sock_filter *code, size_t n, const struct seccomp_data *call)
{
	return sbx_watch_judge(code, n, call);
}

/* As the kernel does with two filters: the lower action wins, the later filter on a tie. */
static uint32_t stricter(uint32_t classes, uint32_t builtin)
{
	return (int32_t)(builtin & SECCOMP_RET_ACTION_FULL) <
			       (int32_t)(classes & SECCOMP_RET_ACTION_FULL)
		       ? builtin
		       : classes;
}

static void what_is_answered_is_what_the_filters_would_say(void **state)
{
	static const uint64_t arguments[] = {0, 1, 2, 10, 0x10000, 0x10000000, UINT64_MAX};
	static struct sock_filter classes[BPF_MAXINSNS], builtin[BPF_MAXINSNS];
	static const char *const sets[] = {"base", "python3,net.client", "sh,fs.write,privileged"};
	for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++) {
		uint64_t mask = 0;
		size_t n_classes, n_builtin;
		assert_int_equal(sbx_classes_parse(sets[s], &mask, NULL), 0);
		const struct sock_filter *code = sbx_filter_classes_program(mask, 0, &n_classes);
		memcpy(classes, code, n_classes * sizeof(*code));
		code = sbx_filter_program(SBX_FILTER_TASK, 0, &n_builtin);
		memcpy(builtin, code, n_builtin * sizeof(*code));
		native = builtin[1].k;
		const struct sbx_watch_program *p =
			sbx_watch_program(SBX_FILTER_TASK, true, mask, 0, true, true);
		assert_true(p->n_ask <= BPF_MAXINSNS);
		for (int number = 0; number < SBX_MAX_CALLS + 10; number++)
			for (size_t a = 0; a < sizeof(arguments) / sizeof(arguments[0]); a++) {
				struct seccomp_data call = make_call(number, arguments[a], 0);
				uint32_t expected = stricter(say(classes, n_classes, &call),
							     say(builtin, n_builtin, &call));
				assert_int_equal(say(p->judge, p->n_judge, &call), expected);
				bool asks = number == SYS_connect || expected != SECCOMP_RET_ALLOW;
				assert_int_equal(say(p->ask, p->n_ask, &call),
						 asks ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
			}
	}
}

static void only_the_network_is_asked_about(void **state)
{
	const struct sbx_watch_program *p =
		sbx_watch_program(SBX_FILTER_TASK, false, 0, 0, false, true);
	struct seccomp_data call = make_call(SYS_sendto, 0, 0);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_ALLOW);
	call = make_call(SYS_sendto, 0, UINT64_C(1) << 40);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_USER_NOTIF);
	call = make_call(SYS_sendto, 0, 4096);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(say(p->judge, p->n_judge, &call), SECCOMP_RET_ALLOW);
	call = make_call(SYS_mount, 0, 0);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_ERRNO | EPERM);
	/* Another architecture's numbers mean other calls: those end the process, as ever. */
	call = make_call(SYS_connect, 0, 0);
	call.arch ^= 0xff;
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_KILL_PROCESS);
}

static void what_ends_a_process_still_does(void **state)
{
	uint64_t kill = sbx_filter_refusals(SBX_REFUSAL_KILL, SBX_REFUSAL_KILL);
	const struct sbx_watch_program *p =
		sbx_watch_program(SBX_FILTER_TASK, false, 0, kill, true, false);
	struct seccomp_data call = make_call(SYS_mount, 0, 0);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_KILL_PROCESS);
	call = make_call(500, 0, 0);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_KILL_PROCESS);
}

/* Skipping a call for maintainer scripts is no refusal: nobody need be asked. */
static void what_is_skipped_stays_skipped(void **state)
{
	const struct sbx_watch_program *p =
		sbx_watch_program(SBX_FILTER_BUILD, false, 0, 0, true, true);
	struct seccomp_data call = make_call(SYS_fsync, 0, 0);
	assert_int_equal(say(p->ask, p->n_ask, &call), SECCOMP_RET_ERRNO);
}

static void calls_have_names(void **state)
{
	assert_string_equal(sbx_call_name(SYS_mount), "mount");
	assert_null(sbx_call_name(511));
	assert_null(sbx_call_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_answered_is_what_the_filters_would_say),
		cmocka_unit_test(only_the_network_is_asked_about),
		cmocka_unit_test(what_ends_a_process_still_does),
		cmocka_unit_test(what_is_skipped_stays_skipped),
		cmocka_unit_test(calls_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
