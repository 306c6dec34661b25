/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_LANGUAGE_H
#define SBX_PROFILER_LANGUAGE_H

#include <stdbool.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * A language is data: grammars/<name>/language.conf (a key file) and its query files, compiled
 * into the program. The fields below are the keys of language.conf; lists are NULL-ended.
 */
struct sbx_root {
	const char *name;    /* "dist": used as {dist} in path templates */
	const char *pattern; /* "usr/lib/python3.[0-9]*", a glob over folders of a Debian system,
				without a slash at either end */
};

/*
 * A path template for the modules below one name only: with prefix "gi.repository", it is tried
 * for gi.repository.Gtk but neither for gi.repository nor for gi.
 */
struct sbx_scoped_path {
	const char *prefix;   /* "gi.repository" */
	const char *template; /* "{gir}/{last}-*.typelib" */
};

/*
 * A command that no package ships under that name, since it is made by update-alternatives(1).
 * What to look for instead, best first: other commands, or "package:NAME" for a package.
 */
struct sbx_alias {
	const char *name;	    /* "awk" */
	const char *const *targets; /* "mawk", "gawk", ... */
};

/*
 * Path templates of a kind of fact that is neither module nor command: [header] and its like.
 * {path} is the thing's name with all its slashes, {name} and {last} its last component.
 */
struct sbx_kind_paths {
	const struct sbx_language *owner; /* whose roots they use; NULL: there are none */
	const char *const *paths;	  /* "usr/include/{path}" */
	const char *const *link;	  /* of libraries, for "-lNAME": "{libs}/lib{name}.so" */
	const struct sbx_alias *aliases;  /* ended by a row without name */
	const char *const *elsewhere;	  /* other systems': no folder of a like name is them */

	/* Of distributions only. */
	const char *fold; /* runs of these characters are one, and letters' case does not matter;
			     "": names are as they are */
	const char *ecosystem; /* "pypi" */
	bool is_module;	       /* they are found as modules are */
};

/* How a folder that has such a file is built: [build NAME] of language.conf. */
struct sbx_build {
	const char *const *files;    /* "Makefile", ...: the first that is there */
	const char *command;	     /* shell text: "make -s" */
	const char *run;	     /* shell text with {target}: "./{target}" */
	const char *const *packages; /* that the command takes */
	const char *const *targets; /* extended regular expressions, the best first: {target} is the
				       second group of the first line that one matches */
};

struct sbx_language {
	const char *name;	       /* the folder's name: "python" */
	const char *title;	       /* for people: "Python" */
	const char *const *extensions; /* "py", "pyw", ... */
	const char *const *included;   /* those of them whose files are only read when another
					  includes them: "h" */
	const char *const *shebangs;   /* interpreter names, a trailing version is ignored */
	const char *interpreter;       /* Debian package that runs it: "python3"; "" when it is
					  always there (sh) */
	const char *const *companions; /* packages that it does not work without, though it
					  does not depend on them; NULL: none */
	const char *const *module_companions; /* packages that modules of others' packages take
						 besides; NULL: none */
	const char *const *commands;	      /* commands that start this interpreter: "python3" */
	const char *program;		      /* {interpreter} when the entry names none: "sh" */
	const char *const *mounts;	/* "FROM:TO": a folder of the template is seen there too
					   when the interpreter runs */
	const char *const *run;		/* argument vector; "{entry}" stands for the entry file,
					   "{interpreter}" for the shebang's, "{runner}" for the text
					   of the folder's run.*: sbx_facts_run() */
	const char *const *compile;	/* argument vector that comes before `run`; empty: none.
					   Placeholders: builder/index/command.h */
	const char *const *instead;	/* globs of commands that do in the interpreter's place */
	const struct sbx_build *builds; /* ended by a row without files */
	const char *const *builtin_modules; /* compiled into the interpreter: no file to find; a '*'
					       at the end stands for anything */
	char separator;			    /* of a module name's parts: '.' */
	const char *joint;		    /* the same as it is written: "::" */
	bool whole_modules;		    /* a name is one file: no prefix of it will do */
	bool is_lean;			    /* every system runs programs that need nothing of
					       `interpreter` but what is there anyway */

	/* [measure]: argument vectors that start the interpreter and nothing more, and with
	 * "{module}" imported; empty: not to be measured. */
	const char *const *measure_bare;
	const char *const *measure_import;

	/* Path templates: by which an import becomes files of a Debian system, best first.
	 * {path} is the module's name with '/' for the separator, {name} the name as it is,
	 * {last} its last part, {last2} its last two with '-' between, {version}
	 * what begins with a digit, {ROOT} a root's folder; '*' matches within one component. */
	const struct sbx_root *roots;			   /* ended by a row without name */
	const char *const *module_paths;		   /* "{dist}/{path}.py", ... */
	const struct sbx_scoped_path *scoped_module_paths; /* only for modules below a prefix */
	const char *const *command_paths;		   /* "usr/bin/{name}", ... */
	const struct sbx_alias *command_aliases;	   /* ended by a row without name */
	const struct sbx_kind_paths *kinds; /* by enum sbx_fact_kind; NULL: none at all */
};

/* All languages, NULL-ended, in a fixed order. They live as long as the process. */
const struct sbx_language *const *sbx_languages(void);

const struct sbx_language *sbx_language_by_name(const char *name);
/* Its name for people; the name itself when there is no such language. Loads no rules. */
const char *sbx_language_title(const char *name);

/* Is a file of that name only read when another includes it? NULL is no language. */
bool sbx_language_includes(const struct sbx_language *language, const char *path);

/*
 * The language whose interpreter this command is ("python3", "bash"): its `interpreter` package
 * serves the command, since the package that ships the file alone may lack the standard library.
 * NULL when it is no interpreter.
 */
const struct sbx_language *sbx_language_by_command(const char *command);

/* Is it one of the language's builtin modules? */
bool sbx_language_has_builtin(const struct sbx_language *language, const char *name);

/* What to look for instead of a command, NULL-ended; NULL when it has no alias. */
const char *const *sbx_language_command_targets(const struct sbx_language *language,
						const char *command);

/*
 * Which language is this: by shebang, else extension, else what the first bytes look like.
 * NULL when none fits (binary, prose).
 */
const struct sbx_language *sbx_language_detect(const char *file_name, const char *text,
					       size_t n_bytes);

/* Is a file of this language run? Others say what is needed, as manifests do. False for NULL. */
bool sbx_language_is_program(const struct sbx_language *language);

#endif
