/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_VERBS_SOLVE_OPTIONS_H
#define SBX_BUILDER_VERBS_SOLVE_OPTIONS_H

#include "builder/resolve/resolve.h"

/*
 * The options by which every verb that makes a lock bounds its choice and says what its template is
 * made without.
 */
struct sbx_solve_options {
	gboolean recommends;
	char **hold, **forbid, **pins;
	char *slim, *docs, *man, *extras, *locales;
	struct sbx_content content; /* of the latter, once they are read; kept to the end */
};

#define SBX_SOLVE_ENTRY(name, kind, value, help, argument)                                         \
	{                                                                                          \
		name, 0, 0, G_OPTION_ARG_##kind, value, help, argument                             \
	}
#define SBX_SOLVE_ENTRIES(o)                                                                       \
	SBX_SOLVE_ENTRY("recommends", NONE, &(o).recommends, "Follow Recommends as well", NULL),   \
		SBX_SOLVE_ENTRY("pin", STRING_ARRAY, &(o).pins,                                    \
				"A record of apt_preferences(5): "                                 \
				"\"python3-* release n=trixie 990\"",                              \
				"PACKAGE PIN PRIORITY"),                                           \
		SBX_SOLVE_ENTRY("hold", STRING_ARRAY, &(o).hold,                                   \
				"Only this version, if at all; without a version: `lock update` "  \
				"and `refresh` let it stay",                                       \
				"NAME[=VERSION]"),                                                 \
		SBX_SOLVE_ENTRY("forbid", STRING_ARRAY, &(o).forbid,                               \
				"Never choose this package, or this version of it",                \
				"NAME[=VERSION]"),                                                 \
		SBX_SOLVE_ENTRY(                                                                   \
			"slim", STRING, &(o).slim,                                                 \
			"Make it without: none (nothing), docs, or runtime (docs and what "        \
			"only people and linkers use)",                                            \
			"none|docs|runtime"),                                                      \
		SBX_SOLVE_ENTRY("docs", STRING, &(o).docs,                                         \
				"Keep documentation or not, whatever the class says", "yes|no"),   \
		SBX_SOLVE_ENTRY("man", STRING, &(o).man, "The same of manual pages", "yes|no"),    \
		SBX_SOLVE_ENTRY("extras", STRING, &(o).extras,                                     \
				"The same of static libraries, completions and the like",          \
				"yes|no"),                                                         \
		SBX_SOLVE_ENTRY(                                                                   \
			"locales", STRING, &(o).locales,                                           \
			"Messages of programs to keep: all, none, or languages as de,pt_BR",       \
			"LIST")

/*
 * What the parsed options mean; `out` points into `o`. SBX_E_USAGE names the option of which the
 * value has another form.
 */
gboolean sbx_solve_options_read(struct sbx_solve_options *o, struct sbx_resolve_options *out,
				GError **error);

#endif
