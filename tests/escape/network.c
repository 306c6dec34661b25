/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out over the network, and into the kernel's protocols. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int reach(const char *address, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, address, &to.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), why = 0;
	socklen_t size = sizeof(why);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	if (fd < 0)
		return must_fail("socket", -1);
	int done = connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (done < 0 && errno == EINPROGRESS && poll(&p, 1, 10000) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0)
		done = why ? -1 : 0;
	if (why)
		errno = why;
	close(fd);
	return must_fail(address, done);
}

static int metadata(void)
{
	return reach("169.254.169.254", (uint16_t)fact_number("tcp_port"));
}

static int host_loopback(void)
{
	return reach("127.0.0.1", (uint16_t)fact_number("tcp_port"));
}

static int host_address(void)
{
	return reach(fact("host_address"), (uint16_t)fact_number("tcp_port"));
}

static int datagram_out(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
	inet_pton(AF_INET, fact("host_address"), &to.sin_addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	return must_fail("sendto", sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
}

static int abstract_socket(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = strlen(fact("abstract"));
	memcpy(to.sun_path + 1, fact("abstract"), n);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return must_fail("connect",
			 connect(fd, (struct sockaddr *)&to,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)));
}

static int interfaces(void)
{
	struct if_nameindex *list = if_nameindex();
	int outcome = REFUSED;
	for (struct if_nameindex *i = list; i && i->if_name; i++)
		if (strcmp(i->if_name, "lo") != 0)
			outcome = got_out(i->if_name);
	return outcome;
}

static int change_interface(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_PROMISC};
	return must_fail("SIOCSIFFLAGS", ioctl(fd, SIOCSIFFLAGS, &request));
}

static int raw(void)
{
	int outcome = must_fail("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	return worse(outcome, must_fail("raw", socket(AF_INET6, SOCK_RAW, IPPROTO_UDP)));
}

static int packets(void)
{
	int outcome = must_fail("packet", socket(AF_PACKET, SOCK_RAW, 0x300));
	return worse(outcome, must_fail("packet", socket(AF_PACKET, SOCK_DGRAM, 0)));
}

/* All netlink but routes: audit, netfilter, connector, kobject events, crypto, generic ... */
static int netlink(void)
{
	int outcome = REFUSED;
	for (int protocol = 1; protocol < 32; protocol++) {
		char name[32];
		snprintf(name, sizeof(name), "netlink %d", protocol);
		outcome = worse(outcome, must_fail(name, socket(AF_NETLINK, SOCK_RAW, protocol)));
	}
	return outcome;
}

static int change_routes(void)
{
	struct {
		struct nlmsghdr header;
		char rest[64];
	} message = {.header = {.nlmsg_len = sizeof(message),
				.nlmsg_type = 16 /* RTM_NEWLINK */,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE}};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, 0);
	if (fd < 0)
		return must_fail("socket", -1);
	if (send(fd, &message, sizeof(message), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return could_not_try("netlink");
	errno = -answer.error.error;
	return must_be_barred("RTM_NEWLINK", answer.error.error < 0 ? -1 : 0);
}

static int crypto(void)
{
	return must_fail("AF_ALG", socket(38, SOCK_SEQPACKET, 0));
}

static int vsock(void)
{
	return must_fail("AF_VSOCK", socket(40, SOCK_STREAM, 0));
}

static int rare_families(void)
{
	int outcome = REFUSED;
	for (int family = 3; family < 64; family++) {
		char name[32];
		if (family == AF_INET6 || family == AF_NETLINK)
			continue;
		snprintf(name, sizeof(name), "family %d", family);
		for (int type = 1; type < 6; type++)
			outcome = worse(outcome, must_fail(name, socket(family, type, 0)));
	}
	return outcome;
}

/* The kernel loads a family's module before it finds that it has no pairs (TIPC has). */
static int rare_pairs(void)
{
	int outcome = REFUSED, pair[2];
	for (int family = 2; family < 64; family++)
		outcome = worse(outcome, must_be_barred("socketpair",
							socketpair(family, SOCK_STREAM, 0, pair)));
	return outcome;
}

/* SCTP, DCCP, UDP-Lite, L2TP: loaded when they are asked for. */
static int rare_protocols(void)
{
	static const struct {
		int type, protocol;
	} all[] = {{SOCK_STREAM, 132}, {SOCK_SEQPACKET, 132}, {6, 33}, {6, 0}, {SOCK_DGRAM, 136},
		   {SOCK_DGRAM, 115},  {SOCK_SEQPACKET, 0}};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (int family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET)
			outcome = worse(outcome, must_fail("protocol", socket(family, all[i].type,
									      all[i].protocol)));
	return outcome;
}

static const char network[] = "network namespace";

const struct attempt attempts_on_network[] = {
	{"metadata-address", metadata, network, "host", "the cloud's 169.254.169.254"},
	{"host-loopback", host_loopback, network, "host", "a service on the host's loopback"},
	{"host-address", host_address, network, "host", "another host's address"},
	{"datagram-out", datagram_out, network, "host", "a name server, or data in its questions"},
	{"abstract-socket", abstract_socket, "network namespace, Landlock", "host",
	 "an abstract Unix socket of the host's (CVE-2020-15257)"},
	{"interfaces", interfaces, network, "host", "see the host's interfaces"},
	{"change-interface", change_interface, "capabilities", "unshared", "make one promiscuous"},
	{"raw-socket", raw, "capabilities", "root", "a raw socket"},
	{"packet-socket", packets, "system calls, capabilities", "root", "a packet socket"},
	{"netlink", netlink, "system calls", "host", "netlink other than for routes"},
	{"change-routes", change_routes, "capabilities", "unshared", "make an interface"},
	{"crypto-socket", crypto, "system calls", "no: takes a kernel that has it",
	 "AF_ALG, the kernel's cryptography"},
	{"vsock", vsock, "system calls", "no: takes a kernel that has it",
	 "the hypervisor's socket"},
	{"rare-families", rare_families, "system calls", "root",
	 "families of sockets that few have looked at"},
	{"rare-pairs", rare_pairs, "system calls", "host", "the same through socketpair"},
	{"rare-protocols", rare_protocols, "system calls", "host", "SCTP, DCCP, UDP-Lite, L2TP"},
	{0},
};
