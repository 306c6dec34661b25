/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
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

/* Two paths of the longest, and what is wrong with them. */
#define LONGEST 9000
#define CUT	"[...]"
#define HEAD	550 /* of what is too long: what it was about */

static bool is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/*
 * What is too long loses its middle: the thing is named at its beginning, the reason and the way
 * out stand at its end.
 */
static void put(struct sbx_error *err, const char *text)
{
	const size_t n = strlen(text), room = sizeof(err->message) - 1;
	size_t head = n, tail = n;
	if (n > room) {
		head = HEAD;
		tail = n - (room - HEAD - strlen(CUT));
		while (head > HEAD - 4 && is_inside_character(text[head]))
			head--;
		while (tail < n && is_inside_character(text[tail]))
			tail++;
	}
	snprintf(err->message, sizeof(err->message), "%.*s%s%s", (int)head, text,
		 n > room ? CUT : "", text + tail);
	keep_to_one_line(err->message);
}

/* What the caller of this program can do about it. */
static const char *way_out(int os_errno)
{
	return os_errno == EMFILE  ? "; allow this process more (ulimit -n)"
	       : os_errno == EFBIG ? "; allow this process larger ones (ulimit -f)"
				   : "";
}

static int set(struct sbx_error *err, enum sbx_code code, int os_errno, const char *fmt, va_list ap)
{
	char text[LONGEST];
	if (!err || err->code != SBX_OK)
		return -1;
	if (os_errno == ENOSPC || os_errno == EDQUOT)
		code = SBX_E_NO_SPACE;
	err->code = code;
	err->os_errno = os_errno;
	if (vsnprintf(text, sizeof(text) - 200, fmt, ap) < 0)
		text[0] = '\0';
	if (os_errno) {
		size_t n = strlen(text);
		snprintf(text + n, sizeof(text) - n, ": %s%s", strerror(os_errno),
			 way_out(os_errno));
	}
	put(err, text);
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
	char text[LONGEST];
	va_list ap;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text) - sizeof(err->message) - 2, fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	size_t n = strlen(text);
	snprintf(text + n, sizeof(text) - n, ": %s", err->message);
	put(err, text);
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
