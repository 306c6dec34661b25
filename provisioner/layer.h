/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_LAYER_H
#define SBX_PROVISIONER_LAYER_H

#include "provisioner/task.h"

/* --layer DIR: the folder of the host that a sandbox writes to, and is one sandbox's at a time. */

/*
 * The folder, or with *out_is_there false that in which it is to be made; -1: neither can be
 * opened. What is wrong with it is said where it is used.
 */
int sbx_layer_open_nearest(const struct sbx_options *o, bool *out_is_there);

/*
 * Hold it, making it when it is missing: what comes of two overlays that write to one folder is
 * undefined (the kernel's overlayfs.rst). Where a file system has no locks nobody knows of it.
 * SBX_E_BUSY: another sandbox has it; SBX_E_USAGE: it lies in the template, or that in it. *out_fd
 * is -1 when no layer was asked for.
 */
int sbx_layer_hold(const struct sbx_task *task, int *out_fd, struct sbx_error *err);

/*
 * Another sandbox may have it. The lock is the open file's: a process that was forked meanwhile may
 * have that as well, so that to close it is not enough.
 */
void sbx_layer_let_go(int *fd);

#endif
