/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sandboxes that have to do with zygotes: the one in which they live, and those whose commands are
 * forked from them. The latter are born in the former's namespaces of users and processes, because
 * a process can only join what lies below its own (user_namespaces(7), pid_namespaces(7)).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/ids.h"
#include "provisioner/slot.h"
#include "provisioner/warm.h"

#define MAX_MAP 4096

/* What the processes in between tell. */
struct birth {
	pid_t pid, between; /* as numbered here; -1: none */
	struct sbx_error error;
};

/* Each id of our own user namespace as itself, for the user namespace of a process. */
static int map_all(pid_t pid, const char *which, struct sbx_error *err)
{
	char path[48], map[MAX_MAP] = "";
	snprintf(path, sizeof(path), "/proc/self/%s", which);
	SBX_CLEANUP_FREE char *own = sbx_read_file(AT_FDCWD, path, MAX_MAP, NULL, err);
	size_t n = 0;
	unsigned inside, count;
	for (char *line = own; line && *line; line = strchrnul(line, '\n') + 1) {
		if (sscanf(line, "%u %*u %u", &inside, &count) != 2)
			break;
		int length =
			snprintf(map + n, sizeof(map) - n, "%u %u %u\n", inside, inside, count);
		n += (size_t)length < sizeof(map) - n ? (size_t)length : 0;
	}
	if (!own)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	SBX_CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, n) != (ssize_t)n)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	return 0;
}

/* 0 to 65535 inside are a range of the host's that belongs to nobody (ids.h). */
static int map_away(pid_t pid, const char *which, uint32_t first, struct sbx_error *err)
{
	char path[48], map[40];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	int n = snprintf(map, sizeof(map), "0 %u %u\n", first, SBX_IDS_IN_EACH);
	SBX_CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, (size_t)n) != n)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	return 0;
}

static int write_maps(const struct sbx_container *c, pid_t pid, struct sbx_error *err)
{
	const struct sbx_host *host = c->request->host;
	if (!c->request->plan->maps_all_ids)
		return 0;
	if (host->has_zygotes && host->first_id)
		return map_away(pid, "gid_map", host->first_id, err) < 0
			       ? -1
			       : map_away(pid, "uid_map", host->first_id, err);
	return map_all(pid, "gid_map", err) < 0 ? -1 : map_all(pid, "uid_map", err);
}

/* The caller's number where the host's /proc was mounted. */
static pid_t number_outside(void)
{
	char text[16] = "";
	return readlink("/proc/self", text, sizeof(text) - 1) > 0 ? (pid_t)atol(text) : -1;
}

static void tell(int fd, const struct birth *birth)
{
	/* Less than PIPE_BUF: all or nothing. */
	if (sbx_write_all(fd, birth, sizeof(*birth)) < 0)
		_exit(1);
}

/* The first user of the namespace that this process is in. */
static int become_root(struct sbx_error *err)
{
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "becoming a zygote's user");
	return 0;
}

/*
 * Clone process 1. It says who it is (tell_fd, -1: it need not), and does nothing more before its
 * maps are written and its namespaces opened.
 */
static pid_t clone_init(struct sbx_container *c, unsigned more, const int go[2], int tell_fd,
			struct sbx_error *err)
{
	struct clone_args args = {
		.flags = c->request->plan->namespaces | more,
		.exit_signal = more & CLONE_PARENT ? 0 : SIGCHLD,
	};
	int birth_fd = sbx_groups_birth_fd(&c->groups);
	if (birth_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)birth_fd;
	}
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return sbx_container_fail_to_clone(errno, true, err);
	if (pid > 0)
		return pid;
	const struct birth birth = {.pid = number_outside(), .between = -1};
	if (tell_fd >= 0)
		tell(tell_fd, &birth);
	close(go[1]);
	int *sources = sbx_container_take_sources(c, go[0]);
	/* The user who made it has no number in it. */
	if (c->host_uid && tell_fd < 0 && become_root(NULL) < 0)
		_exit(1);
	/* Without ids to map they are opened by who may look at everything. */
	sbx_container_become_init(c, c->host_uid ? sources : NULL);
}

/*
 * The user becomes the zygotes', so that they own the user namespace of the sandbox, and may join
 * it without having a single capability.
 */
