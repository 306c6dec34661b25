/* SPDX-License-Identifier: Apache-2.0 */
/* Mount attributes by remounting: for kernels before mount_setattr (Linux 5.12). */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/values.h"

#define MAX_BELOW     1024 /* mounts below one that is bound */
#define MAX_MOUNTINFO (16 << 20)

/* A remount sets all flags: those that are there are repeated. */
static unsigned long flags_there(const char *path)
{
	static const struct {
		unsigned long there, flag;
	} rows[] = {
		{ST_RDONLY, MS_RDONLY},	    {ST_NOSUID, MS_NOSUID},
		{ST_NODEV, MS_NODEV},	    {ST_NOEXEC, MS_NOEXEC},
		{ST_NOATIME, MS_NOATIME},   {ST_NODIRATIME, MS_NODIRATIME},
		{ST_RELATIME, MS_RELATIME},
	};
	struct statvfs fs;
	unsigned long flags = 0;
	for (size_t i = 0; statvfs(path, &fs) == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fs.f_flag & rows[i].there)
			flags |= rows[i].flag;
	return flags;
}

static int remount(const char *path, uint64_t attributes, struct sbx_error *err)
{
	unsigned long flags = flags_there(path) | MS_REMOUNT | MS_BIND |
			      (attributes & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0) |
			      (attributes & MOUNT_ATTR_NOSUID ? MS_NOSUID : 0) |
			      (attributes & MOUNT_ATTR_NODEV ? MS_NODEV : 0) |
			      (attributes & MOUNT_ATTR_NOEXEC ? MS_NOEXEC : 0);
	if (syscall(SYS_mount, NULL, path, NULL, flags, NULL) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "remounting %s", path);
	return 0;
}

/*
 * Those below the one whose number is ids[0]. mountinfo has a mount's parent before it: what is
 * attached is put in line behind what it is attached to.
 */
static int remount_below(const struct sbx_apply *a, uint64_t *ids, uint64_t attributes,
			 struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *text =
		sbx_read_file(a->host_proc_fd, "self/mountinfo", MAX_MOUNTINFO, NULL, err);
	size_t n = 1;
	for (char *state, *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		unsigned long long id, parent;
		char point[4096];
		bool is_below = false;
		if (sscanf(line, "%llu %llu %*s %*s %4095s", &id, &parent, point) != 3)
			continue;
		for (size_t i = 0; i < n && !is_below; i++)
			is_below = ids[i] == parent;
		if (!is_below)
			continue;
		if (n == MAX_BELOW)
			return sbx_fail(err, SBX_E_SANDBOX,
					"more than %d mounts below what is bound", MAX_BELOW);
		ids[n++] = id;
		sbx_unescape_octal(point);
		if (remount(point, attributes, err) < 0)
			return -1;
	}
	return text ? 0 : -1;
}

int sbx_mount_set_old(const struct sbx_apply *a, int mount_fd, uint64_t attributes, bool recursive,
		      struct sbx_error *err)
{
	char path[32];
	uint64_t ids[MAX_BELOW];
	struct statx found = {0};
	SBX_CLEANUP_FD int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "self/fd/%d", mount_fd);
	if (here < 0 || fchdir(a->host_proc_fd) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/proc");
	int failed = remount(path, attributes, err);
	if (fchdir(here) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging");
	if (failed || !recursive)
		return failed;
	if (syscall(SYS_statx, mount_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &found) < 0 ||
	    !(found.stx_mask & STATX_MNT_ID))
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
				   "the number of a mount; Linux 5.8 is needed");
	ids[0] = found.stx_mnt_id;
	return remount_below(a, ids, attributes, err);
}
