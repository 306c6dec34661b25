/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_DEB822_H
#define SBX_BUILDER_ARCHIVE_DEB822_H

#include <glib.h>

/* One stanza of a small deb822(5) file: Release, *.sources. */
struct sbx_stanza {
	guint line; /* where it begins, from 1 */
	/* Lower-case name -> value: blanks trimmed; further lines follow a newline each, without
	 * their leading blank, a lone dot being an empty line. */
	GHashTable *fields;
};

/*
 * All stanzas (struct sbx_stanza *). Lines that begin with '#' are comments. SBX_E_INPUT names
 * `where` and the line of what is not a field, or of a field given twice.
 */
GPtrArray *sbx_deb822_parse(const char *text, gsize n_bytes, const char *where, GError **error);

/* NULL when the stanza has no such field. `name` in lower case. */
const char *sbx_stanza_get(const struct sbx_stanza *stanza, const char *name);
/* The value's words; empty when there is no such field. */
char **sbx_stanza_words(const struct sbx_stanza *stanza, const char *name);

/* Words between blanks and newlines, none of them empty. */
char **sbx_split_words(const char *text, const char *separators);

#endif
