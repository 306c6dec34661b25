/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_PROVENANCE_H
#define SBX_BUILDER_BUILD_PROVENANCE_H

#include "builder/resolve/lock.h"
#include "store/store.h"

/*
 * meta.json, which stands beside a template and never in it: who built it, when, where, out of
 * what. Newly allocated.
 */
char *sbx_provenance_json(const struct sbx_store *store, const struct sbx_lock *lock,
			  const char *id, const char *commit, gint64 now_usec);

#endif
