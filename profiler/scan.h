/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_SCAN_H
#define SBX_PROFILER_SCAN_H

#include "profiler/extract.h"

/* Private to the extraction of one text: parse, match, decide. */

#define N_MAX_MATCHES	    200000		   /* more is no program that a person wrote */
#define N_MAX_WORDS	    512			   /* of one command line */
#define N_MAX_NAME_BYTES    256			   /* of a module or command */
#define N_MAX_WRITTEN_BYTES (4 * N_MAX_NAME_BYTES) /* of a name with the blanks in it */
#define N_MAX_DEPTH	    4			   /* code in code */
#define N_MAX_CODES	    2000		   /* texts inside of one text */

struct sbx_captured {
	TSNode node;
	enum sbx_capture capture;
	const struct sbx_step *step; /* that captured it */
};

struct sbx_match {
	const struct sbx_pattern *pattern;
	uint32_t first, n; /* in captures */
};

struct sbx_region {
	uint32_t start, end;
	uint32_t handler; /* byte where the handler begins that made it; 0: none */
	unsigned flags;
	bool is_span; /* of several spans from one start the shortest counts */
};

/* What a match found, until it is known what holds where it stands. */
struct sbx_item {
	uint32_t start; /* byte */
	struct sbx_raw_fact fact;
	const char *code; /* not a fact but source text of fact.language */
	bool rows_match;  /* the code's line ends are the text's */
};

/* A variable's value, for rules that look at arguments. */
struct sbx_constant {
	TSNode node;
	bool is_ambiguous; /* it has several */
};

/* A function that the text defines. */
struct sbx_function {
	const char *name;
	uint32_t start, end;
	TSNode parameters; /* the named children; null: by number, or just the rest */
	const char *rest;  /* the parameter that holds all further arguments; NULL: none */
};

/* What a function does with an argument that it is called with. */
struct sbx_passed {
	const char *use;   /* the key of that @use */
	unsigned n_before; /* arguments before it */
	bool is_rest;	   /* it is all that follow */
	bool is_numbered;  /* parameters have no names: $1 */
};

/* A name that an import brings. */
struct sbx_brought {
	uint32_t start; /* of the module's name, a literal */
	const char *name;
	bool is_mentioned; /* as a value */
};

/* Takes the first n arguments of the function around it away. */
struct sbx_shift {
	uint32_t start;
	unsigned n;
};

/* Where something stands in the text. */
struct sbx_place {
	uint32_t start; /* byte */
	uint32_t row;
};

struct sbx_scan {
	const struct sbx_rules *rules;
	const char *text;
	size_t n_bytes;
	unsigned depth;
	unsigned outer_flags; /* the regions that the text itself stands in */
	uint32_t outer_row;
	bool rows_match; /* rows count from outer_row; else all are outer_row */
	struct sbx_limits *limits;
	struct sbx_extraction *out;

	struct sbx_arena arena;
	TSTree *tree;
	struct sbx_captured *captures;
	size_t n_captures, captures_room;
	struct sbx_match *matches;
	size_t n_matches, matches_room;
	struct sbx_region *regions;
	size_t n_regions, regions_room;
	struct sbx_item *items;
	size_t n_items, items_room;
	struct sbx_map declared;  /* names that the text declares itself, as [owned] has them */
	struct sbx_map bindings;  /* name -> dotted name that it stands for */
	struct sbx_map uses;	  /* "tag name" of every @use */
	struct sbx_map satisfied; /* "tag name" of every @variable whose value was found */
	struct sbx_map locals;	  /* functions that the text defines */
	struct sbx_function *functions; /* those whose arguments may be looked at */
	size_t n_functions, functions_room;
	struct sbx_shift *shifts;
	size_t n_shifts, shifts_room;
	struct sbx_brought *brought; /* names that imports bring */
	size_t n_brought, brought_room;
	struct sbx_map passes;	  /* "tag function place" -> struct sbx_passed */
	struct sbx_map constants; /* variable -> struct sbx_constant */
	struct sbx_map imported;  /* modules of the first n_imported items, and those they are in */
	size_t n_imported;
	const char **wildcards; /* modules whose names are all imported */
	size_t n_wildcards, wildcards_room;
	bool no_memory;
};

/* parse.c: tree, matches and captures. Sets out->has_errors and out->timed_out. */
int sbx_scan_parse(struct sbx_scan *scan, struct sbx_error *err);

/* parser_memory.c: before the parser is first used. */
void sbx_parser_use_memory(void);

/* literal.c */
/* The bytes of a node, in the text. */
const char *sbx_scan_text(const struct sbx_scan *scan, TSNode node, size_t *out_n);
/* The value of a literal, with SBX_HOLE for each part known only at run time. NULL: no memory. */
char *sbx_scan_literal(struct sbx_scan *scan, TSNode node);
/* A name as it is written, blanks and continued lines taken out; NULL when it is no name. */
char *sbx_scan_name(struct sbx_scan *scan, TSNode node);

/* match.c: every match of the language's patterns in the tree. */
int sbx_scan_match(struct sbx_scan *scan, struct sbx_error *err);

/* predicate.c */
/*
 * May the predicate hold for the node? Names that #resolves? asks for are only known when all
 * bindings are: until then (`all_bound` false) it says no just when they cannot matter.
 */
bool sbx_scan_holds(struct sbx_scan *scan, const struct sbx_predicate *predicate, TSNode node,
		    bool all_bound);
