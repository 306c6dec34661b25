/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_RULES_H
#define SBX_PROFILER_RULES_H

#include <regex.h>
#include <tree_sitter/api.h>

#include "base/keyfile.h"
#include "grammars/grammars.h"
#include "profiler/facts.h"
#include "profiler/strings.h"

/*
 * Private to profiler/: a language as the parser uses it. docs/adding-a-language.md describes the
 * vocabulary that this header gives names to.
 */

/* What a captured node means. The names are those of the captures in the query files. */
#define SBX_CAPTURE_TABLE(X)                                                                       \
	X(MODULE, "module")		      /* a module's name, as it is written */              \
	X(MODULE_STRING, "module.string")     /* a literal whose value is a module's name */       \
	X(MODULE_WORDS, "module.words")	      /* a literal of several, with blanks between */      \
	X(MODULE_FILE, "module.file")	      /* a literal: the path of a module's file */         \
	X(MODULE_RELATIVE, "module.relative") /* a literal: from the text's own folder on */       \
	X(MEMBER, "member")		      /* taken from the module: may be a sub-module */     \
	X(COMMAND, "command")		      /* a literal: the first word of a command line */    \
	X(NEED, "need")			      /* a literal: the name of a thing of #set! kind */   \
	X(LINE, "line")			  /* holds the command and, behind it, its arguments */    \
	X(WORDS, "words")		  /* holds further arguments of the command */             \
	X(SCRIPT, "script")		  /* a literal: a source file that is run or read */       \
	X(CODE, "code")			  /* a literal whose value is source text */               \
	X(REGION, "region")		  /* where something holds */                              \
	X(REGION_END, "region.end")	  /* the region ends before this node */                   \
	X(REGION_UNTIL, "region.until")	  /* the region ends with this node */                     \
	X(HANDLER, "handler")		  /* decides between regions of one extent: first wins */  \
	X(BIND_NAME, "bind.name")	  /* a name that from here on means ... */                 \
	X(BIND_TARGET, "bind.target")	  /* ... this dotted name */                               \
	X(BIND_MEMBER, "bind.member")	  /* ... and this part of it */                            \
	X(BIND_STRING, "bind.string")	  /* ... or this literal's value */                        \
	X(BIND_RESULT, "bind.result")	  /* ... or what a call of this name gives */              \
	X(BIND_ALL, "bind.all")		  /* all names of this module are to be had without it */  \
	X(BIND_LOCAL, "bind.local")	  /* a function that the text defines */                   \
	X(CALL, "call")			  /* the name of what is called: calls.conf has rules */   \
	X(RECEIVER, "receiver")		  /* what @call or @bind.result is a member of */          \
	X(ARGUMENTS, "arguments")	  /* of the call: its named children */                    \
	X(ARGUMENT, "argument")		  /* one more argument */                                  \
	X(CONSTANT_NAME, "constant.name") /* a variable whose value is ... */                      \
	X(CONSTANT, "constant")		  /* ... this literal */                                   \
	X(OWNED, "owned")		  /* a name that belongs to a module, by [owned] */        \
	X(OWNED_STRING, "owned.string")	  /* a literal whose value is such a name */               \
	X(DECLARE, "declare")		  /* such a name that the text declares itself */          \
	X(DEFINE, "define")		  /* a command (or module) that the text itself defines */ \
	X(VARIABLE, "variable")		  /* holds the value that the match found */               \
	X(USE, "use")			  /* a variable used where a value is needed */            \
	X(FUNCTION, "function")		  /* the name of a function that the text defines, ... */  \
	X(FUNCTION_BODY, "function.body") /* ... all of it, ... */                                 \
	X(PARAMETERS, "parameters")	  /* ... its parameters, the named children, ... */        \
	X(REST, "parameters.rest")	  /* ... and the one that holds all further arguments */   \
	X(SHIFT, "shift")		  /* takes the first of a function's arguments away */     \
	X(PASSED, "passed")		  /* a function to which the match's value is passed */    \
	X(SEARCH, "search")		  /* a literal: a folder where modules are looked for */
enum sbx_capture {
#define X(id, name) SBX_CAPTURE_##id,
	SBX_CAPTURE_TABLE(X)
#undef X
		SBX_CAPTURE_NONE /* only predicates look at it */
};

/* What a region says about the facts in it. */
enum sbx_region_flags {
	SBX_REGION_FUNCTION = 1 << 0,
	SBX_REGION_CONDITIONAL = 1 << 1,
	SBX_REGION_GUARD_MODULES = 1 << 2,
	SBX_REGION_GUARD_COMMANDS = 1 << 3,
	SBX_REGION_TYPE_ONLY = 1 << 4,
	SBX_REGION_REQUIRED = 1 << 5, /* takes the guards of the same extent and handler away */
	SBX_REGION_IGNORED = 1 << 6,  /* nothing in it is a fact */
};
#define SBX_REGION_GUARDS (SBX_REGION_GUARD_MODULES | SBX_REGION_GUARD_COMMANDS)

