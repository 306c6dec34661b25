/* SPDX-License-Identifier: Apache-2.0 */
/* What a client takes from a server that means ill, and what is taken with any packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "provisioner/client.h"
#include "provisioner/packet.h"
#include "tests/provisioner/descriptor_count.h"

/* More than sbx_packet_send() would. */
static void send_with(int fd, const void *data, size_t n_bytes, unsigned n_fds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(250 * sizeof(int))];
	} control = {0};
	struct iovec what = {(void *)data, n_bytes};
	struct msghdr message = {
		.msg_iov = &what,
		.msg_iovlen = 1,
		.msg_control = n_fds ? &control : NULL,
		.msg_controllen = n_fds ? CMSG_SPACE(n_fds * sizeof(int)) : 0,
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
	for (unsigned i = 0; i < n_fds; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), n_bytes);
}

/* A client whose server is this test. */
static struct sbx_connection connect_to_us(int *out_server_fd)
{
	int ends[2];
	struct sbx_connection c = SBX_CONNECTION_INIT;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	c.fd = ends[0];
	c.packet = malloc(SBX_MAX_MESSAGE);
	assert_non_null(c.packet);
	*out_server_fd = ends[1];
	return c;
}

static void descriptors_that_a_server_sends_are_closed(void **state)
{
	static const struct sbx_message good = {.type = SBX_MESSAGE_OK, .id = 1};
	static const struct {
		size_t n_bytes;
		unsigned n_fds;
		const char *why;
	} cases[] = {
		{sizeof(good), 0, NULL},
		{sizeof(good), 1, "ok: 1 descriptors"},
		{sizeof(good), 3, "ok: 3 descriptors"},
		{sizeof(good), SBX_MAX_PACKET_FDS, "ok: 12 descriptors"},
		{sizeof(good), SBX_MAX_PACKET_FDS + 1, "more than a message may have"},
		{sizeof(good), 250, "more than a message may have"},
		{sizeof(good) - 1, 3, "shorter than its header"},
		{0, 3, "the server has gone"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SBX_CLEANUP_FD int server_fd = -1;
		SBX_CLEANUP_CONNECTION struct sbx_connection c = connect_to_us(&server_fd);
		struct sbx_error err = SBX_ERROR_INIT;
		struct sbx_message m;
		const char *words;
		unsigned before = count_descriptors();
		send_with(server_fd, &good, cases[i].n_bytes, cases[i].n_fds);
		int failed = sbx_connection_receive(&c, &m, &words, &err);
		assert_int_equal(failed, cases[i].why ? -1 : 0);
		if (cases[i].why)
			assert_non_null(strstr(err.message, cases[i].why));
		assert_int_equal(count_descriptors(), before);
	}
}

static void send_words(int fd, struct sbx_message m, const char *words, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		m.n_words += words[i] == '\0';
	assert_int_equal(sbx_packet_send(fd, &m, sizeof(m), words, n_bytes, NULL, 0), 0);
}

static void an_answer_of_several_messages_is_one(void **state)
{
	const struct sbx_message more = {.type = SBX_MESSAGE_OK, .id = 1, .flags = SBX_FLAG_MORE};
	const struct sbx_message last = {.type = SBX_MESSAGE_OK, .id = 1};
	const struct sbx_message event = {.type = SBX_MESSAGE_ENDED, .sandbox = 7};
	SBX_CLEANUP_FD int server_fd = -1;
	SBX_CLEANUP_CONNECTION struct sbx_connection c = connect_to_us(&server_fd);
	struct sbx_message m = {.type = SBX_MESSAGE_LIST};
	struct sbx_error err = SBX_ERROR_INIT;
	const char *words;
	send_words(server_fd, more, "a\0b", 4);
	send_words(server_fd, event, "{}", 3);
	send_words(server_fd, more, "", 1);
	send_words(server_fd, last, "c", 2);
	assert_int_equal(
		sbx_connection_ask(&c, &m, NULL, (struct sbx_descriptors){0}, &words, &err), 0);
	assert_int_equal(m.n_words, 4);
	assert_memory_equal(words, "a\0b\0\0c", 7);
	assert_int_equal(m.flags, 0);
	/* What goes wrong in between is told. */
	const struct sbx_message failed = {.type = SBX_MESSAGE_ERROR, .id = 2, .value = 13};
	send_words(server_fd, (struct sbx_message){SBX_MESSAGE_OK, 2, .flags = SBX_FLAG_MORE}, "a",
		   2);
	send_words(server_fd, failed, "busy", 5);
	m = (struct sbx_message){.type = SBX_MESSAGE_LIST};
	assert_int_equal(
		sbx_connection_ask(&c, &m, NULL, (struct sbx_descriptors){0}, &words, &err), -1);
	assert_int_equal(err.code, SBX_E_BUSY);
}

static void an_empty_packet_is_the_end_and_leaves_nothing(void **state)
{
	int ends[2], fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	char data[8];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	unsigned before = count_descriptors();
	send_with(ends[1], "", 0, SBX_MAX_PACKET_FDS);
	assert_int_equal(sbx_packet_receive(ends[0], 0, data, sizeof(data), fds, &n_fds), 0);
	assert_int_equal(n_fds, 0);
	assert_int_equal(count_descriptors(), before);
	close(ends[0]);
	close(ends[1]);
}

static void what_is_not_taken_of_a_packet_is_closed(void **state)
{
	int ends[2];
	unsigned n_fds;
	char data[8];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	unsigned before = count_descriptors();
	int taken = -1;
	{
		SBX_CLEANUP_PACKET_FDS int fds[SBX_MAX_PACKET_FDS] = SBX_NO_PACKET_FDS;
		send_with(ends[1], "x", 1, 5);
		assert_int_equal(sbx_packet_receive(ends[0], 0, data, sizeof(data), fds, &n_fds),
				 1);
		assert_int_equal(n_fds, 5);
		taken = sbx_steal_fd(&fds[2]);
	}
	assert_int_equal(count_descriptors(), before + 1);
	assert_int_equal(close(taken), 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors_that_a_server_sends_are_closed),
		cmocka_unit_test(an_answer_of_several_messages_is_one),
		cmocka_unit_test(an_empty_packet_is_the_end_and_leaves_nothing),
		cmocka_unit_test(what_is_not_taken_of_a_packet_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
