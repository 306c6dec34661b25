/* SPDX-License-Identifier: Apache-2.0 */
/* Every system call that takes a path, and what it does with it. */
#include "builder/observe/observe.h"

#include <sys/syscall.h>

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

#define ROW(call, kind, ...)                                                                       \
	{                                                                                          \
		__NR_##call, SBX_CALL_##kind, __VA_ARGS__, #call                                   \
	}
/* folder, path, folder2, path2, flags */
#define AT_CWD -1, 0, -1, -1, -1
#define AT_DIR 0, 1, -1, -1, -1

const struct sbx_call sbx_calls[] = {
#ifdef __NR_open /* what newer architectures have no more */
	ROW(open, OPENS, -1, 0, -1, -1, 1),
	ROW(creat, NAMES, AT_CWD),
	ROW(stat, NAMES, AT_CWD),
	ROW(lstat, NAMES, AT_CWD),
	ROW(access, NAMES, AT_CWD),
	ROW(readlink, NAMES, AT_CWD),
	ROW(rename, RENAMES, -1, 0, -1, 1, -1),
	ROW(link, NAMES, -1, 0, -1, 1, -1),
	ROW(symlink, SYMLINKS, -1, 0, -1, 1, -1),
	ROW(unlink, NAMES, AT_CWD),
	ROW(mkdir, MAKES_FOLDER, AT_CWD),
	ROW(rmdir, NAMES, AT_CWD),
	ROW(mknod, NAMES, AT_CWD),
	ROW(chmod, NAMES, AT_CWD),
	ROW(chown, NAMES, AT_CWD),
	ROW(lchown, NAMES, AT_CWD),
	ROW(utime, NAMES, AT_CWD),
	ROW(utimes, NAMES, AT_CWD),
	ROW(futimesat, NAMES, AT_DIR),
	ROW(uselib, UNCLEAR, AT_CWD),
	ROW(renameat, RENAMES, 0, 1, 2, 3, -1),
#elif defined(__NR_renameat)
	ROW(renameat, RENAMES, 0, 1, 2, 3, -1),
#endif
	ROW(openat, OPENS, 0, 1, -1, -1, 2),
	ROW(openat2, OPENS_HOW, 0, 1, -1, -1, 2),
	ROW(newfstatat, NAMES, AT_DIR),
	ROW(statx, NAMES, AT_DIR),
	ROW(faccessat, NAMES, AT_DIR),
	ROW(faccessat2, NAMES, AT_DIR),
	ROW(readlinkat, NAMES, AT_DIR),
	ROW(chdir, NAMES, AT_CWD),
	ROW(execve, EXECUTES, AT_CWD),
	ROW(execveat, EXECUTES, AT_DIR),
	ROW(renameat2, RENAMES, 0, 1, 2, 3, -1),
	ROW(linkat, NAMES, 0, 1, 2, 3, -1),
	ROW(symlinkat, SYMLINKS, -1, 0, 1, 2, -1),
	ROW(unlinkat, NAMES, AT_DIR),
	ROW(mkdirat, MAKES_FOLDER, AT_DIR),
	ROW(mknodat, NAMES, AT_DIR),
	ROW(truncate, NAMES, AT_CWD),
	ROW(fchmodat, NAMES, AT_DIR),
	ROW(fchmodat2, NAMES, AT_DIR),
	ROW(fchownat, NAMES, AT_DIR),
	ROW(utimensat, NAMES, AT_DIR),
	ROW(statfs, NAMES, AT_CWD),
	ROW(getxattr, NAMES, AT_CWD),
	ROW(lgetxattr, NAMES, AT_CWD),
	ROW(setxattr, NAMES, AT_CWD),
	ROW(lsetxattr, NAMES, AT_CWD),
	ROW(listxattr, NAMES, AT_CWD),
	ROW(llistxattr, NAMES, AT_CWD),
	ROW(removexattr, NAMES, AT_CWD),
	ROW(lremovexattr, NAMES, AT_CWD),
	ROW(name_to_handle_at, NAMES, AT_DIR),
	ROW(chroot, UNCLEAR, AT_CWD),
	ROW(pivot_root, UNCLEAR, AT_CWD),
	ROW(mount, UNCLEAR, AT_CWD),
	ROW(open_by_handle_at, UNCLEAR, AT_CWD),
	ROW(bpf, UNCLEAR, AT_CWD),
	{-1, SBX_CALL_NAMES, AT_CWD, "unknown"},
};

const struct sbx_call *sbx_call_find(int number)
{
	const struct sbx_call *call = sbx_calls;
	while (call->number != -1 && call->number != number)
		call++;
	return call->number == -1 ? NULL : call;
}