enum sbx_predicate_kind {
	SBX_PREDICATE_ANY_OF,	/* the text is one of the strings */
	SBX_PREDICATE_CONTAINS, /* one of the strings is in the text */
	SBX_PREDICATE_MATCH,	/* the regular expression matches the text */
	SBX_PREDICATE_RESOLVES, /* the name means one of the strings, by the text's bindings */
};

struct sbx_predicate {
	enum sbx_predicate_kind kind;
	bool negated;
	const char **strings; /* NULL-ended */
	regex_t *regex;	      /* sbx_regex_once() */
};

/*
 * One node of a pattern. Children match a node's children in their order, with others between
 * them unless an anchor forbids it.
 */
struct sbx_step {
	bool is_any;		 /* (_): any named node */
	const TSSymbol *symbols; /* else one of these; n_symbols 0 for an alternation */
	uint16_t n_symbols;
	TSFieldId field; /* 0: any */
	bool is_named;
	bool is_anchored;	   /* the first child, or right behind the one before it */
	bool ends_anchored;	   /* nothing named behind the last of its children */
	struct sbx_step *branches; /* an alternation's */
	struct sbx_step *children;
	uint16_t n_branches, n_children;
	uint16_t captures[2], n_captures;  /* indexes of sbx_rules.captures */
	struct sbx_predicate **predicates; /* on its captures, NULL-ended; NULL: none */
};

/*
 * How facts about one module stand to each other in a text: where one asks whether the module is
 * there, those that merely use it are behind that question.
 */
enum sbx_role { SBX_ROLE_NEEDS, SBX_ROLE_ASKS, SBX_ROLE_USES };

/* A pattern of a query file, and the properties that #set! gave it. */
struct sbx_pattern {
	struct sbx_step root;
	bool has_resolves; /* to be looked at again when all bindings are known */
	enum sbx_grade grade;
	unsigned region;	 /* flags for its @region */
	const char *module;	 /* a module that the pattern means besides what it captures */
	const char *command;	 /* what @command stands for, when it is no literal */
	const char *inject;	 /* language of @code */
	const char *suffix;	 /* behind @call's name, to tell its uses apart; NULL: none */
	const char *use;	 /* tag of @use, @variable and @passed */
	const char *place;	 /* of @passed: the argument's, from 1; "*": all are the value */
	enum sbx_fact_kind kind; /* of @need, @script, @define and of an unknown @use */
	enum sbx_role role;
	bool has_kind; /* `kind` was set */
	bool has_bind, has_variable, has_passed, has_call, has_receiver;
};

/* What tells whether an import is gone when the program runs ([modules] of language.conf). */
enum sbx_symbol_import {
	SBX_IMPORT_NOTHING,
	SBX_IMPORT_STATEMENT, /* is gone when none of the names it brings is mentioned */
	SBX_IMPORT_MENTION,   /* a name in a value's place */
};

/* How a node contributes to the value of a literal ([syntax] of language.conf). */
enum sbx_symbol_role {
	SBX_SYMBOL_DESCEND, /* by its children; a hole when it has none */
	SBX_SYMBOL_TEXT,
	SBX_SYMBOL_QUOTED, /* text without its first and last byte (and a leading '$') */
	SBX_SYMBOL_ESCAPE, /* one escape, such as "\\n" */
	SBX_SYMBOL_MIXED,  /* text but for the nodes in it */
	SBX_SYMBOL_SKIP,
	SBX_SYMBOL_OPAQUE, /* known only at run time: a hole */
};

/* What a node is among the arguments of a call ([calls] of language.conf). */
enum sbx_symbol_shape {
	SBX_SHAPE_VALUE,
	SBX_SHAPE_KEYWORD, /* name=value */
	SBX_SHAPE_LIST,	   /* of values */
	SBX_SHAPE_CALL,	   /* a call in an argument's place: what it gives is not to be seen */
};

enum sbx_escape { SBX_ESCAPE_NONE, SBX_ESCAPE_PLAIN, SBX_ESCAPE_C };

/* Stands in a literal's value for a part that is only known at run time. */
#define SBX_HOLE '\001'

/* A command that runs the command in its arguments. */
struct sbx_wrapper {
	bool after;		    /* it follows one of `options`, not the plain arguments */
	unsigned n_plain;	    /* arguments before it */
	const char *const *options; /* take a value; or the markers */
};

