/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_COLLECT_H
#define SBX_BASE_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Copying out what a stranger's program left in a folder. Only regular files and folders are taken,
 * with plain modes (0644 or 0755) and the caller as owner; links, devices, pipes and set-id bits
 * are the program's tricks, and are left out. Nothing is followed, on either side. A hole stays a
 * hole.
 */
struct sbx_collect {
	/* Together, as large as they seem to be (hard links and holes count in full). 0: no limit
	 */
	uint64_t max_bytes;
	uint64_t max_files; /* and folders; 0: no limit */
	/* Told of each thing that is left out, its name as it is in the folder. May be NULL. */
	void (*left_out)(const char *name, const char *why, void *data);
	void *data;
	uint64_t n_files, n_folders, n_bytes, n_left_out; /* out */
};

/*
 * Copy what is below from_dfd into to_dfd; a file of the same name is replaced, atomically. What is
 * nested deeper than 64 folders is left out. SBX_E_NO_SPACE names the limit that was passed; what
 * has been copied by then stays.
 */
int sbx_collect_below(int from_dfd, int to_dfd, struct sbx_collect *collect, struct sbx_error *err);

#endif
