/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_PROFILE_TEXT_H
#define SBX_BUILDER_INDEX_PROFILE_TEXT_H

#include "builder/index/profile.h"

enum sbx_profile_detail {
	SBX_PROFILE_BRIEF,
	SBX_PROFILE_EXPLAIN, /* every candidate with its score */
};

/*
 * A profile for people: what is to be installed and where that was seen, what is there anyway,
 * what is optional, and last what nobody ships. Newly allocated. Whatever the task's files are
 * called and hold, no control character is in it but line ends.
 */
char *sbx_profile_to_text(const struct sbx_profile *profile, enum sbx_profile_detail detail);

/* The packages to install, one a line. Newly allocated. */
char *sbx_profile_to_requirements(const struct sbx_profile *profile);

/* A text with '?' for all that a terminal might obey or that is not UTF-8. Newly allocated. */
char *sbx_plain_text(const char *text);

#endif