/* Who makes sense of a file's text. */
enum sbx_reader {
	SBX_READER_GRAMMAR,
	SBX_READER_NOTEBOOK, /* it holds source texts: parts.h */
	SBX_READER_RECORDS,  /* by line: records.h */
	SBX_READER_MEMBERS,  /* JSON: members.c */
};

struct sbx_rules {
	struct sbx_language language; /* must be first: languages are handed out by address */
	const struct sbx_grammar *grammar;
	struct sbx_keyfile *conf, *names_conf; /* all of it; what the names were read from */
	const struct sbx_rules *like;	       /* has the keys that conf has not; NULL: none */
	struct sbx_arena arena;
	const char *detect; /* extended regular expression; "": the text alone does not tell */
	enum sbx_reader reader;
	const struct sbx_records *records; /* made by sbx_records_load() */
	const char *const *member_names;   /* keys of [members] */
	const char *const *names;	   /* globs of file names that are of this language */
	const char *const *optional_files; /* globs of paths whose needs are optional */
	bool is_evidence;		   /* says what is needed, but does not run with the task */
	struct sbx_map installs;	   /* a command -> NULL-ended row of [installs] */
	struct sbx_map defaults; /* a command -> NULL-ended files, of which it reads the first */
	regex_t *detect_regex, *start_regex; /* sbx_regex_once() */
	regex_t *specifier_regex[SBX_N_FACT_KINDS], *optional_regex[SBX_N_FACT_KINDS];

	/* [embedded]: see parts.h */
	const char *comment_mark, *install_language;
	const char *block_begin, *block_end, *block_language;

	/* [notebook]: what magics.c asks for */
	const char *kernel, *command_language;
	const char *const *body_magics, *const *command_magics;

	enum sbx_escape escape;
	bool lines_separate;	/* a new line ends a command line, whatever the parser says */
	const char *substitute; /* source text for a hole when code of this language has one */
	const char *code_option, *module_option, *module_member;
	const char *code_opening; /* what a file begins with and code in an argument does not; "" */
	const char *const *value_options;
	const char *const *module_prefixes; /* options with a module's name behind them: "-M" */
	const char *const *local_paths;
	const char *scheme;	     /* may stand before a module's name and says nothing new; "" */
	const char *const *relative; /* beginnings of names that are paths beside the file */
	const char *const *bundled_paths; /* where a task keeps modules that it brings along */
	const char *own; /* "FILE=WORD": what follows WORD in that file is the task's own name */
	const char *const *endings; /* of module files that texts name by their path */
	const char *const *source, *const *evaluate, *const *alias;
	bool is_caseless;     /* [owned] takes names in any case */
	struct sbx_map owned; /* a name, or "PREFIX*" -> the module that it belongs to */
	const char *run_mark; /* "run:": begins the line of the first comment that tells how
				 the program is built and started; "": none does */
	const char *start;    /* extended regular expression: a line where a program of it starts */
	const char *const *comments; /* what opens one, and after a blank what closes it */
	struct sbx_map operands;     /* name -> NULL-ended "kind>argument" */
	struct sbx_map builtins;
	struct sbx_map lookups;	 /* name -> NULL-ended options, any of which makes it a look-up */
	struct sbx_map wrappers; /* name -> struct sbx_wrapper */
	struct sbx_map implied;	 /* name -> NULL-ended "option>command" */
	const char *const *members; /* what stands between a value and its member: ".", "->" */
	/* By byte: a separator (of members, of a module's parts) may begin with it; a name's last
	 * part ends before it. */
	bool begins_separator[256], ends_part[256];
	bool calls_imported;		       /* calls of a.b count only when a is imported */
	const struct sbx_rules *command_calls; /* whose calls.conf speaks of commands */

	/* Made by sbx_rules_compile(). */
	struct sbx_pattern *patterns;
	size_t n_patterns;
	enum sbx_capture *captures; /* by capture index */
	struct sbx_start **starts;  /* by slot of a symbol: patterns whose root it may be */
	struct sbx_map last_parts;  /* of every name that a #resolves? asks for */
	uint8_t *roles;		    /* enum sbx_symbol_role by symbol */
	uint8_t *shapes;	    /* enum sbx_symbol_shape by symbol */
	uint8_t *imports;	    /* enum sbx_symbol_import; all 0: imports are never gone */
	bool has_elided;
	struct sbx_map calls; /* last part of a name -> struct sbx_call_rule: call_rules.h */
	struct sbx_keyfile *calls_conf;
	uint32_t n_symbols;
	bool is_compiled;
};

struct sbx_start {
	struct sbx_start *next;
	const struct sbx_pattern *pattern;
	/* A child that must mean a name of some #resolves?; 0: none. It is asked about first, and
	 * once for all patterns, since it settles most of them. */
	TSFieldId gate;
};

