/* SPDX-License-Identifier: Apache-2.0 */
/* Who the sandbox is and what it may do. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/filter.h"
#include "provisioner/ids.h"

static int write_own(const char *path, const char *text, struct sbx_error *err)
{
	SBX_CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || sbx_write_all(fd, text, strlen(text)) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "%s", path);
	return 0;
}

int sbx_apply_ID_MAP(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	char text[64];
	/* user_namespaces(7): groups can be mapped without privilege once setgroups is off. */
	if (write_own("/proc/self/setgroups", "deny", err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%llu %u 1\n", (unsigned long long)op->number, a->host_gid);
	if (write_own("/proc/self/gid_map", text, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%llu %u 1\n", (unsigned long long)op->number, a->host_uid);
	return write_own("/proc/self/uid_map", text, err);
}

/*
 * The kernel counts some things for each user, in each user namespace: in one of the sandbox's own
 * it may have but some of what the user may. No namespaces in it either, should a filter ever fail.
 */
int sbx_apply_USER_LIMIT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/* One that is entered last, when the sandbox's own /proc is read-only and the host's gone.
	 */
	bool is_late = a->userns_fd >= 0;
	char path[64], text[24];
	snprintf(path, sizeof(path), "sys/user/%s", op->target);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)op->number);
	SBX_CLEANUP_FD int fd =
		openat(is_late ? a->host_proc_fd : a->proc_fd, path, O_WRONLY | O_CLOEXEC);
	/* In a container the host's may be read-only, too: then its limit is the caller's. */
	if (fd < 0 && (errno == ENOENT || (is_late && errno == EROFS)))
		return 0;
	if (fd < 0 || sbx_write_all(fd, text, strlen(text)) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/proc/%s", path);
	return 0;
}

static bool is_ours(unsigned resource)
{
	return resource == RLIMIT_CORE || resource == RLIMIT_RTPRIO || resource == RLIMIT_NICE ||
	       resource == RLIMIT_SIGPENDING;
}

int sbx_apply_RLIMIT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/* Time is announced (SIGXCPU) before it is enforced (SIGKILL). */
	uint64_t last = op->index == RLIMIT_CPU ? op->number + 1 : op->number;
	struct rlimit limit = {op->number, last};
	struct rlimit own;
	/* What nobody asked for only holds down: this process may have less, and no right to more.
	 */
	if (is_ours(op->index) && getrlimit((int)op->index, &own) == 0 && own.rlim_max < last)
		limit = (struct rlimit){own.rlim_max, own.rlim_max};
	if (setrlimit((int)op->index, &limit) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno,
				   "--%s %llu: more than this process may have (see ulimit -H)",
				   op->target, (unsigned long long)op->number);
	return 0;
}

int sbx_apply_BOUND(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "ambient capabilities");
	/* This kernel may know more capabilities than the headers; it says where they end. */
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (op->number & UINT64_C(1) << cap)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL && cap > 0)
				break;
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "capability bounding set");
		}
	}
	return 0;
}

int sbx_apply_USER_NAMESPACE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		sbx_ids_own_pipe(a->first_id + (uid_t)op->number, fd);
	/* Last of what takes rights outside: all mounts and namespaces stay the host's root's. */
	if (syscall(SYS_setns, a->userns_fd, CLONE_NEWUSER) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "entering the user namespace");
	return 0;
}

int sbx_apply_SECURE_BITS(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (prctl(PR_SET_SECUREBITS, (unsigned long)op->number, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "securebits");
	return 0;
}

int sbx_apply_USER(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	uid_t uid = (uid_t)op->number;
	gid_t gid = (gid_t)op->number;
	/* By number: the C library would pass it on to threads that aren't there. */
	if (op->index && syscall(SYS_setgroups, 0, NULL) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "setgroups");
	if (syscall(SYS_setresgid, gid, gid, gid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--user %u", uid);
	return 0;
}

int sbx_apply_CAPABILITIES(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	uint32_t low = (uint32_t)op->number, high = (uint32_t)(op->number >> 32);
	bool ambient = op->index;
	struct __user_cap_data_struct data[2] = {{low, low, ambient ? low : 0},
						 {high, high, ambient ? high : 0}};
	if (syscall(SYS_capset, &header, data) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "capset");
	for (unsigned long cap = 0; ambient && cap < 64; cap++)
		if (op->number & UINT64_C(1) << cap &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "ambient capabilities");
	return 0;
}

int sbx_apply_NO_NEW_PRIVILEGES(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "no_new_privs");
	return 0;
}

int sbx_apply_FILTER(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	return sbx_filter_install((enum sbx_filter)op->index, op->number, err);
}