static int enter(const struct sbx_warm *warm, struct sbx_error *err)
{
	if (syscall(SYS_setns, warm->user_fd, CLONE_NEWUSER) < 0 ||
	    syscall(SYS_setns, warm->pid_fd, CLONE_NEWPID) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno,
				   "entering the namespaces of a zygote");
	if (become_root(err) < 0)
		return -1;
	/* Else the child's files in /proc would not be its own. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

/*
 * The first process in between enters the user namespace, is still numbered here, and writes the
 * maps. It clones the second, which is born in the zygotes' process namespace, as who makes one
 * below that has to be; that one clones process 1. All are our children (CLONE_PARENT).
 */
static int clone_from_inside(struct sbx_container *c, const int go[2], struct birth *out)
{
	struct clone_args args = {.flags = CLONE_PARENT};
	struct sbx_error *err = &out->error;
	int ends[2];
	/* By their group they are found should one be killed before it could tell who it made. */
	setpgid(0, 0);
	if (enter(c->request->warm, err) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "pipe");
	pid_t between = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (between == 0) {
		if (clone_init(c, CLONE_PARENT, go, ends[1], err) < 0)
			tell(ends[1], out);
		_exit(0);
	}
	if (between < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "fork");
	close(ends[1]);
	if (read(ends[0], out, sizeof(*out)) != sizeof(*out))
		sbx_fail(err, SBX_E_SANDBOX, "making namespaces within a zygote's");
	out->between = between;
	return out->error.code ? -1 : write_maps(c, out->pid, err);
}

void sbx_container_reap_between(const pid_t between[SBX_N_BETWEEN])
{
	/* A group first: as long as its leader has not been reaped, no other has its number. */
	for (int i = SBX_N_BETWEEN - 1; i >= 0; i--) {
		const pid_t who = between[i];
		pid_t pid = 0;
		/* What is in a zygote's process namespace it may have stopped; it has told all. */
		if (who < -1 || (who > 0 && waitpid(who, NULL, __WALL | WNOHANG) == 0)) {
			kill(who, SIGKILL);
			do
				pid = waitpid(who, NULL, __WALL);
			while (pid < 0 ? errno == EINTR : who < -1);
		}
	}
}

/* Zygotes may stop what is born among them: then it is not waited for as long as it takes. */
static bool has_told(const struct sbx_container *c, int fd)
{
	struct pollfd there = {fd, POLLIN, 0};
	for (int waited = 0; waited < SBX_WARM_PATIENCE_MSEC; waited += SBX_WARM_STEP_MSEC) {
		if (poll(&there, 1, SBX_WARM_STEP_MSEC) != 0)
			return true;
		if (c->slot && c->slot->standing->is_unwanted)
			return false;
	}
	return false;
}

static pid_t clone_within(struct sbx_container *c, const int go[2], struct sbx_error *err)
{
	struct birth birth = {.pid = -1, .between = -1, .error = SBX_ERROR_INIT};
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "pipe");
	SBX_CLEANUP_FD int read_fd = ends[0], write_fd = ends[1];
	struct clone_args args = {
		.flags = c->clone_flags,
		.exit_signal = c->clone_flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	/* Should this keeper be killed, its server knows whom to look for. */
	if (c->made) {
		args.flags |= CLONE_PARENT_SETTID;
		args.parent_tid = (uint64_t)(uintptr_t)&c->made[1];
	}
	pid_t between = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (between > 0 && c->made)
		c->made[SBX_N_BETWEEN] = -between;
	if (between == 0) {
		clone_from_inside(c, go, &birth);
		tell(write_fd, &birth);
		_exit(0);
	}
	if (between < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "fork");
	sbx_close(&write_fd);
	if (!has_told(c, read_fd) || read(read_fd, &birth, sizeof(birth)) != sizeof(birth))
		sbx_fail(&birth.error, SBX_E_SANDBOX, "making namespaces within a zygote's");
	c->between[0] = between;
	c->between[1] = birth.between;
	if (birth.error.code == SBX_OK)
		return birth.pid;
	if (birth.pid > 0)
		kill(birth.pid, SIGKILL);
	/*
	 * The zygotes' process 1 may have ended at any moment, and all in its namespace with it.
	 * What nobody knows of would never be reaped, and for that it would wait for ever.
	 */
	c->between[2] = birth.pid > 0 ? birth.pid : -between;
	return sbx_error_propagate(err, &birth.error);
}

static int open_namespaces(struct sbx_container *c, struct sbx_error *err)
{
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/ns/user", c->pid);
	c->user_fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", c->pid);
	c->pid_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->user_fd < 0 || c->pid_fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	return 0;
}

/* Process 1, from here on in `c`; and told to who has to reap it. */
static int hold(struct sbx_container *c, pid_t pid, struct sbx_error *err)
{
	if (c->made)
		*c->made = pid;
	c->pid = pid;
	c->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return c->pidfd < 0 ? sbx_fail_os(err, SBX_E_SANDBOX, errno, "pidfd_open") : 0;
}

int sbx_container_spawn_warm(struct sbx_container *c, struct sbx_error *err)
{
	bool is_within = c->request->warm->user_fd >= 0;
	c->warm = *c->request->warm;
	if (c->warm.socket_fd >= 0 && !c->warm.pid &&
	    sbx_warm_meet(&c->warm, SBX_WARM_PATIENCE_MSEC, err) < 0)
		return -1;
	int go[2];
	if (c->request->host->first_id)
		c->host_uid = c->request->host->first_id + c->request->options->uid;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, go) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	SBX_CLEANUP_FD int go_fd = go[0], tell_fd = go[1];
	/* Of a keeper's they are siblings, and its parent's to reap. */
	pid_t pid = is_within ? clone_within(c, go, err) : clone_init(c, 0, go, -1, err);
	if (!(c->clone_flags & CLONE_PARENT))
		sbx_container_reap_between(c->between);
	if (c->made)
		memcpy(c->made + 1, c->between, sizeof(c->between));
	if (pid < 0)
		return -1;
	if (hold(c, pid, err) < 0)
		return -1;
	if (!is_within && (write_maps(c, pid, err) < 0 || open_namespaces(c, err) < 0))
		return -1;
	sbx_container_open_io(c);
	sbx_close(&go_fd);
	return sbx_container_send_sources(c, tell_fd, is_within ? c->warm.user_fd : c->user_fd,
					  err);
}

int sbx_container_spawn_nested(struct sbx_container *c, struct sbx_error *err)
{
	int go[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, go) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "socketpair");
	SBX_CLEANUP_FD int go_fd = go[0], tell_fd = go[1];
	pid_t pid = clone_init(c, c->clone_flags, go, -1, err);
	if (pid < 0)
		return -1;
	if (hold(c, pid, err) < 0)
		return -1;
	if (write_maps(c, pid, err) < 0)
		return -1;
	if (!c->slot)
		sbx_container_open_io(c);
	sbx_close(&go_fd);
	return sbx_container_send_sources(c, tell_fd, -1, err);
}