/* ERROR, where the parser gave up, has a symbol behind all others. */
static inline size_t sbx_rules_slot(const struct sbx_rules *rules, TSSymbol symbol)
{
	return symbol < rules->n_symbols ? symbol : rules->n_symbols;
}

static inline const struct sbx_rules *sbx_rules_of(const struct sbx_language *language)
{
	return (const struct sbx_rules *)language;
}

/* kinds.c: [header], [library] and the other kinds that are neither modules nor commands. */
void sbx_rules_load_kinds(struct sbx_rules *rules);
/* What it takes from other languages (`all`: NULL-ended): by `like`, of the kind or of [commands].
 */
void sbx_rules_borrow_kinds(struct sbx_rules *rules, struct sbx_rules *const *all);
/* A section whose keys are names, and their values what to look for instead. */
const struct sbx_alias *sbx_rules_load_aliases(struct sbx_rules *rules, const char *section);

/* Its place in sbx_languages(), and the way back; NULL: no such place. */
size_t sbx_language_number(const struct sbx_language *language);
const struct sbx_language *sbx_language_by_number(size_t number);

/*
 * run_line.c: the command of a text's run line and its row, in the arena; NULL when there is none.
 */
char *sbx_rules_find_run_line(const struct sbx_rules *rules, struct sbx_arena *arena,
			      const char *text, size_t n_bytes, size_t *out_row);

/*
 * rules_load.c: languages are loaded in two steps, each once. The names are what tells the language
 * of a file, and the program in a folder, which is all that a task's content id takes. Each says
 * why there are no languages, as an error; 0 when they could be loaded.
 */
int sbx_rules_check_names(struct sbx_error *err);
int sbx_rules_check(struct sbx_error *err);
/* All languages, of which the names alone need be there. */
const struct sbx_language *const *sbx_languages_by_names(void);
/* A list of language.conf, its own or that of the language that it is like. */
const char *const *sbx_rules_get_list(const struct sbx_rules *rules, const char *section,
				      const char *key);
/* The same of a single value: NULL, or "", when neither has it. */
const char *sbx_rules_find(const struct sbx_rules *rules, const char *section, const char *key);
const char *sbx_rules_get(const struct sbx_rules *rules, const char *section, const char *key);

/* rules_sections.c: all sections but those that tell the names. */
void sbx_rules_load_sections(struct sbx_rules *rules);
/* `like=` in [commands]: what commands are is as in that language, but for what its shell knows. */
void sbx_rules_borrow_commands(struct sbx_rules *rules, struct sbx_rules *const *all);

/* Compile the queries of a language once; any thread may call it. */
int sbx_rules_compile(const struct sbx_rules *rules, struct sbx_error *err);

/*
 * query.c: the query files' patterns, in the language of tree-sitter's queries. They are not
 * compiled by tree-sitter itself: ts_query_new() analyses the whole grammar, 60 ms for Python's
 * patterns, which is ten times what reading a script may take. SBX_E_FAILED names the mistake.
 */
int sbx_query_compile(struct sbx_rules *rules, struct sbx_error *err);

/* owned.c: NAME;PREFIX*;... belong to the module. */
void sbx_rules_add_owned(struct sbx_rules *rules, const char *module, const char *const *names);
/* The module that a name belongs to by [owned]; NULL: none. */
const char *sbx_rules_owner(const struct sbx_rules *rules, const char *name);

/* How long the first part of a name of members is ("a" of "a.b.c"), and where its last begins. */
size_t sbx_rules_first_part(const struct sbx_rules *rules, const char *name);
size_t sbx_rules_last_part(const struct sbx_rules *rules, const char *name, size_t n_bytes);

/*
 * predicate.c: an extended regular expression, compiled into *slot when it is first needed; any
 * thread may ask. `flags` of regcomp() besides REG_NOSUB. NULL: it is no such expression, no
 * memory.
 */
const regex_t *sbx_regex_once(regex_t **slot, const char *pattern, int flags);

/* Does a module's name stand for a file beside the one that names it? */
bool sbx_rules_is_relative(const struct sbx_rules *rules, const char *name);

/* Of `shebangs`: interpreters that no language knows. */
#define SBX_ANY_PROGRAM "*"
/* The language that a shebang's interpreter name stands for; a version at its end is ignored. */
const struct sbx_language *sbx_language_by_shebang(const char *program);

/* Split a shebang line: its program's name and options. False when there is none. */
struct sbx_shebang {
	char *program;	/* "python3" */
	char **options; /* NULL-ended */
};
bool sbx_shebang_parse(struct sbx_arena *arena, const char *text, size_t n_bytes,
		       struct sbx_shebang *out_shebang);

#endif
