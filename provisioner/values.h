/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_VALUES_H
#define SBX_PROVISIONER_VALUES_H

#include <stdint.h>

#include "base/error.h"

/*
 * The values of options. All return 0, or -1 with SBX_E_USAGE and what was expected; *out is
 * untouched then. None takes 0, a sign, or anything behind the number.
 */

/* A whole number from 1 to max. */
int sbx_parse_count(const char *text, uint64_t max, uint64_t *out, struct sbx_error *err);

/* Bytes, with K, M, G or T behind for powers of 1024. */
int sbx_parse_bytes(const char *text, uint64_t *out, struct sbx_error *err);

/* A decimal fraction in units of 1/scale ("1.5", 1000000 -> 1500000), rounded down. */
int sbx_parse_decimal(const char *text, uint64_t scale, uint64_t *out, struct sbx_error *err);

/* In place: fields of /proc/PID/mountinfo write blanks and the like as three octal digits. */
void sbx_unescape_octal(char *s);

#endif
