/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_SBOM_SBOM_H
#define SBX_BUILDER_SBOM_SBOM_H

#include "builder/resolve/lock.h"
#include "store/catalog.h"

/*
 * The software bill of materials of a template as SPDX 2.3 JSON (docs/sbom.md): its packages with
 * purl, checksum and what their copyright files declare. Newly allocated.
 */
char *sbx_sbom_spdx(struct sbx_store *store, const struct sbx_template *row,
		    const struct sbx_lock *lock, GError **error);

#endif
