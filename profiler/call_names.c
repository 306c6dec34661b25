/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "profiler/call.h"

/* What is called: names of calls, as they are written and as they are meant. */

#define N_MAX_HOPS 8 /* from name to name that it stands for */

bool sbx_calls_may_match(const struct sbx_scan *scan, const struct sbx_pattern *pattern,
			 TSNode node)
{
	if (!scan->rules->calls.n_used)
		return false;
	size_t n, n_last = 0;
	const char *text = sbx_scan_text(scan, node, &n);
	while (n_last < n && !scan->rules->ends_part[(unsigned char)text[n - n_last - 1]])
		n_last++;
	/* A bare name may stand for any other. */
	if (n_last == n && !pattern->suffix && !pattern->has_receiver)
		return true;
	char key[N_MAX_NAME_BYTES];
	const char *suffix = pattern->suffix ? pattern->suffix : "";
	size_t n_suffix = strlen(suffix);
	if (n_last + n_suffix >= sizeof(key))
		return false;
	memcpy(key, text + n - n_last, n_last);
	memcpy(key + n_last, suffix, n_suffix + 1);
	return sbx_map_get(&scan->rules->calls, key) != NULL;
}

const char *sbx_call_written(struct sbx_scan *scan, const struct sbx_match *m, TSNode node)
{
	struct sbx_arena *arena = &scan->arena;
	TSNode receiver = sbx_scan_captured(scan, m, SBX_CAPTURE_RECEIVER);
	const char *suffix = m->pattern->suffix ? m->pattern->suffix : "", *before = "";
	size_t n, n_receiver;
	const char *text = sbx_scan_text(scan, node, &n);
	if (n > N_MAX_CALL_BYTES) {
		size_t n_last = 0;
		while (n_last < N_MAX_NAME_BYTES &&
		       !scan->rules->ends_part[(unsigned char)text[n - n_last - 1]])
			n_last++;
		text += n - n_last;
		n = n_last;
		before = "?";
	} else if (!ts_node_is_null(receiver)) {
		const char *object = sbx_scan_text(scan, receiver, &n_receiver);
		before = n_receiver > N_MAX_CALL_BYTES
				 ? "?"
				 : sbx_call_name_normalise(arena, scan->rules, object, n_receiver);
	}
	const char *own = sbx_call_name_normalise(arena, scan->rules, text, n);
	if (!own || !before)
		return NULL;
	size_t n_name = strlen(before) + strlen(own) + strlen(suffix) + 2;
	char *name = sbx_arena_alloc(arena, n_name);
	if (name)
		snprintf(name, n_name, "%s%s%s%s", before, *before ? "." : "", own, suffix);
	return name;
}

/* What the first part of a name, or the first two, stand for; *out_n is how much of it that is. */
static const char *find_binding(const struct sbx_scan *scan, const char *name, size_t *out_n)
{
	char first[N_MAX_NAME_BYTES];
	size_t n = 0;
	for (int parts = 0; parts < 2; parts++) {
		n += strcspn(name + n, ".([=");
		if (n == 0 || n >= sizeof(first))
			return NULL;
		memcpy(first, name, n);
		first[n] = '\0';
		*out_n = n;
		const char *target = sbx_map_get(&scan->bindings, first);
		if (target)
			return strcmp(target, first) ? target : NULL;
		if (name[n] != '.')
			return NULL;
		n++;
	}
	return NULL;
}

/* With `import pandas as pd`, pd.read_excel is pandas.read_excel. */
const char *sbx_call_resolve(struct sbx_scan *scan, const char *name)
{
	struct sbx_arena *arena = &scan->arena;
	for (int hops = 0; name && hops < N_MAX_HOPS; hops++) {
		size_t n_first = 0;
		const char *target = find_binding(scan, name, &n_first);
		if (!target)
			return name;
		const char *plain =
			sbx_call_name_normalise(arena, scan->rules, target, strlen(target));
		size_t n = (plain ? strlen(plain) : 0) + strlen(name + n_first) + 1;
		char *longer = n <= 2 * N_MAX_CALL_BYTES ? sbx_arena_alloc(arena, n) : NULL;
		if (!plain || !longer)
			return NULL;
		snprintf(longer, n, "%s%s", plain, name + n_first);
		name = longer;
	}
	return name;
}

const char *sbx_calls_resolve(struct sbx_scan *scan, const char *name, size_t n_bytes)
{
	const char *plain = sbx_call_name_normalise(&scan->arena, scan->rules, name, n_bytes);
	return plain ? sbx_call_resolve(scan, plain) : NULL;
}
