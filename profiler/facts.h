/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_FACTS_H
#define SBX_PROFILER_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "profiler/language.h"

/*
 * What was seen in a task's source, before anyone asks which package serves it. The names are
 * those of queries (#set! kind), of calls.conf and of JSON.
 */
#define SBX_FACT_KIND_TABLE(X)                                                                     \
	X(MODULE, "module")		/* of the language's own import system */                  \
	X(COMMAND, "command")		/* a program that is started */                            \
	X(HEADER, "header")		/* "sodium.h", "openssl/ssl.h" */                          \
	X(LIBRARY, "library")		/* linked or loaded: "sodium", "libsodium.so.23" */        \
	X(PKG_CONFIG, "pkg-config")	/* "gtk+-3.0" */                                           \
	X(FILE, "file")			/* a path of the system: "/usr/share/dict/words" */        \
	X(PACKAGE, "package")		/* a Debian package named outright */                      \
	X(DISTRIBUTION, "distribution") /* a name of the language's package index (PyPI, npm) */   \
	X(BEHAVIOUR, "behaviour")	/* no need: what it does; `name` is the class, `member`    \
					   the literal detail (docs/profile.md) */
enum sbx_fact_kind {
#define X(id, name) SBX_FACT_##id,
	SBX_FACT_KIND_TABLE(X)
#undef X
		SBX_N_FACT_KINDS
};
const char *sbx_fact_kind_name(enum sbx_fact_kind kind);
/* SBX_N_FACT_KINDS: there is none of that name. */
enum sbx_fact_kind sbx_fact_kind_by_name(const char *name);

/* How a need was seen (docs/profile.md). The names in JSON are the table's. */
#define SBX_GRADE_TABLE(X)                                                                         \
	X(HARD, "hard")			      /* runs whenever the task does */                    \
	X(GUARDED, "guarded")		      /* try/except ImportError, `command -v x` */         \
	X(TYPE_ONLY, "type-only")	      /* under TYPE_CHECKING */                            \
	X(DYNAMIC_LITERAL, "dynamic-literal") /* importlib.import_module("x") */                   \
	X(DYNAMIC_UNKNOWN, "dynamic-unknown") /* import_module(variable): name is "" */            \
	X(IMPLIED, "implied")		      /* an API whose plug-in is never imported */         \
	X(DECLARED, "declared")		      /* PEP 723, requirements.txt */                      \
	X(LEARNED, "learned")		      /* seen when it ran before */
enum sbx_grade {
#define X(id, name) SBX_GRADE_##id,
	SBX_GRADE_TABLE(X)
#undef X
		SBX_N_GRADES
};
const char *sbx_grade_name(enum sbx_grade grade);

struct sbx_fact {
	enum sbx_fact_kind kind;
	enum sbx_grade grade;
	double confidence; /* 0..1 that a run needs it, by the grade and where it stands */
	const struct sbx_language *language; /* whose path templates apply */
	char *name;			     /* "pandas.io.excel", "ffmpeg"; "" when unknown */
	char *member;  /* `from name import member`: may be a sub-module; NULL: none */
	char *api;     /* the rule of calls.conf that says so: "pandas.read_excel"; NULL: none */
	char *why;     /* its reason, for people; NULL or "": none */
	char *file;    /* relative to the task's folder */
	unsigned line; /* from 1 */
	unsigned row;  /* from 1, in sbx_facts_text(): the line, but for notebooks */
	char *text;    /* the source line, trimmed, at most 200 bytes, as valid UTF-8 */
};

/*
 * Why facts of a file may be missing; the text goes behind the file's name. The names are those of
 * JSON.
 */
#define SBX_PROBLEM_TABLE(X)                                                                       \
	X(NONE, "none", "was read as a whole")                                                     \
	X(PARTLY, "partly", "did not parse completely")                                            \
	X(TOO_LARGE, "too-large", "is too large to be a program's source (limit: 16 MiB)")         \
	X(TIMED_OUT, "timed-out",                                                                  \
	  "takes longer to parse than the limit of 2 s of processor time; it is hardly a program " \
	  "that a person "                                                                         \
	  "wrote")                                                                                 \
	X(NO_MEMORY, "no-memory",                                                                  \
	  "takes more memory to parse than the limit of 1 GiB; it is hardly a program that a "     \
	  "person wrote")                                                                          \
	X(TOO_MUCH, "too-much",                                                                    \
	  "names more things than the limit of 32 MiB; it is hardly a program that a person "      \
	  "wrote")                                                                                 \
	X(CRASHED, "crashed",                                                                      \
	  "makes its parser crash, which was caught; leave it out, or tell us about it")
