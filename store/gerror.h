/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_GERROR_H
#define SBX_STORE_GERROR_H

#include <glib.h>

#include "base/error.h"

/* The GError domain of store/, builder/ and worker/; its codes are enum sbx_code. */
#define SBX_ERROR (sbx_error_quark())
GQuark sbx_error_quark(void);

/* g_set_error() in our domain. Always returns FALSE: `return sbx_set_error(...)`. */
gboolean sbx_set_error(GError **error, enum sbx_code code, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);

/* The same for a failed system call; appends strerror(os_errno), a full disk wins over `code`. */
gboolean sbx_set_error_os(GError **error, enum sbx_code code, int os_errno, const char *fmt, ...)
	G_GNUC_PRINTF(4, 5);

/* Bridge from a GLib-free layer. Always returns FALSE. */
gboolean sbx_set_error_from(GError **error, const struct sbx_error *err);

/* Our code for any error: its own in our domain; a guess from G_IO_ERROR and the like otherwise. */
enum sbx_code sbx_gerror_code(const GError *error);

/*
 * House rule: no typedef hides a pointer. SBX_AUTO(type) declares a `struct type *` that is freed
 * at the end of the scope; SBX_DEFINE_AUTO(type, function) stands once beside the destructor.
 */
#define SBX_DEFINE_AUTO(type, function)                                                            \
	static inline void sbx_auto_##type(struct type **at)                                       \
	{                                                                                          \
		if (*at)                                                                           \
			function(*at);                                                             \
	}
#define SBX_AUTO(type) __attribute__((cleanup(sbx_auto_##type))) struct type *

#endif
