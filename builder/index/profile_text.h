/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_PROFILE_TEXT_H
#define SBX_BUILDER_INDEX_PROFILE_TEXT_H

#include "builder/index/profile.h"

enum sbx_profile_detail {
	SBX_PROFILE_BRIEF = 0,
	SBX_PROFILE_EXPLAIN = 1 << 0, /* every candidate with its score */
	SBX_PROFILE_COLOUR = 1 << 1,  /* with escape sequences for a terminal */
};

/*
 * A profile for people: what is to be installed and where that was seen, what is there anyway,
 * what is optional, and last what nobody ships. Newly allocated. Whatever the task's files are
 * called and hold, no control character is in it but line ends and our own colours. `how`: flags.
 */
char *sbx_profile_to_text(const struct sbx_profile *profile, enum sbx_profile_detail how);

/*
 * SARIF 2.1.0, for tools that review code: a result for each need that is to be installed (note),
 * optional (note), known only at run time (warning) or not to be had (error), each behaviour (note)
 * and each file that was not read as a whole (warning). Newly allocated.
 */
char *sbx_profile_to_sarif(const struct sbx_profile *profile);

/* The packages to install, one a line. Newly allocated. */
char *sbx_profile_to_requirements(const struct sbx_profile *profile);

/* A text with '?' for all that a terminal might obey or that is not UTF-8. Newly allocated. */
char *sbx_plain_text(const char *text);

#endif
