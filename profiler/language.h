/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_LANGUAGE_H
#define SBX_PROFILER_LANGUAGE_H

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

struct sbx_language {
	const char *name;		/* the folder's name: "python" */
	const char *title;		/* for people: "Python" */
	const char *const *extensions;	/* "py", "pyw", ... */
	const char *const *shebangs;	/* interpreter names, a trailing version is ignored */
	const char *interpreter;	/* Debian package that runs it: "python3"; "" when it is
					   always there (sh) */
	const char *const *run;		/* argument vector, "{entry}" stands for the entry file */
	const char *const *builtin_modules; /* compiled into the interpreter: no file to find */
	char separator;			/* of a module name's parts: '.' */

	/* Path templates: by which an import becomes files of a Debian system, best first.
	 * {path} is the module's name with '/' for the separator, {name} the name as it is,
	 * {last} its last part, {ROOT} a root's folder; '*' matches within one component. */
	const struct sbx_root *roots;	      /* ended by a row without name */
	const char *const *module_paths;      /* "{dist}/{path}.py", ... */
	const char *const *command_paths;     /* "usr/bin/{name}", ... */
};

/* All languages, NULL-ended, in a fixed order. They live as long as the process. */
const struct sbx_language *const *sbx_languages(void);

const struct sbx_language *sbx_language_by_name(const char *name);

/*
 * Which language is this: by shebang, else extension, else what the first bytes look like.
 * NULL when none fits (binary, prose).
 */
const struct sbx_language *sbx_language_detect(const char *file_name, const char *text,
					       size_t n_bytes);

#endif
