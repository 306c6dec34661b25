/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of a server, and who may come in. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/serve.h"

#define BACKLOG 128

static int check_inherited(int fd, struct sbx_error *err)
{
	int type = 0, listens = 0, domain = 0;
	socklen_t size = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || domain != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens)
		return sbx_fail(err, SBX_E_USAGE,
				"--socket-fd %d: is no listening Unix socket of packets", fd);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return 0;
}

/* A server that was killed leaves its socket; one that lives answers. */
static int clear_stale(const struct sockaddr_un *address, struct sbx_error *err)
{
	struct stat st;
	if (lstat(address->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return sbx_fail(err, SBX_E_USAGE, "--socket %s: is there and is no socket",
				address->sun_path);
	SBX_CLEANUP_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno != ECONNREFUSED)
		return sbx_fail(err, SBX_E_BUSY, "--socket %s: a server listens there",
				address->sun_path);
	unlink(address->sun_path);
	return 0;
}

int sbx_serve_listen(struct sbx_server *s, struct sbx_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!s->socket_path)
		return check_inherited(s->listen_fd, err);
	if (strlen(s->socket_path) >= sizeof(address.sun_path))
		return sbx_fail(err, SBX_E_USAGE,
				"--socket %s: a socket's path has at most %zu bytes",
				s->socket_path, sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, s->socket_path);
	if (clear_stale(&address, err) < 0)
		return -1;
	s->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Nobody's until it has its owner. */
	mode_t mask = umask(0777);
	int failed = s->listen_fd < 0
			     ? -1
			     : bind(s->listen_fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (failed < 0 ||
	    ((s->owner != geteuid() || s->group != getegid()) &&
	     lchown(s->socket_path, s->owner, s->group) < 0) ||
	    chmod(s->socket_path, s->mode) < 0 || listen(s->listen_fd, BACKLOG) < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "--socket %s%s", s->socket_path,
				   errno == ENOENT ? ": make its folder first" : "");
	return 0;
}

/* The socket's mode said who may connect; this says it once more, by who it is. */
static bool may_drive(const struct sbx_server *s, const struct ucred *peer)
{
	return peer->uid == 0 || peer->uid == s->owner || peer->uid == geteuid() ||
	       (s->mode & 0020 && peer->gid == s->group) || s->mode & 0002;
}

static struct sbx_client *free_place(struct sbx_server *s)
{
	for (unsigned i = 0; i < s->max_clients; i++)
		if (s->client[i].fd < 0)
			return &s->client[i];
	return NULL;
}

/*
 * One user's clients shall not keep all others out: of the places that other users' clients leave,
 * a quarter stays free. So the next user has some, and the one after that. It does not hold for
 * root and the server's own user, who may end it anyway.
 */
static int check_share(const struct sbx_server *s, uid_t uid, struct sbx_error *err)
{
	unsigned n_own = 0, n_left = 0;
	for (unsigned i = 0; i < s->max_clients; i++) {
		n_own += s->client[i].fd >= 0 && s->client[i].uid == uid;
		n_left += s->client[i].fd < 0 || s->client[i].uid == uid;
	}
	if (uid == 0 || n_own == 0 || (n_own + 1) * 4 <= n_left * 3 || uid == geteuid())
		return 0;
	return sbx_fail(err, SBX_E_BUSY,
			"%u clients of user %u are connected, as many as one user may have now; "
			"close one, or have more allowed (serve --max-clients)",
			n_own, uid);
}

void sbx_serve_accept(struct sbx_server *s)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	SBX_CLEANUP_FD int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* Take it and let it go, or it would be there for ever. */
		sbx_close(&s->spare_fd);
		int refused = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		sbx_close(&refused);
		s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return;
	struct sbx_client refused = {.fd = fd}, *c = free_place(s);
	struct sbx_error err = SBX_ERROR_INIT;
	if (!may_drive(s, &peer))
		sbx_fail(&err, SBX_E_DENIED, "user %u may not drive this server (serve --owner)",
			 peer.uid);
	else if (!c)
		sbx_fail(&err, SBX_E_BUSY, "%u clients are connected, as many as there may be",
			 s->max_clients);
	else
		check_share(s, peer.uid, &err);
	if (err.code != SBX_OK) {
		struct sbx_message m = {.type = SBX_MESSAGE_ERROR,
					.value = sbx_code_exit_status(err.code),
					.n_words = 1};
		const struct iovec parts[2] = {{&m, sizeof(m)},
					       {err.message, strlen(err.message) + 1}};
		const struct msghdr h = {.msg_iov = (struct iovec *)parts, .msg_iovlen = 2};
		sendmsg(refused.fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	*c = (struct sbx_client){.fd = sbx_steal_fd(&fd), .uid = peer.uid, .gid = peer.gid};
	c->last = &c->first;
}
