/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/values.h"

#include <stdbool.h>
#include <string.h>

/* Digits up to the first other character, -1 when there are none or too many. */
static int take_digits(const char **at, uint64_t *out)
{
	const char *start = *at;
	uint64_t value = 0;
	for (; **at >= '0' && **at <= '9'; ++*at)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(**at - '0'), &value))
			return -1;
	if (*at == start)
		return -1;
	*out = value;
	return 0;
}

int sbx_parse_count(const char *text, uint64_t max, uint64_t *out, struct sbx_error *err)
{
	const char *at = text;
	uint64_t value;
	if (take_digits(&at, &value) < 0 || *at || value == 0 || value > max)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a whole number from 1 to %llu",
				text, (unsigned long long)max);
	*out = value;
	return 0;
}

int sbx_parse_bytes(const char *text, uint64_t *out, struct sbx_error *err)
{
	static const char units[] = "KMGT";
	const char *at = text;
	uint64_t value, factor = 1;
	int bad = take_digits(&at, &value);
	if (!bad && *at) {
		const char *unit = strchr(units, *at >= 'a' ? *at - 'a' + 'A' : *at);
		if (unit)
			factor = UINT64_C(1024) << (10 * (unit - units));
		at += unit ? 1 : 0;
	}
	if (bad || *at || value == 0 || __builtin_mul_overflow(value, factor, &value) ||
	    value > INT64_MAX)
		return sbx_fail(
			err, SBX_E_USAGE,
			"'%s': expected a number of bytes above 0 such as 65536, 512M or 2G", text);
	*out = value;
	return 0;
}

int sbx_parse_decimal(const char *text, uint64_t scale, uint64_t *out, struct sbx_error *err)
{
	const char *at = text;
	uint64_t value;
	int bad = take_digits(&at, &value) < 0 || __builtin_mul_overflow(value, scale, &value);
	if (!bad && *at == '.') {
		at++;
		bad = *at < '0' || *at > '9';
		for (uint64_t digit = scale / 10; *at >= '0' && *at <= '9'; at++, digit /= 10)
			value += digit * (uint64_t)(*at - '0');
	}
	if (bad || *at || value == 0 || value > INT64_MAX)
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': expected a number above 0 such as 2 or 0.5", text);
	*out = value;
	return 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void sbx_unescape_octal(char *s)
{
	char *to = s;
	for (; *s; s++, to++) {
		*to = *s;
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) &&
		    is_octal(s[3])) {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		}
	}
	*to = '\0';
}
