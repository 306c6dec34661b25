/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "profiler/scan.h"

/*
 * A parser is costly to make and keeps its memory from use to use: the last one that was used
 * waits here for the next user, whichever thread that is.
 */
static TSParser *idle_parser;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static TSParser *take_parser(void)
{
	pthread_once(&once, sbx_parser_use_memory);
	TSParser *parser = __atomic_exchange_n(&idle_parser, NULL, __ATOMIC_ACQ_REL);
	return parser ? parser : ts_parser_new();
}

static void return_parser(TSParser **at)
{
	if (!*at)
		return;
	ts_parser_reset(*at);
	TSParser *other = __atomic_exchange_n(&idle_parser, *at, __ATOMIC_ACQ_REL);
	if (other)
		ts_parser_delete(other);
}

static bool is_late(TSParseState *state)
{
	return sbx_limits_are_over(state->payload);
}

static const char *read_text(void *payload, uint32_t at, TSPoint point, uint32_t *out_n)
{
	const struct sbx_scan *scan = payload;
	*out_n = at < scan->n_bytes ? (uint32_t)(scan->n_bytes - at) : 0;
	return *out_n ? scan->text + at : "";
}

int sbx_scan_parse(struct sbx_scan *scan, struct sbx_error *err)
{
	if (sbx_rules_compile(scan->rules, err) < 0)
		return -1;
	__attribute__((cleanup(return_parser))) TSParser *parser = take_parser();
	if (!parser || !ts_parser_set_language(parser, scan->rules->grammar->parser()))
		return sbx_fail(err, SBX_E_FAILED, "the parser of %s cannot be set up",
				scan->rules->grammar->name);
	TSInput input = {scan, read_text, TSInputEncodingUTF8, NULL};
	TSParseOptions options = {scan->limits, is_late};
	scan->tree = ts_parser_parse_with_options(parser, NULL, input, options);
	if (!scan->tree)
		scan->out->has_errors = scan->out->timed_out = true;
	else if (ts_node_has_error(ts_tree_root_node(scan->tree)))
		scan->out->has_errors = true;
	return scan->tree ? sbx_scan_match(scan, err) : 0;
}
