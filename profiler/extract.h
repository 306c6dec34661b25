/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_EXTRACT_H
#define SBX_PROFILER_EXTRACT_H

#include "profiler/limits.h"
#include "profiler/rules.h"

/* Private to profiler/: from one text to what it says, before other files are looked at. */

struct sbx_raw_fact {
	enum sbx_fact_kind kind;
	enum sbx_grade grade;
	enum sbx_role role;
	double confidence;
	const struct sbx_language *language;
	const char *name, *member; /* a module's name begins with separators when it is relative */
	const char *path;	   /* no fact when the task has this file; NULL: it names none */
	/* From a rule of calls.conf: the rule's name, and for people why
	 * it is needed. NULL: seen in the text itself. */
	const char *api, *why;
	const char *origin; /* no fact when the task itself brings this module; NULL: whatever */
	bool keeps_grade;   /* guards around it say nothing about it */
	uint32_t row;	    /* from 0 */
	/* Set by sbx_extract_source(): that row's line in the file, from 1, and as evidence. */
	unsigned line;
	const char *text;
};

/* A file that the text runs or reads as source, as it names it. */
struct sbx_script {
	const char *path;
	const struct sbx_language *language; /* NULL: the file tells */
};

/* A command or a module that is no need, since the text makes it. */
struct sbx_define {
	enum sbx_fact_kind kind;
	const struct sbx_language *language; /* set by sbx_extract_source() */
	const char *name;
};

/* Strings live in the arena. */
struct sbx_extraction {
	struct sbx_arena arena;
	struct sbx_raw_fact *facts;
	size_t n_facts, facts_room;
	struct sbx_script *scripts;
	size_t n_scripts, scripts_room;
	struct sbx_define *defines; /* what the text defines itself */
	size_t n_defines, defines_room;
	const char **searches; /* folders where it looks for modules */
	size_t n_searches, searches_room;
	bool has_errors;	  /* it did not parse completely, or a limit was met */
	bool timed_out;		  /* nothing was extracted */
	enum sbx_problem problem; /* what both of these and whatever else went wrong come to */
	const char *message;	  /* for people, in place of the problem's own text; NULL: none */
};

/*
 * Parse a text (UTF-8) and extract. Fails only when the language's own data is at fault or memory
 * runs out; what the text does wrong is told by has_errors and timed_out.
 */
int sbx_extract(struct sbx_extraction *out, const struct sbx_rules *rules, const char *text,
		size_t n_bytes, struct sbx_error *err);

struct sbx_file;
/*
 * The same from a file's bytes in any encoding, with all texts that are in it; facts know their
 * lines. All that has to be parsed of a file is parsed in here, so that sbx_readers can do it in a
 * process of its own. `file` tells path, language and size.
 */
int sbx_extract_source(struct sbx_extraction *out, const struct sbx_file *file, const char *data,
		       struct sbx_error *err);
void sbx_extraction_release(struct sbx_extraction *extraction);

#endif
