/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SANDBOX_H
#define SBX_PROVISIONER_SANDBOX_H

#include "provisioner/backend.h"

/*
 * Prepare, start, wait for the end, destroy: the whole life of a sandbox in the foreground, signals
 * of this process passed on. Whatever happens, *out is filled in; our own failures are in its
 * error. When this returns nothing is left.
 */
void sbx_sandbox_run(const struct sbx_backend *backend, struct sbx_request *request,
		     struct sbx_result *out);

#endif