enum sbx_problem {
#define X(id, name, text) SBX_PROBLEM_##id,
	SBX_PROBLEM_TABLE(X)
#undef X
		SBX_N_PROBLEMS
};
const char *sbx_problem_name(enum sbx_problem problem);
const char *sbx_problem_text(enum sbx_problem problem);

/* A file of the task that was looked at. */
struct sbx_source {
	char *path; /* relative to the task's folder */
	const struct sbx_language *language;
	size_t n_bytes;
	bool has_errors;	  /* did not parse completely: facts may be missing */
	enum sbx_problem problem; /* which then tells why */
	bool is_part; /* of a compiled program: neither merely included nor one of its own */
};

struct sbx_facts {
	char *folder;			     /* absolute path of the task's folder */
	char *entry;			     /* relative path of the file that is run */
	const struct sbx_language *language; /* of the entry */
	bool is_folder;			     /* the task was given as a folder */
	char *run_line;	   /* shell command of the entry's run line; NULL: it has none */
	char *interpreter; /* from the entry's shebang: "bash"; NULL: the language's program */
	char **interpreter_options; /* from the shebang: "-u"; NULL-ended, NULL: none */
	struct sbx_fact *facts;
	size_t n_facts;
	struct sbx_source *sources;
	size_t n_sources;
	char content_id[65]; /* SHA-256 over the sources' names and bytes and the rules' version */
};

/*
 * Read a task (a file, or a folder) without running it.
 *
 * A file: it, and the modules beside it that it imports, directly or through others. A folder: the
 * entry is __main__.py, main.*, app.*, run.* or the only program; every source file in it is read
 * (at most 10,000 files; hidden folders, node_modules and the like left out). Modules that the task
 * itself brings are no facts. Facts are sorted by file, line, name; duplicates on one line are
 * merged.
 *
 * The texts are parsed in processes of their own, several at once, that can neither open files nor
 * harm this one and have limits of time and memory (profiler/reader.h): whatever a text does to its
 * parser ends as that file's `problem`.
 *
 * SBX_E_INPUT names the file and what is wrong with it: missing, a binary, empty, larger than
 * 16 MiB, of no language that is known, a folder without an entry; an entry that could not be
 * parsed at all. Text that does not parse completely is no error (see has_errors).
 */
int sbx_facts_read(struct sbx_facts *facts, const char *task_path, struct sbx_error *err);

/*
 * Only the task's files and their content_id, without parsing: what a cache lookup needs. Fills
 * `sources`, `folder`, `entry`, `language`, `content_id`. For a file whose local imports are not
 * known without parsing, the id covers all source files beside it that it could import.
 */
int sbx_facts_identify(struct sbx_facts *facts, const char *task_path, struct sbx_error *err);

/*
 * The argument vector that runs `entry` (the path inside the sandbox): the language's `run` with
 * its placeholders filled in and the shebang's options after the interpreter. malloc'd as one
 * block, NULL-ended: free() it. NULL without memory.
 */
char **sbx_facts_run(const struct sbx_facts *facts, const char *entry);

/*
 * A source as it was parsed, UTF-8 and LF throughout: of a notebook, its cells one after the other.
 * `row` of a fact is a line of it. malloc'd; NULL when it cannot be read any more.
 */
char *sbx_facts_text(const struct sbx_facts *facts, const char *file);

/*
 * Does the entry's shebang choose an interpreter that the language's package does not have, such
 * as lua5.1? It is a command that the task needs then, in the package's place.
 */
bool sbx_facts_has_own_interpreter(const struct sbx_facts *facts);

/* Free what is in it, not the struct; fine on a zeroed one. */
void sbx_facts_release(struct sbx_facts *facts);

/* The facts of one text, without file access: what tests and fuzzers call. `file` is for evidence.
 */
int sbx_facts_parse(struct sbx_facts *facts, const struct sbx_language *language, const char *file,
		    const char *text, size_t n_bytes, struct sbx_error *err);

#endif
