/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/archive.h"

struct sbx_archive *sbx_archive_open_or_update(struct sbx_context *ctx, GError **error)
{
	g_autoptr(GError) local = NULL;
	struct sbx_archive *archive = sbx_archive_open(ctx, &local);
	if (archive)
		return archive;
	/* Damage and the like are for the user to see: only a missing index is made unasked. */
	if (sbx_gerror_code(local) != SBX_E_NOT_FOUND) {
		g_propagate_error(error, g_steal_pointer(&local));
		return NULL;
	}
	if (!ctx->engine->make_index(ctx, error))
		return NULL;
	return sbx_archive_open(ctx, error);
}