/* May the node's name mean any of those that some #resolves? asks for? */
bool sbx_scan_may_resolve(const struct sbx_scan *scan, TSNode node);
/* The first node captured as `capture`; a null node when there is none. */
TSNode sbx_scan_captured(const struct sbx_scan *scan, const struct sbx_match *match,
			 enum sbx_capture capture);

/* Follow the bindings of the text; false when the result does not fit. */
bool sbx_scan_resolve(const struct sbx_scan *scan, const char *name,
		      char out[2 * N_MAX_NAME_BYTES]);

/* owned.c */
void sbx_scan_declare(struct sbx_scan *scan, const char *name);
/* The module that the name belongs to where the text uses it; NULL: none, or it is its own. */
const char *sbx_scan_owner(struct sbx_scan *scan, const char *name);

/* command_line.c */
struct sbx_word {
	const char *text; /* a literal's value */
	TSNode node;
	bool begins_line; /* it is no argument of what stands on the line before */
};
/* What a command line means. `grade` is that of the match. */
void sbx_scan_command_line(struct sbx_scan *scan, const struct sbx_word *words, size_t n_words,
			   enum sbx_grade grade);

/* operands.c: what the arguments of command `name` name; words[0] is the command. */
void sbx_scan_take_operands(struct sbx_scan *scan, const char *name, const struct sbx_word *words,
			    size_t n_words, enum sbx_grade grade);
/* installs.c: what a command that installs things names; words[0] is the command itself. */
void sbx_scan_take_installs(struct sbx_scan *scan, const char *name, const struct sbx_word *words,
			    size_t n_words, enum sbx_grade grade);

/* take_commands.c: what @command of a match starts. */
void sbx_scan_take_command(struct sbx_scan *scan, const struct sbx_match *match, TSNode command);

/* functions.c */
/* The name that a node's first leaf is, such as a variable's in "${x}". */
const char *sbx_scan_leaf_name(struct sbx_scan *scan, TSNode node);
/* @function and @shift of a match */
void sbx_functions_note(struct sbx_scan *scan, const struct sbx_match *match);
/* A @use of the variable `name`, with the tag, at `node`; `use` is what it is known by. */
void sbx_functions_use(struct sbx_scan *scan, const char *tag, const char *name, const char *use,
		       TSNode node);
/* Does what the match captures get to a @use of that tag, by a call of the function @passed? */
bool sbx_functions_passed(struct sbx_scan *scan, const struct sbx_match *match);
/* What the text's own function does, by tag, with some argument; NULL: nothing, or no such one. */
const struct sbx_passed *sbx_functions_get(struct sbx_scan *scan, const char *tag,
					   const char *name);

/* elided.c: imports that are gone when the program runs, since just types are used of them */
void sbx_elided_note(struct sbx_scan *scan, TSNode module, const char *name);
/* Once all names are noted: which of them are mentioned. */
void sbx_elided_find(struct sbx_scan *scan);
bool sbx_elided_has(const struct sbx_scan *scan, TSNode module);

/* region.c */
void sbx_scan_add_region(struct sbx_scan *scan, const struct sbx_match *match);
/* Sort the items by place and say what holds at each: flags_of[i] for items[i]. malloc'd. */
unsigned *sbx_scan_place(struct sbx_scan *scan);

/* take_modules.c: the modules that a match names. */
void sbx_scan_take_modules(struct sbx_scan *scan, const struct sbx_match *match);

/* take.c */
/* What all matches say, as regions, items and the extraction's scripts, defines and searches. */
void sbx_scan_take_matches(struct sbx_scan *scan);
/* A copy that lives as long as the extraction; NULL for NULL. */
const char *sbx_scan_keep(struct sbx_scan *scan, const char *s);
/* What other parts of the scan find. */
void sbx_scan_add_fact(struct sbx_scan *scan, TSNode node, const struct sbx_raw_fact *fact);
void sbx_scan_add_fact_at(struct sbx_scan *scan, struct sbx_place at,
			  const struct sbx_raw_fact *fact);
struct sbx_place sbx_scan_place_of(const struct sbx_scan *scan, TSNode node);
void sbx_scan_add_code(struct sbx_scan *scan, TSNode node, const struct sbx_language *language,
		       const char *code);
void sbx_scan_add_script(struct sbx_scan *scan, const char *path,
			 const struct sbx_language *language);
/* A folder of the task where modules or headers are looked for. */
void sbx_scan_add_search(struct sbx_scan *scan, const char *path);
void sbx_scan_add_define(struct sbx_scan *scan, enum sbx_fact_kind kind, const char *name);

/* calls.c */
/* Is there a rule that @call may be about? Cheap: settles nearly all of a program's calls. */
bool sbx_calls_may_match(const struct sbx_scan *scan, const struct sbx_pattern *pattern,
			 TSNode node);
/* A name as it is written, normalised and its bindings followed; NULL: no memory, too long. */
const char *sbx_calls_resolve(struct sbx_scan *scan, const char *name, size_t n_bytes);
/* What the rules say of a match with @call, once all bindings and imports are known. */
void sbx_calls_take(struct sbx_scan *scan, const struct sbx_match *match);
/* ... of a command; words[0] is its name, as it stands. */
void sbx_calls_take_command(struct sbx_scan *scan, const char *name, const struct sbx_word *words,
			    size_t n_words);
/* ... of the modules that the items name. */
void sbx_calls_take_imports(struct sbx_scan *scan);

#endif
