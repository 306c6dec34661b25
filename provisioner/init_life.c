/* SPDX-License-Identifier: Apache-2.0 */
/* What process 1 of a sandbox does while commands run: reap, pass signals on, obey orders. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/filter.h"
#include "provisioner/init.h"
#include "provisioner/packet.h"

#define END_WAITS 400 /* of a millisecond each, for what was killed */

struct life {
	const struct sbx_init *init;
	pid_t first; /* 0: none */
	struct {
		unsigned number;
		pid_t pid;
	} command[SBX_MAX_COMMANDS];
	unsigned n_commands;
	int io_fd;
	/* What commands started from now on may do. */
	bool has_classes;
	uint64_t classes, refusals;
};

/*
 * The end of all, as would be brought about by our own. But then the kernel would reap what it
 * kills without adding what that took to what we took, which is what the record tells. What has
 * been read and written, too, the kernel tells nobody outside in some cases.
 */
static _Noreturn void end(const struct life *life, int wait_status)
{
	struct sbx_ledger *ledger = life->init->ledger;
	struct sbx_report report = {.kind = SBX_REPORT_ENDED, .wait_status = wait_status};
	int status;
	pid_t pid;
	/*
	 * Whatever was forked in here descends from us, so who has no child is alone; to signal all
	 * takes a look at each process of the host. What does not die of it at once (stuck in the
	 * kernel, frozen) goes with our own end.
	 */
	for (int waits = -1; waits < END_WAITS;) {
		pid = waitpid(-1, &status, __WALL | WNOHANG);
		if (pid > 0 && pid == life->first)
			report.wait_status = status;
		if (pid < 0 && errno != EINTR)
			break;
		if (pid == 0 && waits < 0) {
			kill(-1, SIGKILL);
			waits = 0;
		} else if (pid == 0) {
			waits += poll(NULL, 0, 1) == 0;
		}
	}
	ssize_t n =
		life->io_fd < 0 ? -1 : pread(life->io_fd, ledger->io, sizeof(ledger->io) - 1, 0);
	if (n > 0)
		ledger->n_io_bytes = (uint32_t)n;
	sbx_init_report(life->init, &report);
	_exit(0);
}

/* Reap all that ended; the first command's end is the sandbox's. */
static void reap(struct life *life)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == life->first)
			end(life, status);
		for (unsigned i = 0; i < life->n_commands; i++) {
			if (life->command[i].pid != pid)
				continue;
			struct sbx_report ended = {
				.kind = SBX_REPORT_COMMAND_ENDED,
				.command = life->command[i].number,
				.wait_status = status,
			};
			life->command[i] = life->command[--life->n_commands];
			sbx_init_report(life->init, &ended);
			break;
		}
	}
}

/* To a command and its process group. */
static void send_signal(pid_t pid, int signo)
{
	if (pid > 0 && kill(-pid, signo) < 0)
		kill(pid, signo);
}

static void pass_signal_on(const struct life *life, int signo)
{
	if (signo == SIGTSTP)
		kill(-1, SIGSTOP);
	else if (signo == SIGCONT)
		kill(-1, SIGCONT);
	else
		send_signal(life->first, signo);
}

static void take_signals(struct life *life, int signal_fd)
{
	struct signalfd_siginfo info;
	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(life);
		/* Only what comes from outside: there the sender has no number in here. */
		else if (info.ssi_pid == 0)
			pass_signal_on(life, (int)info.ssi_signo);
	}
}

static void obey_signal(const struct life *life, const struct sbx_order *order)
{
	if (order->command == 0)
		send_signal(life->first, order->signo);
	for (unsigned i = 0; i < life->n_commands; i++)
		if (order->command && life->command[i].number == order->command)
			send_signal(life->command[i].pid, order->signo);
}

/* The sandbox's environment, with what is set in addition in front of it. */
static char **join_env(char **own, char **more)
{
	size_t n_own = 0, n_more = 0, n = 0;
	while (own[n_own])
		n_own++;
	while (more[n_more])
		n_more++;
	char **env = calloc(n_own + n_more + 1, sizeof(*env));
	for (size_t i = 0; env && i < n_more; i++)
		env[n++] = more[i];
	for (size_t i = 0; env && i < n_own; i++) {
		size_t length = strcspn(own[i], "=") + 1;
		bool replaced = false;
		for (size_t m = 0; m < n_more; m++)
			replaced = replaced || strncmp(more[m], own[i], length) == 0;
		if (!replaced)
			env[n++] = own[i];
	}
	return env;
}

