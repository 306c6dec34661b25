/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/import.h"

const struct sbx_import_limits sbx_import_default_limits = {
	.max_bytes = 32ull << 30,
	.max_entries = 2000000,
	.max_ratio = 1000,
};

static gboolean read_limit(const char *variable, guint64 *out, GError **error)
{
	const char *text = g_getenv(variable);
	guint64 number;
	if (!text || !*text)
		return TRUE;
	if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &number, NULL))
		return sbx_set_error(error, SBX_E_USAGE, "$%s: '%s' is not a number above 0",
				     variable, text);
	*out = number;
	return TRUE;
}

gboolean sbx_import_read_limits(struct sbx_import_limits *out_limits, GError **error)
{
	struct sbx_import_limits limits = sbx_import_default_limits;
	if (!read_limit(SBX_MAX_BYTES_VARIABLE, &limits.max_bytes, error) ||
	    !read_limit(SBX_MAX_FILES_VARIABLE, &limits.max_entries, error) ||
	    !read_limit(SBX_MAX_RATIO_VARIABLE, &limits.max_ratio, error) ||
	    !read_limit("SBX_KEEP_DEBS", &limits.keep_bytes, error))
		return FALSE;
	*out_limits = limits;
	return TRUE;
}
