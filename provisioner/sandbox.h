/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_SANDBOX_H
#define SBX_PROVISIONER_SANDBOX_H

#include "provisioner/result.h"

/* What a sandbox is made of besides its plan. */
struct sbx_request {
	const struct sbx_plan *plan;
	const struct sbx_options *options;
	const struct sbx_places *places;
	const struct sbx_host *host;
	char **arguments; /* of this program; wiped inside */
	int lock_fd;	  /* of the template, or -1 */
};

/*
 * Make the sandbox, run the command in it, and take it down. Whatever happens, *out is filled in;
 * our own failures are in its error. When this returns nothing is left.
 */
void sbx_sandbox_run(const struct sbx_request *request, struct sbx_result *out);

#endif
