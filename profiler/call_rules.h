/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_CALL_RULES_H
#define SBX_PROFILER_CALL_RULES_H

#include "profiler/rules.h"

/*
 * Private to profiler/: what calls mean beyond the names that they are made of, from a language's
 * calls.conf (docs/adding-a-language.md). pandas.read_excel needs openpyxl; socket.bind() serves.
 */

/* N_or_keyword=glob: what an argument must be, or must not. */
struct sbx_call_condition {
	const char *argument; /* "1|io": the first of these that is given */
	const char *glob;     /* of its value; NULL: that it is given at all */
	bool negated;
};

struct sbx_call_need {
	enum sbx_fact_kind kind;
	const char *name; /* "pyarrow|fastparquet": either will do, the first is preferred */
};

/* How an argument's value is shown as the detail of a behaviour. */
enum sbx_call_form {
	SBX_CALL_TEXT,
	SBX_CALL_URL,	  /* only where it leads: "host:port" of "https://user@host:port/x" */
	SBX_CALL_ADDRESS, /* ("host", 80) as "host:80" */
};

struct sbx_call_rule {
	struct sbx_call_rule *next; /* of the same key, in the file's order */
	const char *name; /* dotted; "import x" for a module; begins with '.' for any receiver */
	const char *const *with; /* modules, one of which the text must import; NULL-ended */
	const struct sbx_call_condition *conditions; /* all must hold */
	size_t n_conditions;
	const struct sbx_call_need *needs;
	size_t n_needs;
	const char *argument;		  /* whose literal value names a need or a detail */
	enum sbx_fact_kind argument_kind; /* SBX_N_FACT_KINDS: no need */
	const char *match, *as;		  /* only values of this form; "markdown.extensions.{}" */
	bool reports_unknown;	       /* a value that cannot be seen is a need of unknown name */
	const char *const *behaviours; /* capability classes, NULL-ended */
	enum sbx_call_form form;
	enum sbx_grade grade;
	const char *why; /* for people; "" */
};

/*
 * Read the language's calls.conf into rules->calls. Strings live as long as the rules.
 * SBX_E_FAILED names the section and what is wrong in it.
 */
int sbx_call_rules_load(struct sbx_rules *rules, struct sbx_error *err);

/*
 * A name as rules are written: every separator of members ("::", "->", ":") becomes '.', what
 * stands in brackets is left out ("f(x).y" is "f().y"), blanks too. NULL: no memory.
 */
char *sbx_call_name_normalise(struct sbx_arena *arena, const struct sbx_rules *rules,
			      const char *name, size_t n_bytes);

/* The last part of a normalised name: what rules are kept by. */
const char *sbx_call_name_key(const char *name);

#endif
