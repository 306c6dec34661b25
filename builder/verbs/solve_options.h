/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_VERBS_SOLVE_OPTIONS_H
#define SBX_BUILDER_VERBS_SOLVE_OPTIONS_H

#include "builder/resolve/resolve.h"

/* The options by which every verb that chooses packages bounds that choice. */
struct sbx_solve_options {
	gboolean recommends;
	char **hold, **forbid, **pins;
};

#define SBX_SOLVE_ENTRIES(o)                                                                         \
	{"recommends", 0, 0, G_OPTION_ARG_NONE, &(o).recommends, "Follow Recommends as well", NULL}, \
		{"pin",                                                                              \
		 0,                                                                                  \
		 0,                                                                                  \
		 G_OPTION_ARG_STRING_ARRAY,                                                          \
		 &(o).pins,                                                                          \
		 "A record of apt_preferences(5): \"python3-* release n=trixie 990\"",               \
		 "PACKAGE PIN PRIORITY"},                                                            \
		{"hold",                                                                             \
		 0,                                                                                  \
		 0,                                                                                  \
		 G_OPTION_ARG_STRING_ARRAY,                                                          \
		 &(o).hold,                                                                          \
		 "Only this version, if at all; without a version: `lock update` lets it stay",      \
		 "NAME[=VERSION]"},                                                                  \
	{                                                                                            \
		"forbid", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(o).forbid,                              \
			"Never choose this package, or this version of it", "NAME[=VERSION]"         \
	}

#define SBX_SOLVE_OPTIONS(o)                                                                       \
	{                                                                                          \
		.recommends = (o).recommends, .hold = (const char *const *)(o).hold,               \
		.forbid = (const char *const *)(o).forbid, .pins = (const char *const *)(o).pins   \
	}

#endif
