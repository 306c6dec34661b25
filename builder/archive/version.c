/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/package.h"

#include <string.h>

struct part {
	const char *at, *end;
};

/*
 * Rank of a character in the non-digit parts: `~` before the end of the part, the end (and a digit,
 * which ends a non-digit part) before letters, letters before everything else.
 */
static int rank(const struct part *p)
{
	if (p->at == p->end || g_ascii_isdigit(*p->at))
		return 0;
	if (*p->at == '~')
		return -1;
	int c = (unsigned char)*p->at;
	return g_ascii_isalpha(*p->at) ? c : c + 256;
}

static gboolean at_digit(const struct part *p)
{
	return p->at < p->end && g_ascii_isdigit(*p->at);
}

static int compare_text(struct part *a, struct part *b)
{
	for (;;) {
		int difference = rank(a) - rank(b);
		if (difference)
			return difference;
		gboolean more_a = a->at < a->end && !at_digit(a);
		gboolean more_b = b->at < b->end && !at_digit(b);
		if (!more_a && !more_b)
			return 0;
		a->at += more_a;
		b->at += more_b;
	}
}

/* Numbers of any length: no conversion that could overflow. No digit counts as 0. */
static int compare_number(struct part *a, struct part *b)
{
	while (a->at < a->end && *a->at == '0')
		a->at++;
	while (b->at < b->end && *b->at == '0')
		b->at++;
	int first = 0;
	while (at_digit(a) && at_digit(b)) {
		if (!first)
			first = *a->at - *b->at;
		a->at++;
		b->at++;
	}
	if (at_digit(a))
		return 1;
	if (at_digit(b))
		return -1;
	return first;
}

static int compare_parts(struct part a, struct part b)
{
	while (a.at < a.end || b.at < b.end) {
		int difference = compare_text(&a, &b);
		if (!difference)
			difference = compare_number(&a, &b);
		if (difference)
			return difference;
	}
	return 0;
}

struct version {
	struct part epoch, upstream, revision;
};

static struct version split(const char *text)
{
	struct version v = {0};
	const char *end = text + strlen(text);
	size_t n_digits = strspn(text, "0123456789");
	v.epoch = (struct part){text, text};
	if (n_digits && text[n_digits] == ':') {
		v.epoch.end = text + n_digits;
		text += n_digits + 1;
	}
	const char *hyphen = memrchr(text, '-', (size_t)(end - text));
	v.upstream = (struct part){text, hyphen ? hyphen : end};
	v.revision = (struct part){hyphen ? hyphen + 1 : end, end};
	return v;
}

int sbx_version_compare(const char *a, const char *b)
{
	struct version left = split(a), right = split(b);
	int difference = compare_number(&left.epoch, &right.epoch);
	if (!difference)
		difference = compare_parts(left.upstream, right.upstream);
	if (!difference)
		difference = compare_parts(left.revision, right.revision);
	return difference;
}
