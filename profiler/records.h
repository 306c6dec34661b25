/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_RECORDS_H
#define SBX_PROFILER_RECORDS_H

#include "base/buffer.h"
#include "profiler/scan.h"

/*
 * Private to profiler/: formats that are read by line, by patterns in their language.conf
 * (docs/adding-a-language.md, [records]). A record is a line with those that continue it.
 */

#define N_MAX_RECORD_BYTES (256 << 10)
#define N_GROUPS	   8 /* of a regular expression, the whole one counted */

enum sbx_join {
	SBX_JOIN_NONE,
	SBX_JOIN_BACKSLASH, /* a line that ends with one goes on */
	SBX_JOIN_INDENT,    /* lines that begin with a blank belong to the one before */
	SBX_JOIN_BRACKETS,  /* until all brackets and long strings are closed */
};

/* What the text that a pattern caught is made of. */
enum sbx_record_items {
	SBX_ITEMS_ONE,
	SBX_ITEMS_WORDS,
	SBX_ITEMS_QUOTED,
	SBX_ITEMS_COMMAS,
	SBX_ITEMS_LINES
};

struct sbx_record_rule {
	const char *heading, *within, *match; /* extended regular expressions; NULL: none */
	regex_t heading_regex, within_regex, match_regex;
	unsigned group; /* that has what was caught; 0: the last one that took part */
	enum sbx_record_items items;
	enum sbx_fact_kind kind;
	enum sbx_grade grade;
	const char *language; /* of the facts; "": the format's own */
	const char *name;     /* of the fact, whatever the text is; "": by the text */
	const char *inject;   /* language of the text as code; "": it is no code */
	const char *prefix;   /* put before the code: "cc" of what is linked with; "" */
	const char *file;     /* language of the file that the text names; "": it names none */
	bool has_dollars;     /* $(NAME) and the like are known only when make runs */
};

struct sbx_records {
	enum sbx_join join;
	const char *comment;		/* begins lines that do not count; "": there are none */
	bool has_heredocs, has_dollars; /* some rule has them */
	struct sbx_record_rule *rules;
	size_t n_rules;
};

/* records_load.c: a format's patterns, compiled once. SBX_E_FAILED names a mistake in them. */
int sbx_records_load(const struct sbx_rules *rules, const struct sbx_records **out,
		     struct sbx_error *err);

/* What a text of such a format says; as sbx_extract(). */
int sbx_records_extract(struct sbx_extraction *out, const struct sbx_rules *rules, const char *text,
			size_t n_bytes, struct sbx_limits *limits, struct sbx_error *err);

/* members.c: the same for JSON, whose rules name members: [members]. */
int sbx_members_extract(struct sbx_extraction *out, const struct sbx_rules *rules, const char *text,
			size_t n_bytes, struct sbx_error *err);

/* dollars.c: variables as make has them, of which the last value counts. */
void sbx_dollars_note(struct sbx_map *variables, struct sbx_arena *arena, const char *record);
/* What is known only when make runs becomes SBX_HOLE; "$$" is the shell's dollar. */
void sbx_dollars_expand(const struct sbx_map *variables, const char *text, struct sbx_buffer *out);

/* distribution.c */
/*
 * The name in what a manifest or a command writes ("requests[socks] >= 2"), by the language's
 * `specifier`; NULL: there is none, as for a URL. *out_grade becomes guarded when the text says
 * itself that it is for other systems or optional. In the arena.
 */
const char *sbx_specifier_name(struct sbx_arena *arena, const struct sbx_language *language,
			       enum sbx_fact_kind kind, const char *text, enum sbx_grade *grade);

/* extract.c, for what finds facts without a parser */
/* Keep a fact at a row. Its strings are copied; confidence is that of the grade at top level. */
void sbx_extraction_add(struct sbx_extraction *out, const struct sbx_raw_fact *fact);
/* Scan code that stands from that row on. */
int sbx_extraction_scan(struct sbx_extraction *out, const struct sbx_language *language,
			const char *code, uint32_t row, struct sbx_limits *limits,
			struct sbx_error *err);

#endif
