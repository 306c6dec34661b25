/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_ERROR_H
#define SBX_BASE_ERROR_H

#include <stddef.h>

/*
 * The one table of error codes. A row is
 *	X(code, name, exit status, HTTP status, what it means)
 * Everything else (enum, names, exit statuses, the manual's table) is generated from it.
 */
#define SBX_ERROR_TABLE(X)                                                                         \
	X(FAILED, "failed", 1, 500, "something failed that has no status of its own")              \
	X(USAGE, "usage", 2, 400, "the command line or an option's value makes no sense")          \
	X(INPUT, "input", 3, 400, "the task or an input file is missing, unreadable or malformed") \
	X(UNRESOLVED, "unresolved", 4, 422, "the task needs something that no package provides")   \
	X(UNSATISFIABLE, "unsatisfiable", 5, 422, "the packages asked for cannot be together")     \
	X(NETWORK, "network", 6, 502, "a server cannot be reached or answers with an error")       \
	X(UNTRUSTED, "untrusted", 7, 502, "a signature, checksum or validity date does not hold")  \
	X(ARCHIVE, "archive", 8, 422, "a package archive is malformed or hostile")                 \
	X(SCRIPT, "script", 9, 500, "a package's maintainer script failed")                        \
	X(NO_SPACE, "no-space", 10, 507, "the disk, quota or memory is full")                      \
	X(DAMAGED, "damaged", 11, 500, "stored data does not match its checksum")                  \
	X(NOT_FOUND, "not-found", 12, 404, "no template, package or index of that name")           \
	X(BUSY, "busy", 13, 409, "it is in use; nothing was changed")                              \
	X(DENIED, "denied", 14, 403, "permission denied by the system or by a policy")             \
	X(UNSUPPORTED, "unsupported", 15, 501, "this kernel, host or build lacks a feature")       \
	X(STALE, "stale", 16, 409, "a template holds packages of which there are newer versions")  \
	X(TIMED_OUT, "timed-out", 124, 504, "the time limit was reached")                          \
	X(SANDBOX, "sandbox", 125, 500, "the sandbox could not be made; the task did not start")   \
	X(CANNOT_EXEC, "cannot-exec", 126, 422, "the command was found but cannot be executed")    \
	X(NO_COMMAND, "no-command", 127, 404, "the command was not found")                         \
	X(INTERRUPTED, "interrupted", 130, 503, "stopped by a signal; run it again to go on")

enum sbx_code {
	SBX_OK = 0,
#define X(code, name, status, http, text) SBX_E_##code,
	SBX_ERROR_TABLE(X)
#undef X
		SBX_N_CODES
};

/*
 * A plain value: no allocation, so that a forked child may fill it and send it through a pipe.
 * The contract of every function that takes one: it is the last parameter, NULL is allowed, it is
 * set exactly when the call fails, and the first setter wins.
 */
struct sbx_error {
	enum sbx_code code; /* SBX_OK while unset */
	int os_errno;	    /* errno at the time of failure, 0 when the system had no say */
	char message[1000]; /* one line, NUL-terminated; of a longer one the middle is left out */
};

#define SBX_ERROR_INIT                                                                             \
	{                                                                                          \
		SBX_OK, 0,                                                                         \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/* Set *err (unless NULL or already set). Always returns -1, so that `return sbx_fail(...)` works.
 */
int sbx_fail(struct sbx_error *err, enum sbx_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: appends ": " and strerror(os_errno). A full disk (ENOSPC,
 * EDQUOT) turns any code into SBX_E_NO_SPACE. os_errno is positive.
 */
int sbx_fail_os(struct sbx_error *err, enum sbx_code code, int os_errno, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put "what it was doing: " before the message of a set error; nothing when unset. Returns -1. */
int sbx_error_prefix(struct sbx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Make the error unset again. */
void sbx_error_clear(struct sbx_error *err);

/* Copy src to *err under the contract above (first setter wins). Returns -1. */
int sbx_error_propagate(struct sbx_error *err, const struct sbx_error *src);

const char *sbx_code_name(enum sbx_code code);	  /* "unsatisfiable"; "ok" for SBX_OK */
const char *sbx_code_meaning(enum sbx_code code); /* the table's text */
int sbx_code_exit_status(enum sbx_code code);	  /* 0 for SBX_OK */
int sbx_code_http_status(enum sbx_code code);	  /* 200 for SBX_OK */

#endif
