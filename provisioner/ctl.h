/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_CTL_H
#define SBX_PROVISIONER_CTL_H

#include "provisioner/client.h"
#include "provisioner/ctl_output.h"

/* `sbx-provision ctl`, in parts: verb_ctl.c the verbs, ctl_create.c the longest of them. */

/* create [OPTION of ours...] WORDS of run: with --keep its number is printed and it lives on. */
int sbx_ctl_create(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err);

/*
 * Wait until the sandbox, or the command in it, has ended: its exit status. Its record goes to
 * status_fd (-1: nowhere); `files` (or NULL) are written to meanwhile.
 */
int sbx_ctl_wait(struct sbx_connection *c, uint32_t sandbox, uint32_t command, int status_fd,
		 struct sbx_ctl_output *files, struct sbx_error *err);

#endif
