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
