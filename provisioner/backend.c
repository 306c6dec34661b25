/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/backend.h"

#include <string.h>

static const struct sbx_backend *const backends[] = {&sbx_backend_container};

const struct sbx_backend *sbx_backend_find(const char *name)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (strcmp(backends[i]->name, name) == 0)
			return backends[i];
	return NULL;
}

int sbx_backend_check(const struct sbx_backend *backend, const struct sbx_policy *policy,
		      struct sbx_error *err)
{
	if (backend->networks & 1U << policy->net)
		return 0;
	return sbx_fail(err, SBX_E_UNSUPPORTED,
			"--net %s: the back end %s cannot give that, it comes later; ask for none, "
			"or for host if policies allow it",
			sbx_net_name(policy->net), backend->name);
}
