/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "base/fd.h"
#include "profiler/scan.h"

/*
 * A parser and a query cursor are costly to make and keep their memory from use to use: the last
 * ones used wait here for the next user, whichever thread that is.
 */
struct tools {
	TSParser *parser;
	TSQueryCursor *cursor;
};
static struct tools *idle_tools;

static void tools_free(struct tools *t)
{
	if (!t)
		return;
	if (t->parser)
		ts_parser_delete(t->parser);
	if (t->cursor)
		ts_query_cursor_delete(t->cursor);
	free(t);
}

static struct tools *tools_take(void)
{
	struct tools *t = __atomic_exchange_n(&idle_tools, NULL, __ATOMIC_ACQ_REL);
	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->parser = ts_parser_new();
	t->cursor = ts_query_cursor_new();
	if (t->parser && t->cursor)
		return t;
	tools_free(t);
	return NULL;
}

static void tools_return(struct tools **at)
{
	if (!*at)
		return;
	ts_parser_reset((*at)->parser);
	tools_free(__atomic_exchange_n(&idle_tools, *at, __ATOMIC_ACQ_REL));
}

int64_t sbx_now_usec(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool parse_is_late(TSParseState *state)
{
	return sbx_now_usec() > ((const struct sbx_limits *)state->payload)->deadline_usec;
}

static bool query_is_late(TSQueryCursorState *state)
{
	return sbx_now_usec() > ((const struct sbx_limits *)state->payload)->deadline_usec;
}

static const char *read_text(void *payload, uint32_t at, TSPoint point, uint32_t *out_n)
{
	const struct sbx_scan *scan = payload;
	*out_n = at < scan->n_bytes ? (uint32_t)(scan->n_bytes - at) : 0;
	return *out_n ? scan->text + at : "";
}

static bool keep_match(struct sbx_scan *scan, const TSQueryMatch *match)
{
	const struct sbx_pattern *pattern = &scan->rules->patterns[match->pattern_index];
	if (!sbx_scan_holds(scan, pattern, match->captures, match->capture_count, false))
		return true;
	struct sbx_match *kept = sbx_grow(&scan->matches, &scan->n_matches, &scan->matches_room,
					  sizeof(*kept));
	if (!kept)
		return false;
	*kept = (struct sbx_match){pattern, (uint32_t)scan->n_captures, match->capture_count};
	for (uint32_t i = 0; i < match->capture_count; i++) {
		TSQueryCapture *c = sbx_grow(&scan->captures, &scan->n_captures,
					     &scan->captures_room, sizeof(*c));
		if (!c)
			return false;
		*c = match->captures[i];
	}
	return true;
}

static int collect(struct sbx_scan *scan, TSQueryCursor *cursor, struct sbx_error *err)
{
	TSQueryCursorOptions options = {scan->limits, query_is_late};
	TSQueryMatch match;
	/* Bounds what a hostile text can make the cursor hold in flight. */
	ts_query_cursor_set_match_limit(cursor, 4096);
	ts_query_cursor_exec_with_options(cursor, scan->rules->query,
					  ts_tree_root_node(scan->tree), &options);
	while (ts_query_cursor_next_match(cursor, &match)) {
		if (scan->n_matches >= N_MAX_MATCHES) {
			scan->out->has_errors = true;
			break;
		}
		if (!keep_match(scan, &match))
			return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	}
	if (ts_query_cursor_did_exceed_match_limit(cursor) ||
	    sbx_now_usec() > scan->limits->deadline_usec)
		scan->out->has_errors = true;
	return 0;
}

int sbx_scan_parse(struct sbx_scan *scan, struct sbx_error *err)
{
	if (sbx_rules_compile(scan->rules, err) < 0)
		return -1;
	__attribute__((cleanup(tools_return))) struct tools *tools = tools_take();
	if (!tools || !ts_parser_set_language(tools->parser, scan->rules->grammar->parser()))
		return sbx_fail(err, SBX_E_FAILED, "the parser of %s cannot be set up",
				scan->rules->grammar->name);
	TSInput input = {scan, read_text, TSInputEncodingUTF8, NULL};
	TSParseOptions options = {scan->limits, parse_is_late};
	scan->tree = ts_parser_parse_with_options(tools->parser, NULL, input, options);
	if (!scan->tree) {
		scan->out->has_errors = scan->out->timed_out = true;
		return 0;
	}
	if (ts_node_has_error(ts_tree_root_node(scan->tree)))
		scan->out->has_errors = true;
	return collect(scan, tools->cursor, err);
}
