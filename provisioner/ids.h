/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_IDS_H
#define SBX_PROVISIONER_IDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * A user namespace for a sandbox that root starts: its ids 0 to 65535 are a range of the host's
 * that belongs to nobody, so that root inside is nobody outside. Files keep their owners on disk
 * and look the same inside, through mounts that map ids (mount_setattr(2), MOUNT_ATTR_IDMAP).
 *
 * The ranges begin at 0x70000000 (1879048192), where neither distributions, subuid(5) nor systemd
 * (docs/UIDS-GIDS.md there) hand anything out, and each sandbox that runs at a time takes another:
 * what the kernel counts for each user (pipe buffers, inotify watches, ...) is not shared then.
 */
#define SBX_IDS_FIRST	UINT32_C(0x70000000)
#define SBX_IDS_RANGES	UINT32_C(4000)
#define SBX_IDS_IN_EACH UINT32_C(65536)

struct sbx_ids {
	int userns_fd;	/* -1: none */
	uint32_t first; /* what 0 inside is on the host */
	pid_t maker;	/* a process that ended and is to be reaped, 0: none */
	/*
	 * What the first sandbox shows of the host (shown.h), by operation of a plan, -1: nothing;
	 * NULL: none. Others open it themselves.
	 */
	int *copies;
	size_t n_copies;
};

#define SBX_IDS_INIT                                                                               \
	{                                                                                          \
		.userns_fd = -1                                                                    \
	}

/*
 * Make the user namespace with the range of that number, which may be any; a pid is good. Needs to
 * be root of the first user namespace. SBX_E_UNSUPPORTED names what the kernel lacks.
 */
int sbx_ids_make(struct sbx_ids *ids, uint32_t number, struct sbx_error *err);

/*
 * Reap what made it, which counts among the caller's processes until then; at the latest it is done
 * by sbx_ids_release().
 */
void sbx_ids_reap(struct sbx_ids *ids);

/* A sandbox has them. */
void sbx_ids_drop_copies(struct sbx_ids *ids);

/* Close and reap. What lives in the namespace keeps it. */
void sbx_ids_release(struct sbx_ids *ids);
#define SBX_CLEANUP_IDS __attribute__((cleanup(sbx_ids_release)))

/*
 * Let a pipe that is handed in be opened again by its name inside (/dev/stdout), by a user of it;
 * what is no pipe is left alone. Before entering the user namespace.
 */
void sbx_ids_own_pipe(uid_t host_uid, int fd);

/*
 * A copy of the mounts at and below a file or folder, attached nowhere, with the ids of a user
 * namespace and MOUNT_ATTR_*. SBX_E_UNSUPPORTED says why it cannot be shown with them: the kernel,
 * or the file system. `path` is for the message.
 */
int sbx_ids_copy(int userns_fd, int source_fd, uint64_t attributes, const char *path,
		 struct sbx_error *err);

#endif
