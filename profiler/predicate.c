/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "profiler/scan.h"

/* Regular expressions see no more of a node than this: libc's matcher is not linear. */
#define N_MATCH_BYTES 400

/*
 * Follow the bindings of the text: with `import subprocess as sp`, sp.run is subprocess.run.
 * Writes the result to out; false when it does not fit.
 */
bool sbx_scan_resolve(const struct sbx_scan *scan, const char *name, char out[2 * N_MAX_NAME_BYTES])
{
	char first[N_MAX_NAME_BYTES];
	if (strlen(name) >= N_MAX_NAME_BYTES)
		return false;
	strcpy(out, name);
	/* A name may be bound to one that is bound itself, or in a circle. */
	for (int hops = 0; hops < 8; hops++) {
		size_t n_first = sbx_rules_first_part(scan->rules, out), n_out = strlen(out);
		if (n_first >= sizeof(first))
			return false;
		memcpy(first, out, n_first);
		first[n_first] = '\0';
		const char *target = sbx_map_get(&scan->bindings, first);
		if (!target || !strcmp(target, first))
			return true;
		size_t n_target = strlen(target);
		if (n_target + n_out - n_first >= 2 * N_MAX_NAME_BYTES)
			return false;
		memmove(out + n_target, out + n_first, n_out - n_first + 1);
		memcpy(out, target, n_target);
	}
	return true;
}

static bool is_any_of(const struct sbx_predicate *p, const char *text, size_t n)
{
	for (const char **s = p->strings; *s; s++)
		if ((n == 0 || **s == *text) && !strncmp(*s, text, n) && !(*s)[n])
			return true;
	return false;
}

/*
 * A binding replaces a name's first part only. So a.b.f can mean none of the names that are asked
 * for when none of them ends in f: that settles nearly all of a program's calls at once.
 */
bool sbx_scan_may_resolve(const struct sbx_scan *scan, TSNode node)
{
	size_t n;
	const char *text = sbx_scan_text(scan, node, &n);
	char last[N_MAX_NAME_BYTES];
	if (n > N_MAX_WRITTEN_BYTES)
		return false;
	size_t start = sbx_rules_last_part(scan->rules, text, n), n_last = n - start;
	if (!start)
		return true;
	if (n_last >= sizeof(last))
		return false;
	memcpy(last, text + start, n_last);
	last[n_last] = '\0';
	return sbx_map_get(&scan->rules->last_parts, last + strspn(last, " \t\r\n\\")) != NULL;
}

static bool resolves(struct sbx_scan *scan, const struct sbx_predicate *p, TSNode node,
		     bool all_bound)
{
	if (!all_bound)
		return p->negated || sbx_scan_may_resolve(scan, node);
	char resolved[2 * N_MAX_NAME_BYTES];
	const char *name = sbx_scan_name(scan, node);
	bool is_it = name && sbx_scan_resolve(scan, name, resolved) &&
		     is_any_of(p, resolved, strlen(resolved));
	return is_it != p->negated;
}

/* Compiled by whoever needs it first; when two do at once, one of the results is kept. */
const regex_t *sbx_regex_once(regex_t **slot, const char *pattern, int flags)
{
	regex_t *regex = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (regex)
		return regex;
	regex_t *fresh = calloc(1, sizeof(*fresh));
	if (!fresh || regcomp(fresh, pattern, REG_EXTENDED | REG_NOSUB | flags)) {
		free(fresh);
		return NULL;
	}
	if (__atomic_compare_exchange_n(slot, &regex, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	regfree(fresh);
	free(fresh);
	return regex;
}

static bool matches(const struct sbx_predicate *p, const char *text, size_t n)
{
	char head[N_MATCH_BYTES + 1];
	const regex_t *regex =
		sbx_regex_once(&((struct sbx_predicate *)p)->regex, p->strings[0], 0);
	n = n < N_MATCH_BYTES ? n : N_MATCH_BYTES;
	memcpy(head, text, n);
	head[n] = '\0';
	return regex && regexec(regex, head, 0, NULL, 0) == 0;
}

static bool contains(const struct sbx_predicate *p, const char *text, size_t n)
{
	for (const char **s = p->strings; *s; s++)
		if (memmem(text, n < N_MATCH_BYTES ? n : N_MATCH_BYTES, *s, strlen(*s)))
			return true;
	return false;
}

bool sbx_scan_holds(struct sbx_scan *scan, const struct sbx_predicate *p, TSNode node,
		    bool all_bound)
{
	size_t n;
	const char *text = sbx_scan_text(scan, node, &n);
	switch (p->kind) {
	case SBX_PREDICATE_ANY_OF:
		return is_any_of(p, text, n) != p->negated;
	case SBX_PREDICATE_CONTAINS:
		return contains(p, text, n) != p->negated;
	case SBX_PREDICATE_MATCH:
		return matches(p, text, n) != p->negated;
	case SBX_PREDICATE_RESOLVES:
		return resolves(scan, p, node, all_bound);
	}
	return false;
}

TSNode sbx_scan_captured(const struct sbx_scan *scan, const struct sbx_match *match,
			 enum sbx_capture capture)
{
	for (uint32_t i = 0; i < match->n; i++)
		if (scan->captures[match->first + i].capture == capture)
			return scan->captures[match->first + i].node;
	return (TSNode){0};
}
