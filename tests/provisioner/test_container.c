/* SPDX-License-Identifier: Apache-2.0 */
/* What the server waits for of a sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "provisioner/container.h"

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
	tell(SBX_REPORT_COMMAND_ENDED);
	tell(SBX_REPORT_ENDED);
	assert_int_equal(next(&c), SBX_EVENT_COMMAND_ENDED);
	assert_int_equal(c.base.report_fd, outer_fd);
	assert_int_equal(next(&c), SBX_EVENT_ENDED);
	assert_int_equal(c.base.report_fd, -1);
	close(inner_fd);
	close(outer_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hang_up_is_not_waited_for_again),
		cmocka_unit_test(nothing_is_waited_for_behind_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