static pid_t start(struct life *life, const struct sbx_order *order, char *text, char *end,
		   const int fds[3], struct sbx_error *err)
{
	if (life->n_commands == SBX_MAX_COMMANDS)
		return sbx_fail(err, SBX_E_BUSY,
				"%d commands run in this sandbox already; wait for one to end",
				SBX_MAX_COMMANDS);
	SBX_CLEANUP_FREE char **more = sbx_take_words(&text, end, order->n_env);
	SBX_CLEANUP_FREE char **argv = more ? sbx_take_words(&text, end, order->n_words) : NULL;
	if (!argv || !argv[0])
		return sbx_fail(err, SBX_E_USAGE, "the order for a command is malformed");
	SBX_CLEANUP_FREE char **env = join_env(life->init->command_env, more);
	if (!env)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "environment");
	const struct sbx_start what = {
		.argv = argv,
		.env = env,
		.stdio_fd = fds,
		.mask = life->init->caller_mask,
		.has_classes = life->has_classes || order->has_classes,
		.classes = (life->has_classes ? life->classes : ~UINT64_C(0)) &
			   (order->has_classes ? order->classes : ~UINT64_C(0)),
		.refusals = life->refusals,
	};
	return sbx_start_command(&what, err);
}

static void obey_exec(struct life *life, const struct sbx_order *order, char *text, char *end,
		      const int fds[3])
{
	struct sbx_report report = {
		.kind = SBX_REPORT_COMMAND_STARTED,
		.command = order->command,
		.error = SBX_ERROR_INIT,
	};
	pid_t pid = start(life, order, text, end, fds, &report.error);
	if (pid < 0) {
		report.kind = SBX_REPORT_COMMAND_FAILED;
	} else {
		life->command[life->n_commands].number = order->command;
		life->command[life->n_commands++].pid = pid;
	}
	sbx_init_report(life->init, &report);
}

static void obey(struct life *life, char *packet, size_t n_bytes, const int fds[3])
{
	struct sbx_order order;
	if (n_bytes < sizeof(order))
		return;
	memcpy(&order, packet, sizeof(order));
	switch (order.kind) {
	case SBX_ORDER_SIGNAL:
		obey_signal(life, &order);
		break;
	case SBX_ORDER_EXEC:
		obey_exec(life, &order, packet + sizeof(order), packet + n_bytes, fds);
		break;
	case SBX_ORDER_TIGHTEN:
		if (order.has_classes) {
			life->classes =
				(life->has_classes ? life->classes : ~UINT64_C(0)) & order.classes;
			life->has_classes = true;
		}
		life->refusals = order.refusals;
		break;
	case SBX_ORDER_END:
		end(life, SIGKILL);
	case SBX_ORDER_GO:
	case SBX_ORDER_NETWORK:
		break;
	}
}

static void take_order(struct life *life)
{
	static char packet[sizeof(struct sbx_order) + SBX_MAX_ORDER];
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(3 * sizeof(int))];
	} control;
	struct iovec data = {packet, sizeof(packet)};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fds[3] = {-1, -1, -1};
	ssize_t n = recvmsg(life->init->socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	/* sbx-provision is gone: so are we. */
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		_exit(0);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fds)))
		memcpy(fds, CMSG_DATA(c), sizeof(fds));
	if (n > 0)
		obey(life, packet, (size_t)n, fds);
	for (int i = 0; i < 3; i++)
		sbx_close(&fds[i]);
}

void sbx_init_live(const struct sbx_init *init, pid_t first, struct sbx_init_fds *own)
{
	const struct sbx_policy *policy = &init->options->policy;
	struct life life = {
		.init = init,
		.first = first,
		.io_fd = own->io_fd,
		.has_classes = policy->has_classes,
		.classes = policy->classes,
		.refusals = sbx_filter_refusals(policy->unknown, policy->dangerous),
	};
	struct pollfd fds[3] = {{own->signal_fd, POLLIN, 0},
				{init->socket_fd, POLLIN, 0},
				{own->listener_fd, POLLIN, 0}};
	for (;;) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[2].revents & POLLIN)
			sbx_watch_answer(own->watch, own->listener_fd, init->ledger);
		else if (fds[2].revents)
			fds[2].fd = -1; /* nobody lives who could ask */
		if (fds[1].revents)
			take_order(&life);
		if (fds[0].revents)
			take_signals(&life, own->signal_fd);
	}
}
