/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_PREFERENCES_H
#define SBX_BUILDER_INDEX_PREFERENCES_H

#include "builder/index/providers.h"

/*
 * What a site says about providers: key files providers.d/<name>.conf (docs/profile.md), read in
 * the order of their names, those of /etc/sbx first, then those of $SBX_ROOT. Where two speak of
 * the same package or name, the later one counts.
 *
 *	[packages]
 *	prefer=mawk;gir1.2-gtk-4.0	  of several candidates these win; '*' and '?' as in sh(1)
 *	forbid=graphicsmagick-*-compat	  these are never taken
 *
 *	[module python]			  a kind of need and, if it matters, a language
 *	yaml=python3-ruamel.yaml	  this name is served by these packages, the best first
 */
struct sbx_preferences;

/*
 * Read them. SBX_E_INPUT names the file, the line and what is wrong there. Folders that are not
 * there hold no files.
 */
struct sbx_preferences *sbx_preferences_load(const char *root, GError **error);
/* The same from these folders, NULL-ended. */
struct sbx_preferences *sbx_preferences_load_from(const char *const *folders, GError **error);
void sbx_preferences_free(struct sbx_preferences *preferences);
SBX_DEFINE_AUTO(sbx_preferences, sbx_preferences_free)

/* SHA-256 over what the files say, as hex digits; "" when they say nothing. */
const char *sbx_preferences_digest(const struct sbx_preferences *preferences);

struct sbx_index_question {
	enum sbx_fact_kind kind;
	const struct sbx_language *language;
	const char *name;
};

/*
 * Let the site's rules have their say about candidates (struct sbx_provider *): mark and sort them,
 * add what a name is mapped to. *out_matched (may be NULL) becomes the mapped name. A package of a
 * rule that the archive lacks is SBX_E_INPUT with the rule's place.
 */
gboolean sbx_preferences_apply(struct sbx_providers *providers,
			       const struct sbx_index_question *question, GPtrArray *candidates,
			       char **out_matched, GError **error);

#endif
