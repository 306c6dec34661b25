/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct code_row {
	const char *name, *meaning;
	int exit_status, http_status;
};

static const struct code_row rows[SBX_N_CODES] = {[SBX_OK] = {"ok", "it worked", 0, 200},
#define X(code, name, status, http, text) [SBX_E_##code] = {name, text, status, http},
						  SBX_ERROR_TABLE(X)
#undef X
};

static const struct code_row *row_of(enum sbx_code code)
{
	return &rows[code >= 0 && code < SBX_N_CODES ? code : SBX_E_FAILED];
}

const char *sbx_code_name(enum sbx_code code)
{
	return row_of(code)->name;
}

const char *sbx_code_meaning(enum sbx_code code)
{
	return row_of(code)->meaning;
}

int sbx_code_exit_status(enum sbx_code code)
{
	return row_of(code)->exit_status;
}

int sbx_code_http_status(enum sbx_code code)
{
	return row_of(code)->http_status;
}

/* One error is one line, whatever a file name holds. */
static void keep_to_one_line(char *message)
{
	for (char *p = message; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
}

static int set(struct sbx_error *err, enum sbx_code code, int os_errno, const char *fmt, va_list ap)
{
	if (!err || err->code != SBX_OK)
		return -1;
	if (os_errno == ENOSPC || os_errno == EDQUOT)
		code = SBX_E_NO_SPACE;
	err->code = code;
	err->os_errno = os_errno;
	int n = vsnprintf(err->message, sizeof(err->message), fmt, ap);
	if (n < 0)
		n = 0;
	if (os_errno && (size_t)n < sizeof(err->message))
		snprintf(err->message + n, sizeof(err->message) - (size_t)n, ": %s%s",
			 strerror(os_errno),
			 os_errno == EMFILE ? "; allow this process more (ulimit -n)" : "");
	keep_to_one_line(err->message);
	return -1;
}

int sbx_fail(struct sbx_error *err, enum sbx_code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	set(err, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int sbx_fail_os(struct sbx_error *err, enum sbx_code code, int os_errno, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	set(err, code, os_errno, fmt, ap);
	va_end(ap);
	return -1;
}

int sbx_error_prefix(struct sbx_error *err, const char *fmt, ...)
{
	if (!err || err->code == SBX_OK)
		return -1;
	char old[sizeof(err->message)];
	memcpy(old, err->message, sizeof(old));
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	const char *parts[] = {": ", old};
	size_t at = n < 0 ? 0 : strnlen(err->message, sizeof(err->message));
	for (int i = 0; i < 2; i++) {
		size_t room = sizeof(err->message) - 1 - at, len = strlen(parts[i]);
		size_t taken = len < room ? len : room;
		memcpy(err->message + at, parts[i], taken);
		at += taken;
	}
	err->message[at] = '\0';
	keep_to_one_line(err->message);
	return -1;
}

void sbx_error_clear(struct sbx_error *err)
{
	if (err)
		*err = (struct sbx_error)SBX_ERROR_INIT;
}

int sbx_error_propagate(struct sbx_error *err, const struct sbx_error *src)
{
	if (err && err->code == SBX_OK)
		*err = *src;
	return -1;
}
