/* SPDX-License-Identifier: Apache-2.0 */
#include "store/gerror.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdarg.h>

G_DEFINE_QUARK(sbx - error, sbx_error)

gboolean sbx_set_error(GError **error, enum sbx_code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (error && !*error)
		*error = g_error_new_valist(SBX_ERROR, code, fmt, ap);
	va_end(ap);
	return FALSE;
}

gboolean sbx_set_error_os(GError **error, enum sbx_code code, int os_errno, const char *fmt, ...)
{
	if (!error || *error)
		return FALSE;
	va_list ap;
	va_start(ap, fmt);
	g_autofree char *text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (os_errno == ENOSPC || os_errno == EDQUOT)
		code = SBX_E_NO_SPACE;
	g_set_error(error, SBX_ERROR, code, "%s: %s", text, g_strerror(os_errno));
	return FALSE;
}

gboolean sbx_set_error_from(GError **error, const struct sbx_error *err)
{
	if (error && !*error)
		g_set_error_literal(error, SBX_ERROR, err->code, err->message);
	return FALSE;
}

enum sbx_code sbx_gerror_code(const GError *error)
{
	if (error->domain == SBX_ERROR)
		return (enum sbx_code)error->code;
	if (error->domain == G_OPTION_ERROR)
		return SBX_E_USAGE;
	if (error->domain == G_FILE_ERROR)
		return error->code == G_FILE_ERROR_NOSPC   ? SBX_E_NO_SPACE
		       : error->code == G_FILE_ERROR_ACCES ? SBX_E_DENIED
							   : SBX_E_FAILED;
	/* G_IO_ERROR by name: who has no GIO has no such error either. */
	if (error->domain == g_quark_try_string("g-io-error-quark")) {
		switch (error->code) {
		case G_IO_ERROR_NO_SPACE:
			return SBX_E_NO_SPACE;
		case G_IO_ERROR_NOT_FOUND:
			return SBX_E_NOT_FOUND;
		case G_IO_ERROR_PERMISSION_DENIED:
			return SBX_E_DENIED;
		case G_IO_ERROR_CANCELLED:
			return SBX_E_INTERRUPTED;
		default:
			return SBX_E_FAILED;
		}
	}
	return SBX_E_FAILED;
}
