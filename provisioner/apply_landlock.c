/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock (landlock(7)): a second wall behind the mounts. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"

/* What the headers that this is compiled with may lack: a kernel knows it from that version on. */
#define ACCESS_TRUNCATE	 (1ULL << 14) /* 3 */
#define ACCESS_IOCTL_DEV (1ULL << 15) /* 5 */
#define SCOPE_ABSTRACT	 1ULL	      /* 6: abstract Unix sockets */
#define SCOPE_SIGNAL	 2ULL	      /* 6 */
struct ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

/* Rights to files that exist; the others are about what is in a folder. */
#define FILE_RIGHTS                                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
	 LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE | ACCESS_IOCTL_DEV)
#define VERSION_2_RIGHTS ((LANDLOCK_ACCESS_FS_REFER << 1) - 1)

static int allow(int rules_fd, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr below = {.allowed_access = rights, .parent_fd = fd};
	return (int)syscall(SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
}

/*
 * What the caller handed in as 0, 1 and 2 lies outside. /proc/self/fd leads to it, and opening it
 * anew there could give more than the descriptor does: a file that was opened for reading could be
 * written to, a log be read. It gives just the same. Pipes and the like take no rules.
 */
static int allow_standard_descriptors(int rules_fd, uint64_t handled)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		static const uint64_t rights[] = {
			[O_RDONLY] = LANDLOCK_ACCESS_FS_READ_FILE,
			[O_WRONLY] = LANDLOCK_ACCESS_FS_WRITE_FILE,
			[O_RDWR] = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE,
		};
		int mode = fcntl(fd, F_GETFL);
		struct stat st;
		if (mode < 0 || (mode & O_ACCMODE) == O_ACCMODE || fstat(fd, &st) < 0)
			continue;
		uint64_t right = rights[mode & O_ACCMODE];
		if (S_ISCHR(st.st_mode))
			right |= ACCESS_IOCTL_DEV | ACCESS_TRUNCATE;
		if (allow(rules_fd, fd, right & handled) < 0 && errno != EBADFD)
			return -1;
	}
	return 0;
}

/*
 * Whatever lies below the new root, and nothing else. A template could otherwise make
 * /proc/self/exe an interpreter and so start sbx-provision itself, the host's file, in a process
 * that others can look into (CVE-2019-5736); and a descriptor of a folder outside, should there
 * ever be one, would be a way out (CVE-2024-21626). Renames across folders must be let through by
 * name, which takes Linux 5.19. From 6.12 on neither signals nor abstract Unix sockets reach what
 * is outside.
 */
int sbx_landlock_prepare(struct sbx_apply *a, struct sbx_error *err)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const struct ruleset rules = {
		.handled_access_fs = VERSION_2_RIGHTS | (version >= 3 ? ACCESS_TRUNCATE : 0) |
				     (version >= 5 ? ACCESS_IOCTL_DEV : 0),
		.scoped = version < 6		     ? 0
			  : a->has_command_elsewhere ? SCOPE_ABSTRACT
						     : SCOPE_ABSTRACT | SCOPE_SIGNAL,
	};
	SBX_CLEANUP_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	a->rules_fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	a->rules_rights = rules.handled_access_fs;
	if (a->rules_fd < 0 || root < 0 || allow(a->rules_fd, root, a->rules_rights) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "landlock");
	return 0;
}

int sbx_apply_STAY_INSIDE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (a->rules_fd < 0 && sbx_landlock_prepare(a, err) < 0)
		return -1;
	if (allow_standard_descriptors(a->rules_fd, a->rules_rights & FILE_RIGHTS) < 0 ||
	    syscall(SYS_landlock_restrict_self, a->rules_fd, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "landlock");
	sbx_close(&a->rules_fd);
	return 0;
}
