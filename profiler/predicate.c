/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "profiler/scan.h"

/* Regular expressions see no more of a node than this: libc's matcher is not linear. */
#define N_MATCH_BYTES 400

static bool same_text(const struct sbx_scan *scan, TSNode a, const char *b, size_t n_b)
{
	size_t n;
	const char *p = sbx_scan_text(scan, a, &n);
	return n == n_b && !memcmp(p, b, n);
}

/*
 * Follow the bindings of the text: with `import subprocess as sp`, sp.run is subprocess.run.
 * Writes the result to out; false when it does not fit.
 */
static bool resolve(const struct sbx_scan *scan, const char *name, char out[2 * N_MAX_NAME_BYTES])
{
	char separator = scan->rules->language.separator, first[N_MAX_NAME_BYTES];
	if (strlen(name) >= N_MAX_NAME_BYTES)
		return false;
	strcpy(out, name);
	/* A name may be bound to one that is bound itself, or in a circle. */
	for (int hops = 0; hops < 8; hops++) {
		const char *dot = separator ? strchr(out, separator) : NULL;
		size_t n_first = dot ? (size_t)(dot - out) : strlen(out), n_out = strlen(out);
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

static bool node_matches(struct sbx_scan *scan, const struct sbx_predicate *p, TSNode node)
{
	size_t n;
	const char *text = sbx_scan_text(scan, node, &n);
	if (p->kind == SBX_PREDICATE_MATCH) {
		char head[N_MATCH_BYTES + 1];
		n = n < N_MATCH_BYTES ? n : N_MATCH_BYTES;
		memcpy(head, text, n);
		head[n] = '\0';
		return regexec(p->regex, head, 0, NULL, 0) == 0;
	}
	char resolved[2 * N_MAX_NAME_BYTES];
	if (p->kind == SBX_PREDICATE_RESOLVES) {
		const char *name = sbx_scan_name(scan, node);
		if (!name || !resolve(scan, name, resolved))
			return false;
		text = resolved;
		n = strlen(resolved);
	}
	for (const char **s = p->strings; *s; s++)
		if (strlen(*s) == n && !memcmp(*s, text, n))
			return true;
	return false;
}

static bool holds(struct sbx_scan *scan, const struct sbx_predicate *p,
		  const TSQueryCapture *captures, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (captures[i].index != p->capture)
			continue;
		bool matches = false;
		if (p->has_other) {
			for (uint32_t k = 0; k < n; k++)
				if (captures[k].index == p->other) {
					size_t n_other;
					const char *other = sbx_scan_text(scan, captures[k].node,
									  &n_other);
					matches |= same_text(scan, captures[i].node, other,
							     n_other);
				}
		} else
			matches = node_matches(scan, p, captures[i].node);
		if (matches == p->negated)
			return false;
	}
	return true;
}

bool sbx_scan_holds(struct sbx_scan *scan, const struct sbx_pattern *pattern,
		    const TSQueryCapture *captures, uint32_t n, bool resolve_names)
{
	for (size_t i = 0; i < pattern->n_predicates; i++) {
		const struct sbx_predicate *p = &pattern->predicates[i];
		if ((p->kind == SBX_PREDICATE_RESOLVES && !p->has_other) != resolve_names)
			continue;
		if (!holds(scan, p, captures, n))
			return false;
	}
	return true;
}

TSNode sbx_scan_captured(const struct sbx_scan *scan, const struct sbx_match *match,
			 enum sbx_capture capture)
{
	for (uint32_t i = 0; i < match->n; i++) {
		const TSQueryCapture *c = &scan->captures[match->first + i];
		if (scan->rules->captures[c->index] == capture)
			return c->node;
	}
	return (TSNode){0};
}
