/* SPDX-License-Identifier: Apache-2.0 */
/* What the server waits for of a sandbox. */
#include <errno.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/packet.h"
#include "provisioner/slot.h"
#include "tests/provisioner/descriptor_count.h"

static int outer_fd, inner_fd;

static struct sbx_container make(void)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	outer_fd = ends[0];
	inner_fd = ends[1];
	return (struct sbx_container){
		.base.backend = &sbx_backend_container,
		.base.report_fd = outer_fd,
		.base.end_fd = -1,
		.socket_fd = outer_fd,
	};
}

static void tell(enum sbx_report_kind kind)
{
	const struct sbx_report report = {.kind = kind, .error = SBX_ERROR_INIT};
	assert_int_equal(send(inner_fd, &report, sizeof(report), 0), sizeof(report));
}

static enum sbx_event_kind next(struct sbx_container *c)
{
	struct sbx_event event;
	c->base.backend->next_event(&c->base, &event);
	return event.kind;
}

/* What stays readable until the process is gone would keep the server from sleeping till then. */
static void a_hang_up_is_not_waited_for_again(void **state)
{
	struct sbx_container c = make();
	c.n_commands = 1;
	tell(SBX_REPORT_STARTED);
	assert_int_equal(next(&c), SBX_EVENT_STARTED);
	assert_int_equal(next(&c), SBX_EVENT_NONE);
	assert_int_equal(c.base.report_fd, outer_fd);
	close(inner_fd);
	assert_int_equal(next(&c), SBX_EVENT_NONE);
	assert_int_equal(c.base.report_fd, -1);
	close(outer_fd);
}

static void nothing_is_waited_for_behind_the_end(void **state)
{
	struct sbx_container c = make();
	c.n_commands = 2;
	tell(SBX_REPORT_COMMAND_ENDED);
	tell(SBX_REPORT_ENDED);
	assert_int_equal(next(&c), SBX_EVENT_COMMAND_ENDED);
	assert_int_equal(c.base.report_fd, outer_fd);
	assert_int_equal(next(&c), SBX_EVENT_ENDED);
	assert_int_equal(c.base.report_fd, -1);
	close(inner_fd);
	close(outer_fd);
}

/* To be woken for how it ended, just before it has, holds up its end. */
static void only_commands_of_exec_are_listened_to(void **state)
{
	struct sbx_container c = make();
	tell(SBX_REPORT_STARTED);
	assert_int_equal(next(&c), SBX_EVENT_STARTED);
	assert_int_equal(c.base.report_fd, -1);
	/* What exec does with it. */
	c.n_commands = 1;
	c.base.report_fd = outer_fd;
	tell(SBX_REPORT_COMMAND_STARTED);
	assert_int_equal(next(&c), SBX_EVENT_COMMAND_STARTED);
	assert_int_equal(c.base.report_fd, outer_fd);
	tell(SBX_REPORT_COMMAND_ENDED);
	assert_int_equal(next(&c), SBX_EVENT_COMMAND_ENDED);
	assert_int_equal(c.base.report_fd, -1);
	/* It is read when the end shows. */
	tell(SBX_REPORT_ENDED);
	assert_int_equal(next(&c), SBX_EVENT_ENDED);
	close(inner_fd);
	close(outer_fd);
}

/* A sibling of the caller, as those are who help to make a sandbox. */
static pid_t clone_sibling(void)
{
	struct clone_args args = {.flags = CLONE_PARENT};
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* One was killed before it could tell whom it had made: of that not even the number is known. */
static void whoever_helped_is_reaped_though_nobody_told_of_it(void **state)
{
	int told[2];
	char byte;
	assert_int_equal(pipe(told), 0);
	pid_t first = fork();
	if (first == 0) {
		setpgid(0, 0);
		/* One that has ended, and one that never would. */
		pid_t second = clone_sibling();
		if (second == 0 || (second = clone_sibling()) > 0)
			_exit(write(told[1], "x", 1) != 1);
		for (;;)
			pause();
	}
	close(told[1]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(read(told[0], &byte, 1), 1);
	const pid_t between[SBX_N_BETWEEN] = {first, -1, -first};
	sbx_container_reap_between(between);
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
	assert_int_equal(errno, ECHILD);
	close(told[0]);
}

/* Of a keeper's words without one, each would otherwise cost the server some for good. */
static void descriptors_of_an_answer_that_has_none_are_closed(void **state)
{
	struct sbx_container c = make();
	pid_t made[1 + SBX_N_BETWEEN] = {0};
	struct sbx_slot slot = {.socket_fd = outer_fd, .made = made, .ready_fd = -1};
	const struct sbx_slot_reply pending = {.is_pending = true};
	c.slot = &slot;
	c.is_awaited = true;
	unsigned before = count_descriptors();
	const int fds[] = {outer_fd, inner_fd, outer_fd};
	assert_int_equal(sbx_packet_send(inner_fd, &pending, sizeof(pending), NULL, 0, fds, 3), 0);
	sbx_container_take_answer(&c);
	assert_true(c.is_awaited);
	assert_int_equal(count_descriptors(), before);
	close(inner_fd);
	close(outer_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hang_up_is_not_waited_for_again),
		cmocka_unit_test(nothing_is_waited_for_behind_the_end),
		cmocka_unit_test(only_commands_of_exec_are_listened_to),
		cmocka_unit_test(whoever_helped_is_reaped_though_nobody_told_of_it),
		cmocka_unit_test(descriptors_of_an_answer_that_has_none_are_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
