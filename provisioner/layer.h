/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_LAYER_H
#define SBX_PROVISIONER_LAYER_H

#include "provisioner/options.h"

/* --layer DIR: the folder of the host that a sandbox writes to, and is one sandbox's at a time. */

/*
 * Hold it, making it when it is missing: what comes of two overlays that write to one folder is
 * undefined (the kernel's overlayfs.rst). Where a file system has no locks nobody knows of it.
 * SBX_E_BUSY: another sandbox has it. *out_fd is -1 when no layer was asked for.
 */
int sbx_layer_hold(const struct sbx_options *o, int *out_fd, struct sbx_error *err);

/*
 * Another sandbox may have it. The lock is the open file's: a process that was forked meanwhile may
 * have that as well, so that to close it is not enough.
 */
void sbx_layer_let_go(int *fd);

#endif
