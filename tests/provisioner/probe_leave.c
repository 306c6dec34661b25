/* SPDX-License-Identifier: Apache-2.0 */
/* What a task might leave in a network namespace. */
#include "probe_leave.h"

#include <arpa/inet.h>
#include <linux/in6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPV6_FLOWLABEL_MGR
#define IPV6_FLOWLABEL_MGR 32
#endif

static struct sockaddr_in at(const char *address, uint16_t port)
{
	struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, address, &where.sin_addr);
	return where;
}

/* Sockets that are closed unused. */
static int leave_nothing(void)
{
	struct sockaddr_in here = at("127.0.0.1", 1234);
	int fd = socket(AF_INET, SOCK_STREAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);
	return bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0 || listen(fd, 1) < 0 ? -1 : fd6;
}

static int leave_datagram(void)
{
	struct sockaddr_in here = at("127.0.0.1", 1234);
	return (int)sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&here,
			   sizeof(here));
}

/* Nobody can be reached, and that has been tried. */
static int leave_attempt(void)
{
	struct sockaddr_in there = at("192.0.2.7", 80);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return connect(fd, (struct sockaddr *)&there, sizeof(there)) < 0 ? fd : -1;
}

/* In TIME_WAIT. */
static int leave_connection(void)
{
	struct sockaddr_in here = at("127.0.0.1", 1234);
	int listening = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listening, (struct sockaddr *)&here, sizeof(here)) < 0 || listen(listening, 1) < 0)
		return -1;
	return connect(fd, (struct sockaddr *)&here, sizeof(here));
}

/* Leased for longer than its socket lives. */
static int leave_label(void)
{
	struct in6_flowlabel_req label = {
		.flr_action = IPV6_FL_A_GET,
		.flr_share = IPV6_FL_S_ANY,
		.flr_flags = IPV6_FL_F_CREATE,
		.flr_expires = 60,
		.flr_linger = 60,
	};
	label.flr_dst.s6_addr[15] = 1;
	return setsockopt(socket(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &label,
			  sizeof(label));
}

/* With whoever is at the other end of 0. */
static int leave_socket(void)
{
	int passed = socket(AF_INET, SOCK_STREAM, 0);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	char byte = 0;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	return (int)sendmsg(0, &message, 0);
}

int probe_leave(const char *what)
{
	static const struct {
		const char *name;
		int (*leave)(void);
	} ways[] = {
		{"nothing", leave_nothing}, {"datagram", leave_datagram},
		{"attempt", leave_attempt}, {"connection", leave_connection},
		{"label", leave_label},	    {"socket", leave_socket},
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, what) == 0)
			return ways[i].leave() < 0;
	return 2;
}
