/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process that looks at what a server's sandbox left. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "provisioner/serve.h"

/* It has closed its pipe, as one that was killed has, and is held up by another file. */
static void test_one_that_cannot_end_is_not_waited_for(void **state)
{
	(void)state;
	struct sbx_entry e = SBX_ENTRY_INIT;
	int ends[2];
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	/* To be told in vain shall be a failure, not a hang. */
	alarm(60);
	e.collector = fork();
	if (e.collector == 0) {
		close(ends[0]);
		close(ends[1]);
		for (;;)
			pause();
	}
	assert_true(e.collector > 0);
	close(ends[1]);
	e.collector_fd = ends[0];
	struct pollfd told = {ends[0], POLLIN, 0};
	assert_int_equal(poll(&told, 1, -1), 1);
	assert_false(sbx_entry_collected(&e));
	/* What is to be waited for now is its end, and nothing is there before that. */
	told.fd = e.collector_fd;
	assert_int_equal(poll(&told, 1, 0), 0);
	assert_int_equal(kill(e.collector, SIGKILL), 0);
	assert_int_equal(poll(&told, 1, -1), 1);
	assert_true(sbx_entry_collected(&e));
	assert_int_equal(e.collector, 0);
	assert_int_equal(e.collector_fd, -1);
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_that_cannot_end_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
