/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/records.h"

#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"

struct reading {
	struct sbx_extraction *out;
	const struct sbx_rules *rules;
	const struct sbx_records *records;
	struct sbx_limits *limits;
	struct sbx_error *err;
	const char *at, *end;
	uint32_t next_row;
	struct sbx_buffer record; /* the record at hand, its line ends in it */
	uint32_t row;		  /* of its first line */
	struct sbx_buffer heading;
	struct sbx_map variables;
	int depth;	  /* of brackets that the record leaves open */
	char long_string; /* a quote that stands three times and is yet to be closed */
};

static bool next_line(struct reading *r, const char **out_line, size_t *out_n)
{
	if (r->at >= r->end)
		return false;
	const char *line_end = memchr(r->at, '\n', (size_t)(r->end - r->at));
	line_end = line_end ? line_end : r->end;
	*out_line = r->at;
	*out_n = (size_t)(line_end - r->at);
	r->at = line_end + (line_end < r->end);
	r->next_row++;
	return true;
}

/* Its data is a text again, an empty one. */
static void clear(struct sbx_buffer *b)
{
	if (b->data)
		*b->data = '\0';
	b->n_bytes = 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_comment(const struct reading *r, const char *line, size_t n)
{
	size_t n_mark = strlen(r->records->comment);
	while (n && is_blank(*line)) {
		line++;
		n--;
	}
	return n_mark && n >= n_mark && !memcmp(line, r->records->comment, n_mark);
}

/* Add a line to the record, counting brackets outside of strings and leaving comments out. */
static void add_bracketed(struct reading *r, const char *line, size_t n)
{
	char quote = 0;
	for (size_t i = 0; i < n; i++) {
		char c = line[i];
		bool triple = (c == '"' || c == '\'') && i + 2 < n && line[i + 1] == c &&
			      line[i + 2] == c;
		if (r->long_string) {
			if (triple && c == r->long_string) {
				r->long_string = 0;
				i += 2;
			}
			continue;
		}
		if (quote) {
			quote = c == quote ? 0 : quote;
			if (c == '\\' && quote == '"' && i + 1 < n)
				sbx_buffer_add(&r->record, &line[i++], 1);
		} else if (triple) {
			r->long_string = c;
			i += 2;
			continue;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '#') {
			break;
		} else {
			r->depth += strchr("[{(", c) ? c != '\0' : 0;
			r->depth -= strchr("]})", c) ? c != '\0' : 0;
		}
		sbx_buffer_add(&r->record, &line[i], 1);
	}
}

/* The word behind << or <<-, which ends a here-document; 0: the line has none. */
static size_t find_heredoc(const char *line, size_t n, const char **out_word)
{
	const char *mark = memmem(line, n, "<<", 2), *end = line + n;
	if (!mark || (mark + 2 < end && mark[2] == '<'))
		return 0;
	for (mark += 2; mark < end && (strchr("-\"' \t", *mark));)
		mark++;
	*out_word = mark;
	while (mark < end && (isalnum((unsigned char)*mark) || *mark == '_'))
		mark++;
	return (size_t)(mark - *out_word);
}

static void add_heredoc(struct reading *r, const char *line, size_t n)
{
	const char *word, *inner;
	size_t n_word = find_heredoc(line, n, &word), n_inner;
	while (n_word && next_line(r, &inner, &n_inner)) {
		sbx_buffer_add(&r->record, "\n", 1);
		sbx_buffer_add(&r->record, inner, n_inner);
		while (n_inner && *inner == '\t') {
			inner++;
			n_inner--;
		}
		if (n_inner == n_word && !memcmp(inner, word, n_word))
			break;
	}
}

static bool goes_on(const struct reading *r, const char *line, size_t n)
{
	switch (r->records->join) {
	case SBX_JOIN_BACKSLASH:
		return n && line[n - 1] == '\\';
	case SBX_JOIN_INDENT:
		return r->at < r->end && is_blank(*r->at);
	case SBX_JOIN_BRACKETS:
		return r->depth > 0 || r->long_string;
	default:
		return false;
	}
}

static void add_line(struct reading *r, const char *line, size_t n)
{
	if (r->records->join == SBX_JOIN_BRACKETS)
		add_bracketed(r, line, n);
	else
		sbx_buffer_add(&r->record, line, n);
}

/* The next record that is no comment. */
static bool next_record(struct reading *r)
{
	const char *line;
	size_t n;
	do {
		r->row = r->next_row;
		if (!next_line(r, &line, &n))
			return false;
	} while (is_comment(r, line, n));
	clear(&r->record);
	r->depth = 0;
	r->long_string = 0;
	add_line(r, line, n);
	while (goes_on(r, line, n) && r->record.n_bytes < N_MAX_RECORD_BYTES) {
		const char *more;
		size_t n_more;
		if (!next_line(r, &more, &n_more))
			break;
		sbx_buffer_add(&r->record, "\n", 1);
		/* A comment in the midst of a record is no part of it, but it keeps its row. */
		if (is_comment(r, more, n_more)) {
			if (r->records->join == SBX_JOIN_BACKSLASH)
				sbx_buffer_add(&r->record, "\\", 1);
			continue;
		}
		line = more;
		n = n_more;
		add_line(r, line, n);
	}
	if (r->records->has_heredocs)
		add_heredoc(r, line, n);
	return true;
}

static uint32_t rows_before(const char *text, const char *at)
{
	uint32_t n = 0;
	for (; text < at; text++)
		n += *text == '\n';
	return n;
}

static int take_code(struct reading *r, const struct sbx_record_rule *rule, const char *text,
		     uint32_t row)
{
	const struct sbx_language *language = sbx_language_by_name(rule->inject);
	SBX_CLEANUP_BUFFER struct sbx_buffer code = SBX_BUFFER_INIT;
	/* RUN <<EOF: the here-document is the program. */
	const char *body = strncmp(text, "<<", 2) ? NULL : strchr(text, '\n');
	const char *last = body ? strrchr(body, '\n') : NULL;
	if (*rule->prefix)
		sbx_buffer_printf(&code, "%s ", rule->prefix);
	if (rule->has_dollars)
		sbx_dollars_expand(&r->variables, text, &code);
	else if (last > body)
		sbx_buffer_add(&code, body + 1, (size_t)(last - body - 1));
	else
		sbx_buffer_add_string(&code, text);
	if (code.failed)
		return sbx_fail(r->err, SBX_E_NO_SPACE, "out of memory");
	return language && code.data ? sbx_extraction_scan(r->out, language, code.data,
							   row + (last > body), r->limits, r->err)
				     : 0;
}

static void take_item(struct reading *r, const struct sbx_record_rule *rule, const char *item,
		      size_t n, uint32_t row)
{
	const struct sbx_language *language =
		*rule->language ? sbx_language_by_name(rule->language) : &r->rules->language;
	char *text = sbx_arena_string(&r->out->arena, item, n);
	if (!text || !language)
		return;
	if (*rule->file) {
		struct sbx_script *script = sbx_grow(&r->out->scripts, &r->out->n_scripts,
						     &r->out->scripts_room, sizeof(*script));
		if (script)
			*script = (struct sbx_script){text, sbx_language_by_name(rule->file)};
		return;
	}
	struct sbx_raw_fact fact = {
		.kind = rule->kind, .grade = rule->grade, .language = language, .row = row};
	fact.name = *rule->name ? rule->name
				: sbx_specifier_name(&r->out->arena, language, rule->kind, text,
						     &fact.grade);
	if (fact.name)
		sbx_extraction_add(r->out, &fact);
}

/* Where the item that begins at or behind `at` is; false: there is no more. */
static bool next_item(enum sbx_record_items items, const char **at, const char *end,
		      const char **out_item, size_t *out_n)
{
	const char *p = *at, *stop;
	if (items == SBX_ITEMS_QUOTED) {
		while (p < end && *p != '"' && *p != '\'')
			p++;
		if (p == end || !(stop = memchr(p + 1, *p, (size_t)(end - p - 1))))
			return false;
		*out_item = p + 1;
		*out_n = (size_t)(stop - p - 1);
		*at = stop + 1;
		return true;
	}
	const char *ends = items == SBX_ITEMS_COMMAS  ? ","
			   : items == SBX_ITEMS_LINES ? "\n"
						      : " \t\n";
	while (p < end && (isspace((unsigned char)*p) || strchr(ends, *p)))
		p++;
	for (stop = p; stop < end && !strchr(ends, *stop);)
		stop++;
	*out_item = p;
	*out_n = (size_t)(stop - p);
	*at = stop;
	return stop > p;
}

static int take_caught(struct reading *r, const struct sbx_record_rule *rule, size_t start,
		       size_t stop)
{
	char *text = r->record.data;
	const char *at = text + start, *end = text + stop, *item = at;
	size_t n = stop - start;
	if (*rule->inject) {
		char *code = sbx_arena_string(&r->out->arena, at, n);
		return code ? take_code(r, rule, code, r->row + rows_before(text, at)) : 0;
	}
	if (rule->items == SBX_ITEMS_ONE)
		take_item(r, rule, at, n, r->row + rows_before(text, at));
	else
		while (next_item(rule->items, &at, end, &item, &n))
			take_item(r, rule, item, n, r->row + rows_before(text, item));
	return 0;
}

/* What group `group` caught; 0: the last that took part, the others being alternatives. */
static bool find_caught(const regex_t *regex, const char *text, unsigned group, regmatch_t *out)
{
	regmatch_t found[N_GROUPS];
	if (regexec(regex, text, N_GROUPS, found, 0) != 0)
		return false;
	*out = found[group];
	for (size_t i = 0; i < N_GROUPS && !group; i++)
		if (found[i].rm_so >= 0)
			*out = found[i];
	return out->rm_so >= 0;
}

static int take_record(struct reading *r)
{
	if (r->records->has_dollars)
		sbx_dollars_note(&r->variables, &r->out->arena, r->record.data);
	for (size_t i = 0; i < r->records->n_rules; i++) {
		const struct sbx_record_rule *rule = &r->records->rules[i];
		regmatch_t found;
		if (rule->heading && find_caught(&rule->heading_regex, r->record.data, 0, &found)) {
			clear(&r->heading);
			sbx_buffer_add(&r->heading, r->record.data + found.rm_so,
				       (size_t)(found.rm_eo - found.rm_so));
		}
		if (!rule->match ||
		    (rule->within &&
		     !find_caught(&rule->within_regex, r->heading.data, 0, &found)) ||
		    !find_caught(&rule->match_regex, r->record.data, rule->group, &found))
			continue;
		return take_caught(r, rule, (size_t)found.rm_so, (size_t)found.rm_eo);
	}
	return 0;
}

static void release(struct reading *r)
{
	sbx_buffer_release(&r->record);
	sbx_buffer_release(&r->heading);
	sbx_map_release(&r->variables);
}

int sbx_records_extract(struct sbx_extraction *out, const struct sbx_rules *rules, const char *text,
			size_t n_bytes, struct sbx_limits *limits, struct sbx_error *err)
{
	__attribute__((cleanup(release))) struct reading r = {
		.out = out, .rules = rules, .limits = limits, .err = err};
	r.at = text;
	r.end = text + n_bytes;
	if (sbx_records_load(rules, &r.records, err) < 0)
		return -1;
	sbx_buffer_add(&r.heading, "", 0);
	while (next_record(&r)) {
		if (sbx_limits_are_over(limits)) {
			out->has_errors = out->timed_out = true;
			return 0;
		}
		/* Too long for what a person writes, and for the patterns. */
		if (r.record.n_bytes >= N_MAX_RECORD_BYTES)
			out->has_errors = true;
		else if (r.record.data && take_record(&r) < 0)
			return -1;
	}
	return r.record.failed || r.heading.failed || out->arena.failed
		       ? sbx_fail(err, SBX_E_NO_SPACE, "out of memory")
		       : 0;
}
