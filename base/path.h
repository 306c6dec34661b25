/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_PATH_H
#define SBX_BASE_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Open `path` as a process that had chroot'ed to root_dfd would see it: absolute paths and links
 * start at the root, `..` stops there, magic links (proc(5)) are refused. `flags` as open(2),
 * O_CLOEXEC is added. Returns the descriptor, or -1 with *err set. Uses openat2(2)
 * RESOLVE_IN_ROOT (Linux 5.6); sbx_path_force_fallback makes tests take the other way.
 */
int sbx_open_in_root(int root_dfd, const char *path, int flags, mode_t mode, struct sbx_error *err);

/* Tests only: behave as on a kernel without openat2. */
extern bool sbx_path_force_fallback;

/* mkdir -p below root_dfd, links resolved as above; existing folders are left as they are. */
int sbx_mkdirs_in_root(int root_dfd, const char *path, mode_t mode, struct sbx_error *err);

/*
 * Is this a path that an archive may name: relative, without a `..` component, not empty? Returns
 * it without its leading "./" ("." for the root itself), or NULL when it may not.
 */
const char *sbx_path_check_relative(const char *path);

#endif
